"""What should be said of a neuron first, and from when on? Rules compared at the tokens of described runs.

    python studies/tokens.py [--every N] [--present] RUN.duckdb ...

For each run all evidence is worked out once, and again on shuffled places; every rule then says what it would
say first of each neuron, and whether aloud. ``--every 4`` takes every fourth neuron, ``--present`` only the
rule that `neurotui describe` follows. The topics are the run's text descriptors or, where it has none, the gold
labels of its texts. Printed is a Markdown table:

- r >= .3: the share of all neurons whose first description has that correlation at validation tokens;
- described, and of those the share that has r >= .2;
- word at 15, at 10: of the neurons so many of whose 20 top exemplars peak at one word, the share whose first
  description holds that word;
- shuffled: described neurons in a thousand, once the places were shuffled.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.stats import binom
from token_rules import PRESENT, RULES, Candidates, Rule, Said, Seen, first, together

from neurotui.describe.auroc import ALPHA, bounded, score
from neurotui.describe.described_rule import (
    ERRORS_IF_TOPIC,
    LEAST_AUROC,
    PEAK_WORD_SHARE,
    certainty,
)
from neurotui.describe.ranks import ranks
from neurotui.describe.token_evidence import TokenDescriptors, token_descriptors
from neurotui.describe.weighted_scores import area, average_precision, correlations
from neurotui.models.encoder import MiniLM
from neurotui.segmentation import units
from neurotui.store.run import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEST, BLOCK = 10, 512
COLUMNS = (
    "run",
    "rule",
    "r >= .3",
    "described",
    "of them r >= .2",
    "word at 15",
    "at 10",
    "shuffled, per 1000",
)


class Evidence:
    """A described run with its descriptors, found again, from which candidates are drawn block by block."""

    def __init__(self, run: Run, every: int) -> None:
        self.run, self.every = run, every
        texts = run.texts()
        self._learned_texts = texts.calibration[texts.pooled]
        topics, by_text = _topics(run)
        self._holds = by_text[texts.pooled]
        own = csr_matrix(by_text, dtype=np.float32)
        self._found: TokenDescriptors = token_descriptors(run, own, MiniLM())
        self.names = topics + [feature.name for feature in self._found.features]

    def said(self, rules: tuple[Rule, ...], *, shuffled: bool) -> list[Said]:
        """Return what each rule says; `shuffled`, of the activations of calibration shuffled among its places."""
        random = np.random.default_rng(0) if shuffled else None
        by_block = [[first(rule, seen) for rule in rules] for seen in self._blocks(random)]
        return [together(list(parts)) for parts in zip(*by_block, strict=True)]

    def neurons(self) -> NDArray[np.int64]:
        """Return the ids of the neurons that are looked at."""
        return np.arange(0, self.run.counts()["neurons"], self.every)

    def _blocks(self, random: np.random.Generator | None) -> Iterator[Seen]:
        learned = self._found.evidence.learned
        for (_, pooled), block in zip(self.run.pooled_codes(BLOCK), self.run.token_blocks(BLOCK), strict=True):
            own = slice(-block.first % self.every, None, self.every)
            codes, activations = block.codes[own], block.activations()[own]
            orders = [np.arange(count) for count in (learned.sum(), len(self._learned_texts))]
            if random is not None:
                orders = [random.permutation(order) for order in orders]
            here = activations[:, learned][:, orders[0]], codes[:, learned][:, orders[0]]
            ids = np.arange(block.first, block.first + len(block.codes))[own]
            yield Seen(
                self._tokens(ids, *here, activations[:, ~learned], random),
                self._topics(pooled[own][:, orders[1]], here[0], activations[:, ~learned]),
            )

    def _tokens(
        self,
        ids: NDArray[np.int64],
        activations: NDArray[np.float32],
        codes: NDArray[np.uint8],
        validation: NDArray[np.float32],
        random: np.random.Generator | None,
    ) -> Candidates:
        evidence = self._found.evidence
        here, there = evidence.tokens
        found = correlations(np.ascontiguousarray(activations), here)
        side = np.where(found.r < 0, -1, 1)
        areas = area(np.ascontiguousarray(codes), here)
        scores = bounded(np.where(side > 0, areas, 1 - areas), here.positives, here.negatives, evidence.pairs)
        held, of = self._at_peaks(ids, side, random)
        lift = np.ones(held.shape)
        some = held > 0
        lift[some] = binom.sf(held[some] - 1, of[some], np.broadcast_to(here.share, held.shape)[some])
        r = np.abs(found.r)
        measures = [r, certainty(r, found.error, evidence.unsure), r - 2 * found.error, scores.lower, -lift]
        columns = np.hstack([*map(_best, measures)])
        precision = np.full(r.shape, np.nan)
        sides = np.take_along_axis(side, columns, axis=1).astype(np.int8)
        of_best = average_precision(np.ascontiguousarray(codes), here, columns, sides)
        np.put_along_axis(precision, columns, of_best, axis=1)
        return Candidates(
            np.broadcast_to(evidence.first_id + np.arange(r.shape[1]), r.shape),
            side,
            r,
            found.error,
            np.broadcast_to(evidence.unsure, r.shape),
            scores.lower,
            precision,
            lift,
            scores.beyond_chance | (lift * evidence.pairs < ALPHA),
            held,
            of,
            np.broadcast_to(np.maximum(here.share, np.finfo(float).tiny), r.shape),
            evidence.exact & (side > 0) & (held >= np.maximum(PEAK_WORD_SHARE * of, 1)),
            side * correlations(np.ascontiguousarray(validation), there).r,
        )

    def _peaks(self, ids: NDArray[np.int64], side: int, random: np.random.Generator | None) -> NDArray[np.float64]:
        evidence = self._found.evidence
        holds = evidence.holds_at_peaks
        if random is not None:
            holds = holds[random.permutation(holds.shape[0])]
        return np.asarray((evidence.peaks[1 if side > 0 else -1][ids] @ holds).toarray(), np.float64)

    def _at_peaks(
        self, ids: NDArray[np.int64], side: NDArray[np.int64], random: np.random.Generator | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return at how many peaks on its side each descriptor holds, and of how many."""
        peaks = self._found.evidence.peaks
        of = [np.asarray(peaks[own][ids].sum(axis=1)) for own in (1, -1)]
        held = np.where(side > 0, self._peaks(ids, 1, random), self._peaks(ids, -1, random))
        return held, np.broadcast_to(np.where(side > 0, of[0], of[1]), held.shape)

    def _topics(
        self, pooled: NDArray[np.uint16], activations: NDArray[np.float32], validation: NDArray[np.float32]
    ) -> Candidates:
        """Return the topics of highest and of lowest AUROC over texts: what heads the lists of either side."""
        here, there = self._found.evidence.texts
        learned = self._learned_texts
        pairs = self.run.counts()["neurons"] * self._holds.shape[1]
        found, judged = correlations(activations, here), correlations(validation, there).r
        heads = []
        for side in (1, -1):
            scores = score(ranks(side * pooled[:, learned].astype(np.int32)), self._holds[learned], pairs)
            aloud = scores.beyond_chance & (scores.auroc - scores.error >= LEAST_AUROC)
            best = np.argmax(np.nan_to_num(scores.lower, nan=-1) + 2 * aloud, axis=1)[:, None]
            r, error, bound, known, there_r = (
                np.take_along_axis(table, best, axis=1)
                for table in (side * found.r, found.error, scores.lower, aloud, side * judged)
            )
            no = np.zeros(best.shape)
            # A topic is not judged by the peaks: as if all were its own.
            of_peaks = no + 1, no + 1, no + 1, no > 0
            unsure = no + ERRORS_IF_TOPIC
            heads.append(
                (best, np.full(best.shape, side), r, error, unsure, bound, no, no, known, *of_peaks, there_r)
            )
        return Candidates(*map(np.hstack, zip(*heads, strict=True)))


