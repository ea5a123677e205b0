"""Which evidence ties a descriptor to a neuron best? Rules compared on runs with gold labels.

    python studies/matching.py RUN.duckdb ...

For each run, once with the gold labels as descriptors and, if it is described, once with its own, every rule
says which pairs of neuron and descriptor are described, and in which order, from calibration alone. Printed is
a Markdown table: precision@2 and recall@2 on validation (a pair holds where its AUROC there is at least 0.7),
the share of neurons described, and how many in a thousand are once the descriptors are shuffled among texts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from neurotui.describe.auroc import Scores, auroc, score
from neurotui.describe.ranks import ranks
from neurotui.evaluate.by_gold import LEAST_AUROC_GOLD
from neurotui.store.run import Run

Table = NDArray[np.float64]


class Evidence(NamedTuple):
    """What calibration says of every pair, (neurons, descriptors): scores, and the chance of as many exemplars.

    ``lift`` is the probability that as many of a neuron's exemplars hold the descriptor by chance: of its texts
    of highest pooled activation.
    """

    scores: Scores
    lift: Table


class Rule(NamedTuple):
    """A way to decide: which pairs are described, and the figure by which they are ranked."""

    name: str
    described: Callable[[Evidence], NDArray[np.bool_]]
    rank: Callable[[Evidence], Table]


def _auroc_rule(errors: float, least: float) -> Rule:
    return Rule(
        f"beyond chance, AUROC - {errors:g} SE >= {least:g}",
        lambda e: e.scores.beyond_chance & (e.scores.auroc - errors * e.scores.error >= least),
        lambda e: e.scores.lower,
    )


def _bound_rule(least: float) -> Rule:
    return Rule(f"bound over all pairs >= {least:g}", lambda e: e.scores.lower >= least, lambda e: e.scores.lower)


RULES = (
    *(_bound_rule(least) for least in (0.55, 0.6, 0.65)),
    *(_auroc_rule(errors, 0.7) for errors in (0, 0.5, 1, 2)),
    Rule("exemplar lift beyond chance", lambda e: e.lift < 0.05 / e.lift.size, lambda e: -e.lift),
    Rule(
        "AUROC - 1 SE >= 0.7, and lift p < 0.05",
        lambda e: _auroc_rule(1, 0.7).described(e) & (e.lift < 0.05),
        lambda e: e.scores.lower,
    ),
    Rule(
        "AUROC - 1 SE >= 0.7, ranked by AUROC",
        _auroc_rule(1, 0.7).described,
        lambda e: e.scores.auroc,
    ),
)


def descriptors_of(run: Run, *, gold: bool) -> NDArray[np.bool_]:
    """Return which of the pooled texts hold each descriptor: (texts, descriptors)."""
    texts = run.texts()
    pooled = np.flatnonzero(texts.pooled)
    if gold:
        names = sorted({label for labels in texts.gold for label in labels})
        return np.array([[name in texts.gold[text] for name in names] for text in pooled], np.bool_)
    topics = [one.descriptor_id for one in run.descriptors() if one.scope == "text"]
    holders = [np.isin(pooled, run.holders(number)) for number in topics]
    return np.column_stack(holders) if holders else np.zeros((len(pooled), 0), np.bool_)


def evidence(run: Run, holds: NDArray[np.bool_]) -> tuple[Evidence, Table]:
    """Return the evidence of calibration, and the AUROC on validation of the same pairs."""
    texts = run.texts()
    calibration = texts.calibration[texts.pooled]
    pairs = run.counts()["neurons"] * holds.shape[1]
    parts, judged = [], []
    for _, codes in run.pooled_codes():
        parts.append(score(ranks(codes[:, calibration]), holds[calibration], pairs))
        judged.append(auroc(ranks(codes[:, ~calibration]), holds[~calibration]))
    fields = ("auroc", "lower", "upper", "error", "beyond_chance")
    scores = Scores(*(np.vstack([getattr(part, field) for part in parts]) for field in fields))
    return Evidence(scores, _lift(run, holds, texts.calibration, texts.pooled)), np.vstack(judged)


def _lift(run: Run, holds: NDArray[np.bool_], calibration: NDArray[np.bool_], pooled: NDArray[np.bool_]) -> Table:
    """Return the hypergeometric chance that as many exemplars of calibration hold a descriptor, or more."""
    neuron, text = run.texts_of_kind("pooled")
    counts = calibration[text] & pooled[text]
    neuron, row = neuron[counts], (np.cumsum(pooled) - 1)[text[counts]]
    neurons = run.counts()["neurons"]
    held = np.zeros((neurons, holds.shape[1]))
    np.add.at(held, neuron, holds[row])
    shown = np.bincount(neuron, minlength=neurons)[:, None]
    learned = holds[calibration[pooled]]
    return np.asarray(hypergeom.sf(held - 1, len(learned), learned.sum(axis=0)[None], shown))


def figures(rule: Rule, seen: Evidence, judged: Table, shuffled: Evidence, k: int = 2) -> list[str]:
    """Return a rule's row: precision@k, recall@k, share described, described in a thousand when shuffled."""
    described = rule.described(seen)
    holds = judged >= LEAST_AUROC_GOLD
    rank = np.where(described, rule.rank(seen), -np.inf)
    first = np.argsort(-rank, axis=1, kind="stable")[:, :k]
    said = np.take_along_axis(described, first, axis=1)
    right = said & np.take_along_axis(holds, first, axis=1)
    precision = right.sum() / max(said.sum(), 1)
    recall = right.sum() / max(holds.sum(), 1)
    by_chance = 1000 * rule.described(shuffled).any(axis=1).mean()
    return [f"{precision:.3f}", f"{recall:.3f}", f"{described.any(axis=1).mean():.3f}", f"{by_chance:.2f}"]


def rows(path: Path) -> Iterator[list[str]]:
    """Yield the table's rows for one run."""
    with Run(path) as run:
        for kind in ("gold", "blind"):
            holds = descriptors_of(run, gold=kind == "gold")
            if not holds.shape[1]:
                continue
            seen, judged = evidence(run, holds)
            order = np.random.default_rng(0).permutation(len(holds))
            shuffled, _ = evidence(run, holds[order])
            for rule in RULES:
                yield [path.stem, run.meta["pooling"], kind, rule.name, *figures(rule, seen, judged, shuffled)]


def main(paths: list[str]) -> None:
    """Print the table of all runs."""
    header = [
        "run",
        "pooling",
        "descriptors",
        "rule",
        "precision@2",
        "recall@2",
        "described",
        "shuffled, per 1000",
    ]
    for row in (header, ["---"] * len(header)):
        print("| " + " | ".join(row) + " |")
    for path in paths:
        for row in rows(Path(path)):
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
