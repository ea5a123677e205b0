"""Do the measures notice when a description is made worse? Two tests of measures (arXiv 2506.05774).

A measure that matches descriptors to neurons should fall when half of the places at which a descriptor holds are
removed, and when as many places at which it does not hold are added. Both are done several times to descriptors
of described neurons, and each measure is recomputed on validation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from neurotui.describe import auroc as over_texts
from neurotui.describe import weighted_scores
from neurotui.describe.ranks import ranks
from neurotui.errors import UserError
from neurotui.evaluate.bootstrap import Figure, ratio
from neurotui.evaluate.score_measures import at_tokens
from neurotui.store.run_commands import command_line
from neurotui.types import no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.store.run import Run
    from neurotui.store.run_tables import Matches
    from neurotui.types import Progress, Scope

PAIRS = 500
"""How many described first matches are drawn of each scope."""

DRAWS = 3
"""How often each of them is made worse in both ways."""

PASSES = 0.9
"""A measure passes a test if it falls in at least this share of the draws."""

DECIDES = "correlation"
"""The measure that decides which match is first."""

Test = Literal["removed", "added"]
MEASURES = (DECIDES, "average precision", "AUROC")

_SEED = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The share of draws in which a measure fell, for one test and the descriptors of one scope."""

    scope: Scope
    measure: str
    test: Test
    falls: Figure

    @property
    def passed(self) -> bool:
        """Whether the measure fell often enough."""
        return self.falls.value is not None and self.falls.value >= PASSES


@dataclass(frozen=True, slots=True)
class Sanity:
    """The outcomes of all tests, on ``pairs`` pairs of each scope, each made worse ``draws`` times."""

    pairs: dict[Scope, int]
    draws: int
    outcomes: tuple[Outcome, ...]

    def passed(self, measure: str) -> bool:
        """Return whether a measure passes all the tests that it was put to."""
        return all(one.passed for one in self.outcomes if one.measure == measure)


class _Places(NamedTuple):
    """The validation tokens: their rows in the sample, text and weight, all (places,)."""

    rows: NDArray[np.int64]
    text_id: NDArray[np.int32]
    weight: NDArray[np.float32]


class _Pair(NamedTuple):
    neuron_id: int
    descriptor_id: int
    side: int


_Judge = Callable[["Run", list[_Pair], int, np.random.Generator, "Progress"], "NDArray[np.float64]"]


def sanity(run: Run, progress: Progress = no_progress, *, pairs: int = PAIRS, draws: int = DRAWS) -> Sanity:
    """Test the measures on a run's described first matches; ``UserError`` if it has none."""
    scopes = np.array(run.overview().scopes)
    matches = run.matches()
    first = matches.described & (matches.rank == 0)
    if not first.any():
        raise UserError("no neuron of the run is described", command_line("describe", run.path))
    random = np.random.default_rng(_SEED)
    counts: dict[Scope, int] = {}
    outcomes: list[Outcome] = []
    judges: dict[Scope, _Judge] = {"token": _at_tokens, "text": _over_texts}
    for scope, judge in judges.items():
        own = np.flatnonzero(first & (scopes[matches.descriptor_id] == scope))
        chosen = _drawn(matches, np.sort(random.permutation(own)[:pairs]))
        counts[scope] = len(chosen)
        if chosen:
            outcomes += outcomes_of(scope, judge(run, chosen, draws, random, progress), draws)
    return Sanity(counts, draws, tuple(outcomes))


