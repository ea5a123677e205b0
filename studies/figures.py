"""The figures that the paper gives, on runs whose texts have gold labels.

    python studies/figures.py RUN.duckdb ...

Each run is copied and described three times: by its gold labels, by its gold labels shuffled among the texts,
and blind, by the keywords backend. Printed is a Markdown table of what `neurotui evaluate --gold` says of each,
over all layers, with 95 % intervals; of the shuffled ones, how many neurons in a thousand a label describes.
All figures are over text descriptors. Nothing names them anew: names change no figure.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from neurotui.describe.pipeline import describe
from neurotui.evaluate.by_gold import GoldJudgement, judge_by_gold
from neurotui.store.run import Run

if TYPE_CHECKING:
    from neurotui.evaluate.bootstrap import Figure

K = 2
COLUMNS = (
    "run",
    "gold precision@2",
    "gold recall@2",
    "gold consistency",
    "blind precision@2",
    "blind coverage",
    "blind consistency",
    "purity",
    "overlap",
    "shuffled, per 1000",
)


def judged(run: Path, backend: str) -> GoldJudgement:
    """Describe a run in place and judge it."""
    describe(run, backend, namer="none", progress=lambda *_: None)
    with Run(run) as opened:
        return judge_by_gold(opened, K)


def described_by_chance(run: Path) -> float:
    """Shuffle a run's gold labels in place; return how many neurons in a thousand they describe."""
    with duckdb.connect(str(run)) as connection:
        gold = [row[0] for row in connection.execute("SELECT gold FROM texts ORDER BY text_id").fetchall()]
        order = np.random.default_rng(0).permutation(len(gold)).tolist()
        connection.execute("CREATE TEMP TABLE other (text_id INTEGER, gold VARCHAR[])")
        connection.executemany("INSERT INTO other VALUES (?, ?)", [(n, gold[o]) for n, o in enumerate(order)])
        connection.execute("UPDATE texts SET gold = other.gold FROM other WHERE texts.text_id = other.text_id")
    describe(run, "gold", progress=lambda *_: None)
    with Run(run) as opened:
        matches = opened.text_matches()
        return 1000 * len(np.unique(matches.neuron_id[matches.described])) / opened.counts()["neurons"]


def written(figure: Figure) -> str:
    """Return a figure with its interval; a dash for nothing."""
    if figure.value is None:
        return "-"
    return f"{figure.value:.3f} ({figure.lower:.3f}-{figure.upper:.3f}; {figure.of:,})"


def row(run: Path, folder: Path) -> list[str]:
    """Return the table's row of one run, which stays as it is."""
    copies = [Path(shutil.copy(run, folder / f"{kind}.duckdb")) for kind in ("gold", "blind", "shuffled")]
    gold, blind = judged(copies[0], "gold"), judged(copies[1], "keywords")
    by_gold, by_words = gold.rows[0].figures, blind.rows[0].figures
    return [
        run.stem,
        *(written(by_gold[name]) for name in (f"precision@{K}", f"recall@{K}", "consistency")),
        *(written(by_words[name]) for name in (f"precision@{K}", "coverage", "consistency")),
        written(blind.purity),
        written(blind.overlap),
        f"{described_by_chance(copies[2]):.2f}",
    ]


def main(paths: list[str]) -> None:
    """Print the table of all runs."""
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + " --- |" * len(COLUMNS))
    for path in paths:
        with tempfile.TemporaryDirectory() as folder:
            print("| " + " | ".join(row(Path(path), Path(folder))) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
