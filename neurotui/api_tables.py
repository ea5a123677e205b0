"""The columns of the tables that the Python interface returns; ``api_run.py`` fills their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SAID = [
    ("says", pa.string()),
    ("sentence", pa.string()),
    ("grounds", pa.string()),
    ("side", pa.int8()),
    ("scope", pa.string()),
    ("kind", pa.string()),
    ("correlation_calibration", pa.float64()),
    ("correlation_validation", pa.float64()),
]


NEURONS = pa.schema(
    [
        ("neuron", pa.string()),
        ("layer", pa.int16()),
        ("unit", pa.int32()),
        *_SAID,
        *((name, pa.float64()) for name in ("firing_rate", "mean", "std", "minimum", "maximum")),
        ("peak", pa.string()),
        ("peak_exemplars", pa.int16()),
        *((name, pa.string()) for name in ("state", "label", "note", "annotator")),
    ]
)


LABELS = pa.schema(
    [(name, pa.string()) for name in ("neuron", "state", "label", "note", "origin", "annotator", "time")]
)


DESCRIPTORS = pa.schema(
    [
        ("descriptor_id", pa.int32()),
        *((name, pa.string()) for name in ("scope", "kind", "name", "backend")),
        ("calibration", pa.int64()),
        ("validation", pa.int64()),
    ]
)


DESCRIBERS = pa.schema(
    [
        *((name, pa.string()) for name in ("name", "backend", "namer", "llm", "prompts", "described_at")),
        ("descriptors", pa.int32()),
        ("described", pa.int32()),
    ]
)


def table_of(rows: Sequence[Mapping[str, object]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table of a schema; ``ValueError`` where a row has other keys than the schema has columns.

    pyarrow would fill a column that no row has with nulls, and drop what the schema does not name.
    """
    columns = set(schema.names)
    for row in rows:
        if row.keys() != columns:
            raise ValueError(f"a row and its schema differ in {', '.join(sorted(row.keys() ^ columns))}")
    return pa.Table.from_pylist(rows, schema=schema)
