"""The shards folder: what a precompute has finished, with which ``resume.py`` goes on and ``merge.py`` ends.

``manifest.json`` says what the shards are of, and has a hash of that; ``texts.arrow`` holds the texts,
``selection.safetensors`` says which of them serve for what, ``tokens.safetensors`` which tokens are sampled,
``vocabulary.arrow`` what tokens read as, ``outputs.safetensors`` what neurons promote and suppress. That and each
``shard-00000.safetensors`` are whole or not there, and carry the manifest's key and a hash of their content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save

from neurotui.errors import UserError
from neurotui.precompute.disk_errors import disk_errors, first_line
from neurotui.precompute.folder_lock import LOCK
from neurotui.precompute.manifest import Manifest, is_of_another_version
from neurotui.precompute.mending import made_afresh, made_again
from neurotui.precompute.shard_file import ShardWriter, is_whole
from neurotui.precompute.texts import BLOCK, SCHEMA, Selection
from neurotui.precompute.token_sample import Sample
from neurotui.store.atomic import leftovers, swap_in, unfinished
from neurotui.store.fetch_cache import origin_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

MANIFEST, TEXTS, SELECTION, TOKENS, VOCABULARY, OUTPUTS = _PARTS = (
    "manifest.json",
    "texts.arrow",
    "selection.safetensors",
    "tokens.safetensors",
    "vocabulary.arrow",
    "outputs.safetensors",
)
_NAME_IT = "name the folder that --shards made"
_VOCABULARY_SCHEMA = pa.schema({"token_id": pa.int32(), "piece": pa.string(), "special": pa.bool_()})


class Folder:
    """A shards folder on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self, *, ours: bool) -> None:
        """Make the folder if it is not there. `ours`: neurotui named it, so that nobody else's files are there.

        Raises ``UserError`` if it cannot be made, or holds something but no manifest.
        """
        with disk_errors(self.path):
            self.path.mkdir(exist_ok=True)
            strangers = [entry.name for entry in self.path.iterdir() if not _is_ours(entry)]
        if strangers and not ours and not self._is_begun():
            raise UserError(
                f"the folder '{self.path}' holds '{strangers[0]}', which is no part of a precompute",
                "choose an empty folder, or one that is not there yet, with --shards",
            )

    @contextmanager
    def not_left_empty(self) -> Iterator[None]:
        """Remove the folder if it was made within the block and the block failed before writing anything."""
        there = self.path.exists()
        try:
            yield
        except BaseException:
            if not there:
                with suppress(OSError):
                    self.path.rmdir()
            raise

    def manifest(self) -> Manifest:
        """Return the manifest; ``UserError`` if this is not a shards folder, or is damaged."""
        file, where = self.path / MANIFEST, origin_of(self.path)
        if not file.is_file():
            hint = made_again(self.path, [], "goes on from there") if self._is_begun() else _NAME_IT
            raise UserError(f"'{where}' is not a folder of shards, or its '{MANIFEST}' is missing", hint)
        try:
            record = json.loads(file.read_bytes())
            if is_of_another_version(record):
                raise UserError(
                    f"the shards in '{where}' were made by another version of neurotui", made_afresh(self.path)
                )
            return Manifest.of_record(record)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            hint = made_again(self.path, [MANIFEST], "writes it anew, and keeps the shards", removed=True)
            raise UserError(f"'{MANIFEST}' in '{where}' is damaged", hint) from error

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest anew, with what it says for people: the last file before the first shard."""
        with self.whole(MANIFEST) as file:
            _write_manifest(file, manifest)

    def claim(self, manifest: Manifest) -> bool:
        """Write the manifest unless there is one; of several at once, one alone is told that there was none."""
        file = unfinished(self.path / MANIFEST)
        try:
            with disk_errors(self.path):
                _write_manifest(file, manifest)
                try:
                    (self.path / MANIFEST).hardlink_to(file)
                except FileExistsError:
                    return False
                except OSError:  # a disk that knows no links
                    if (self.path / MANIFEST).exists():
                        return False
                    swap_in(file, self.path / MANIFEST)
            return True
        finally:
            file.unlink(missing_ok=True)

    def write_selection(self, selection: Selection) -> None:
        """Write which texts are used for what."""
        with self.whole(SELECTION) as file:
            file.write_bytes(save(selection._asdict()))

    def write_sample(self, sample: Sample) -> None:
        """Write which tokens are sampled."""
        with self.whole(TOKENS) as file:
            file.write_bytes(save(sample._asdict()))

    def write_vocabulary(self, vocabulary: list[tuple[int, str, bool]]) -> None:
        """Write the piece of text of every token."""
        columns = [list(column) for column in zip(*vocabulary, strict=True)]
        with (
            self.whole(VOCABULARY) as file,
            pa.OSFile(str(file), "wb") as sink,
            pa.ipc.new_file(sink, _VOCABULARY_SCHEMA) as writer,
        ):
            writer.write_table(pa.table(columns, schema=_VOCABULARY_SCHEMA))

    def vocabulary(self) -> pa.Table:
        """Return every token's piece of text: columns token_id, piece, special."""
        with self._readable(), pa.memory_map(str(self.path / VOCABULARY)) as source:
            return pa.ipc.open_file(source).read_all()

    def selection(self) -> Selection:
        """Return which texts are used for what."""
        with self._readable():
            return Selection(**load_file(self.path / SELECTION))

    def sample(self) -> Sample:
        """Return which tokens are sampled."""
        with self._readable():
            return Sample(**load_file(self.path / TOKENS))

    def texts(self, first: int = 0, end: int | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the texts from the block that begins with text `first` to the one that holds ``end - 1``."""
        with self._readable(), pa.memory_map(str(self.path / TEXTS)) as source:
            reader = pa.ipc.open_file(source)
            blocks = reader.num_record_batches if end is None else -(-end // BLOCK)
            for block in range(first // BLOCK, min(blocks, reader.num_record_batches)):
                batch = reader.get_batch(block)
                if batch.schema != SCHEMA:
                    raise UserError(f"'{TEXTS}' in '{origin_of(self.path)}' is damaged", self._laid_down_anew())
                yield batch

    def shard(self, number: int) -> Path:
        """Return the file of a shard; numbers count from 0."""
        return self.path / shard_name(number)

    @contextmanager
    def new_shard(self, number: int, key: str, units: Mapping[int, int]) -> Iterator[ShardWriter]:
        """Yield what a shard is written with; `units` of each layer.

        It is there when the block is left without an error. ``UserError`` if the disk does not take it: then
        nothing is left of it.
        """
        with (
            self.whole(shard_name(number)) as file,
            ShardWriter(file, _shard_key(key, number), units) as writer,
        ):
            yield writer

    def has_shard(self, number: int, key: str) -> bool:
        """Return whether a shard exists, complete and undamaged, with the right key."""
        return is_whole(self.shard(number), _shard_key(key, number))

    def write_outputs(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write what neurons promote and suppress; no arrays mean that this is unknown for the model."""
        whole = {name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}
        # One entry alone: safetensors writes several in any order, and a file has the same bytes always.
        described = {"made": f"{key} {_digest(whole)}"}
        with self.whole(OUTPUTS) as file:
            file.write_bytes(save(whole, metadata=described))

    def outputs(self, key: str) -> dict[str, NDArray[Any]] | None:
        """Return what ``write_outputs`` wrote; None if it is missing, incomplete or damaged."""
        file = self.path / OUTPUTS
        if not file.exists():
            return None
        try:
            with safe_open(file, framework="numpy") as content:
                described: str = (content.metadata() or {}).get("made", "")
                made, _, digest = described.partition(" ")
                if made != key:
                    return None
                arrays = {name: content.get_tensor(name) for name in sorted(content.keys())}
            return arrays if digest == _digest(arrays) else None
        except (SafetensorError, OSError, ValueError, KeyError):
            return None

    @contextmanager
    def whole(self, name: str) -> Iterator[Path]:
        """Yield a name to write a file to, which then takes its place; on an error nothing is left of it."""
        file = unfinished(self.path / name)
        try:
            with disk_errors(self.path):
                yield file
                swap_in(file, self.path / name)
        finally:
            file.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what neurotui wrote, and the folder if nothing else is in it."""
        for entry in self.path.iterdir():
            if _is_ours(entry):
                entry.unlink(missing_ok=True)
        if not any(self.path.iterdir()):
            self.path.rmdir()

    def remove_finished(self) -> None:
        """Remove what was finished here; the lock, and what is just being written, stay."""
        for entry in self.path.iterdir():
            if _is_ours(entry) and entry.name != LOCK and entry.suffix != ".writing":
                entry.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove unfinished files of killed commands; only when no other process can be writing here."""
        for name in (*_PARTS, *(file.name for file in self.path.glob("shard-*"))):
            for file in leftovers(self.path / name):
                file.unlink(missing_ok=True)

    def _laid_down_anew(self) -> str:
        return made_again(self.path, [TEXTS], "lays the texts down anew, and keeps the shards")

    def _is_begun(self) -> bool:
        """Return whether a precompute has written here: a manifest, or a shard."""
        return (self.path / MANIFEST).exists() or any(self.path.glob("shard-*.safetensors"))

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException, SafetensorError, TypeError) as error:
            raise UserError(
                f"the texts in '{origin_of(self.path)}' cannot be read: {first_line(error)}",
                self._laid_down_anew(),
            ) from error


def shard_name(number: int) -> str:
    """Return the name of a shard's file; numbers count from 0."""
    return f"shard-{number:05d}.safetensors"


def _is_ours(entry: Path) -> bool:
    name = entry.name.removesuffix(".writing").rsplit(".", 1)[0] if entry.name.endswith(".writing") else entry.name
    return name in {*_PARTS, LOCK} or (name.startswith("shard-") and name.endswith(".safetensors"))


def _shard_key(key: str, number: int) -> str:
    return f"{key}:{number}"


def _write_manifest(file: Path, manifest: Manifest) -> None:
    file.write_text(json.dumps(manifest.record, indent=2) + "\n", encoding="utf-8")


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
