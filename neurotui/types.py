"""The value types of neurotui: neurons, exemplars, matches, labels, events.

Everything here is immutable and needs nothing but the standard library, so that any package may import it
at no cost. The glossary in the README defines the terms; the docstrings here give shapes and units.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

from neurotui.errors import UserError
from neurotui.firing import is_quiet

Split = Literal["calibration", "validation"]
Kind = Literal["top", "bottom", "pooled", "quantile", "random"]
Scope = Literal["text", "token"]
Side = Literal[1, -1]
State = Literal["open", "accepted", "rejected", "skipped", "conflict"]
STATES: tuple[State, ...] = get_args(State)

GOLD = "gold"
"""The backend whose descriptors are the gold labels that the data set gives its texts."""

PERSON = "person"
"""The origin of a label that was typed."""

EXEMPLAR_KINDS: tuple[Kind, ...] = get_args(Kind)

Device = Literal["auto", "cpu", "cuda"]
"""Where a model runs: ``auto`` takes a CUDA device where there is one."""

Differ = Literal["", "decision", "label", "wording"]
"""What people differ in where they are in conflict: whether a label fits at all, which, or its wording alone."""

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
    """One neuron's activation over all tokens of all texts (special tokens and padding left out).

    ``firing_rate`` is the share of tokens at which the activation is at least a quarter of the largest absolute
    activation; it is estimated from the token sample. ``histogram`` counts the texts kept for matching by pooled
    activation, in equal bins from ``pooled_lowest`` to ``pooled_highest``.
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
        """Return whether the neuron is merely quiet on a side."""
        return is_quiet(side, self.minimum, self.maximum)


class Window(NamedTuple):
    """Where a text stands in its document: window ``number``, from 0, of ``total``; the character it begins at."""

    document: int
    number: int
    total: int
    begins: int

    def of(self, source_id: str) -> str:
        """Return where it stands in words: ``window 3 of 12 of doc-7, from character 2,048``."""
        return f"window {self.number + 1} of {self.total:,} of {source_id}, from character {self.begins:,}"


class Exemplar(NamedTuple):
    """A text kept for a neuron, with the neuron's activations over a window of its tokens.

    ``pieces`` are the window's tokens as they appear in the text: joined, they are the window's text. ``trace``
    holds one code a piece, from 0 (``lowest``) to 255 (``highest``). ``peak`` counts from the window's start;
    ``value`` is the activation there, unquantised. ``start`` is the window's first position in the text's tokens,
    special ones included; ``cut_before`` and ``cut_after`` say whether the text continues on that side. ``window``
    says where the text stands in its document, None where it is the whole of it.
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
    window: Window | None = None

    def activation(self, position: int) -> float:
        """Return the activation at a position of the window, to within half a quantisation step."""
        return self.lowest + (self.highest - self.lowest) * self.trace[position] / 255


class Match(NamedTuple):
    """A descriptor matched to a neuron. Rank 0 is the neuron's best match, whatever its scope.

    ``kind`` is the kind of descriptor; with ``side`` -1 the match and its scores are of the negative of the
    activation. ``lower`` and ``upper`` bound the calibration AUROC, over texts or sampled tokens according to
    ``scope``, after correction for the number of pairs tried. The correlations are with the activation at
    tokens, whatever the scope. ``top_with`` of ``top_of`` calibration exemplars hold the descriptor;
    ``prevalence`` is the share of calibration texts, or tokens, that do, so that
    ``top_with / top_of / prevalence`` is the lift. ``described``: the evidence is strong enough to state it.
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
    """A word, and how many of a neuron's top exemplars peak at it (of its bottom exemplars for side -1)."""

    side: Side
    word: str
    exemplars: int


class Output(NamedTuple):
    """A token whose logit a neuron's output weights raise (promoted) or lower (suppressed).

    ``value`` is the change in logit per unit of activation, minus the mean change over the vocabulary, in
    standard deviations over the vocabulary.
    """

    kind: Literal["promoted", "suppressed"]
    piece: str
    value: float


