"""The base of all views: a title, a body that moves with the same keys everywhere, and the keys at the foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual import on
from textual.screen import Screen
from textual.widget import Widget

from neurotui.cell_widths import cell_len
from neurotui.review.session import LOOK_EVERY
from neurotui.store.beside_run import journal_of
from neurotui.store.run_commands import command_line
from neurotui.tui.actions import BY_ID
from neurotui.tui.app_protocol import host_of, ink_of
from neurotui.tui.dispatch import Moves, methods, perform
from neurotui.tui.widgets.table import RowList
from neurotui.tui.widgets.text_layout import Piece, clickable, shown, strip, wrapped
from neurotui.wording import short

if TYPE_CHECKING:
    from rich.style import Style
    from textual.app import ComposeResult
    from textual.geometry import Size
    from textual.strip import Strip

    from neurotui.errors import UserError
    from neurotui.review.session import Session
    from neurotui.tui.app_protocol import AppProtocol, Done
    from neurotui.tui.dispatch import Handlers
    from neurotui.tui.places import Place
    from neurotui.tui.styles import Ink
    from neurotui.tui.widgets.table import Table

Result = TypeVar("Result")
_MARGINS, _MOST_LINES = 2, 4


class TitleLine(Widget):
    """One line of text with an aside at its other end, which is left out where there is no room for both."""

    ALLOW_SELECT = False

    def __init__(self, id_: str) -> None:
        super().__init__(id=id_, classes="line")
        self._left: list[Piece] = []
        self._right = ""

    def show(self, *left: Piece, right: str = "") -> None:
        """Show styled text and, at the other end, an aside; both must be fit for a line (``shown``)."""
        self._left, self._right = list(left), right
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        ink = ink_of(self)
        if y:
            return strip((), self.size.width, ink.text)
        left: list[Piece] = [(" ", ink.text), *self._left]
        gap = self.size.width - sum(cell_len(text) for text, _ in left) - cell_len(self._right) - 1
        if self._right and gap > 1:
            left += [(" " * gap, ink.text), (self._right, ink.faint)]
        return strip(left, self.size.width, ink.text)


class Note(Widget):
    """A note about a row, in as many lines as it needs, up to a few."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="view-note")
        self._said: Piece | None = None

    def show(self, text: str, style: Style) -> None:
        """Say something else; it must be fit for a line."""
        before, self._said = self._lines(self.size.width), (text, style)
        self.refresh(layout=len(before) != len(self._lines(self.size.width)))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        """Return the height of the text."""
        return len(self._lines(width))

    def render_line(self, y: int) -> Strip:
        """Draw a line."""
        ink = ink_of(self)
        lines = self._lines(self.size.width)
        if self._said is None or y >= len(lines):
            return strip((), self.size.width, ink.text)
        return strip([(" ", ink.text), (lines[y], self._said[1])], self.size.width, ink.text)

    def _lines(self, width: int) -> list[str]:
        room = width - _MARGINS
        if self._said is None or room < 1:
            return [""]
        return wrapped(short(self._said[0], _MOST_LINES * room), room)[:_MOST_LINES]


