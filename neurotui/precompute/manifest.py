"""What the shards of one precompute are of: the model, the texts, the choices."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from neurotui.precompute.settings import PrecomputeSummary
from neurotui.precompute.texts import BLOCK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Shards grow with the texts, and their number too: each keeps every neuron's best texts anew, which costs time and
# disk, and a folder should not burst; but there should be some for every processor, of much the same size.
_GROWS_BY, _LARGEST = 64, 16_384
FORMAT = 7


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the shards of a folder are of. All but ``DESCRIPTIVE`` decides what is in them, and so is their key."""

    weights: str
    tokenizer: str
    texts_hash: str
    layers: dict[str, int]
    max_tokens: int
    pooling: str
    dtype: str
    device: str
    exemplars: int
    token_sample: int
    seed: int
    torch: str
    transformers: str
    texts: int
    texts_calibration: int
    texts_left_out: int
    tokens: int
    model: str
    model_type: str
    activation_rule: str
    texts_path: str
    texts_cut: int = 0
    hook: str = ""
    window: int = 0
    stride: int = 0
    overlap: int = 0
    documents: int = 0
    dtype_check: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Manifest:
        """Return the manifest that a ``record`` is of; ``ValueError`` if any of it was changed."""
        own = _without_hash(record)
        if record.get(_HASH) != _hash(own):
            raise ValueError
        return cls(**own)

    @property
    def record(self) -> dict[str, Any]:
        """All fields, with a hash of them that tells whether they are as they were written."""
        own = asdict(self)
        return {**own, _HASH: _hash(own)}

    @property
    def key(self) -> str:
        """The hash of everything that decides what is in a shard."""
        deciding = {name: value for name, value in asdict(self).items() if name not in DESCRIPTIVE}
        # Shards that were made before there was such a choice are those that are made without it.
        deciding = {name: value for name, value in deciding.items() if value or name not in _OPTIONAL}
        return _hash(deciding)

    @property
    def shard_texts(self) -> int:
        """How many texts a shard has; the last one may have fewer."""
        return -(-self.texts // self.shards)

    @property
    def shards(self) -> int:
        """How many shards the texts make."""
        size = BLOCK
        while size < _LARGEST and size * size < _GROWS_BY * self.texts:
            size *= 2
        return -(-self.texts // size)

    @property
    def units(self) -> dict[int, int]:
        """The units of each chosen layer."""
        return {int(layer): units for layer, units in self.layers.items()}

    @property
    def neurons(self) -> int:
        """How many neurons the chosen layers have."""
        return sum(self.layers.values())

    def summary(self, run: Path, seconds: float) -> PrecomputeSummary:
        """Return the summary of `run`, which was merged from these shards; `seconds` is how long it took."""
        return PrecomputeSummary(
            run=str(run),
            model=self.model,
            documents=self.documents or self.texts,
            texts=self.texts,
            texts_left_out=self.texts_left_out,
            texts_cut=self.texts_cut,
            max_tokens=self.max_tokens,
            tokens=self.tokens,
            layers=len(self.layers),
            neurons=self.neurons,
            shards=self.shards,
            dtype=self.dtype,
            dtype_check=self.dtype_check.get("dtype_check", ""),
            bytes=run.stat().st_size,
            seconds=seconds,
        )


DESCRIPTIVE = {"model", "model_type", "texts_path", "texts_cut", "documents", "overlap", "dtype_check", "files"}
"""The fields that are for people to read: shards are the same whatever they say."""

_OPTIONAL = {"hook", "window", "stride"}
_HASH = "hash"

READABLE = {
    "weights": "model",
    "texts_hash": "set of texts",
    "texts": "set of texts",
    "texts_calibration": "set of texts",
    "texts_left_out": "set of texts",
    "tokens": "set of texts",
    "layers": "choice of layers",
    "hook": "--hook",
    "max_tokens": "--max-tokens",
    "window": "--window",
    "stride": "--stride",
    "pooling": "--pool",
    "dtype": "--dtype",
    "device": "--device",
    "exemplars": "--exemplars",
    "token_sample": "--token-sample",
    "seed": "--seed",
    "torch": "version of torch",
    "transformers": "version of transformers",
}


def is_of_another_version(record: Mapping[str, Any]) -> bool:
    """Return whether a ``record`` is another version's, as it was written; earlier versions wrote no hash."""
    version, hashed = record.get("format"), _hash(_without_hash(record))
    return isinstance(version, int) and version != FORMAT and record.get(_HASH, hashed) == hashed


def _without_hash(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != _HASH}


def _hash(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