class Detail(NamedTuple):
    """Everything that the run holds about one neuron; ``others`` is what describers beside the run's own say."""

    neuron_id: int
    neuron: Neuron
    statistics: Statistics
    matches: tuple[Match, ...]
    exemplars: tuple[Exemplar, ...]
    peaks: tuple[Peak, ...] = ()
    outputs: tuple[Output, ...] = ()
    others: tuple[Match, ...] = ()


JournalAction = Literal["accept", "also", "reject", "skip", "note", "settle", "share", "propose", "undo", "redo"]

Blind = Literal["", "people", "machine", "both"]
"""What was hidden from whoever decided: other people's labels, the machine's candidates, or both."""


class Event(NamedTuple):
    """One line of the journal.

    ``accept`` begins an annotator's label anew, ``also`` gives the neuron one more. ``settle`` decides what stands
    where people differ: an accepted ``text``, or without one, that no label fits. ``share`` says who has which
    part of the neurons: its ``text`` is ``2/5``, and its neuron stands for nothing.

    ``text`` is the accepted or proposed label, or the note; ``origin`` is who wrote a label: a backend's name,
    or ``person`` if it was typed. ``fit`` is the label's fit as a topic with the ends of its 95 % interval, and
    ``token_fit`` its fit as a word; each is empty if unknown. ``of`` is the id of the event that an undo or redo
    refers to. Decisions for several neurons at once share one ``batch``, and so do the undos, or redos, of one
    step. ``time`` is what the clock said, UTC, ISO 8601 to the microsecond; imported events keep theirs.
    ``order`` is written like a time and is empty where it equals it: events count in this order, and an event
    comes after all that its journal held when it was written, whatever the clocks said. ``side`` and ``scope`` are
    those of the descriptor that a label names; ``scope`` is empty for a label in other words. ``importer`` is
    whoever imported the event, and may undo it; empty for one's own. ``blind`` is what was hidden from them then.
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
    order: str = ""
    importer: str = ""
    blind: Blind = ""

    @property
    def neuron(self) -> Neuron:
        """The neuron that the event is about."""
        return Neuron(self.layer, self.unit)


class Proposal(NamedTuple):
    """A label that a generator or a person wrote for a neuron; the fields are those of an ``Event``."""

    text: str
    origin: str
    fit: tuple[float, ...] = ()
    token_fit: tuple[float, ...] = ()
    side: Side = 1
    scope: Scope | Literal[""] = ""


class Label(NamedTuple):
    """A neuron's label: one annotator's, or the standing label, which is what theirs add up to.

    ``fit``, ``token_fit``, ``side``, ``scope`` and ``blind`` are those of the decision that counts, as in
    ``Event``, and ``by`` whoever took it: of several who agree, the last. ``also`` are further labels that were
    accepted beside ``text``. ``each`` has the label of everyone who decided, in order of their names, where more
    than one did; ``settled`` tells that they differed and somebody settled it, and ``differ`` what they differ in
    where nobody did. ``note_by`` and ``note_time`` are whose the note is, and since when. ``history`` counts the
    neuron's decisions, by anybody and undone ones included.
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
    note_by: str = ""
    note_time: str = ""
    also: tuple[Proposal, ...] = ()
    each: tuple[Label, ...] = ()
    settled: bool = False
    blind: Blind = ""
    differ: Differ = ""

    @property
    def authors(self) -> tuple[str, ...]:
        """The names of all who decided the neuron, and of whoever or whatever wrote their labels."""
        return tuple(name for one in (self, *self.each) for name in (one.by, one.origin) if name)

    @property
    def accepted(self) -> tuple[Proposal, ...]:
        """Every label that was accepted, the first one first; none in any other state."""
        if self.state != "accepted":
            return ()
        first = Proposal(self.text, self.origin, self.fit, self.token_fit, self.side, self.scope)
        return (first, *self.also)
