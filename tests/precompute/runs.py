"""What stands in a run, read without neurotui, and what should stand there."""

from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
from precompute.corpora import quiet, write_lines
from precompute.families import FAMILIES, save
from precompute.reference import Truth

from neurotui.precompute.pipeline import PrecomputeSettings, precompute

# Of a large model every hundredth neuron or so is looked at token by token.
LOOKED_AT = 96


class Kept(NamedTuple):
    """A row of exemplars."""

    neuron: int
    kind: str
    rank: int
    text: int
    start: int
    peak: int
    value: float
    trace: np.ndarray
    lowest: float
    highest: float


class Case(NamedTuple):
    """A run beside what an independent reading of its model says."""

    path: Path
    truth: Truth
    most: int
    pool: str
    exemplars: int
    layers: tuple[int, ...]
    columns: dict[str, dict[str, Any]]
    kept: list[Kept]

    def trace(self, kept):
        """Return the true activations under an exemplar's window."""
        reading = self.truth.readings[kept.text]
        start = kept.start - reading.first
        return reading.activations[start : start + len(kept.trace), kept.neuron]

    def by_kind(self, kind):
        """Return every looked-at neuron with its exemplars of a kind, by rank."""
        found = {kept.neuron: [] for kept in self.kept}
        for kept in self.kept:
            if kept.kind == kind:
                found[kept.neuron].append(kept)
        return found


def case_of(path, readings, *, most, pool="mean", exemplars=20, layers=(0, 1), seed=0):
    """Read a run into a case."""
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = {
            table: connection.execute(f"SELECT * FROM {table}").fetchnumpy()
            for table in (
                "texts",
                "neurons",
                "pooled",
                "vocabulary",
                "token_sample",
                "token_activations",
                "peaks",
            )
        }
        every = max(1, len(columns["neurons"]["unit"]) // LOOKED_AT)
        rows = connection.execute(
            "SELECT neuron_id, kind, rank, text_id, start, peak, value, trace, lowest, highest FROM exemplars"
            f" WHERE neuron_id % {every} = 0"
        ).fetchall()
    kept = [Kept(*row[:7], np.array(row[7]), *row[8:]) for row in rows]
    return Case(path, Truth(readings, seed), most, pool, exemplars, layers, columns, kept)


def tables(path):
    """Return every table of a run as it stands in the file, but for when it was made."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        found = {name: connection.sql(f"FROM {name}").to_arrow_table() for name in names}
    meta = found["meta"].to_pylist()
    return {**found, "meta": [row for row in meta if row["key"] != "created"]}


def same(first, second):
    """Say whether two runs have the same tables, bit for bit."""
    one, other = tables(first), tables(second)
    return one.keys() == other.keys() and all(
        one[name] == other[name] if name == "meta" else one[name].equals(other[name]) for name in one
    )


def standing(folder):
    """Return what tells whether a file was written again: name, inode and time of its last change."""
    return {
        file.name: (file.stat().st_ino, file.stat().st_mtime_ns)
        for file in folder.iterdir()
        if file.name.startswith("shard-")
    }


def tiny_run(name, folder, head, bodies, most=40):
    """Make a run of a tiny model of a family, ``run.duckdb``, beside its ``model``; return the run's path."""
    texts = write_lines(folder / "texts.jsonl", bodies)
    model = save(FAMILIES[name], folder / "model", head)
    settings = PrecomputeSettings(str(model), max_tokens=most, dtype="float32", device="cpu", workers=1)
    precompute([str(texts)], folder / "run.duckdb", settings, progress=quiet)
    return folder / "run.duckdb"
