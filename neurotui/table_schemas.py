"""The columns of the tables that the Python interface returns."""

from __future__ import annotations

import pyarrow as pa

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
