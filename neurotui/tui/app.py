"""The app: theme, toasts, crash handling, and a last filter against harmful control characters."""

from __future__ import annotations

import asyncio
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from rich.segment import Segment, Segments
from rich.style import Style
from textual import events, on
from textual.filter import LineFilter, Monochrome, NoColor
from textual.widgets import Input

from neurotui.errors import UserError, command_line
from neurotui.labelling.types import LabelBackend
from neurotui.review.session import Session
from neurotui.sanitize import visible
from neurotui.tui import runner, themes
from neurotui.tui.actions import BY_ID
from neurotui.tui.browse.screen import Browse
from neurotui.tui.config import Config
from neurotui.tui.keymap import keymap
from neurotui.tui.runner import in_a_browser
from neurotui.tui.styles import Ink, ink
from neurotui.tui.textual_internals import InnerApp
from neurotui.tui.widgets.text_layout import CLICK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from textual.color import Color
    from textual.notifications import Notify, SeverityLevel

    from neurotui.store.run import Run
    from neurotui.tui.host import Done
    from neurotui.tui.widgets.text_field import Field

_UNSET = Config()
_OFFLINE = LabelBackend()
_MOST_TOASTS = 3
# What a terminal turns Enter into while no program has put it in raw mode.
_ENTER_TYPED_AHEAD = "ctrl+j"


class LastWall(LineFilter):
    """Replaces control characters that are still in a line on its way to the terminal.

    All text is sanitised where it is drawn; this catches anything that was missed.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - the base's
        """Return the segments with sanitised text."""
        return [
            segment if segment.control else Segment(visible(segment.text), segment.style or Style.null())
            for segment in segments
        ]


class NeurotuiApp(InnerApp):
    """The terminal app on one session."""

    TITLE = "neurotui"
    CSS_PATH = "neurotui.tcss"
    ENABLE_COMMAND_PALETTE = False  # we have one of our own
    ALLOW_SELECT = False

    def __init__(
        self, session: Session, config: Config = _UNSET, asking: LabelBackend = _OFFLINE, model: str = ""
    ) -> None:
        super().__init__()
        self.session = session
        self.asking = asking
        self.model = model
        self.actions = config.actions
        self.order = config.order
        self._wall = LastWall()
        self._greys, self._no_colours = Monochrome(), NoColor()
        self._ink: tuple[str, Ink] | None = None
        self.register_theme(themes.DARK)
        self.register_theme(themes.LIGHT)
        wanted = themes.preferred(config.theme)
        if self.theme == wanted:
            # Textual read the name from TEXTUAL_THEME before this theme was registered, and would see no change.
            self.theme = themes.DARK.name if wanted == themes.LIGHT.name else themes.LIGHT.name
        self.theme = wanted if wanted in self.available_themes else themes.DARK.name
        self.set_keymap(keymap(config.keys))
        for action in self.actions:
            if action.keys and not BY_ID[action.id].keys:
                # A keymap only changes existing bindings, and this action has none.
                self.bind(",".join(action.keys), f"screen.do('{action.id}')")

    @property
    def ink(self) -> Ink:
        """The styles of the present theme."""
        if self._ink is None or self._ink[0] != self.theme:
            sixteen = self.console.color_system in {"standard", "windows"}
            self._ink = self.theme, ink(self.current_theme, sixteen=sixteen)
        return self._ink[1]

    def get_default_screen(self) -> Browse:
        """Return the Browse screen, which the app opens with."""
        return Browse(self.session, self)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's filters, with the no-colour filter for the present theme, and the last wall after them.

        Textual's own no-colour filter uses the theme that the app started with. It does not know the terminal's
        colours: their greys would be black on black.
        """
        filters = super().get_line_filters()
        grey = self._no_colours if self.native_ansi_color else self._greys
        return [*(grey if isinstance(one, NoColor | Monochrome) else one for one in filters), self._wall]

    async def on_event(self, event: events.Event) -> None:
        """Finish handling each key before the next one is looked at.

        Textual passes a key from widget to widget; keys typed meanwhile would go to the previous focus.
        """
        if isinstance(event, events.Key) and not event.is_forwarded:
            if event.key == _ENTER_TYPED_AHEAD:
                event = events.Key("enter", "\r")
            browse = self.screen
            if isinstance(browse, Browse):
                await browse.until_read()
                while browse.prompt.is_answered and self.is_running:  # noqa: ASYNC110
                    await asyncio.sleep(0)
            field = self.focused
            if isinstance(field, Input) and event.is_printable:
                field.replace(event.character or "", *field.selection)
                return
            if await self.do_binding(event.key):
                return
        await super().on_event(event)

    @on(events.Click)
    async def _do_what_was_clicked(self, event: events.Click) -> None:
        """Perform the action drawn under the mouse pointer."""
        action = event.style.meta.get(CLICK)
        if action is not None:
            await self.screen.run_action(str(action))

    def key(self, action_id: str) -> str:
        """Return the key that does an action, as bound, for a hint to name."""
        return next(action.shown_key for action in self.actions if action.id == action_id)

    def say(self, text: str, hint: str = "", severity: SeverityLevel = "information") -> None:
        """Show a toast; `text` and `hint` are sanitised here."""
        lines = [visible(text), *([visible(hint)] if hint else [])]
        self.notify("\n".join(lines), severity=severity, markup=False, timeout=8 if hint else 4)

    def on_notify(self, event: Notify) -> None:
        """Make room for a toast: many would cover the screen, and the same one twice says nothing new."""
        self.make_room_for(event.notification, _MOST_TOASTS)

    def on_field_too_long(self, message: Field.TooLong) -> None:
        """Report that typed or pasted text was too long and was ignored."""
        self.say(f"there is room for {message.most:,} characters", severity="warning")

    def refuse(self, refusal: UserError) -> None:
        """Show an error and its hint as a toast."""
        self.say(refusal.message, refusal.hint, "error")

    def show_help(self) -> Done:
        """Show all the keys."""
        from neurotui.tui.views.help import Help  # noqa: PLC0415 - the first screen does not wait for it

        return self.push_screen(Help())

    def action_help_quit(self) -> None:
        """Answer ctrl+c, which quits other programs."""
        self.say(f"{self.key('quit')} quits", "everything that was decided is saved")

    def end_on_fault(self, error: BaseException | None) -> None:
        """End the app after a crash: print where it happened, without the values of variables."""
        self._end_on(fault(error))

    def panic(self, *renderables: RenderableType) -> None:
        """End the app after a crash in the thread that reads keys; Textual passes on only its picture."""
        from rich.traceback import Traceback  # noqa: PLC0415 - as long to load as all our screens

        stacks = [one for shown in renderables if isinstance(shown, Traceback) for one in shown.trace.stacks]
        self._end_on(f"{stacks[0].exc_type}: {stacks[0].exc_value}" if stacks else "no keys can be read")

    def _end_on(self, fault: str) -> None:
        self.end_with(1, Segments([Segment(fault_report(fault, self.session.journal.path))]))


