"""From documents to the texts of a run: cut, tokenised, assigned to a split, and laid down on disk.

The texts go straight to a file in the shards folder, so that a data set of any size passes through. What stays
in memory is 16 bytes a text: the hash of its content, by which duplicates are found and samples are drawn.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from neurotui.errors import UserError
from neurotui.models.tokens import TokenizedText, tokenise
from neurotui.precompute.document_windows import WHOLE, DocumentWindow, divide
from neurotui.precompute.duplicates import content_hash, first_copies
from neurotui.precompute.splits import split_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerFast

    from neurotui.precompute.corpus import Document
    from neurotui.precompute.settings import PrecomputeSettings
    from neurotui.types import Progress, Split

BLOCK = 512
"""How many texts lie in one batch of the file; a shard is one batch or several."""

POOLED = 25_000
"""How many texts keep their pooled activations for matching, at most."""

# Whole documents are divided so many at a time: a tokenizer takes a hundred bytes a token.
_MOST_CHARACTERS = 4_000_000

SAMPLED = 40
"""From how many texts the random and the quantile exemplars come, at most: four for each quantile.

A shard keeps a trace of each for every neuron, of which the run keeps few.
"""


SCHEMA = pa.schema(
    {
        "source_id": pa.string(),
        "split": pa.string(),
        "body": pa.string(),
        "tokens": pa.list_(pa.int32()),
        "ends": pa.list_(pa.int32()),
        # The tokens that count are those from `first` up to, not including, `end`.
        "first": pa.int16(),
        "end": pa.int16(),
        "gold": pa.list_(pa.string()),
        # Of a window: its document, which one it is of how many there, and where it begins; else no values.
        "document": pa.int32(),
        "number": pa.int32(),
        "total": pa.int32(),
        "begins": pa.int32(),
    }
)
_PLACE = ("document", "number", "total", "begins")


class WrittenTexts(NamedTuple):
    """What was read: ``hashes`` is (texts, 2) uint64, the content's; ``digest`` sums up everything.

    ``document`` (texts,) is the document of each text where texts are windows, else it is empty.
    """

    hashes: NDArray[np.uint64]
    calibration: int
    left_out: int
    cut: int
    tokens: int
    digest: str
    documents: int
    document: NDArray[np.int32]


class Selection(NamedTuple):
    """Which texts serve for what; settled before the model runs, by the hash of the content alone.

    ``original`` (texts,): the first copy of its content, the only one that counts as evidence. ``pooled``
    (texts,): keeps its pooled activations. ``sample``: text ids in the order of their hashes. ``document``
    (texts,): the document of which a text is a window; it is empty where texts are documents.
    """

    original: NDArray[np.bool_]
    pooled: NDArray[np.bool_]
    sample: NDArray[np.int64]
    document: NDArray[np.int32] = np.zeros(0, np.int32)


def write_texts(
    documents: Iterable[Document],
    tokenizer: PreTrainedTokenizerFast,
    settings: PrecomputeSettings,
    file: Path,
    *,
    progress: Progress,
) -> WrittenTexts:
    """Write the texts to an Arrow file, in order; ``settings.max_tokens`` is what the model can read.

    A blank text, and one without a token that counts, is left out. Raises ``UserError`` if none is left.
    """
    hashes = bytearray()
    digest = hashlib.sha256()
    document_of: list[int] = []
    calibration = left_out = cut = tokens = read = written = kept = 0
    packed = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, SCHEMA, options=packed) as writer:
        block: list[dict[str, object]] = []
        for document, whole in _tokenised(documents, tokenizer, settings):
            read += 1
            if whole is None:
                left_out += 1
                continue
            # All windows of a document are on one side.
            content = content_hash(whole.body, settings.seed)
            split = split_of(content)
            for window in _texts_of(whole, tokenizer, settings):
                own = window.tokens
                hashes += (content_hash(own.body, settings.seed) if settings.window else content)[:16]
                calibration += split == "calibration"
                cut += own.cut
                tokens += own.end - own.first
                place = (kept, *window[1:]) if settings.window else ()
                if place:
                    document_of.append(kept)
                digest.update(_line(document.source_id, own.body, document.gold, *place))
                block.append(_row(document, own, split) | dict(zip(_PLACE, place, strict=False)))
                if len(block) == BLOCK:
                    written += len(block)
                    writer.write_batch(pa.RecordBatch.from_pylist(block, schema=SCHEMA))
                    block.clear()
                    progress("reading texts", read, max(read, round(read / document.read)))
            kept += 1
        if block:
            written += len(block)
            writer.write_batch(pa.RecordBatch.from_pylist(block, schema=SCHEMA))
    if not written:
        raise UserError(
            f"none of the {left_out} texts has a token besides special ones",
            "choose another model, or a larger --max-tokens",
        )
    progress("reading texts", read, read)
    pairs = np.frombuffer(bytes(hashes), ">u8").reshape(-1, 2).astype(np.uint64)
    of = np.array(document_of, np.int32)
    return WrittenTexts(pairs, calibration, left_out, cut, tokens, digest.hexdigest(), kept, of)


def select(hashes: NDArray[np.uint64], document: NDArray[np.int32]) -> Selection:
    """Choose the texts that may be exemplars, those that keep pooled activations, and the sample.

    `document` (texts,) is the document of which each text is a window; it is empty where texts are whole.
    """
    count = len(hashes)
    first = first_copies(hashes)
    original, pooled = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    original[first] = True
    pooled[first[:POOLED]] = True
    return Selection(original, pooled, _drawn(first, document, SAMPLED), document)


def draw_texts(hashes: NDArray[np.uint64], document: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """Return the ids of `count` texts of different content, or of all if there are fewer, in the order of hashes.

    `document` is as in ``select``: windows are of different documents, as far as these go.
    """
    return _drawn(first_copies(hashes), document, count)


def _drawn(first: NDArray[np.int64], document: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    if not len(document):
        return first[:count]
    one_each = np.zeros(len(first), np.bool_)
    one_each[np.unique(document[first], return_index=True)[1]] = True
    drawn: NDArray[np.int64] = first[np.sort(np.argsort(~one_each, kind="stable")[:count])]
    return drawn


def has_windows(block: pa.RecordBatch) -> bool:
    """Return whether the texts of a block are windows of documents."""
    # The folders of earlier versions do not have the column.
    return "document" in block.schema.names and block.column("document").null_count < block.num_rows


def windows_table(block: pa.RecordBatch, ids: NDArray[np.int32]) -> pa.Table:
    """Return the rows of the table ``windows`` for a block of texts."""
    return pa.table({"text_id": ids, **{name: block.column(name) for name in _PLACE}})


def _texts_of(
    whole: TokenizedText, tokenizer: PreTrainedTokenizerFast, settings: PrecomputeSettings
) -> Iterable[DocumentWindow]:
    """Return the texts that a document becomes: its windows, or itself."""
    if not settings.window:
        return [DocumentWindow(whole, 0, 1, 0)]
    return divide(whole, settings.max_tokens - tokenizer.num_special_tokens_to_add(), settings.stride)


def _tokenised(
    documents: Iterable[Document], tokenizer: PreTrainedTokenizerFast, settings: PrecomputeSettings
) -> Iterator[tuple[Document, TokenizedText | None]]:
    """Yield every document with its tokens, None where it is left out; blocks of them keep tokenizers quick."""
    most = WHOLE if settings.window else settings.max_tokens
    for block in _blocks(documents, _MOST_CHARACTERS if settings.window else 0):
        present = [document.body for document in block if document.body.strip()]
        tokenised = iter(tokenise(present, tokenizer, most) if present else ())
        for document in block:
            yield document, next(tokenised) if document.body.strip() else None


def _blocks(documents: Iterable[Document], most: int) -> Iterator[list[Document]]:
    """Yield documents in blocks, of at least one and of `most` characters or so; 0 for any number of them."""
    block: list[Document] = []
    characters = 0
    for document in documents:
        block.append(document)
        characters += len(document.body)
        if len(block) == BLOCK or characters > most > 0:
            yield block
            block, characters = [], 0
    if block:
        yield block


def _row(document: Document, tokens: TokenizedText, split: Split) -> dict[str, object]:
    return {
        "source_id": document.source_id,
        "split": split,
        "body": tokens.body,
        "tokens": tokens.ids,
        "ends": tokens.ends,
        "first": tokens.first,
        "end": tokens.end,
        "gold": document.gold,
    }


def _line(source_id: str, body: str, gold: list[str], *place: int) -> bytes:
    return json.dumps([source_id, body, gold, *place]).encode() + b"\n"
