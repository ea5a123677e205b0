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
from token_rules import LEVELS, PRESENT, RULES, Candidates, Rule, Said, Seen, first

from neurotui.describe.auroc import ALPHA, bounded, score
from neurotui.describe.described_rule import (
    ERRORS_IF_TOPIC,
    FEWEST_EXEMPLARS,
    LEAST_AUROC,
    LEAST_COVERED,
    LEAST_COVERED_IF_RARE,
    PEAK_WORD_SHARE,
    RARELY_AT_PEAKS,
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

    def seen(self, *, shuffled: bool) -> Seen:
        """Return all candidates; `shuffled`, with the activations of calibration shuffled among its places."""
        parts = list(self._blocks(np.random.default_rng(0) if shuffled else None))
        return Seen(*(Candidates(*map(np.vstack, zip(*scope, strict=True))) for scope in zip(*parts, strict=True)))

    def neurons(self) -> NDArray[np.int64]:
        """Return the ids of the neurons that are looked at."""
        return np.arange(0, self.run.counts()["neurons"], self.every)

    def _blocks(self, random: np.random.Generator | None) -> Iterator[tuple[Candidates, Candidates]]:
        learned = self._found.evidence.learned
        for (_, pooled), block in zip(self.run.pooled_codes(BLOCK), self.run.token_blocks(BLOCK), strict=True):
            own = slice(-block.first % self.every, None, self.every)
            codes, activations = block.codes[own], block.activations()[own]
            orders = [np.arange(count) for count in (learned.sum(), len(self._learned_texts))]
            if random is not None:
                orders = [random.permutation(order) for order in orders]
            here = activations[:, learned][:, orders[0]], codes[:, learned][:, orders[0]]
            ids = np.arange(block.first, block.first + len(block.codes))[own]
            yield (
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
        word = self._word(found.r, ids, random)
        peaking = held / np.maximum(of, 1)
        certain = certainty(r, found.error, evidence.unsure)
        covering, bare = _covering(certain, peaking, here.share)
        leads = np.hstack([word[:, None], covering])
        measures = [r, certain, r - found.error, r - 2 * found.error, scores.lower, -lift]
        columns = np.hstack([np.maximum(leads, 0), *map(_best, measures)])
        place = np.arange(columns.shape[1])
        covers = np.array([0, *LEVELS, *[0] * (len(place) - leads.shape[1])]) * np.pad(
            leads >= 0, ((0, 0), (0, len(place) - leads.shape[1]))
        )
        chosen = [
            np.take_along_axis(table, columns, axis=1) for table in (side, r, found.error, scores.lower, lift)
        ]
        known = scores.beyond_chance | (lift * evidence.pairs < ALPHA)
        judged = side * correlations(np.ascontiguousarray(validation), there).r
        return Candidates(
            evidence.first_id + columns,
            *chosen[:3],
            evidence.unsure[columns],
            chosen[3],
            average_precision(np.ascontiguousarray(codes), here, columns, chosen[0].astype(np.int8)),
            chosen[4],
            np.take_along_axis(known, columns, axis=1),
            (place == 0) & (word >= 0)[:, None],
            np.take_along_axis(peaking, columns, axis=1),
            covers,
            np.broadcast_to(bare[:, None], covers.shape),
            np.take_along_axis((held > 0) | (of < FEWEST_EXEMPLARS), columns, axis=1),
            np.take_along_axis(judged, columns, axis=1),
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

    def _word(
        self, r: NDArray[np.float64], ids: NDArray[np.int64], random: np.random.Generator | None
    ) -> NDArray[np.int64]:
        """Return the word, sign or piece at which half of the top exemplars peak, -1 for none: (neurons,)."""
        evidence = self._found.evidence
        held = self._peaks(ids, 1, random)
        of = np.asarray(evidence.peaks[1][ids].sum(axis=1))
        word = evidence.exact & (held >= np.maximum(PEAK_WORD_SHARE * of, 1)) & (r > 0)
        worth = np.where(word, held + r / 2, 0)
        return np.where(word.any(axis=1), worth.argmax(axis=1), -1)

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
            heads.append(
                (
                    best,
                    np.full(best.shape, side),
                    r,
                    error,
                    no + ERRORS_IF_TOPIC,
                    bound,
                    no,
                    no,
                    known,
                    no > 0,
                    no + 1,
                    no,
                    no > 0,
                    no == 0,
                    there_r,
                )
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


def _covering(
    sure: NDArray[np.float64], peaking: NDArray[np.float64], share: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return what leads as it covers the peaks, -1 for nothing, and whether the best is bare.

    They are (neurons, LEVELS) and (neurons,). `peaking` is the share of the exemplars that peak where
    a descriptor holds, `share` (descriptors,) that of all tokens.
    """
    best = sure.argmax(axis=1)[:, None]
    surest = np.take_along_axis(sure, best, axis=1)
    bare = np.take_along_axis(peaking, best, axis=1) < RARELY_AT_PEAKS
    worth = sure * peaking / np.sqrt(np.maximum(share, np.finfo(float).tiny))
    enough = (peaking >= np.where(bare, LEAST_COVERED_IF_RARE, LEAST_COVERED)) & (sure > 0)
    found = []
    for nearly in LEVELS:
        near = enough & (sure >= nearly * surest)
        found.append(np.where(near.any(axis=1), np.where(near, worth, -np.inf).argmax(axis=1), -1))
    return np.column_stack(found), bare[:, 0]


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


def figures(rule: Rule, evidence: Evidence, seen: Seen, shuffled: Seen) -> list[str]:
    """Return a rule's row of the table."""
    said = first(rule, seen)
    holds = (said.validation[said.aloud] >= 0.2).mean() if said.aloud.any() else np.nan
    return [
        f"{(said.validation >= 0.3).mean():.3f}",
        f"{said.aloud.sum():,} ({said.aloud.mean():.3f})",
        f"{holds:.3f}",
        named(said, evidence, 15),
        named(said, evidence, 10),
        f"{1000 * first(rule, shuffled).aloud.mean():.2f}",
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
            seen, shuffled = evidence.seen(shuffled=False), evidence.seen(shuffled=True)
            for rule in (PRESENT,) if given.present else RULES:
                row = [path.stem, rule.name, *figures(rule, evidence, seen, shuffled)]
                print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
