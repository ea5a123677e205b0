"""Runs of any size without a model: planted descriptors, random activations, real tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from neurotui.store.writer import Writer

WORDS = [
    "the",
    "goal",
    "was",
    "late",
    ";",
    "keeper",
    "dived",
    "but",
    "rain",
    "fell",
    "on",
    "bread",
    "dough",
    "flour",
    "oven",
    "market",
    "shares",
    "bank",
    "star",
    "orbit",
    "comet",
    "telescope",
    "chord",
    "guitar",
    "verse",
    "court",
    "judge",
    "law",
    "tenant",
    "dog",
    "cat",
    "vet",
    "storm",
    "cloud",
]
WEIGHTS = "0" * 64
NAMES = (
    "football match",
    "baking bread",
    "stock market",
    "night sky",
    "guitar music",
    "courtroom law",
    "pet animals",
    "stormy weather",
)


def lists(values: np.ndarray) -> pa.ListArray:
    """Return a two-dimensional array as an Arrow list column."""
    rows, width = values.shape
    offsets = np.arange(0, rows * width + 1, max(width, 1), dtype=np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(values.ravel()))


def ends(body: str) -> list[int]:
    """Return where each token of a text split at spaces ends, special ones included."""
    words = list(accumulate((len(word) + 1 for word in body.split(" ")), initial=-1))[1:]
    return [0, *words, words[-1]]


def write_run(
    path: Path,
    *,
    layers: int = 2,
    units: int = 48,
    texts: int = 80,
    seed: int = 7,
    bodies: list[str] | None = None,
    names: Sequence[str] = NAMES,
    model: str = "synthetic",
    weights: str = WEIGHTS,
    backend: str = "keywords",
    keep: int = 6,
    window: int = 12,
    matches: int = 3,
    sample: int = 200,
) -> Path:
    """Write a run of ``layers x units`` neurons; `bodies` (split at spaces) replaces its random texts.

    Of every kind it has `keep` exemplars, of at most `window` tokens. `names` are its descriptors, of which each
    neuron has `matches`; without any, the run is one that was never described. `sample` is the size of its token
    sample.
    """
    random = np.random.default_rng(seed)
    if bodies is None:
        bodies = [" ".join(random.choice(WORDS, random.integers(8, 24))) for _ in range(texts)]
    texts = len(bodies)
    vocabulary = {"[CLS]": 0, "[SEP]": 1}
    tokens = []
    for body in bodies:
        pieces = [" " + word for word in body.split(" ")]
        tokens.append([0, *(vocabulary.setdefault(piece, len(vocabulary)) for piece in pieces), 1])
    split = ["calibration" if number % 2 == 0 else "validation" for number in range(texts)]
    holds = random.random((texts, len(names))) < 0.25
    with Writer(path, replace=True) as writer:
        writer.meta(
            {
                "model": model,
                "weights": weights,
                "pooling": "mean",
                "seed": str(seed),
                "texts_calibration": str(split.count("calibration")),
                "texts_validation": str(split.count("validation")),
            }
        )
        writer.append(
            "texts",
            pa.table(
                {
                    "text_id": pa.array(range(texts), pa.int32()),
                    "source_id": [f"s-{i}" for i in range(texts)],
                    "split": split,
                    "body": bodies,
                    "tokens": pa.array(tokens, pa.list_(pa.int32())),
                    "ends": pa.array([ends(body) for body in bodies], pa.list_(pa.int32())),
                    "gold": pa.array([list(np.array(names)[row]) for row in holds], pa.list_(pa.string())),
                    "pooled": [True] * texts,
                }
            ),
        )
        writer.append(
            "vocabulary",
            pa.table(
                {
                    "token_id": pa.array(vocabulary.values(), pa.int32()),
                    "piece": list(vocabulary),
                    "special": [number < 2 for number in vocabulary.values()],
                }
            ),
        )
        writer.append(
            "descriptors",
            pa.table(
                {
                    "descriptor_id": pa.array(range(len(names)), pa.int32()),
                    "scope": ["text"] * len(names),
                    "kind": ["topic"] * len(names),
                    "name": pa.array(names, pa.string()),
                    "backend": pa.array([backend] * len(names), pa.string()),
                    "calibration": pa.array(holds[0::2].sum(axis=0), pa.int32()),
                    "validation": pa.array(holds[1::2].sum(axis=0), pa.int32()),
                }
            ),
        )
        held = np.argwhere(holds)
        writer.append(
            "text_descriptors",
            pa.table({"text_id": held[:, 0].astype(np.int32), "descriptor_id": held[:, 1].astype(np.int32)}),
        )
        if len(held):
            said = [f"{names[name]}{'s' if text % 3 == 0 else ''}" for text, name in held]
            columns = {"text_id": held[:, 0].astype(np.int32), "phrase": said}
            writer.append("phrases", pa.table(columns | {"descriptor_id": held[:, 1].astype(np.int32)}))
        places = _write_sample(writer, tokens, split, random, sample)
        for layer in range(layers):
            _write_tokens(writer, layer, units, places, random)
            _write_layer(writer, layer, units, tokens, holds, random, keep, window, matches)
    return path


def _write_layer(writer, layer, units, tokens, holds, random, keep, window, matches) -> None:
    ids = np.arange(layer * units, (layer + 1) * units, dtype=np.int32)
    texts, names = holds.shape
    planted = random.integers(0, names, units) if names else None
    codes = random.random((units, texts)) * 40000
    if names:
        codes += holds[:, planted].T * 25000
    codes = codes.astype(np.uint16)
    histogram = np.stack([np.bincount(row >> 11, minlength=32) for row in codes]).astype(np.int32)
    ones = np.ones(units, np.float32)
    writer.append(
        "neurons",
        pa.table(
            {
                "neuron_id": ids,
                "layer": np.full(units, layer, np.int16),
                "unit": np.arange(units, dtype=np.int32),
                "mean": ones * 0.1,
                "std": ones,
                "minimum": -0.17 * ones,
                "maximum": 4 * ones,
                "firing_rate": random.random(units).astype(np.float32),
                "histogram": lists(histogram),
            }
        ),
    )
    writer.append(
        "pooled",
        pa.table({"neuron_id": ids, "lowest": -0.1 * ones, "highest": 2 * ones, "codes": lists(codes)}),
    )
    _write_exemplars(writer, ids, tokens, random, keep, window)
    if names:
        _write_matches(writer, ids, planted, names, random, matches)


def _write_sample(writer, tokens, split, random, most) -> int:
    """Write a token sample of up to `most` places, and return how many."""
    every = [(text, place) for text, ids in enumerate(tokens) for place in range(1, len(ids) - 1)]
    chosen = sorted(random.permutation(len(every))[:most].tolist())
    writer.append(
        "token_sample",
        pa.table(
            {
                "place": pa.array(range(len(chosen)), pa.int32()),
                "text_id": pa.array([every[one][0] for one in chosen], pa.int32()),
                "position": pa.array([every[one][1] for one in chosen], pa.int16()),
                "split": pa.array([split[every[one][0]] for one in chosen], pa.string()),
                "weight": np.full(len(chosen), len(every) / max(len(chosen), 1), np.float32),
            }
        ),
    )
    return len(chosen)


def _write_tokens(writer, layer, units, places, random) -> None:
    if not places:
        return
    ids = np.arange(layer * units, (layer + 1) * units, dtype=np.int32)
    ones = np.ones(units, np.float32)
    codes = random.integers(0, 256, (units, places), dtype=np.uint8)
    writer.append(
        "token_activations",
        pa.table({"neuron_id": ids, "lowest": -0.17 * ones, "highest": 4 * ones, "codes": lists(codes)}),
    )
    words = random.choice(WORDS, units)
    writer.append(
        "peaks",
        pa.table(
            {
                "neuron_id": ids,
                "side": np.ones(units, np.int8),
                "rank": np.zeros(units, np.int16),
                "word": pa.array(words.tolist(), pa.string()),
                "exemplars": random.integers(1, 7, units).astype(np.int16),
            }
        ),
    )


def _write_matches(writer, ids, planted, names, random, each) -> None:
    count, units = len(ids) * each, len(ids)
    rank = np.tile(np.arange(each, dtype=np.int16), units)
    score = (0.95 - 0.3 / each * rank - 0.2 * random.random(count)).astype(np.float32)
    descriptor = (np.repeat(planted, each) + rank) % names
    writer.append(
        "matches",
        pa.table(
            {
                "neuron_id": np.repeat(ids, each),
                "rank": rank,
                "descriptor_id": descriptor.astype(np.int32),
                "side": np.ones(count, np.int8),
                "auroc_calibration": score,
                "lower": score - np.float32(0.08),
                "upper": np.minimum(score + 0.05, 1),
                "auroc_validation": score - np.float32(0.02),
                "average_precision": score - np.float32(0.2),
                "correlation_calibration": score - np.float32(0.3),
                "correlation_validation": score - np.float32(0.35),
                "top_with": np.full(count, 3, np.int16),
                "top_of": np.full(count, 4, np.int16),
                "described": score > 0.78,
                "described_validation": score > 0.8,
            }
        ),
    )


def _write_exemplars(writer, ids, tokens, random, keep, window) -> None:
    kinds = ("top", "bottom", "pooled", "quantile", "random")
    rows = len(ids) * len(kinds) * keep
    text = random.integers(0, len(tokens), rows).astype(np.int32)
    length = np.minimum(window, np.array([len(one) - 2 for one in tokens])[text])
    offsets = np.concatenate([[0], np.cumsum(length)])
    traces = random.integers(0, 160, offsets[-1], dtype=np.uint8)
    peak = (random.random(rows) * length).astype(np.int16)
    traces[offsets[:-1] + peak] = 255
    per_neuron = len(kinds) * keep
    writer.append(
        "exemplars",
        pa.table(
            {
                "neuron_id": np.repeat(ids, per_neuron),
                "kind": np.tile(np.repeat(kinds, keep), len(ids)),
                "rank": np.tile(np.arange(keep, dtype=np.int16), len(ids) * len(kinds)),
                "text_id": text,
                "start": np.ones(rows, np.int16),
                "peak": peak + np.int16(1),
                "value": (random.random(rows) * 4).astype(np.float32),
                "trace": pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(traces)),
                "lowest": np.full(rows, -0.1, np.float32),
                "highest": np.full(rows, 4, np.float32),
            }
        ),
    )


TOKEN_DESCRIPTORS = (
    ("word", "goal", {"goal"}),
    ("class", "weather: storm, cloud, rain", {"storm", "cloud", "rain"}),
    ("before", 'after "the"', set()),
)


def add_token_scope(path: Path) -> Path:
    """Give a run of text descriptors token descriptors and outputs too.

    Every even neuron is tied to one of the three, which is said first of it; that of every fourth speaks of the
    negative. The words at which bottom exemplars peak are written too.
    """
    with duckdb.connect(path) as run:
        first = run.execute("SELECT count(*) FROM descriptors").fetchone()[0]
        sample = run.execute(
            "SELECT place, position, body FROM token_sample JOIN texts USING (text_id) ORDER BY place"
        ).fetchall()
        for number, (kind, name, covered) in enumerate(TOKEN_DESCRIPTORS, first):
            held = []
            for place, position, body in sample:
                words = ["", *body.split(" ")]
                if words[position] in covered or (kind == "before" and words[position - 1] == "the"):
                    held.append((place, number))
            run.execute("INSERT INTO descriptors VALUES (?, 'token', ?, ?, 'texts', 9, 9)", [number, kind, name])
            run.executemany("INSERT INTO token_descriptors VALUES (?, ?)", held)
        run.execute("UPDATE matches SET rank = rank + 1 WHERE neuron_id % 2 = 0")
        run.execute(
            """
            INSERT INTO matches
            SELECT neuron_id, 0, $first + neuron_id // 2 % 3, CASE WHEN neuron_id % 4 = 0 THEN -1 ELSE 1 END,
                0.9, 0.8, 0.95, 0.88, 0.6, 0.7, 0.65 - neuron_id % 7 / 10, 5, 6, true, true
            FROM neurons WHERE neuron_id % 2 = 0
            """,
            {"first": first},
        )
        run.execute("INSERT INTO peaks SELECT neuron_id, -1, 0, 'late', 5 FROM neurons")
        for kind in ("promoted", "suppressed"):
            run.execute(
                """
                INSERT INTO outputs SELECT neuron_id, $kind, rank, 2 + (neuron_id + 7 * rank + length($kind)) % 20, 3
                FROM neurons, range(4) ranks(rank)
                """,
                {"kind": kind},
            )
        for table, order in (("matches", "neuron_id, rank"), ("outputs", "neuron_id, kind, rank")):
            run.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table} ORDER BY {order}")
    return path


def mend(path):
    """Let the synthetic run add up."""
    with duckdb.connect(str(path)) as database:
        for split in ("calibration", "validation"):
            database.execute(
                f"UPDATE descriptors SET {split} = (SELECT count(*) FROM token_descriptors JOIN token_sample "
                f"USING (place) WHERE split = '{split}' AND descriptor_id = descriptors.descriptor_id) "
                "WHERE scope = 'token'"
            )
        database.execute("UPDATE peaks SET exemplars = 1")
        database.execute(
            "UPDATE exemplars SET lowest = -0.17, trace = list_transform(trace, lambda code, place: "
            "CASE WHEN place = peak - start + 1 THEN 0 ELSE code END) WHERE kind = 'bottom'"
        )
        database.execute(
            "UPDATE exemplars SET value = lowest + trace[peak - start + 1] / 255.0 * (highest - lowest)"
        )
        database.execute("UPDATE matches SET top_with = 1, top_of = 2")


def add_describer(path: Path, name: str, called: dict[str, str], *, backend: str = "keywords") -> Path:
    """Give a described run another describer, who says the same of its neurons, but for what is `called` otherwise."""
    with duckdb.connect(path) as run:
        run.execute(
            """
            INSERT INTO described_by
            SELECT $name, neuron_id, rank, scope, kind,
                coalesce(map_extract_value($called::MAP(VARCHAR, VARCHAR), name), name),
                side, auroc_calibration, lower, upper, auroc_validation, average_precision, correlation_calibration,
                correlation_validation, top_with, top_of, 0.25, described, described_validation
            FROM matches JOIN descriptors USING (descriptor_id)
            """,
            {"name": name, "called": called},
        )
        run.execute(
            """
            INSERT INTO describers
            SELECT $name, $backend, 'none', '', '', '2026-11-28T12:00:00+00:00', (SELECT count(*) FROM descriptors),
                (SELECT count(*) FROM matches WHERE rank = 0 AND described)
            """,
            {"name": name, "backend": backend},
        )
        for table, order in (("describers", "name"), ("described_by", "describer, neuron_id, rank")):
            run.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table} ORDER BY {order}")
    return path
