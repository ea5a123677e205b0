"""Two runs of models of one shape: which labels of the first carry over to the second, and which neurons changed.

The runs may differ in their texts, or in the weights of their models. A label of the first carries over where it
fits the same neuron on the second's held-out texts at least as well as a description must.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from neurotui.describe.described_rule import LEAST_AUROC, LEAST_CORRELATION
from neurotui.errors import UserError
from neurotui.evaluate.bootstrap import Figure, ratios
from neurotui.evaluate.rank_describers import same_meaning, same_text
from neurotui.evaluate.score_measures import pearson
from neurotui.labelling.topic_fit import Scorer
from neurotui.review.description import description_of
from neurotui.review.filtered_list import WIDEN, listed
from neurotui.spelling import compared
from neurotui.store.fetch_cache import origin_of
from neurotui.types import Neuron, no_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from neurotui.evaluate.rank_describers import Equal, Same
    from neurotui.models.protocol import Encoder
    from neurotui.review.description import Description
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run
    from neurotui.types import Progress

Standing = Literal["same", "near", "changed", "silent in the second", "silent in the first", "silent in both"]
STANDINGS: tuple[Standing, ...] = (
    "same",
    "near",
    "changed",
    "silent in the second",
    "silent in the first",
    "silent in both",
)
"""What became of a neuron, by what is said of it in each run."""

_SEED = 0
# With fewer texts in common, a correlation means nothing.
_FEWEST_TEXTS = 20
_ALOUD = {"label", "described"}
# Which words these are, each run has found in its own texts: by its name alone, such a label says something else.
_OF_ITS_OWN_RUN = {"class", "frequency"}


class RunWithLabels(NamedTuple):
    """A run and the labels of its journal."""

    run: Run
    labels: Labels


@dataclass(frozen=True, slots=True)
class Compared:
    """A neuron in both runs.

    ``first`` and ``second`` are what is said of it, "" for nothing aloud. ``measure`` is that by which the label
    of the first fits: the correlation with the activation at tokens, or of a topic the AUROC over texts; ``here``
    on held-out texts of the first run, ``there`` on those of the second, and ``carries`` whether that is enough;
    each is None where it is not known, as of a class of words that the second run does not have. ``peaks`` is the
    share of peak words that both runs have, ``r`` the correlation of pooled activations over the texts that both
    hold, None where there are too few.
    """

    neuron: str
    standing: Standing
    first: str
    second: str
    measure: Literal["correlation", "AUROC"] | None
    here: float | None
    there: float | None
    carries: bool | None
    peaks: float | None
    r: float | None
    firing_first: float
    firing_second: float

    @property
    def falls(self) -> float:
        """How much worse the label fits in the second run; minus infinity if that is not known."""
        return self.here - self.there if self.here is not None and self.there is not None else -math.inf


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs compared over ``neurons``.

    ``standings`` are shares of all neurons. ``carry`` is the share of the ``judged`` labels of the first run,
    drawn at random, that fit in the second, of those that can be tested. ``texts`` counts those that both hold.
    """

    neurons: int
    texts: int
    same_weights: bool
    standings: dict[Standing, Figure]
    judged: int
    carry: Figure
    each: tuple[Compared, ...]


def compare_runs(
    first: RunWithLabels,
    second: RunWithLabels,
    encoder: Callable[[], Encoder],
    *,
    equal: Equal = "text",
    text: str = "",
    most: int = 500,
    progress: Progress = no_progress,
) -> RunComparison:
    """Compare two runs over the neurons that a filter matches in the first.

    The fits are of at most `most` labels, drawn at random, and ``each`` has these neurons, in order. Only with
    `equal` ``meaning`` are names near; `encoder` gives the sentence encoder for that, and for topics. Raises
    ``UserError`` for models of different shapes, and where the filter matches nothing.
    """
    one, other = first.run.overview(), second.run.overview()
    _refuse_other_shape(first.run, second.run)
    rows = sorted(listed(first.run, first.labels, text).rows.tolist())
    if not rows:
        raise UserError(f"no neuron matches '{text}'", WIDEN)
    told = {
        row: (description_of(one, first.labels, row), description_of(other, second.labels, row)) for row in rows
    }
    same = _same(told, equal, encoder, progress)
    standings = {row: _standing(*told[row], same) for row in rows}
    counted = Counter(standings.values())
    of = np.array([[standings[row] == name for name in STANDINGS] for row in rows], np.float64)
    figures = ratios(of, np.ones_like(of))
    drawn = np.random.default_rng(_SEED).permutation([row for row in rows if told[row][0].grounds in _ALOUD])
    chosen = sorted(drawn[:most].astype(int).tolist())
    common = _common(first.run, second.run)
    words = _peak_words(first.run, chosen), _peak_words(second.run, chosen)
    here, there = Scorer(first.run, encoder), Scorer(second.run, encoder)
    known_there = {compared(_unexplained(one.name, one.kind)) for one in second.run.descriptors()}
    each = []
    for done, row in enumerate(chosen):
        progress("comparing neurons", done, len(chosen))
        what, other_what = told[row]
        neuron = one.neuron(row)
        reads_alike = what.kind not in _OF_ITS_OWN_RUN or compared(_called(what)) in known_there
        fits = _fit(here, neuron, what, progress), _fit(there, neuron, what, progress) if reads_alike else None
        topic = what.scope == "text"
        carries = None if fits[1] is None else fits[1] >= (LEAST_AUROC if topic else LEAST_CORRELATION)
        each.append(
            Compared(
                str(neuron),
                standings[row],
                what.short,
                other_what.short if other_what.grounds in _ALOUD else "",
                "AUROC" if topic else "correlation",
                *fits,
                carries,
                _overlap(words[0].get(row, set()), words[1].get(row, set())),
                _correlation(first.run, second.run, row, common),
                float(one.firing_rate[row]),
                float(other.firing_rate[row]),
            )
        )
    progress("comparing neurons", len(chosen), len(chosen))
    known = np.array([x.carries is not None for x in each], np.float64)
    carried = np.array([bool(x.carries) for x in each], np.float64)
    carry = ratios(carried[:, None], known[:, None])[0] if each else Figure(None, None, None, 0)
    shares = {
        name: figure for name, figure in zip(STANDINGS, figures, strict=True) if counted[name] or name != "near"
    }
    same_weights = first.run.weights == second.run.weights
    return RunComparison(len(rows), len(common[0]), same_weights, shares, len(each), carry, tuple(each))


