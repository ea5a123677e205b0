"""Questions about any text to a run's model, and their answers. Imports nothing heavy.

The app asks them of a worker process, whose other questions, and how one is added, are in ``workers/requests.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from neurotui.worker_question import Question

if TYPE_CHECKING:
    from neurotui.types import Kind, Neuron


Where = Literal["peak", "all"]


class Token(NamedTuple):
    """A token as written in the text, or in the vocabulary if it has no text; special tokens do not count."""

    piece: str
    counts: bool


class Firing(NamedTuple):
    """A neuron at a token of the text: ``z`` is how many of its standard deviations lie above its mean.

    Mean and standard deviation are the run's, over all tokens of its texts.
    """

    neuron: Neuron
    position: int
    z: float
    activation: float


class Rank(NamedTuple):
    """Where a text would stand among a neuron's exemplars of one kind, by the value that they are kept for.

    ``value`` is the text's: its peak, or for ``bottom`` its lowest activation. ``percentile`` (0 to 100) counts
    those below, ties half. ``rank`` is the place it would share with its ties, 1 for the most extreme.
    """

    kind: Kind
    value: float
    percentile: float
    rank: int
    of: int


class Response(NamedTuple):
    """What one neuron does on a text: ``trace`` is its activation at each token, special ones included.

    ``peak`` is where it is highest among the tokens that count. ``percentile`` (0 to 100) is that of ``pooled``
    among the pooled activations of the run's texts, ties half. ``lowest`` and ``highest`` are the neuron's own
    over all tokens of the run: what heat is measured by.
    """

    neuron: Neuron
    trace: tuple[float, ...]
    peak: int
    pooled: float
    percentile: float
    of: int
    ranks: tuple[Rank, ...]
    lowest: float
    highest: float


class Probed(NamedTuple):
    """A text as the model reads it. ``cut``: the model did not see all of it.

    ``at[position]`` are the neurons that fire most unusually at a token, none for special ones; ``overall``
    those of the whole text, each at its most unusual token. ``response`` is None where no neuron was asked for.
    """

    text: str
    cut: bool
    tokens: tuple[Token, ...]
    at: tuple[tuple[Firing, ...], ...]
    overall: tuple[Firing, ...]
    response: Response | None


class Prediction(NamedTuple):
    """A token that the model might predict, with its natural log probability with and without the neuron."""

    piece: str
    before: float
    after: float


class Others(NamedTuple):
    """How far the output moves where as much is added to random other neurons of the layer at the same tokens.

    ``of`` neurons were tried; the neuron moves it further than ``below`` of them, and ``median`` is theirs.
    """

    of: int
    below: int
    median: float


class Silenced(NamedTuple):
    """The effect of multiplying a neuron's activation by ``scale``: 0 silences it.

    ``changed`` is the token at which that was done, the one where it peaks, or None for every token. With ``head``
    ``causal``, the token after the one at ``position`` is predicted; with ``masked``, the one at ``position``,
    which was ``hidden`` unless the text held a mask; ``head`` is empty if the checkpoint has no language-model
    head. ``bits`` is the Kullback-Leibler divergence, in bits, of the changed distribution from the original one;
    without a head, ``distance`` is used instead: one minus the cosine between the text's mean-pooled embeddings.
    The other of the two is NaN.
    """

    neuron: Neuron
    head: str
    position: int
    hidden: bool
    before: tuple[Prediction, ...] = ()
    after: tuple[Prediction, ...] = ()
    rises: tuple[Prediction, ...] = ()
    falls: tuple[Prediction, ...] = ()
    bits: float = math.nan
    distance: float = math.nan
    scale: float = 0.0
    changed: int | None = None
    others: Others | None = None


@dataclass(frozen=True, slots=True)
class Prepare(Question[None]):
    """Load the run's model, so that the first text does not wait for it."""

    model: str = ""


@dataclass(frozen=True, slots=True)
class Probe(Question[Probed]):
    """Ask which neurons fire on a text, and what one of them does there.

    ``model`` is the folder of the run's model, where it is not the one that the run names.
    """

    text: str
    neuron: Neuron | None = None
    top: int = 10
    model: str = ""


@dataclass(frozen=True, slots=True)
class Silence(Question[Silenced]):
    """Ask what the model predicts for a text without this neuron, or with `scale` times its activation.

    `at` says where: at the token where it peaks on the text, or at all. `others` is how many random neurons of
    its layer it is compared with.
    """

    text: str
    neuron: Neuron
    top: int = 10
    model: str = ""
    at: Where = "peak"
    scale: float = 0.0
    others: int = 20
