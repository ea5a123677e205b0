"""One shard's file: packed pieces, written while the model runs, and read a group of neurons at a time.

It is a safetensors file. ``stream`` holds the pieces one after another: an array each, of a group of neurons by
whatever is kept of them, compressed, but for pooled activations, which do not get smaller: in 16 bits, as the run
has them. ``index`` has a row a piece, group by group, and ``bounds`` where a group's rows begin. ``order.pooled``
and ``order.tokens`` say which of the shard's texts and sampled tokens the columns are, which come in the order of
the batches. The header has a hash of everything after it.
"""

from __future__ import annotations

import hashlib
import json
import math
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from safetensors import safe_open

from neurotui.exemplar_kinds import kept_of_each
from neurotui.precompute.codes import decode, encode
from neurotui.precompute.peak_windows import WINDOW
from neurotui.store.run_tables import HIGHEST_CODE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO, Self

    from numpy.typing import NDArray

_GROUP = 512
_HEADER = 2_048
_CHUNK = 1 << 22
_WINDOW_FIELDS = {
    "text": np.int32,
    "start": np.int16,
    "peak": np.int16,
    "length": np.uint8,
    "lowest": np.float32,
    "highest": np.float32,
    "trace": np.uint8,
}
_DTYPES: dict[str, np.dtype[Any]] = {
    name: np.dtype(dtype)
    for name, dtype in {
        "sum": np.float64,
        "squares": np.float64,
        "minimum": np.float32,
        "maximum": np.float32,
        "pooled": np.float32,
        "tokens": np.float32,
        "pooled.key": np.float32,
        **{
            f"{kind}.{field}": dtype
            for kind in (*kept_of_each(1), "sample")
            for field, dtype in _WINDOW_FIELDS.items()
        },
    }.items()
}
_NAMES = tuple(_DTYPES)
# The arrays that are stored as codes, with the highest code: 1,023 gives four steps for each of the run's 255.
_HIGHEST_CODES = {"pooled": HIGHEST_CODE, "tokens": 1_023}


class Group(NamedTuple):
    """Neighbours in a layer: its units from ``first`` to before ``end``; ``neuron`` is the first one's id."""

    layer: int
    first: int
    end: int
    neuron: int

    @property
    def neurons(self) -> int:
        """How many neurons it has."""
        return self.end - self.first


def groups(units: Mapping[int, int]) -> list[Group]:
    """Divide all neurons, in the order of their ids, into groups that are read at once; `units` of each layer."""
    found, neuron = [], 0
    for layer, count in units.items():
        for first in range(0, count, _GROUP):
            end = min(first + _GROUP, count)
            found.append(Group(layer, first, end, neuron + first))
        neuron += count
    return found