def _refuse_other_shape(first: Run, second: Run) -> None:
    """Raise ``UserError`` unless both runs have the same neurons."""
    shapes = []
    for run in (first, second):
        layers, units = np.unique(run.overview().layer, return_counts=True)
        shapes.append(dict(zip(layers.tolist(), units.tolist(), strict=True)))
    one, other = shapes
    if one == other:
        return
    for layer in sorted(one.keys() | other.keys()):
        if one.get(layer) != other.get(layer):
            has = [
                f"'{origin_of(run.path)}' has {shape.get(layer, 0):,}"
                for run, shape in zip((first, second), shapes, strict=True)
            ]
            raise UserError(
                f"the runs have different neurons: in layer {layer} {has[0]} and {has[1]}",
                "compare runs of one model, or of two checkpoints of one shape, with the same --layers",
            )


def _same(
    told: dict[int, tuple[Description, Description]],
    equal: Equal,
    encoder: Callable[[], Encoder],
    progress: Progress,
) -> Same:
    if equal == "text":
        return same_text
    both = {row: pair for row, pair in told.items() if all(one.grounds in _ALOUD for one in pair)}
    # Neuron ids do as well as names here.
    second = {Neuron(0, row): [pair[1].text] for row, pair in both.items()}
    right = {Neuron(0, row): (pair[0].text,) for row, pair in both.items()}
    return same_meaning({"second": second}, right, encoder(), progress) if both else same_text


def _standing(first: Description, second: Description, same: Same) -> Standing:
    aloud = first.grounds in _ALOUD, second.grounds in _ALOUD
    if aloud != (True, True):
        return "silent in the second" if aloud[0] else "silent in the first" if aloud[1] else "silent in both"
    if first.side != second.side:
        return "changed"
    if same_text(_called(first), _called(second)):
        return "same"
    return "near" if same(second.text, first.text) else "changed"


def _called(what: Description) -> str:
    """Return a name without the examples that each run has of its own: its commonest words."""
    return _unexplained(what.text, what.kind)


def _unexplained(name: str, kind: str) -> str:
    return name.partition(": ")[0] if kind == "frequency" else name


def _fit(scorer: Scorer, neuron: Neuron, what: Description, progress: Progress) -> float | None:
    """Return how well a label fits a neuron on a run's held-out texts, by its scope; None if unknown."""
    found = scorer.fit(neuron, _called(what), what.side, progress, topic=what.scope == "text")
    value = found.topic.auroc if what.scope == "text" else found.correlation
    return None if math.isnan(value) else value


def _common(first: Run, second: Run) -> tuple[list[int], list[int]]:
    """Return where, among the texts with pooled activations, either run has each text that both hold."""
    known = {body: place for place, body in enumerate(second.bodies())}
    pairs = [(place, known[body]) for place, body in enumerate(first.bodies()) if body in known]
    return [one for one, _ in pairs], [other for _, other in pairs]


def _correlation(first: Run, second: Run, row: int, common: tuple[list[int], list[int]]) -> float | None:
    if len(common[0]) < _FEWEST_TEXTS:
        return None
    one, other = (run.pooled(row)[places] for run, places in zip((first, second), common, strict=True))
    if not (one.std() and other.std()):
        return None
    return float(pearson(one.astype(np.float64), other[None].astype(np.float64))[0])


def _peak_words(run: Run, chosen: Iterable[int]) -> dict[int, set[str]]:
    """Return the words at which the top exemplars of some neurons peak."""
    peaks = run.all_peaks()
    wanted = (peaks.side > 0) & np.isin(peaks.neuron_id, np.array(list(chosen), np.int64))
    found: dict[int, set[str]] = {}
    for neuron_id, word in zip(peaks.neuron_id[wanted].tolist(), peaks.word[wanted].tolist(), strict=True):
        found.setdefault(neuron_id, set()).add(word.casefold())
    return found


def _overlap(one: set[str], other: set[str]) -> float | None:
    return len(one & other) / len(one | other) if one and other else None


def most_changed(each: Sequence[Compared], count: int) -> list[Compared]:
    """Return the neurons whose label of the first run fits the second worst, by how much it falls."""
    lost = [one for one in each if one.carries is False and one.standing != "same"]
    return sorted(lost, key=lambda one: -one.falls)[:count]


def carried_over(each: Sequence[Compared], count: int) -> list[Compared]:
    """Return the neurons whose label of the first run fits the second best."""
    kept = [one for one in each if one.carries]
    return sorted(kept, key=lambda one: -(one.there or 0.0))[:count]
