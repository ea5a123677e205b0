"""The value types of neurotui: neurons, exemplars, matches, labels, events.

Everything here is immutable and needs nothing but the standard library, so that any package may import it
at no cost. The glossary in the README says what each word means; here stand shapes and units.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Generic, Literal, NamedTuple, TypeVar

from neurotui.errors import UserError

Split = Literal["calibration", "validation"]
Kind = Literal["top", "bottom", "pooled", "quantile", "random"]
Scope = Literal["text", "token"]
Side = Literal[1, -1]
State = Literal["open", "accepted", "rejected", "skipped"]

GOLD = "gold"
"""The backend whose descriptors are the gold labels that the data set gives its texts."""

PERSON = "person"
"""The origin of a label that was typed."""

KINDS: tuple[Kind, ...] = ("top", "bottom", "pooled", "quantile", "random")

THRESHOLD = 0.7
"""Answer match is described where it is beyond chance and its AUROC, less one standard error, is at least this.

Chance is corrected for the number of pairs, which keeps neurons silent where there is nothing. The standard
error is that of the one pair, so that most of what is said also holds on other texts: ``studies/matching.py``
compares this rule with others.
"""

ACTIVE_FROM = 0.25
"""At a token a neuron counts as active from this share of its largest activation, whatever its sign."""


def is_quiet(side: Side, minimum: float, maximum: float) -> bool:
    """Tell whether a neuron is merely quiet on a side: its extreme there is far from its largest activation.

    Where a GELU or a ReLU lets nothing below its floor, the lowest activations are all that floor, and tell
    nothing apart: such a neuron is silent somewhere, but never negative.
    """
    extreme = maximum if side > 0 else -minimum
    return extreme < ACTIVE_FROM * max(abs(minimum), abs(maximum))


Progress = Callable[[str, int, int], None]
"""Called as ``progress(stage, done, total)``; ``done`` never shrinks within a stage."""


def no_progress(stage: str, done: int, total: int) -> None:
    """Do nothing: a progress callback for callers that show none."""


class Neuron(NamedTuple):
    """One unit of a feed-forward block; both numbers count from 0. Written ``L3.797``."""

    layer: int
    unit: int

    def __str__(self) -> str:
        return f"L{self.layer}.{self.unit}"

    @classmethod
    def parse(cls, name: str) -> Neuron:
        """Read ``L3.797`` (case and surrounding space do not matter); raise ``UserError`` for anything else."""
        found = re.fullmatch(r"\s*[lL](\d{1,6})\.(\d{1,9})\s*", name, re.ASCII)
        if not found:
            raise UserError(f"'{name}' is not a neuron", "write the layer and the unit, as in L3.797")
        return cls(int(found[1]), int(found[2]))


class Statistics(NamedTuple):
    """What one neuron did over all the tokens of all the texts (special tokens and padding left out).

    ``firing_rate`` is the share of tokens at which the activation is at least a quarter of its largest,
    whatever its sign; it is estimated from the token sample. ``histogram`` counts the texts kept for matching
    by pooled activation, in equal bins from ``pooled_lowest`` to ``pooled_highest``.
    """

    mean: float
    std: float
    minimum: float
    maximum: float
    firing_rate: float
    histogram: tuple[int, ...]
    pooled_lowest: float
    pooled_highest: float

    def quiet(self, side: Side) -> bool:
        """Tell whether the neuron is merely quiet on a side."""
        return is_quiet(side, self.minimum, self.maximum)


class Exemplar(NamedTuple):
    """Answer text kept for a neuron, with its trace over a window of tokens.

    ``pieces`` are the window's tokens as the text has them: joined, they are the text. ``trace`` holds one code
    a piece, from 0 (``lowest``) to 255 (``highest``). ``peak`` counts from the window's start; ``value`` is the
    activation there, unquantised. ``start`` is where the window begins in the text's tokens, special ones
    included; where it is ``cut_before`` or ``cut_after``, the text goes on.
    """

    kind: Kind
    rank: int
    text_id: int
    source_id: str
    split: Split
    start: int
    peak: int
    value: float
    pieces: tuple[str, ...]
    trace: tuple[int, ...]
    lowest: float
    highest: float
    cut_before: bool
    cut_after: bool

    def activation(self, position: int) -> float:
        """Return the activation at a position of the window, to within half a quantisation step."""
        return self.lowest + (self.highest - self.lowest) * self.trace[position] / 255


class Match(NamedTuple):
    """Answer descriptor tied to a neuron. Rank 0 is what is said first of the neuron, whatever its scope.

    ``kind`` says what sort of descriptor it is; ``side`` -1 speaks of the negative of the activation, and its
    scores are those of the negative. ``lower`` and ``upper`` bound the calibration AUROC, over texts or over
    sampled tokens by scope, after correction for the number of pairs tried. The correlations are with the
    activation at tokens, whatever the scope. ``top_with`` of ``top_of`` calibration exemplars hold the
    descriptor; ``prevalence`` is the share of calibration texts, or tokens, that do, so that
    ``top_with / top_of / prevalence`` is the lift. ``described``: the evidence is enough to say it aloud.
    """

    rank: int
    descriptor_id: int
    name: str
    backend: str
    scope: Scope
    kind: str
    side: Side
    auroc_calibration: float
    lower: float
    upper: float
    auroc_validation: float
    average_precision: float
    correlation_calibration: float
    correlation_validation: float
    top_with: int
    top_of: int
    described: bool
    prevalence: float


class Peak(NamedTuple):
    """Answer word at which so many of a neuron's top exemplars peak, or of its bottom ones for side -1."""

    side: Side
    word: str
    exemplars: int


