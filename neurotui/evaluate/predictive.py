"""How well each neuron's first match predicts its activation at held-out (validation) tokens."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from neurotui.evaluate.bootstrap import Figure, ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.store.run import Run

LEVELS = (0.2, 0.3, 0.5)
"""The correlation thresholds at which neurons are counted."""

LEAST_R = 0.2
"""A description holds if its correlation on validation is at least this."""

_COLUMNS = 80


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Of all neurons, described or not, the share whose first match has an r of ``level`` or more."""

    level: float
    share: Figure


@dataclass(frozen=True, slots=True)
class Predictive:
    """The figures of a run's first matches; r is their correlation with the activation at validation tokens.

    ``described`` is over all ``neurons``. Over the described ones, ``holds`` is the share with an r of ``LEAST_R``
    or more, and ``negative`` the share whose match is with the negative of the activation. ``kinds`` counts the
    described ones by the kind of their descriptor, most frequent first.
    """

    neurons: int
    tokens: int
    at_least: tuple[AtLeast, ...]
    described: Figure
    holds: Figure
    negative: Figure
    kinds: dict[str, int]


def predictive(run: Run) -> Predictive:
    """Evaluate the first matches of a run's neurons."""
    matches, neurons = run.matches(), run.counts()["neurons"]
    first = matches.rank == 0
    r, said = np.full(neurons, -np.inf), np.zeros(neurons, np.bool_)
    r[matches.neuron_id[first]] = matches.correlation_validation[first]
    said[matches.neuron_id[first]] = matches.described[first]
    aloud = first & matches.described
    kinds = run.overview().kinds
    return Predictive(
        neurons,
        int((~run.token_sample().calibration).sum()),
        tuple(AtLeast(level, _share(r >= level)) for level in LEVELS),
        _share(said),
        _share(r[said] >= LEAST_R),
        _share(matches.side[aloud] < 0),
        dict(Counter(kinds[number] for number in matches.descriptor_id[aloud].tolist()).most_common()),
    )


def sentences(judged: Predictive) -> list[str]:
    """Return the figures in plain words, one sentence each, at most 80 columns wide."""
    if not judged.tokens:
        return ["The run keeps no activations at tokens: how well what is said predicts them is not known."]
    if not judged.described.value and not any(one.share.value for one in judged.at_least):
        return ["Nothing is said of any neuron of this run yet."]
    said = [
        f"The first description of {judged.neurons:,} neurons, by r at {judged.tokens:,} validation tokens:",
        *(f"{_percent(one.share)} of all neurons have an r of {one.level} or more." for one in judged.at_least),
        f"{_percent(judged.described)} of all neurons are described.",
    ]
    if judged.holds.of:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in judged.kinds.items())
        said += [
            f"{_percent(judged.holds)} of those described have an r of {LEAST_R} or more.",
            f"{_percent(judged.negative)} of those described are said to be most negative there.",
            *wrap(f"By kind: {kinds}.", _COLUMNS),
        ]
    return said


def _percent(figure: Figure) -> str:
    if figure.value is None or figure.lower is None or figure.upper is None:
        return "\N{EN DASH}"
    return f"{100 * figure.value:.1f} % ({100 * figure.lower:.1f}-{100 * figure.upper:.1f})"


def _share(flags: NDArray[np.bool_]) -> Figure:
    return ratio(flags.astype(np.float64), np.ones(len(flags)))
