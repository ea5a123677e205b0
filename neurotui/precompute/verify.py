"""Run a sample of a run's texts through its model again, and compare with what the run holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurotui.errors import UserError
from neurotui.models.activations import Model
from neurotui.models.run_model import RunModel
from neurotui.pooling import pooling_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.models.dtype import Dtype
    from neurotui.models.tokens import TokenizedText
    from neurotui.store.check import Kept, RunCheck
    from neurotui.types import Progress

    Figures = NDArray[np.float64]

ROUNDING: dict[Dtype, float] = {"float32": 1e-4, "auto": 0.05, "bfloat16": 0.1}
"""How far another machine's arithmetic may lead from the run's, as a share of a neuron's largest activation.

Quick products round each factor to 8 bits where the processor has units for that, and to 24 elsewhere: between
the two, a packaged model's activations lay up to 0.018 apart, and means of them 0.003.
"""

# Activations at sampled tokens were rounded on the way to the run: to 1,023 steps of the range of those written
# together, in earlier runs to the eight bits of bfloat16.
_ON_THE_WAY = 2.0**-8


@dataclass(frozen=True, slots=True)
class Compared:
    """One kind of figure, recomputed: how many, and how far they lie from what the run holds.

    ``steps`` is the largest difference in steps of the quantisation, which explains half a one; NaN for peaks,
    which are kept as they are. ``beyond`` is the largest part that quantisation does not explain, as a share of
    the neuron's largest activation, and ``allowed`` what other arithmetic may do to it.
    """

    name: str
    count: int
    steps: float
    beyond: float
    allowed: float


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A sample of texts, run through the model again.

    ``other_tokens`` counts the texts whose tokens the tokenizer no longer makes.
    """

    texts: int
    other_tokens: int
    figures: tuple[Compared, ...]

    @property
    def holds(self) -> bool:
        """Whether the run holds what its model computes."""
        return not self.other_tokens and all(figure.beyond <= figure.allowed for figure in self.figures)


def recompute(check: RunCheck, count: int, *, model: str = "", progress: Progress) -> Recomputed:
    """Compare a sample of texts: every trace, peak, pooled activation and sampled token that the run keeps.

    `model` is the folder or name of the run's model, where it is not the one that the run names. Stage:
    recomputing (texts). Raises ``UserError`` if the model is not there or is another one.
    """
    run = check.run
    again, overview = RunModel(run.meta, Model, named=model), run.overview()
    largest = np.maximum(np.abs(overview.minimum), np.abs(overview.maximum)).astype(np.float64)
    scale = np.where(largest > 0, largest, 1.0)
    rounding, pooling = ROUNDING[again.dtype], pooling_of(run.meta)
    traced, peaks = _Tally("trace", rounding), _Tally("peak", rounding)
    pooled = _Tally("pooled", rounding * pooling.rounding)
    at_tokens = _Tally("token", rounding + _ON_THE_WAY)
    kept_texts, other_tokens = check.draw(count), 0
    for number, kept in enumerate(kept_texts):
        progress("recomputing", number, len(kept_texts))
        tokens, same = _tokens(again, kept, windowed="window" in run.meta)
        other_tokens += not same
        traces = again.trace(tokens)
        layers = np.unique(overview.layer).tolist()
        trace = np.concatenate([traces[layer] for layer in layers], axis=1).astype(np.float64)
        for window in kept.windows:
            found = trace[window.start : window.start + len(window.activations), window.neuron_id]
            least = scale[window.neuron_id]
            traced.take(found - window.activations, window.step, least)
            peaks.take(found[window.peak : window.peak + 1] - window.value, 0.0, least)
        at_tokens.take(trace[kept.at_tokens.positions] - kept.at_tokens.activations, kept.at_tokens.step, scale)
        if kept.pooled is not None and kept.step is not None:
            counted = trace[tokens.first : tokens.end]
            pooled.take(pooling.text(counted) - kept.pooled, kept.step, scale)
    progress("recomputing", len(kept_texts), len(kept_texts))
    figures = tuple(tally.compared() for tally in (traced, peaks, pooled, at_tokens))
    return Recomputed(len(kept_texts), other_tokens, figures)


def _tokens(again: RunModel[Model], kept: Kept, *, windowed: bool) -> tuple[TokenizedText, bool]:
    """Return a text's tokens as the run has them, and whether the tokenizer still makes the same."""
    made = again.tokens(kept.body)
    if made is None:
        raise UserError(f"text {kept.text_id} of the run has no token besides special ones", "make the run again")
    # A text that was cut ends in the middle of what its last token would have been in a whole one, and a window
    # may begin in the middle of a word.
    was_cut = windowed or len(kept.tokens) >= again.max_tokens
    end = len(kept.tokens) - (len(made.ids) - made.end)
    return made._replace(ids=kept.tokens, end=end), was_cut or made.ids == kept.tokens


class _Tally:
    """The largest differences so far of one kind of figure."""

    def __init__(self, name: str, allowed: float) -> None:
        self._name, self._allowed = name, allowed
        self._count, self._beyond, self._steps = 0, 0.0, np.nan

    def take(self, difference: Figures, step: float | Figures, scale: float | Figures) -> None:
        """Add differences; `step` is that between two codes, 0 if nothing is quantised."""
        away, steps = np.abs(difference), np.broadcast_to(step, difference.shape)
        self._count += away.size
        # NaN stays NaN, and is within no bounds.
        self._beyond = float(np.maximum(self._beyond, (np.maximum(away - steps / 2, 0) / scale).max(initial=0)))
        if (steps > 0).any():
            self._steps = float(np.fmax(self._steps, (away[steps > 0] / steps[steps > 0]).max()))

    def compared(self) -> Compared:
        """Return the result of the comparison."""
        return Compared(self._name, self._count, self._steps, self._beyond, self._allowed)
