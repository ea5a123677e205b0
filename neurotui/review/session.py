"""One sitting at a run: the open run, its journal and who decides. No screen.

Every decision goes to the journal first and counts only when it is on the disk.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from time import monotonic
from typing import TYPE_CHECKING, Literal, NamedTuple

from neurotui.errors import UserError
from neurotui.store.journal import Journal, journal_of, new_id
from neurotui.store.labels import STATE_AFTER, Labels
from neurotui.types import Event, JournalAction, Neuron, Proposal
from neurotui.workers.client import Helper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from neurotui.store.run import Run
    from neurotui.types import Scope, Side

LOOK_EVERY = 0.5
"""Seconds between two looks at what others decide."""

# A pace is spoken of from so many decisions, over no more than so many. Seconds of rest are none of it.
_PACE_FROM, _PACE_OVER = 5, 20
_REST = 120.0


class _Decided(NamedTuple):
    """When something was decided, in seconds, and for how many neurons at once."""

    at: float
    neurons: int


class Decision(NamedTuple):
    """What is to be saved of a neuron; the fields are those of an ``Event``."""

    neuron: Neuron
    action: JournalAction
    text: str = ""
    origin: str = ""
    fit: tuple[float, ...] = ()
    token_fit: tuple[float, ...] = ()
    side: Side = 1
    scope: Scope | Literal[""] = ""


@dataclass
class Session:
    """What is open, and the way to decide.

    ``labels`` is always what ``journal`` adds up to for this run's model.
    ``helper`` makes what answers questions about the run that need a model.
    """

    run: Run
    journal: Journal
    annotator: str
    read_only: bool
    helper: Callable[[Path], Helper] = Helper
    labels: Labels = field(init=False)
    _changed: set[Neuron] = field(init=False, default_factory=set)
    _folded: int = field(init=False, default=0)
    _decided: deque[_Decided] = field(init=False, default_factory=lambda: deque(maxlen=_PACE_OVER))

    def __post_init__(self) -> None:
        self._fold_all()

    @classmethod
    def open(cls, run: Run, *, labels: Path | None, annotator: str, read_only: bool) -> Session:
        """Sit down at an open run with a journal, by default the run's own; ``UserError`` if that is none."""
        return cls(run, Journal(labels or journal_of(run.path)), annotator, read_only)

    def decide(self, decisions: Sequence[Decision], *, together: bool = False) -> list[Event]:
        """Save decisions and count them; ``UserError``, and nothing changes, if they cannot be saved.

        What is decided `together` is undone and redone together.
        """
        batch = new_id() if together else ""
        saved = self._append([self._event(decision, batch=batch) for decision in decisions])
        neurons = sum(event.action in STATE_AFTER for event in saved)
        if neurons:
            self._decided.append(_Decided(monotonic(), neurons))
        return saved

    def propose(self, neuron: Neuron, labels: Sequence[Proposal]) -> None:
        """Keep labels that somebody wrote for a neuron; decides nothing."""
        batch = new_id()
        self._append([self._event(Decision(neuron, "propose", *label), batch=batch) for label in labels])

    def rate(self) -> float:
        """Return how many neurons a minute were decided here of late; 0 before there is a pace to speak of.

        Each decision took the time since the one before it: one that comes after a rest tells of no pace.
        """
        taken = [(now.at - before.at, now.neurons) for before, now in pairwise(self._decided)]
        worked = [(seconds, neurons) for seconds, neurons in taken if seconds < _REST]
        if len(worked) < _PACE_FROM - 1:
            return 0.0
        seconds, neurons = map(sum, zip(*worked, strict=True))
        return 60 * neurons / max(seconds, 1.0)

    def undo(self) -> list[Event]:
        """Undo this annotator's last decision, with what was decided together with it, and return it."""
        return self._turn(self.labels.undoable, "undo")

    def redo(self) -> list[Event]:
        """Redo what this annotator undid last and return it."""
        return self._turn(self.labels.redoable, "redo")

    def revert(self, event: Event) -> Event:
        """Undo one decision or note, whoever took it and whatever came after it; return it.

        It can be redone by who reverts it. ``UserError`` if it was undone already.
        """
        self.refuse_if_read_only()
        self.refresh()
        if self.labels.undone(event):
            raise UserError(f"{event.neuron}: that is undone already", "choose a decision that still counts")
        batch = new_id() if event.batch else ""
        self._append([self._event(Decision(event.neuron, "undo"), of=event.id, batch=batch)])
        return event

    def refresh(self) -> None:
        """Take in what others have decided since."""
        self.journal.refresh()
        self._fold()

    def changed(self) -> set[Neuron]:
        """Return the neurons whose label may have changed, by anybody, since this was last asked."""
        changed, self._changed = self._changed, set()
        return changed

    def use(self, run: Run) -> None:
        """Go on with another run file; labels are folded anew for its model."""
        self.run.close()
        self.run = run
        self._fold_all()

    def _turn(self, next_one: Callable[[str], list[Event]], action: JournalAction) -> list[Event]:
        self.refuse_if_read_only()
        self.refresh()
        events = next_one(self.annotator)
        # What is undone in one step is redone in one.
        batch = new_id() if any(event.batch for event in events) else ""
        self._append([self._event(Decision(event.neuron, action), of=event.id, batch=batch) for event in events])
        return events

    def _event(self, decision: Decision, *, of: str = "", batch: str = "") -> Event:
        run = self.run
        neuron, action, text, origin, fit, token_fit, side, scope = decision
        about = (self.annotator, action, run.model, run.weights, *neuron)
        return Event(new_id(), "", *about, text, origin, of, batch, fit, token_fit, side, scope)

    def _append(self, events: list[Event]) -> list[Event]:
        self.refuse_if_read_only()
        if not events:
            return []
        self.journal.extend(events)
        # Whatever others appended in between was read on the way.
        self._fold()
        return events

    def _fold(self) -> None:
        new = self.journal.events[self._folded :]
        self._folded = len(self.journal.events)
        self._changed |= self.labels.apply(new)

    def _fold_all(self) -> None:
        self.labels = Labels(self.run.weights)
        self._folded = 0
        self._changed.clear()
        self._fold()

    def refuse_if_read_only(self) -> None:
        """Raise ``UserError`` where nothing may be decided."""
        if self.read_only:
            raise UserError("opened read-only: nothing is decided here", "open it without --read-only to decide")
