"""The command palette: every action by name, and a jump to any neuron. It keeps up with fast typing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from neurotui.sanitize import visible
from neurotui.tui.app_protocol import ink_of
from neurotui.tui.widgets.text_field import Field
from neurotui.tui.widgets.text_layout import Piece, right, strip
from neurotui.wording import fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.strip import Strip

    from neurotui.tui.app_protocol import Done


_ASIDE = 12
_LONGEST = 200


class Command(NamedTuple):
    """Something to choose: what it is called, what it does in a sentence, its key, and the doing."""

    name: str
    help: str
    key: str
    run: Callable[[], Done]


class CommandRows(Widget):
    """The commands that match, one of them picked."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="palette-rows")
        self.commands: Sequence[Command] = ()
        self.nothing = ""
        self.picked = 0

    def show(self, commands: Sequence[Command], nothing: str) -> None:
        """Show other commands, the first picked; where there are none, `nothing` says so."""
        self.commands, self.nothing, self.picked = commands, nothing, 0
        self.refresh()

    def pick(self, step: int) -> None:
        """Pick the next, or the previous for -1."""
        self.picked = max(0, min(self.picked + step, len(self.commands) - 1))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw a command, or say that there is none."""
        ink = ink_of(self)
        top = max(0, self.picked - self.size.height + 1)
        if top + y >= len(self.commands):
            message = f"  {self.nothing}" if y == 0 and not self.commands else ""
            return strip([(message, ink.faint)], self.size.width, ink.text)
        command = self.commands[top + y]
        here = top + y == self.picked
        name = max(16, min(28, self.size.width // 3))
        help_ = command.help if command.help != command.name else ""
        pieces: list[Piece] = [
            ("▌ " if here else "  ", ink.accent),
            (fitted(command.name, name), ink.strong if here else ink.text),
            (" " + fitted(help_, max(4, self.size.width - name - _ASIDE - 4)), ink.faint),
            (right(command.key, _ASIDE) + " ", ink.accent),
        ]
        if here:
            pieces = [(text, style + ink.cursor) for text, style in pieces]
        return strip(pieces, self.size.width, ink.text)


class Palette(ModalScreen[Command | None]):
    """Asks for a command; its result is the one chosen. `find` returns the commands for what is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "close"),
        Binding("down,ctrl+n", "pick(1)", "next", show=False),
        Binding("up,ctrl+p", "pick(-1)", "previous", show=False),
    ]

    def __init__(
        self,
        find: Callable[[str], Sequence[Command]],
        asks: str = "a command, or a neuron such as L3.797",
        nothing: Callable[[str], str] = lambda _: "no such command",
    ) -> None:
        """Ask by the words of `asks`; `nothing` says of what is typed why nothing is found for it."""
        super().__init__()
        self._find = find
        self._asks = asks
        self._nothing = nothing

    def compose(self) -> ComposeResult:
        """Lay out input and rows."""
        with Vertical(id="palette"):
            yield Field(placeholder=self._asks, compact=True, max_length=_LONGEST, id="palette-input")
            yield CommandRows()

    def on_mount(self) -> None:
        """Show every command, and take the next key already."""
        self._show("")
        self.set_focus(self.query_one(Input))

    def action_pick(self, step: int) -> None:
        """Move the pick."""
        self.query_one(CommandRows).pick(step)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._show(visible(event.value))

    def _show(self, typed: str) -> None:
        self.query_one(CommandRows).show(self._find(typed), self._nothing(typed))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        # Found anew: what the rows show may be a keystroke behind.
        rows = self.query_one(CommandRows)
        commands = self._find(visible(event.value))
        if commands:
            picked = rows.commands[rows.picked].name if rows.commands else ""
            self.dismiss(next((command for command in commands if command.name == picked), commands[0]))


def matching(commands: Sequence[Command], typed: str) -> list[Command]:
    """Return the commands of which every typed word occurs in the name or the sentence, by name first."""
    words = typed.casefold().split()
    by_name = [c for c in commands if all(word in c.name.casefold() for word in words)]
    by_help = [c for c in commands if all(word in f"{c.name} {c.help}".casefold() for word in words)]
    return by_name + [command for command in by_help if command not in by_name]