def fault(error: BaseException | None) -> str:
    """Return the error and where in our code it happened, as unsanitised text."""
    frames = [f for f in traceback.extract_tb(error.__traceback__ if error else None) if "neurotui" in f.filename]
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {str(error)[:300]}{place}"


def fault_report(fault: str, journal: Path) -> str:
    """Return what to print after a crash of the app."""
    return (
        f"error: neurotui stopped on a fault of its own: {visible(fault)}\n"
        f"hint: every decision that was shown as saved is in '{visible(str(journal))}'; report the line above\n"
    )


def open_app(
    run: Run,
    *,
    labels: Path | None,
    annotator: str,
    read_only: bool,
    config: Config = _UNSET,
    asking: LabelBackend = _OFFLINE,
    model: str = "",
) -> None:
    """Show a run in the terminal, or in the browser if started by `neurotui serve`, until the user quits.

    The run is closed afterwards. `labels` is the journal, by default the run's own (``run.labels.jsonl`` beside
    ``run.duckdb``). `asking` says which backend writes labels; its API key is read only when labels are requested.
    `model` is the folder of the run's model for probing, if it is not the one that the run names. Raises
    ``UserError``, before the terminal is touched, if the journal cannot be opened or there is no terminal;
    ``SystemExit`` if the app crashes.
    """
    app = None
    try:
        session = Session.open(run, labels=labels, annotator=annotator, read_only=read_only)
        if not in_a_browser() and not (sys.__stdin__ and sys.__stdin__.isatty()):
            told = f"{command_line('info', run.path)} tells what the run is"
            raise UserError("there is no terminal to open the app in", told)
        app = NeurotuiApp(session, config, asking, model)
        signal = runner.run(app)
    finally:
        (app.session.run if app is not None else run).close()
    if signal:
        runner.end_by(signal)
    if app.return_code:
        raise SystemExit(app.return_code)
