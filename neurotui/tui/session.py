"""One sitting at a run: the open run, its journal and who decides. No screen.

Every decision goes to the journal first and counts only when it is on the disk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from neurotui.store.disk import Stamp, stamp_of
from neurotui.store.journal import Journal, journal_of
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.words import Action, Event, Neuron, Refusal

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Session:
    """What is open, and the way to decide.

    ``labels`` is always what ``journal`` adds up to for this run's model; ``stamp`` is that of the run's file.
    """

    run: Run
    journal: Journal
    annotator: str
    read_only: bool
    stamp: Stamp
    labels: Labels = field(init=False)
    _changed: set[Neuron] = field(init=False, default_factory=set)
    _folded: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._fold_all()

    @classmethod
    def open(cls, run: Path, *, labels: Path | None, annotator: str, read_only: bool) -> Session:
        """Open a run and a journal, by default the run's own; ``Refusal`` if either cannot be opened."""
        journal = Journal(labels or journal_of(run))
        # Taken before: what is swapped in meanwhile is then told of, and not missed.
        stamp = stamp_of(run)
        return cls(Run(run), journal, annotator, read_only, stamp)

    def decide(self, neuron: Neuron, action: Action, *, text: str = "", origin: str = "") -> Event:
        """Save a decision and count it; ``Refusal``, and nothing changes, if it cannot be saved."""
        return self._append(neuron, action, text=text, origin=origin)

    def undo(self) -> Event | None:
        """Undo this annotator's last decision and return it; None if there is none."""
        return self._turn(self.labels.undoable(self.annotator), "undo")

    def redo(self) -> Event | None:
        """Redo what this annotator undid last and return it; None if there is nothing."""
        return self._turn(self.labels.redoable(self.annotator), "redo")

    def refresh(self) -> None:
        """Take in what others have decided since."""
        self.journal.refresh()
        self._fold()

    def changed(self) -> set[Neuron]:
        """Return the neurons whose label may have changed, by anybody, since this was last asked."""
        changed, self._changed = self._changed, set()
        return changed

    def swapped(self) -> bool:
        """Tell whether another file lies where the run was opened."""
        now = stamp_of(self.run.path)
        return now is not None and now != self.stamp

    def use(self, run: Run, stamp: Stamp) -> None:
        """Go on with another run file, stamped and then opened; labels are folded anew for its model."""
        self.run.close()
        self.run, self.stamp = run, stamp
        self._fold_all()

    def _turn(self, event: Event | None, action: Action) -> Event | None:
        self.refuse_if_read_only()
        if event is not None:
            self._append(event.neuron, action, of=event.id)
        return event

    def _append(
        self, neuron: Neuron, action: Action, *, text: str = "", origin: str = "", of: str = ""
    ) -> Event:
        self.refuse_if_read_only()
        event = self.journal.append(
            neuron,
            action,
            by=self.annotator,
            model=self.run.model,
            weights=self.run.weights,
            text=text,
            origin=origin,
            of=of,
        )
        # Whatever others appended in between was read on the way.
        self._fold()
        return event

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
        """Raise ``Refusal`` where nothing may be decided."""
        if self.read_only:
            raise Refusal("opened read-only: nothing is decided here", "open it without --read-only to decide")
