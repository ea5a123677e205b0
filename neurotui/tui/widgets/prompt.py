"""The prompt: a line to type a filter, a label or a note into, and a line below with hints and errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from rich.highlighter import Highlighter
from rich.style import Style
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from neurotui.review import filters
from neurotui.sanitize import restored, visible
from neurotui.tui.app_protocol import ink_of
from neurotui.tui.widgets.text_field import Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text
    from textual.app import ComposeResult


Purpose = Literal["filter", "label", "note", "name"]

LONGEST: dict[Purpose, int] = {"filter": filters.LONGEST, "label": 200, "note": 2000, "name": 80}
"""The most characters that may be typed, by purpose."""


class Names(Suggester):
    """Completes the typed text to the first name that starts with it, if any."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.names: Sequence[str] = ()
        # What was there before anything was typed is not completed.
        self.begun = ""

    async def get_suggestion(self, value: str) -> str | None:
        """Return the completed text; what was typed keeps its case."""
        if value == self.begun:
            return None
        begun = value.casefold()
        for name in self.names:
            if len(name) > len(value) and name[: len(value)].casefold() == begun:
                return value + name[len(value) :]
        return None


class Fault(Highlighter):
    """Highlights the wrong characters in the input; `span` is empty if there are none."""

    def __init__(self) -> None:
        self.span = (0, 0)
        self.style = Style()

    def highlight(self, text: Text) -> None:
        """Mark them."""
        text.stylize(self.style, *self.span)


class Typed(Field):
    """The input of a prompt."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "complete", show=False)]

    def action_complete(self) -> None:
        """Complete what is typed, if there is something that it begins."""
        if self.cursor_at_end and self.selection.is_empty:
            self.action_cursor_right()

    async def action_submit(self) -> None:
        """Notify the prompt directly: a message would arrive only after the next key was handled."""
        cast("Prompt", self.parent).keep()


class Prompt(Horizontal):
    """Hidden until it is opened; says what was typed, kept or left, and what for.

    ``is_answered``: it was kept or left, and whoever asked has not closed it yet, nor let one go on.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", show=False)]

    @dataclass
    class Changed(Message):
        """The text changed while the prompt was open."""

        purpose: Purpose
        value: str

    @dataclass
    class Kept(Message):
        """Enter was pressed; the prompt stays open until it is closed. ``edited``: it is not as it began."""

        purpose: Purpose
        value: str
        edited: bool

    @dataclass
    class Left(Message):
        """Esc was pressed; the prompt stays open until it is closed."""

        purpose: Purpose

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self._purpose: Purpose = "filter"
        self._begun = ""
        self.is_answered = False
        self._refused: str | None = None
        self._suggester = Names()
        self._fault = Fault()

    def compose(self) -> ComposeResult:
        """Lay out mark, input and message."""
        yield Static(id="prompt-mark")
        yield Typed(
            id="prompt-input",
            compact=True,
            suggester=self._suggester,
            highlighter=self._fault,
            select_on_focus=False,
        )
        yield Static(id="prompt-note")

    @property
    def is_open(self) -> bool:
        """Whether the prompt is open."""
        return bool(self.display)

    @property
    def purpose(self) -> Purpose:
        """The present purpose, or the last one."""
        return self._purpose

    @property
    def field(self) -> Typed:
        """The input."""
        return self.query_one(Typed)

    def open(self, purpose: Purpose, mark: str, value: str, hint: str, names: Sequence[str] = ()) -> None:
        """Begin to type, with `value` there already and `names` to complete from.

        All but a filter, to which terms are added, is selected: typing replaces it.
        """
        self._purpose, self._begun, self.is_answered, self._refused = purpose, value, False, None
        self._suggester.names, self._suggester.begun = tuple(map(visible, names)), visible(value)
        field = self.field
        field.max_length = LONGEST[purpose]
        with self.prevent(Input.Changed):
            field.begin(visible(value), selected=purpose != "filter")
        self.query_one("#prompt-mark", Static).update(Content(visible(mark)))
        self.say(hint)
        self.display = True
        # At once, unlike focus(): the next key is typed already.
        self.screen.set_focus(field)

    def say(self, text: str, *, wrong: bool = False, at: tuple[int, int] = (0, 0)) -> None:
        """Show a hint or what is wrong below the text, and mark the characters `at` which it is.

        What is wrong stands until another text is typed: a hint for this one comes too late, by a fit or because
        keys have piled up.
        """
        typed = self.field.value
        if not wrong and typed == self._refused:
            return
        self._refused = typed if wrong else None
        self._fault.style = Style(color=ink_of(self).bad.color, underline=True)
        if at != self._fault.span:
            self._fault.span = at
            self.field.refresh()
        note = self.query_one("#prompt-note", Static)
        note.set_class(wrong, "wrong")
        # It has a line of its own: a layout would draw the whole screen a second time.
        note.update(Content(visible(text)), layout=False)

    def close(self) -> None:
        """Hide, without posting a message."""
        self.display = self.is_answered = False

    def go_on(self) -> None:
        """Let the person type on: what was to be kept cannot be."""
        self.is_answered = False

    def keep(self) -> None:
        """Keep what was typed."""
        self.is_answered = True
        value = restored(self.field.value, self._begun)
        self.post_message(self.Kept(self._purpose, value, value != self._begun))

    def action_leave(self) -> None:
        """Leave without keeping."""
        self.is_answered = True
        self.post_message(self.Left(self._purpose))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open and event.value != self._refused:
            self.post_message(self.Changed(self._purpose, restored(event.value, self._begun)))

    @on(Field.TooLong)
    def _too_long(self, message: Field.TooLong) -> None:
        message.stop()
        self.say(f"at most {message.most:,} characters; nothing was added", wrong=True)
