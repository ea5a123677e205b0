"""The app: theme, toasts, crash handling, and a last filter against harmful control characters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import events, on
from textual.binding import Binding
from textual.widgets import Input

from neurotui.labelling.types import LabelBackend
from neurotui.sanitize import visible
from neurotui.tui import messages, no_color, themes
from neurotui.tui.actions import BY_ID
from neurotui.tui.browse.screen import Browse
from neurotui.tui.config import Config
from neurotui.tui.crash import contradiction, fault, fault_report, report
from neurotui.tui.keymap import keymap
from neurotui.tui.styles import Ink, ink
from neurotui.tui.terminal_sanitizer import TerminalSanitizer
from neurotui.tui.textual_drivers import driver_class, give_back_at_once
from neurotui.tui.textual_internals import InnerApp, SignalResume, key_of
from neurotui.tui.views.too_small import TooSmall, is_too_small
from neurotui.tui.widgets.text_layout import CLICK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future
    from typing import ClassVar

    from rich.console import RenderableType
    from textual.binding import BindingType
    from textual.filter import LineFilter
    from textual.geometry import Size
    from textual.notifications import Notify, SeverityLevel

    from neurotui.errors import UserError
    from neurotui.review.read_run import ReadRun
    from neurotui.review.session import Session
    from neurotui.tui.app_protocol import Done
    from neurotui.tui.widgets.text_field import Field

UNSET = Config()
OFFLINE = LabelBackend()
_MOST_TOASTS = 3
# No key may seem dead because another program holds the journal's lock; those that write hold it much shorter.
_LOCK_WAIT = 0.1
# What a terminal turns Enter into while no program has put it in raw mode.
_ENTER_TYPED_AHEAD = "ctrl+j"
_LEFT = 1


class NeurotuiApp(InnerApp):
    """The terminal app on one session."""

    TITLE = "neurotui"
    CSS_PATH = "neurotui.tcss"
    ENABLE_COMMAND_PALETTE = False  # we have one of our own
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+z", "suspend", show=False)]

    def __init__(
        self,
        session: Session,
        config: Config = UNSET,
        asking: LabelBackend = OFFLINE,
        model: str = "",
        reading: Future[ReadRun] | None = None,
    ) -> None:
        # Our own driver of a terminal or a browser: the environment chooses no other.
        super().__init__(driver_class=driver_class())
        session.wait = _LOCK_WAIT
        self.session = session
        self.asking = asking
        self.model = model
        self.reading = reading
        self.actions = config.actions
        self.order = config.order
        self.filter = ""
        self._sanitizer = TerminalSanitizer()
        self._ink: tuple[str, Ink] | None = None
        self._drawn_before_key = -1
        self._pressed_on: object = None
        self._deciding = {_named(key) for action in self.actions if action.writes for key in action.keys} | {
            "enter"
        }
        for theme in themes.OURS:
            self.register_theme(theme)
        wanted = themes.preferred(config.theme)
        if self.theme == wanted:
            # Textual read the name from TEXTUAL_THEME before this theme was registered, and would see no change.
            self.theme = next(theme.name for theme in themes.OURS if theme.name != wanted)
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
        """Return Textual's filters, the one for NO_COLOR in the present theme, and our sanitizer last."""
        filters = no_color.for_the_present_theme(super().get_line_filters(), ansi=self.native_ansi_color)
        return [*filters, self._sanitizer]

    async def on_event(self, event: events.Event) -> None:
        """Let through what a person did, and finish handling each key before the next one is looked at.

        Textual passes a key from widget to widget; keys typed meanwhile would go to the previous focus. Whether
        the window has the focus is no matter: without it Textual would take the focus from the pane that has it.
        """
        if isinstance(event, events.AppBlur | events.AppFocus):
            return
        if isinstance(event, events.MouseDown | events.MouseUp) and event.button != _LEFT:
            return
        if isinstance(event, events.Key) and not event.is_forwarded:
            if event.key == _ENTER_TYPED_AHEAD:
                event = events.Key("enter", "\r")
            await self._until_shown(event.key)
            if self.is_ending:
                return
            field = self.focused
            if isinstance(field, Input) and event.is_printable:
                field.replace(event.character or "", *field.selection)
                return
            if await self.do_binding(event.key):
                return
        await super().on_event(event)

    async def _until_shown(self, key: str) -> None:
        """Wait until a person could see what a key will act on: the screen that was opened, what was read.

        Keys may have piled up while the app stood still. They are done one after another, and the screen is drawn
        before each that can decide: nothing is decided of a row that was never there.
        """
        await self.until_settled()
        browse = self.screen
        if isinstance(browse, Browse):
            await browse.until_read()
            while browse.prompt.is_answered and self.is_running:  # noqa: ASYNC110
                await asyncio.sleep(0)
        if key in self._deciding and self.draws == self._drawn_before_key:
            self.draw_now()
        self._drawn_before_key = self.draws

    @on(events.MouseDown)
    def _remember_what_was_pressed(self, event: events.MouseDown) -> None:
        self._pressed_on = event.style.meta.get(CLICK)

    @on(events.Click)
    async def _do_what_was_clicked(self, event: events.Click) -> None:
        """Perform the action drawn under the mouse pointer, if the button was pressed there too.

        The second click of two quick ones would decide the next neuron, which nobody has looked at.
        """
        action, pressed_on, self._pressed_on = event.style.meta.get(CLICK), self._pressed_on, None
        if action is None or action != pressed_on or event.button != _LEFT:
            return
        if event.chain == 1 or not _decides(action):
            await self.screen.run_action(str(action))

    def on_resize(self, event: events.Resize) -> None:
        """Cover the screen while the window is too small to show what would be decided."""
        self._cover(event.size)

    def on_ready(self) -> None:
        """Cover the screen if it begins too small."""
        self._cover(self.size)

    def _cover(self, size: Size) -> None:
        if is_too_small(size) and self.screen_stack and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())

    def action_suspend(self) -> None:
        """Suspend the app, or say why that is impossible."""
        if not self.suspend_job():
            self.say("there is no shell to go back to from here", f"{self.key('quit')} quits")

    @on(SignalResume)
    def _draw_anew(self) -> None:
        self.draw_now()

    @on(messages.PasteStaysOpen)
    def _say_paste_stays_open(self) -> None:
        self.say("a paste has begun and does not end", "esc leaves it; nothing of it is taken", "warning")

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
        """End the app after a crash: print what of the run it comes from, or else where it happened.

        No values of variables are printed.
        """
        refusal = contradiction(self.session.run, error)
        if refusal is None:
            self._end_on(fault(error))
        else:
            self.end_with(1, report(refusal))

    def panic(self, *renderables: RenderableType) -> None:
        """End the app after a crash in the thread that reads keys; Textual passes on only its picture."""
        from rich.traceback import Traceback  # noqa: PLC0415 - as long to load as all our screens

        stacks = [one for shown in renderables if isinstance(shown, Traceback) for one in shown.trace.stacks]
        self._end_on(f"{stacks[0].exc_type}: {stacks[0].exc_value}" if stacks else "no keys can be read")

    def give_back_terminal(self) -> None:
        """Restore a terminal that takes nothing any more, without waiting for it."""
        give_back_at_once(self._driver)

    def _end_on(self, fault: str) -> None:
        self.end_with(1, fault_report(fault, self.session.journal.path))


def _named(key: str) -> str:
    """Return Textual's name of a key of the table of actions."""
    return key_of(key) if len(key) == 1 else key


def _decides(click: str) -> bool:
    """Return whether a click's action, as in ``do('accept')``, writes to the journal."""
    return any(action.writes for action in BY_ID.values() if f"'{action.id}'" in click)
