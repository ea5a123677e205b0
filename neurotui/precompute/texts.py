"""From documents to the texts of a run: cut, tokenised, assigned to a split, and laid down on disk.

The texts go straight to a file in the shards folder, so that a data set of any size passes through. What stays
in memory is 16 bytes a text: the hash of its content, by which duplicates are found and samples are drawn.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from neurotui.errors import UserError
from neurotui.models.tokens import TokenizedText, tokenise
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

SAMPLED = 128
"""From how many texts the random and the quantile exemplars come, at most."""


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
    }
)


class WrittenTexts(NamedTuple):
    """What was read: ``hashes`` is (texts, 2) uint64, the content's; ``digest`` sums up everything."""

    hashes: NDArray[np.uint64]
    calibration: int
    left_out: int
    cut: int
    tokens: int
    digest: str


class Selection(NamedTuple):
    """Which texts serve for what; settled before the model runs, by the hash of the content alone.

    ``original`` (texts,): the first copy of its content, the only one that counts as evidence. ``pooled``
    (texts,): keeps its pooled activations. ``sample``: text ids in the order of their hashes.
    """

    original: NDArray[np.bool_]
    pooled: NDArray[np.bool_]
    sample: NDArray[np.int64]


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
    calibration = left_out = cut = tokens = read = written = 0
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
        block: list[dict[str, object]] = []
        for document, tokenised in _tokenised(documents, tokenizer, settings.max_tokens):
            read += 1
            if tokenised is None:
                left_out += 1
                continue
            content = content_hash(tokenised.body, settings.seed)
            split = split_of(content)
            hashes += content[:16]
            calibration += split == "calibration"
            cut += tokenised.cut
            tokens += tokenised.end - tokenised.first
            digest.update(_line(document.source_id, tokenised.body, document.gold))
            block.append(_row(document, tokenised, split))
            if len(block) == BLOCK:
                written += len(block)
                writer.write_batch(pa.RecordBatch.from_pylist(block, schema=SCHEMA))
                block.clear()
                progress("reading texts", read, max(read, round(read / document.read)))
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
    return WrittenTexts(pairs, calibration, left_out, cut, tokens, digest.hexdigest())


def select(hashes: NDArray[np.uint64]) -> Selection:
    """Choose the texts that may be exemplars, those that keep pooled activations, and the sample."""
    count = len(hashes)
    first = first_copies(hashes)
    original, pooled = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    original[first] = True
    pooled[first[:POOLED]] = True
    return Selection(original, pooled, first[:SAMPLED])


def corpus_digest(blocks: Iterable[pa.RecordBatch]) -> str:
    """Return the digest of texts as they lie on disk: equal to what ``write_texts`` returned for them."""
    digest = hashlib.sha256()
    for block in blocks:
        columns = (block.column(name).to_pylist() for name in ("source_id", "body", "gold"))
        for source_id, body, gold in zip(*columns, strict=True):
            digest.update(_line(source_id, body, gold))
    return digest.hexdigest()


def _tokenised(
    documents: Iterable[Document], tokenizer: PreTrainedTokenizerFast, most: int
) -> Iterator[tuple[Document, TokenizedText | None]]:
    """Yield every document with its tokens, None where it is left out; blocks of them keep tokenizers quick."""
    waiting = iter(documents)
    while block := list(islice(waiting, BLOCK)):
        present = [document.body for document in block if document.body.strip()]
        tokenised = iter(tokenise(present, tokenizer, most) if present else ())
        for document in block:
            yield document, next(tokenised) if document.body.strip() else None


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


def _line(source_id: str, body: str, gold: list[str]) -> bytes:
    return json.dumps([source_id, body, gold]).encode() + b"\n"
