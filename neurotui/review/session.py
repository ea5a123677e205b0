"""A review session: the open run, its journal and the annotator. No screen.

Every decision is written to the journal first and counts only once it is on disk.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from time import monotonic
from typing import TYPE_CHECKING, Literal, NamedTuple

from neurotui.errors import UserError
from neurotui.review.terms import state as state_term
from neurotui.review.visible_labels import VisibleLabels
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import LOCK_SECONDS, Journal, new_id
from neurotui.store.journal_actions import STATE_AFTER
from neurotui.store.labels import Labels
from neurotui.types import Event, JournalAction, Neuron, Proposal
from neurotui.workers.client import WorkerClient

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from neurotui.review.reviewer import Reviewer
    from neurotui.review.wording_conflict import WordingConflict
    from neurotui.store.run import Run
    from neurotui.types import Blind, Scope, Side

CONFLICTS = state_term.filter_text("conflict")
"""The filter that shows the neurons that people differ on."""

LOOK_EVERY = 0.5
"""Seconds between two checks for decisions of others."""

# The fewest and the most decisions that the pace is measured over, and the seconds from which a gap is a rest.
_PACE_FROM, _PACE_OVER = 5, 20
_REST = 120.0


class _Decided(NamedTuple):
    """When a decision was made, in seconds, and for how many neurons at once."""

    at: float
    neurons: int


class Decision(NamedTuple):
    """A decision to save for a neuron; the fields are those of an ``Event``."""

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
    """An open run with its journal; decisions are made through it.

    ``labels`` is always the result of ``journal`` for this run's model. ``new_worker`` makes the client of a
    worker process, which answers questions about the run that need a model. ``wait`` is how many seconds a
    decision waits for a lock that another program holds. ``blind`` is what of a neuron is hidden from the
    annotator until they have decided it.
    """

    run: Run
    journal: Journal
    annotator: str
    read_only: bool
    new_worker: Callable[[Path], WorkerClient] = WorkerClient
    wait: float = LOCK_SECONDS
    blind: Blind = ""
    labels: Labels = field(init=False)
    _changed: set[Neuron] = field(init=False, default_factory=set)
    _folded: int = field(init=False, default=0)
    _readings: int = field(init=False, default=0)
    _decided: deque[_Decided] = field(init=False, default_factory=lambda: deque(maxlen=_PACE_OVER))

    def __post_init__(self) -> None:
        self._fold_all()

    @classmethod
    def open(cls, run: Run, *, labels: Path | None, annotator: str, read_only: bool, blind: Blind = "") -> Session:
        """Start a session on an open run; `labels` is the journal, by default the run's own.

        Raises ``UserError`` if that file is not a journal.
        """
        return cls(run, Journal(labels or journal_of(run.path), run.path), annotator, read_only, blind=blind)

    @classmethod
    def of(cls, run: Run, reviewer: Reviewer, *, labels: Path | None) -> Session:
        """Start a reviewer's session, as ``open`` does."""
        annotator, read_only, blind, _ = reviewer
        return cls.open(run, labels=labels, annotator=annotator, read_only=read_only, blind=blind)

    def decide(self, decisions: Sequence[Decision], *, together: bool = False) -> list[Event]:
        """Save and apply decisions; raises ``UserError`` and changes nothing if they cannot be saved.

        Decisions made `together` are undone and redone together.
        """
        batch = new_id() if together else ""
        saved = self._append([self._event(decision, batch=batch) for decision in decisions])
        neurons = sum(event.action in STATE_AFTER for event in saved)
        if neurons:
            self._decided.append(_Decided(monotonic(), neurons))
        return saved

    def propose(self, neuron: Neuron, labels: Sequence[Proposal]) -> None:
        """Save labels written for a neuron as proposals; nothing is decided."""
        batch = new_id()
        self._append([self._event(Decision(neuron, "propose", *label), batch=batch) for label in labels])

    def settle(self, neuron: Neuron, decision: Decision | None) -> None:
        """Settle what people differ on: one label stands, that of a decision that accepts it, or None of them.

        ``UserError`` where people do not differ, or what they decided is hidden.
        """
        self.refresh()
        self._refuse_agreed(neuron)
        self.decide([(decision or Decision(neuron, "settle"))._replace(action="settle")])

    def settle_together(self, conflicts: Sequence[WordingConflict]) -> None:
        """Settle several conflicts in one step; undo takes all of them back.

        ``UserError``, and nothing is settled, where people do not differ on one of them, or not as they did
        when it was worked out, or where what they decided is hidden.
        """
        self.refuse_if_read_only()
        self.refresh()
        for one in conflicts:
            self._refuse_agreed(one.neuron)
            if not one.is_of(self.seen.label(one.neuron)):
                raise UserError(
                    f"{one.neuron}: somebody has decided something else meanwhile",
                    "nothing is settled; do it again, to compare what they say now",
                )
        self.decide([Decision(one.neuron, "settle", *one.stands) for one in conflicts], together=True)

    def take_share(self, share: str) -> None:
        """Write into the journal that this annotator has a part of the neurons, as in ``2/5``, if it is news."""
        if not self.read_only and self.labels.share(self.annotator) != share:
            self._append([self._event(Decision(Neuron(0, 0), "share", share))])

    def rate(self) -> float:
        """Return how many neurons a minute were recently decided here; 0 until there are enough decisions.

        A decision takes the time since the one before it; decisions after a rest are left out.
        """
        taken = [(now.at - before.at, now.neurons) for before, now in pairwise(self._decided)]
        worked = [(seconds, neurons) for seconds, neurons in taken if seconds < _REST]
        if len(worked) < _PACE_FROM - 1:
            return 0.0
        seconds, neurons = map(sum, zip(*worked, strict=True))
        return 60 * neurons / max(seconds, 1.0)

    def undo(self) -> list[Event]:
        """Undo this annotator's last decision, with those made together with it, and return them."""
        return self._turn(self.labels.undoable, "undo")

    def redo(self) -> list[Event]:
        """Redo what this annotator undid last and return the decisions."""
        return self._turn(self.labels.redoable, "redo")

    def revert(self, event: Event) -> Event:
        """Undo one decision or note, whoever made it and whatever came after it; return it.

        Whoever reverts it can redo it. Raises ``UserError`` if it is already undone.
        """
        self.refuse_if_read_only()
        self.refresh()
        if self.labels.undone(event):
            raise UserError(f"{event.neuron}: that is undone already", "choose a decision that still counts")
        batch = new_id() if event.batch else ""
        self._append([self._event(Decision(event.neuron, "undo"), of=event.id, batch=batch)])
        return event

    def refresh(self) -> None:
        """Read what others have decided since."""
        self.journal.refresh()
        self._fold()

    @property
    def seen(self) -> VisibleLabels:
        """The labels as far as the annotator may see them."""
        return VisibleLabels(self.labels, self.annotator, self.blind)

    def changed(self) -> set[Neuron]:
        """Return the neurons whose label may have changed since the last call, by anybody."""
        changed, self._changed = self._changed, set()
        return changed

    def use(self, run: Run) -> None:
        """Continue with another run file; the labels are recomputed for its model."""
        self.run.close()
        self.run = run
        self._fold_all()

    def close(self) -> None:
        """Close the run; what other threads are reading is broken off."""
        self.run.close()

    def _refuse_agreed(self, neuron: Neuron) -> None:
        if self.seen.label(neuron).state != "conflict":
            raise UserError(f"{neuron}: people do not differ", f"{CONFLICTS} shows where they do")

    def _turn(self, next_one: Callable[[str], list[Event]], action: JournalAction) -> list[Event]:
        self.refuse_if_read_only()
        self.refresh()
        events = next_one(self.annotator)
        # Decisions undone in one step are redone in one step.
        batch = new_id() if any(event.batch for event in events) else ""
        self._append([self._event(Decision(event.neuron, action), of=event.id, batch=batch) for event in events])
        return events

    def _event(self, decision: Decision, *, of: str = "", batch: str = "") -> Event:
        run = self.run
        neuron, action, text, origin, fit, token_fit, side, scope = decision
        about = (self.annotator, action, run.model, run.weights, *neuron)
        event = Event(new_id(), "", *about, text, origin, of, batch, fit, token_fit, side, scope)
        return event._replace(blind=self.seen.hidden(neuron)) if action in STATE_AFTER else event

    def _append(self, events: list[Event]) -> list[Event]:
        self.refuse_if_read_only()
        if not events:
            return []
        self.journal.extend(events, wait=self.wait)
        # This has also read whatever others appended in between.
        self._fold()
        return events

    def _fold(self) -> None:
        if self.journal.readings != self._readings:
            self._folded, self._readings = len(self.journal.events), self.journal.readings
            self._changed |= self.labels.fold_anew(self.journal.events)
            return
        new = self.journal.events[self._folded :]
        self._folded = len(self.journal.events)
        self._changed |= self.labels.apply(new)

    def _fold_all(self) -> None:
        self.labels = Labels(self.run.weights)
        self._folded, self._readings = 0, self.journal.readings
        self._changed.clear()
        self._fold()

    def refuse_if_read_only(self) -> None:
        """Raise ``UserError`` if the session is read only."""
        if self.read_only:
            raise UserError("read-only: decisions are switched off", "open it without --read-only to decide")
