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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.stats import binom

from neurotui.backends.encoder import MiniLM
from neurotui.describe.auroc import ALPHA, bounded, score
from neurotui.describe.ranks import ranks
from neurotui.describe.token_evidence import TokenDescriptors, token_descriptors
from neurotui.describe.weighted import area, average_precision, correlations
from neurotui.segmentation import units
from neurotui.store.run import Run
from neurotui.words import THRESHOLD

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEST, BLOCK = 10, 512
NEARLY = (0.2, 0.3, 0.4, 0.5)
PEAKING = 0.5
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


class Candidates(NamedTuple):
    """What might be said of some neurons, all (neurons, candidates), a descriptor perhaps more than once.

    ``r`` with its ``error``, the AUROC's lower ``bound``, average ``precision`` and ``lift``, the chance of as
    many exemplars peaking where it holds as do, are those of calibration and of the ``side`` on which r is
    positive. ``known`` is beyond chance, ``word`` what half of the top exemplars or more peak at, a ``share``.
    """

    descriptor: NDArray[np.int64]
    side: NDArray[np.int64]
    r: NDArray[np.float64]
    error: NDArray[np.float64]
    bound: NDArray[np.float64]
    precision: NDArray[np.float64]
    lift: NDArray[np.float64]
    known: NDArray[np.bool_]
    word: NDArray[np.bool_]
    share: NDArray[np.float64]
    validation: NDArray[np.float64]


class Seen(NamedTuple):
    """The candidates of all neurons that are looked at: token descriptors, and the two heads of topics."""

    tokens: Candidates
    topics: Candidates


class Said(NamedTuple):
    """What a rule says first of each neuron, all (neurons,)."""

    descriptor: NDArray[np.int64]
    side: NDArray[np.int64]
    validation: NDArray[np.float64]
    aloud: NDArray[np.bool_]


def certain(errors: float) -> Callable[[Candidates], NDArray[np.float64]]:
    """Return an order: the correlation less so many standard errors."""
    return lambda seen: seen.r - errors * seen.error


class Rule(NamedTuple):
    """How token descriptors are ordered, when the peaks' word leads, and what is said aloud.

    The word leads if its r is ``word`` of the best one's, less ``slope`` for each tenth of the top exemplars
    above half that peak at it. Heads are compared, and asked for at least ``least``, by r less so many
    ``errors`` of token descriptors and of topics.
    """

    name: str
    order: Callable[[Candidates], NDArray[np.float64]] = certain(1)
    word: float = 0.4
    slope: float = 0.0
    least: float = 0.19
    errors: tuple[float, float] = (1, 2)


NO_WORD = np.inf
PRESENT = Rule("present: r - 1 SE, word at .4, least .19")
RULES = (
    PRESENT,
    Rule("r, no word", certain(0), NO_WORD),
    Rule("r - 1 SE, no word", certain(1), NO_WORD),
    Rule("r - 2 SE, no word", certain(2), NO_WORD),
    Rule("AUROC's lower bound, no word", lambda seen: seen.bound, NO_WORD),
    Rule("average precision, no word", lambda seen: seen.precision, NO_WORD),
    Rule("exemplar lift, no word", lambda seen: -seen.lift, NO_WORD),
    *(Rule(f"r - 1 SE, word at {share:g}", word=share) for share in NEARLY if share != PRESENT.word),
    Rule("r - 1 SE, word at .6, slope .06", word=0.6, slope=0.06),
    Rule("r - 1 SE, word at .6, slope .08", word=0.6, slope=0.08),
    Rule("r - 1 SE, word at .7, slope .1", word=0.7, slope=0.1),
    Rule("r - 1 SE, word at .5, slope .08", word=0.5, slope=0.08),
    Rule("r, word at .4", certain(0)),
    Rule("r - 2 SE, word at .4", certain(2)),
    *(Rule(f"present, least {least:g}", least=least) for least in (0.15, 0.17, 0.21, 0.23)),
    Rule("present, asked less 0 SE, topics 0", errors=(0, 0)),
    Rule("present, asked less 1 SE, topics 1", errors=(1, 1)),
    Rule("present, asked less 2 SE, topics 2", errors=(2, 2), least=0.17),
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
        return Seen(
            *(Candidates(*map(np.vstack, zip(*scope, strict=True))) for scope in zip(*parts, strict=True))
        )

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
        columns = _union([r, r - found.error, r - 2 * found.error, scores.lower, -lift], word)
        chosen = [
            np.take_along_axis(table, columns, axis=1) for table in (side, r, found.error, scores.lower, lift)
        ]
        known = scores.beyond_chance | (lift * evidence.pairs < ALPHA)
        judged = side * correlations(np.ascontiguousarray(validation), there).r
        return Candidates(
            evidence.first_id + columns,
            *chosen[:4],
            average_precision(np.ascontiguousarray(codes), here, columns, chosen[0].astype(np.int8)),
            chosen[4],
            np.take_along_axis(known, columns, axis=1),
            (np.arange(columns.shape[1]) == 0) & (word >= 0)[:, None],
            np.take_along_axis(held / np.maximum(of, 1), columns, axis=1),
            np.take_along_axis(judged, columns, axis=1),
        )

    def _peaks(
        self, ids: NDArray[np.int64], side: int, random: np.random.Generator | None
    ) -> NDArray[np.float64]:
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
        word = evidence.exact & (held >= np.maximum(PEAKING * of, 1)) & (r > 0)
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
            aloud = scores.beyond_chance & (scores.auroc - scores.error >= THRESHOLD)
            best = np.argmax(np.nan_to_num(scores.lower, nan=-1) + 2 * aloud, axis=1)[:, None]
            r, error, bound, known, there_r = (
                np.take_along_axis(table, best, axis=1)
                for table in (side * found.r, found.error, scores.lower, aloud, side * judged)
            )
            no = np.zeros(best.shape)
            heads.append((best, np.full(best.shape, side), r, error, bound, no, no, known, no > 0, no, there_r))
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


def _union(measures: list[NDArray[np.float64]], word: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the peaks' word (or whatever, where there is none) and each measure's best: (neurons, k)."""
    best = [np.argpartition(-np.nan_to_num(table, nan=-1), BEST, axis=1)[:, :BEST] for table in measures]
    return np.hstack([np.maximum(word, 0)[:, None], *best])


def first(rule: Rule, seen: Seen) -> Said:
    """Return what a rule says first of each neuron."""
    tokens, topics = seen
    head = np.argmax(np.nan_to_num(rule.order(tokens), nan=-np.inf), axis=1)[:, None]
    strongest = np.take_along_axis(tokens.r, head, axis=1)
    needed = rule.word - 10 * rule.slope * (tokens.share - PEAKING)
    leads = tokens.word & (tokens.side > 0) & (tokens.r >= needed * strongest)
    head = np.where(leads.any(axis=1), leads.argmax(axis=1), head[:, 0])[:, None]
    own = Candidates(*(np.take_along_axis(column, head, axis=1) for column in tokens))
    every = Candidates(*map(np.hstack, zip(own, topics, strict=True)))
    errors = np.array([rule.errors[0], rule.errors[1], rule.errors[1]])
    sure = every.r - errors * every.error
    aloud = every.known & (sure >= rule.least)
    leading = np.where(aloud, sure, [0, -1, -2]).argmax(axis=1)[:, None]
    descriptor, side, validation, said = (
        np.take_along_axis(column, leading, axis=1)[:, 0]
        for column in (every.descriptor, every.side, every.validation, aloud)
    )
    return Said(descriptor, side, validation, said)


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