def _topics(run: Run) -> tuple[list[str], NDArray[np.bool_]]:
    """Return the names of a run's topics, and which texts hold them: (texts, topics)."""
    gold = run.texts().gold
    topics = [one for one in run.descriptors() if one.scope == "text"]
    if not topics:
        names = sorted({label for labels in gold for label in labels})
        return names, np.array([[name in labels for name in names] for labels in gold], np.bool_)
    by_text = np.zeros((len(gold), len(topics)), np.bool_)
    for one in topics:
        by_text[run.holders(one.descriptor_id), one.descriptor_id] = True
    return [one.name for one in topics], by_text


def _best(measure: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the descriptors that are best by a measure, in any order: (neurons, k)."""
    return np.argpartition(-np.nan_to_num(measure, nan=-1), BEST, axis=1)[:, :BEST]


def words(text: str) -> set[str]:
    """Return the words of a name, case-folded."""
    return {unit.text for unit in units(text.casefold()) if unit.is_word}


def named(said: Said, evidence: Evidence, least: int) -> str:
    """Return, of the neurons so many of whose top exemplars peak at one word, the share that it is said of."""
    peaks = evidence.run.all_peaks()
    place = {number: row for row, number in enumerate(evidence.neurons().tolist())}
    right = of = 0
    one = (peaks.side > 0) & (peaks.rank == 0) & (peaks.exemplars >= least)
    for number, word in zip(peaks.neuron_id[one].tolist(), peaks.word[one], strict=True):
        if number in place and word[:1].isalnum():
            row = place[number]
            of += 1
            right += said.side[row] > 0 and word.casefold() in words(evidence.names[said.descriptor[row]])
    return f"{right / of:.3f} ({of})" if of else "-"


def figures(said: Said, shuffled: Said, evidence: Evidence) -> list[str]:
    """Return a rule's row of the table, from what it says, and of shuffled places."""
    holds = (said.validation[said.aloud] >= 0.2).mean() if said.aloud.any() else np.nan
    return [
        f"{(said.validation >= 0.3).mean():.3f}",
        f"{said.aloud.sum():,} ({said.aloud.mean():.3f})",
        f"{holds:.3f}",
        named(said, evidence, 15),
        named(said, evidence, 10),
        f"{1000 * shuffled.aloud.mean():.2f}",
    ]


def main() -> None:
    """Print the table of all runs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--present", action="store_true")
    parser.add_argument("runs", nargs="+", type=Path)
    given = parser.parse_args()
    for row in (COLUMNS, ["---"] * len(COLUMNS)):
        print("| " + " | ".join(row) + " |")
    for path in given.runs:
        with Run(path) as run:
            evidence = Evidence(run, given.every)
            rules = (PRESENT,) if given.present else RULES
            both = zip(evidence.said(rules, shuffled=False), evidence.said(rules, shuffled=True), strict=True)
            for rule, (said, shuffled) in zip(rules, both, strict=True):
                row = [path.stem, rule.name, *figures(said, shuffled, evidence)]
                print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