class ShardWriter:
    """A shard being written to `file`; leaving the ``with`` block without an error completes it.

    `key` says what it is a shard of, `units` how many each layer has. Nothing that is added stays in memory.
    """

    def __init__(self, file: Path, key: str, units: Mapping[int, int]) -> None:
        self._file = file
        self._key = key
        self._groups = groups(units)
        self._pieces: list[array[int]] = [array("q") for _ in self._groups]
        self._orders: dict[str, NDArray[np.int32]] = {}
        self._digest = hashlib.sha256()
        self._written = 0

    def __enter__(self) -> Self:
        self._stream: BinaryIO = self._file.open("xb")
        self._stream.write(bytes(_HEADER))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stream:
            if kind is None:
                self._complete()

    def add(self, name: str, layer: int, values: NDArray[Any]) -> None:
        """Write one array of a layer's units: (units,) or (units, columns), a trace also by its tokens."""
        assert values.dtype == _DTYPES[name], name  # noqa: S101 - it could not be read again
        columns = values[0].size // math.prod(_axes(name))
        for number, group in enumerate(self._groups):
            if group.layer == layer and columns:
                own = values[group.first : group.end]
                piece = _packed_codes(own, name) if name in _HIGHEST_CODES else _packed(own)
                self._pieces[number].extend((_NAMES.index(name), columns, self._written, len(piece)))
                self._write(piece)

    def order(self, name: str, columns: NDArray[np.int64]) -> None:
        """Say which column each one is that was added under this name, in the order of their adding."""
        self._orders[name] = columns.astype(np.int32)

    def _complete(self) -> None:
        """Write what says where everything is, and at last the header."""
        self._write(bytes(-self._written % 8))
        index = np.array([value for pieces in self._pieces for value in pieces], np.int64).reshape(-1, 4)
        bounds = np.cumsum([0, *(len(pieces) // 4 for pieces in self._pieces)])
        described = {"stream": _described("U8", [self._written], 0)}
        for name, values in {"bounds": bounds, "index": index, **self._orders}.items():
            dtype = "I64" if values.dtype == np.int64 else "I32"
            described[name if name in {"bounds", "index"} else f"order.{name}"] = _described(
                dtype, list(values.shape), self._written
            )
            self._write(values.tobytes())
        self._digest.update(_line(described))
        made = {"made": f"{self._key} {self._digest.hexdigest()}"}
        header = json.dumps({"__metadata__": made, **described}).encode().ljust(_HEADER - 8)
        self._stream.seek(0)
        self._stream.write(len(header).to_bytes(8, "little") + header)

    def _write(self, data: bytes) -> None:
        self._stream.write(data)
        self._digest.update(data)
        self._written += len(data)


def is_whole(file: Path, key: str) -> bool:
    """Return whether a shard's file is there, complete and undamaged, with the right key."""
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length != _HEADER - 8:
                return False
            described = json.loads(stream.read(length))
            made, _, told = described.pop("__metadata__")["made"].partition(" ")
            if made != key:
                return False
            digest = hashlib.sha256()
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        digest.update(_line(described))
        return bool(digest.hexdigest() == told)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def read_group(file: Path, number: int, neurons: int) -> dict[str, NDArray[Any]]:
    """Return what a shard keeps of one of the ``groups``, which has so many neurons: arrays of as many rows.

    What is no moment has a column a text, token or exemplar. The ``key`` and ``value`` of exemplars are told from
    what is in the file.
    """
    parts: dict[str, list[NDArray[Any]]] = {}
    with safe_open(file, framework="numpy") as content:
        first, end = content.get_slice("bounds")[number : number + 2].tolist()
        stream = content.get_slice("stream")
        for name_id, columns, start, length in content.get_slice("index")[first:end].tolist():
            name = _NAMES[name_id]
            packed = stream[start : start + length].tobytes()
            own = (
                _unpacked_codes(packed, name, neurons, columns)
                if name in _HIGHEST_CODES
                else _unpacked(packed, _DTYPES[name], (neurons, columns, *_axes(name)))
            )
            parts.setdefault(name, []).append(own)
        orders = {name: content.get_tensor(f"order.{name}") for name in ("pooled", "tokens")}
    found = {name: np.concatenate(pieces, axis=1) for name, pieces in parts.items()}
    for name in ("sum", "squares", "minimum", "maximum"):
        found[name] = found[name][:, 0]
    for name, order in orders.items():
        given = found.get(name, np.empty((neurons, 0), _DTYPES[name]))
        # Many times as quick as writing every column to its place.
        found[name] = given.take(np.argsort(order), axis=1)
    for kind in (*kept_of_each(1), "sample"):
        for field, dtype in _WINDOW_FIELDS.items():
            name = f"{kind}.{field}"
            found.setdefault(name, np.empty((neurons, 0, *_axes(name)), dtype))
        # The peak is where the trace is highest, or lowest.
        found[f"{kind}.value"] = found[f"{kind}.{'lowest' if kind == 'bottom' else 'highest'}"]
        found.setdefault(f"{kind}.key", found[f"{kind}.value"])
    return found


def _axes(name: str) -> tuple[int, ...]:
    """Return the axes behind neurons and columns: a trace also goes by its tokens."""
    return (WINDOW,) if name.endswith(".trace") else ()


def _packed_codes(values: NDArray[np.float32], name: str) -> bytes:
    """Pack numbers as codes: each row's lowest and highest before all codes.

    A few texts or tokens lie closer together than all of them, so that what is lost here is less than what the run
    loses.
    """
    # Numbers that are not finite end the shard: there is nothing to be told of them here.
    with np.errstate(invalid="ignore", over="ignore"):
        lowest, highest, codes = encode(values, _HIGHEST_CODES[name], np.uint16)
    packed = codes.tobytes() if name == "pooled" else _packed(codes)
    return b"".join((lowest.tobytes(), highest.tobytes(), packed))


def _unpacked_codes(packed: bytes, name: str, neurons: int, columns: int) -> NDArray[np.float32]:
    lowest, highest = np.frombuffer(packed, np.float32, 2 * neurons).reshape(2, neurons)
    rest = packed[8 * neurons :]
    codes = (
        np.frombuffer(rest, np.uint16).reshape(neurons, columns)
        if name == "pooled"
        else _unpacked(rest, np.dtype(np.uint16), (neurons, columns))
    )
    return decode(lowest, highest, codes, _HIGHEST_CODES[name])


def _described(dtype: str, shape: list[int], start: int) -> dict[str, Any]:
    """Return a tensor's entry in the header."""
    size = {"U8": 1, "I32": 4, "I64": 8}[dtype]
    for length in shape:
        size *= length
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, start + size]}


def _line(described: Mapping[str, Any]) -> bytes:
    return json.dumps(described, sort_keys=True).encode()


def _packed(values: NDArray[Any]) -> bytes:
    """Compress an array: byte by byte of its numbers, as their first ones are much alike."""
    planes = np.ascontiguousarray(values).view(np.uint8).reshape(-1, values.dtype.itemsize).T
    packed: bytes = pa.Codec("zstd", compression_level=1).compress(planes.tobytes(), asbytes=True)
    return packed


def _unpacked(packed: bytes, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    count = math.prod(shape)
    size = count * dtype.itemsize
    planes = np.frombuffer(pa.Codec("zstd").decompress(packed, decompressed_size=size, asbytes=True), np.uint8)
    values = np.empty((count, dtype.itemsize), np.uint8)
    for place, plane in enumerate(planes.reshape(dtype.itemsize, count)):
        values[:, place] = plane
    return values.view(dtype).reshape(shape)