class View(Screen[Result], Generic[Result]):
    """A full screen on the present run. Its result, if any, says what Browse does next.

    A subclass names its ``PLACE`` in the table of actions, and in ``FOOT`` those of its actions that are shown.
    """

    PLACE: ClassVar[Place]
    FOOT: ClassVar[tuple[str, ...]] = ()

    @property
    def host(self) -> AppProtocol:
        """The app, as far as a view may know it."""
        return host_of(self)

    @property
    def handlers(self) -> Handlers:
        """Who does what here: this view's own methods, and the moves that all views share."""
        return {**Moves(self).handlers, **methods(self, self.PLACE)}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action works now; others are hidden."""
        return action != "do" or self.can(str(parameters[0]))

    def action_do(self, action_id: str, key: str = "") -> Done:
        """Do an action of the table."""
        return perform(self.host, self.handlers, action_id, key)

    def compose(self) -> ComposeResult:
        """Lay out title, body, a note on the row under the cursor, and keys."""
        yield TitleLine("view-title")
        yield from self.body()
        yield Note()
        yield TitleLine("view-keys")

    def body(self) -> ComposeResult:
        """Yield the widgets between title and foot."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Show the keys, and check regularly for decisions of others."""
        self.show_keys()
        self.set_interval(LOOK_EVERY, self.look)

    def look(self) -> None:
        """Update the view with changes made elsewhere, if it shows any."""

    def show_title(self, name: str, *rest: str, right: str = "") -> None:
        """Set the title line; texts must be sanitised already."""
        parts = [(f" · {part}", self.ink.muted) for part in rest if part]
        self.query_one("#view-title", TitleLine).show((name, self.ink.strong), *parts, right=right)

    def show_note(self, text: str, style: Style | None = None) -> None:
        """Say something about the row under the cursor; text must be fit for a line."""
        self.query_one(Note).show(text, style or self.ink.muted)

    def show_keys(self) -> None:
        """Show the keys that work now, this view's own first."""
        entries: list[Piece] = []
        for action_id in (*self.FOOT, "close"):
            if self.can(action_id):
                key = (self.host.key(action_id), self.ink.accent)
                does = (f" {self.key_name(action_id)}", self.ink.muted)
                entries += [*clickable([key, does], f"do('{action_id}')"), ("   ", self.ink.muted)]
        self.query_one("#view-keys", TitleLine).show(*entries)

    def key_name(self, action_id: str) -> str:
        """Return what an action's key does now, in a word or two."""
        return BY_ID[action_id].name

    def can(self, action_id: str) -> bool:
        """Return whether an action works now."""
        action = BY_ID[action_id]
        return self.PLACE in action.works and not (action.writes and self.host.session.read_only)

    def move(self, steps: int) -> None:
        """Move by rows, or lines: down, or up for negative ones; as far as there are any."""
        raise NotImplementedError

    def page_size(self) -> int:
        """Return how many rows are in sight."""
        raise NotImplementedError

    def extent(self) -> int:
        """Return how many rows there are."""
        raise NotImplementedError

    def turn(self, step: int) -> None:
        """Show the next side of a view with several, or the previous one for -1."""
        raise NotImplementedError

    def do_turn(self) -> None:
        """Show the next side."""
        self.turn(1)

    def do_turn_back(self) -> None:
        """Show the side before."""
        self.turn(-1)

    def do_help(self) -> Done:
        """Show all the keys."""
        return self.host.show_help()

    def do_close(self) -> None:
        """Go back without doing anything."""
        self.dismiss(None)

    @property
    def ink(self) -> Ink:
        """The styles of the present theme."""
        return self.host.ink


def same_command(session: Session, command: str, *options: str, by_labels: bool = True) -> str:
    """Return a command on the run and, where it reads labels, the journal that are open; fit for a line."""
    run, journal = session.run.path, session.journal.path
    labels = ["--labels", str(journal)] if by_labels and journal != journal_of(run) else []
    return shown(command_line(command, run, *options, *labels))


class RowsView(View[Result], Generic[Result]):
    """A view whose body is a table, which it is itself: ``header`` and ``row`` are its own."""

    def body(self) -> ComposeResult:
        """Yield the rows."""
        yield RowList(cast("Table", self))

    @property
    def rows(self) -> RowList:
        """The rows."""
        return self.query_one(RowList)

    def move(self, steps: int) -> None:
        """Move the cursor."""
        self.rows.go(self.rows.cursor + steps)
        self.moved()

    @on(RowList.Clicked)
    def _clicked(self) -> None:
        self.moved()

    def moved(self) -> None:
        """Say what there is to say about the row under the cursor."""

    def page_size(self) -> int:
        """Return how many rows are in sight."""
        return self.rows.page

    def extent(self) -> int:
        """Return how many rows there are."""
        return self.rows.count

    def fail(self, refusal: UserError) -> None:
        """Show why there are no rows."""
        self.rows.say(refusal.message, refusal.hint)
