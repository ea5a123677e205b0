"""Export: which labels, in which format, to which file; written in the background, whole or not at all."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from neurotui.errors import UserError
from neurotui.exchange import registry
from neurotui.exchange.export_labels import export, refuse_target
from neurotui.exchange.registry import STANDARD_OUTPUT
from neurotui.store.atomic import refuse_folder
from neurotui.store.beside_run import folder_of
from neurotui.store.labels import Labels
from neurotui.store.table_faults import blaming
from neurotui.tui.app_protocol import ink_of
from neurotui.tui.views.base import same_command
from neurotui.tui.widgets.choice import Choice
from neurotui.tui.widgets.text_field import Field
from neurotui.tui.widgets.text_layout import shown, strip, wrapped
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.style import Style
    from textual.app import ComposeResult
    from textual.strip import Strip

    from neurotui.exchange.spec import FormatSpec
    from neurotui.review.session import Session
    from neurotui.tui.styles import Ink
    from neurotui.types import State

_LONGEST_PATH = 4096
_CHOSEN_FIRST = ("accepted", "rejected", "skipped", "open")
_BLIND = "a blind review writes only what you have decided; "
_WRITE, _REPLACE = "enter writes it, tab goes on, ← → change, esc closes", "enter again replaces it, esc closes"


class ExportNote(Widget):
    """What is said of the export: a few lines, wrapped; the first in a colour of its own."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="export-said")
        self.parts: tuple[tuple[str, str], ...] = ()

    def show(self, *parts: tuple[str, str]) -> None:
        """Show texts, which may hold anything, each after ``good``, ``bad``, ``muted`` or ``faint``."""
        self.parts = parts
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw a line."""
        ink = ink_of(self)
        lines = [
            (row, _style(ink, kind))
            for kind, text in self.parts
            for row in wrapped(shown(text), self.size.width - 4)
        ]
        text, style = lines[y] if y < len(lines) else ("", ink.text)
        return strip([("  ", ink.text), (text, style)], self.size.width, ink.text)


class Export(ModalScreen[None]):
    """Asks where to, and writes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "close"),
        Binding("tab,down", "other(1)", "next", show=False),
        Binding("shift+tab,up", "other(-1)", "previous", show=False),
    ]

    @dataclass
    class Written(Message):
        """So many labels were written to a file, or why none were."""

        path: Path
        found: int | UserError

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._form = Choice("format", registry.writable_formats())
        self._state = Choice("labels", _CHOSEN_FIRST)
        self._path = Field(compact=True, max_length=_LONGEST_PATH, id="export-path")
        self._suggested = ""
        self._replacing: Path | None = None
        self._busy = False

    def compose(self) -> ComposeResult:
        """Lay out the choices, the file's name, and what is said of it."""
        with Vertical(id="export"):
            yield self._form
            yield self._state
            with Horizontal(id="export-file"):
                yield Static(Content("  file    "), id="export-mark")
                yield self._path
            yield ExportNote()

    def on_mount(self) -> None:
        """Suggest a file beside the run."""
        self.query_one("#export").border_title = "export"
        self._changed()
        self.set_focus(self._form)

    def action_other(self, step: int) -> None:
        """Go to the next field, or the previous."""
        fields = [self._form, self._state, self._path]
        here = next((place for place, field in enumerate(fields) if field is self.focused), 0)
        self.set_focus(fields[(here + step) % len(fields)])

    @on(Choice.Changed)
    def _changed(self) -> None:
        """Suggest another name, unless one has been typed, and count."""
        run, state = self._session.run.path, self._state.value
        try:
            suffix = registry.spec_of(self._form.value).suffixes[0]
            named = self._named_as()
        except UserError as refusal:
            self._say("bad", refusal.message, refusal.hint)
            return
        if self._path.value == self._suggested:
            self._suggested = str(folder_of(run) / f"{run.stem}.{state}{suffix}")
            self._path.value = self._suggested
        elif named is not None:
            self._path.value = f"{registry.without_suffix(Path(self._path.value), named)}{suffix}"
        self._tell()

    @on(Input.Changed)
    def _tell(self) -> None:
        """Say what would be done, and which command does the same."""
        self._replacing = None
        write = f"{_BLIND if self._session.blind else ''}{_WRITE}"
        self.query_one(ExportNote).show(("muted", write), ("faint", ""), ("faint", self._twin()))

    @on(Choice.Confirmed)
    @on(Input.Submitted)
    def _write(self) -> None:
        """Write, but over something that is there only when that was said and Enter pressed once more."""
        if self._busy:
            return
        path = _path(self._path.value)
        typed = self._path.value.strip()
        if not typed or path == STANDARD_OUTPUT:
            self._say("bad", "the file has no name", "type one, or esc closes")
            return
        run, journal, form = self._session.run, self._session.journal, self._form.value
        try:
            refuse_folder(typed)
            refuse_target(run, path, form=form, journal=journal.path)
            there = path.is_file()
        except UserError as refusal:
            self._say("bad", refusal.message, refusal.hint)
            return
        except (OSError, ValueError) as error:
            self._say("bad", f"no file can have this name: {error}", "type another, or esc closes")
            return
        if there and self._replacing != path:
            self._replacing = path
            self._say("bad", f"'{path}' is there already", _REPLACE)
            return
        self._busy = True
        self._say("muted", f"writing '{path}'", "")
        labels = partial(Labels, run.weights, list(journal.events))
        # In a blind review, only what one has decided oneself: a file tells what the screen hides.
        seen = self._session.seen
        chosen = [one for one in seen.neurons() if not seen.hidden(one)] if self._session.blind else None
        write = partial(
            export,
            run,
            chosen=chosen,
            state=cast("State", self._state.value),
            path=path,
            form=form,
            replace=self._replacing == path,
            journal=journal.path,
        )
        self.run_worker(partial(self._export, path, labels, write), thread=True)

    def _export(self, path: Path, labels: Callable[[], Labels], write: Callable[..., int]) -> None:
        """Write; away from the screen, and so from labels of its own."""
        try:
            with blaming(self._session.run.reader):
                found: int | UserError = write(labels=labels())
        except UserError as refusal:
            found = refusal
        self.post_message(self.Written(path, found))

    @on(Written)
    def _written(self, message: Written) -> None:
        self._busy, self._replacing = False, None
        if isinstance(message.found, UserError):
            self._say("bad", message.found.message, message.found.hint)
            return
        self._say("good", f"{counted(message.found, 'label')} written to '{message.path}'", "esc closes")

    def _say(self, kind: str, what: str, hint: str) -> None:
        self.query_one(ExportNote).show((kind, what), ("muted", hint), ("faint", self._twin()))

    def _named_as(self) -> FormatSpec | None:
        """Return the format that the file's name says; None too where its package cannot be imported."""
        with suppress(UserError):
            return registry.named_as(Path(self._path.value))
        return None

    def _twin(self) -> str:
        """Return the command that does the same; "" in a blind review, where it would write what is hidden."""
        if self._session.blind:
            return ""
        options = ["-o", str(_path(self._path.value)) if self._path.value.strip() else ""]
        named = self._named_as()
        if named is None or named.name != self._form.value:
            options += ["--format", self._form.value]
        if self._state.value != _CHOSEN_FIRST[0]:
            options += ["--state", self._state.value]
        return same_command(self._session, "export", *options)


def _path(typed: str) -> Path:
    """Return the file that is named; a ``~`` that stands for nobody's home is a name like any other."""
    path = Path(typed.strip())
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _style(ink: Ink, kind: str) -> Style:
    return {"good": ink.good, "bad": ink.bad, "muted": ink.muted, "faint": ink.faint}[kind]