def worse(
    holds: NDArray[np.bool_], draws: int, random: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where a descriptor holds, (places,), made worse in both ways: (places, draws) each.

    Half of its places are removed, rounded down but one at least; as many as it has are added, drawn among the
    others, or all of them where there are fewer.
    """
    own, others = np.flatnonzero(holds), np.flatnonzero(~holds)
    removed, added = (np.repeat(holds[:, None], draws, axis=1) for _ in range(2))
    for draw in range(draws):
        removed[random.permutation(own)[: max(len(own) // 2, 1)], draw] = False
        added[random.permutation(others)[: len(own)], draw] = True
    return removed, added


def _drawn(matches: Matches, rows: NDArray[np.intp]) -> list[_Pair]:
    columns = (matches.neuron_id[rows], matches.descriptor_id[rows], matches.side[rows])
    return [_Pair(*map(int, row)) for row in zip(*columns, strict=True)]


def outcomes_of(
    scope: Scope, scores: NDArray[np.float64], draws: int, measures: tuple[str, ...] = MEASURES
) -> list[Outcome]:
    """Count where `scores` (pairs, measures, 1 + 2 draws) of what was made worse lie below the first.

    A descriptor that has come to hold everywhere, and so has no score, counts as one whose score fell; a pair
    that has no score to begin with does not count.
    """
    fell, known = ~(scores[:, :, 1:] >= scores[:, :, :1]), np.isfinite(scores[:, :, 0])
    outcomes = []
    for number, measure in enumerate(measures):
        parts: tuple[tuple[Test, slice], ...] = (("removed", slice(draws)), ("added", slice(draws, None)))
        for test, part in parts:
            share = fell[known[:, number], number, part].sum(axis=1).astype(np.float64)
            outcomes.append(Outcome(scope, measure, test, ratio(share, np.full(len(share), float(draws)))))
    return outcomes


def variants_of(holds: NDArray[np.bool_], draws: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Return where a descriptor holds, then made worse in both ways: (places, 1 + 2 draws)."""
    return np.column_stack([holds, *worse(holds, draws, random)])


def _places(run: Run) -> _Places:
    sample = run.token_sample()
    rows = np.flatnonzero(~sample.calibration)
    return _Places(rows, sample.text_id[rows], sample.weight[rows])


def _at_tokens(
    run: Run, pairs: list[_Pair], draws: int, random: np.random.Generator, progress: Progress
) -> NDArray[np.float64]:
    """Return each pair's measures at validation tokens: (pairs, measures, 1 + 2 draws)."""
    places = _places(run)
    scores = []
    for number, pair in enumerate(pairs):
        holds = np.isin(places.rows, run.places_of(pair.descriptor_id))
        scores.append(_token_scores(run, pair, places, variants_of(holds, draws, random)))
        progress("testing at tokens", number + 1, len(pairs))
    return np.stack(scores)


def _token_scores(run: Run, pair: _Pair, places: _Places, variants: NDArray[np.bool_]) -> NDArray[np.float64]:
    codes = run.token_block(pair.neuron_id).codes[0, places.rows]
    found = at_tokens(codes, variants, places.weight, np.full(variants.shape[1], pair.side, np.int8))
    return np.stack([found.correlation, found.average_precision, found.auroc])


def _over_texts(
    run: Run, pairs: list[_Pair], draws: int, random: np.random.Generator, progress: Progress
) -> NDArray[np.float64]:
    """Return each pair's measures at the tokens of validation texts, and over those texts."""
    places, texts = _places(run), run.texts()
    text_ids = np.flatnonzero(texts.pooled & ~texts.calibration)
    learned = texts.calibration[texts.pooled]
    scores = []
    for number, pair in enumerate(pairs):
        holds = np.isin(text_ids, run.holders(pair.descriptor_id))
        variants = variants_of(holds, draws, random)
        held_at = variants[np.searchsorted(text_ids, places.text_id)]
        where = weighted_scores.held(csr_matrix(held_at, dtype=np.float32), places.weight)
        activations = run.token_activations(pair.neuron_id)[None, places.rows]
        ranked = ranks(pair.side * run.pooled(pair.neuron_id)[None, ~learned])
        each = np.arange(variants.shape[1])[None]
        scores.append(
            np.stack(
                [
                    pair.side * weighted_scores.correlations(activations, where).r[0],
                    over_texts.average_precision(ranked, over_texts.texts_of(variants), each)[0],
                    over_texts.auroc(ranked, variants)[0],
                ]
            )
        )
        progress("testing over texts", number + 1, len(pairs))
    return np.stack(scores)
