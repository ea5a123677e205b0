"""Every decision in the journal, newest first; any of them can be undone, whoever made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from neurotui.cell_widths import cell_len
from neurotui.errors import UserError
from neurotui.store.journal_actions import DONE, STATE_AFTER
from neurotui.tui.actions import bindings
from neurotui.tui.styles import MARKS
from neurotui.tui.views.base import RowsView
from neurotui.tui.widgets.text_layout import Piece, right, shown
from neurotui.types import Neuron
from neurotui.wording import fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from neurotui.review.session import Session
    from neurotui.tui.styles import Ink
    from neurotui.types import Event

_WHEN, _SHORT_WHEN = len("2026-11-25 03:39:12"), len("11-25 03:39")
_NEURON, _WHAT, _UNDONE = 12, 11, 7
_ROOMY = 100


class JournalView(RowsView[Neuron]):
    """Closed with the neuron to go to, if one was chosen. Places count from the newest."""

    PLACE = "journal"
    BINDINGS: ClassVar[list[BindingType]] = bindings(PLACE)
    FOOT = ("go", "revert")

    def __init__(self, session: Session, saved: Callable[[str], None]) -> None:
        """Show the journal of a session; `saved` is called with a message after each revert."""
        super().__init__()
        self._session = session
        self._saved = saved
        self._seen = -1
        self._history: Sequence[Event] = ()
        self._current: Event | None = None

    def on_mount(self) -> None:
        """Show what there is."""
        super().on_mount()
        self.look()

    def look(self) -> None:
        """Read what others have decided; the cursor stays on its decision."""
        events = len(self._session.journal.events)
        if events == self._seen:
            return
        self._seen = events
        # As it is now: what others decide is drawn once it has been looked at, and the cursor moved with it.
        self._history = history = tuple(self._session.seen.history())
        title, name = f"{len(history):,} decisions and notes", shown(self._session.journal.path.name)
        self.show_title("journal", title, right=name)
        if history:
            self.rows.show(len(history), self._place_of(self._current))
        else:
            accept, reject, edit = map(self.host.key, ("accept", "reject", "edit"))
            hint = f"{accept} accepts, {reject} rejects, {edit} writes a label of your own"
            self.rows.say("nothing has been decided yet", hint)
        self.moved()

    def do_go(self) -> None:
        """Close, and go to the neuron that the decision speaks of."""
        if self._current is not None:
            self.dismiss(self._current.neuron)

    def do_revert(self) -> None:
        """Undo the decision under the cursor."""
        if self._current is None:
            return
        try:
            event = self._session.revert(self._current)
        except UserError as refusal:
            self.host.refuse(refusal)
            return
        self._saved(f"saved: {event.neuron} {_what(event)} undone")
        self.look()

    def moved(self) -> None:
        """Say all there is to say of the decision under the cursor."""
        history = self._history
        self._current = self._event(self.rows.cursor) if history else None
        if self._current is None:
            self.show_note("")
            return
        event = self._current
        label = self._session.seen.label(event.neuron)
        now = f"{label.state} {label.text}".rstrip()
        proposed = f"proposed by {event.origin} · " if event.origin else ""
        said = f"{event.time[:19].replace('T', ' ')} UTC · {proposed}{event.neuron} is now {now}"
        cut = cell_len(shown(event.text)) > _widths(self.size.width)[2]
        self.show_note(shown(f"{said} · {_what(event)}: {event.text}" if cut else said))

    def header(self, width: int, ink: Ink) -> list[Piece]:
        """Name the columns."""
        when, who, label = _widths(width)
        titles = (
            fitted("when (UTC)", when + 2),
            fitted("who", who + 2),
            fitted("neuron", _NEURON + 1),
            fitted("what", _WHAT + 1),
            fitted("label or note", label),
        )
        return [(title, ink.faint) for title in titles]

    def row(self, place: int, width: int, ink: Ink) -> list[Piece]:
        """Draw a decision; one that was undone stands back and says so."""
        event = self._event(place)
        when, who, label = _widths(width)
        undone = self._session.labels.undone(event)
        text = ink.faint if undone else ink.text
        what = {"accept": ink.good, "reject": ink.bad}.get(event.action, ink.muted)
        mark = MARKS[STATE_AFTER[event.action]] if event.action in STATE_AFTER else " "
        time = event.time[:_WHEN].replace("T", " ")
        return [
            (fitted(time if when == _WHEN else time[5 : 5 + _SHORT_WHEN], when + 2), ink.faint),
            (fitted(shown(event.by), who) + "  ", ink.faint if undone else ink.muted),
            (fitted(str(event.neuron), _NEURON) + " ", text),
            (fitted(f"{mark} {_what(event)}", _WHAT) + " ", ink.faint if undone else what),
            (fitted(shown(event.text), label), text),
            (right("undone" if undone else "", _UNDONE), ink.muted),
        ]

    def _event(self, place: int) -> Event:
        return self._history[-1 - place]

    def _place_of(self, event: Event | None) -> int:
        """Return where a decision stands now: others came in above it, or late among those below."""
        history = self._history
        if event is None:
            return 0
        return next((place for place, one in enumerate(reversed(history)) if one.id == event.id), 0)


def _what(event: Event) -> str:
    return DONE[event.action]


def _widths(width: int) -> tuple[int, int, int]:
    """Share a row out: when, who, and the label."""
    when, who = (_WHEN, 16) if width >= _ROOMY else (_SHORT_WHEN, 10)
    return when, who, max(4, width - when - who - _NEURON - _WHAT - _UNDONE - 7)