class Output(NamedTuple):
    """Answer token whose logit a neuron's output weights raise (promoted) or lower (suppressed).

    ``value`` is the change for one unit of activation, less the mean over the vocabulary, in standard
    deviations of it.
    """

    kind: Literal["promoted", "suppressed"]
    piece: str
    value: float


class Detail(NamedTuple):
    """All that the run knows of one neuron."""

    neuron_id: int
    neuron: Neuron
    statistics: Statistics
    matches: tuple[Match, ...]
    exemplars: tuple[Exemplar, ...]
    peaks: tuple[Peak, ...] = ()
    outputs: tuple[Output, ...] = ()


JournalAction = Literal["accept", "reject", "skip", "note", "propose", "undo", "redo"]


class Event(NamedTuple):
    """One line of the journal.

    ``text`` is the accepted or proposed label, or the note; ``origin`` is who wrote a label: a backend's name,
    or ``person`` where it was typed. ``fit`` is how well the label fits as a topic, with the ends of its 95 %
    interval, and ``token_fit`` how well it does as a word; each is empty where that is not known. ``of`` is the
    id of the event that an undo or redo speaks of. What was decided for several neurons at once bears one
    ``batch``, and so do the undos, or redos, of one step. ``time`` is UTC, ISO 8601 to the microsecond: those
    that one journal gives rise strictly, imported ones keep theirs. ``side`` and ``scope`` are those of the
    descriptor that a label names; ``scope`` is empty for a label in other words.
    """

    id: str
    time: str
    by: str
    action: JournalAction
    model: str
    weights: str
    layer: int
    unit: int
    text: str = ""
    origin: str = ""
    of: str = ""
    batch: str = ""
    fit: tuple[float, ...] = ()
    token_fit: tuple[float, ...] = ()
    side: Side = 1
    scope: Scope | Literal[""] = ""

    @property
    def neuron(self) -> Neuron:
        """The neuron that the event speaks of."""
        return Neuron(self.layer, self.unit)


class Proposal(NamedTuple):
    """Answer label that a generator or a person wrote for a neuron; the fields are those of an ``Event``."""

    text: str
    origin: str
    fit: tuple[float, ...] = ()
    token_fit: tuple[float, ...] = ()
    side: Side = 1
    scope: Scope | Literal[""] = ""


class Label(NamedTuple):
    """What the journal adds up to for one neuron. ``history`` counts its decisions, undone ones too.

    ``fit``, ``token_fit``, ``side`` and ``scope`` are those of the decision that it stands on, as in ``Event``.
    """

    neuron: Neuron
    state: State = "open"
    text: str = ""
    origin: str = ""
    by: str = ""
    time: str = ""
    note: str = ""
    history: int = 0
    fit: tuple[float, ...] = ()
    token_fit: tuple[float, ...] = ()
    side: Side = 1
    scope: Scope | Literal[""] = ""


Answer = TypeVar("Answer")
"""What a question is answered with."""


class Question(Generic[Answer]):
    """Answer request that a worker answers with an ``Answer``: ``workers/server.py`` says how."""

    __slots__ = ()
