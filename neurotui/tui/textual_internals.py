"""Every private part of Textual that the app depends on, in one place: check these when Textual changes.

``pyproject.toml`` bounds Textual below its next major version because of these.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events, messages
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._styles_cache import StylesCache
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.drivers._byte_stream import ByteStream
from textual.drivers.web_driver import _ExitInput
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, _character_to_key
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

from neurotui.tui.input_sequences import Found, OpenPaste, Paste
from neurotui.tui.messages import PasteStaysOpen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType
    from textual.color import Color
    from textual.geometry import Region
    from textual.message import Message
    from textual.notifications import Notification
    from textual.style import Style

BrowserPackets = ByteStream
"""Cuts what a browser's server sends into packets."""
BrowserLeft = _ExitInput
"""Raised when the server says that no more comes."""
SignalResume = Driver.SignalResume
"""The event of an app that has come back after it was suspended."""

_MOUSE = re.compile(r"\x1b\[<\d{1,5};-?\d{1,6};-?\d{1,6}[Mm]")
_POSITION = re.compile(r"\x1b\[\d+;\d+R")
_SYNCHRONIZED = re.compile(r"\x1b\[\?2026;[1-4]\$y")
_KITTY = re.compile(
    r"\x1b\[(?P<code>\d{0,7})(?::[\d:]*)?(?:;(?P<modifiers>\d{0,3})(?::(?P<event>\d))?)?(?:;(?P<text>[\d:]{0,64}))?(?P<end>[u~A-FHPQS])"
)
_RELEASED = "3"
_MOST_MODIFIERS = 256
_PATIENCE = 1.0


_backgrounds_of = lru_cache(256)(partial(StylesCache.get_inner_outer.__wrapped__, None))


def _keep_backgrounds_only(_: StylesCache, base: Color, background: Color) -> tuple[Style, Style]:
    return _backgrounds_of(base, background)


# Textual keeps what this returns by widget, and with it all that a thousand widgets had drawn, closed ones too.
StylesCache.get_inner_outer = _keep_backgrounds_only  # type: ignore[assignment]

_lines_of_any_bar = ScrollBar.render_lines


def _lines_of_bar(bar: ScrollBar, crop: Region) -> list[Strip]:
    drawn = bar.render()
    if not isinstance(drawn, ScrollBarRender) or not bar.vertical or bar.opacity < 1:
        return _lines_of_any_bar(bar, crop)
    width, height = bar.size
    style = drawn.style if isinstance(drawn.style, RichStyle) else RichStyle.parse(drawn.style)
    pieces = drawn.render_bar(
        height,
        drawn.virtual_size,
        drawn.window_size,
        drawn.position,
        drawn.thickness,
        back_color=style.bgcolor or RichColor.default(),
        bar_color=style.color or RichColor.default(),
    ).segments
    filters, background, ground = bar.get_line_filters(), bar.background_colors[1], bar.rich_style
    # Most lines of a bar are the same piece.
    finished: dict[int, Strip] = {}
    for piece in pieces:
        if id(piece) not in finished:
            line = list(Segment.apply_style([piece], ground))
            for one in filters:
                line = one.apply(line, background)
            finished[id(piece)] = Strip(line, width)
    return [finished[id(piece)] for piece in list(pieces)[crop.y : crop.bottom]]


# Textual draws a scroll bar through Rich's console, then each line with all that a widget may have around it.
ScrollBar.render_lines = _lines_of_bar  # type: ignore[assignment, method-assign]


def key_of(character: str) -> str:
    """Return Textual's name of the key that types a character: ``?`` is ``question_mark``."""
    return _character_to_key(character)


class Events(XTermParser):
    """Textual's events of what a terminal sent; what is not known for certain has none."""

    def of(self, found: Iterable[Found]) -> list[Message]:
        """Return the events; of a run of movements of the mouse only the last."""
        told: list[Message] = []
        for one in found:
            for event in self._of(one):
                if told and isinstance(event, events.MouseMove) and isinstance(told[-1], events.MouseMove):
                    told.pop()
                told.append(event)
        return told

    def _of(self, found: Found) -> Iterator[Message]:
        if isinstance(found, Paste):
            yield events.Paste(found.text)
            return
        if isinstance(found, OpenPaste):
            yield PasteStaysOpen()
            return
        text = found.text
        if len(text) == 1:
            yield from self._sequence_to_key_events(text)
        elif _MOUSE.fullmatch(text):
            event = self.parse_mouse_code(text)
            if event is not None:
                yield event
        elif _SYNCHRONIZED.fullmatch(text):
            yield messages.TerminalSupportsSynchronizedOutput()
        elif not _POSITION.fullmatch(text):
            yield from self._key(text)

    def _key(self, sequence: str) -> Iterator[events.Key]:
        """Yield the key of a sequence, if it is one for certain: Textual itself sees characters in any number."""
        kitty = _KITTY.fullmatch(sequence)
        if kitty is not None and _is_key(kitty):
            if kitty["event"] != _RELEASED:
                modifiers, text = kitty["modifiers"] or "1", kitty["text"] or ""
                plain = f"\x1b[{kitty['code'] or 1};{modifiers};{text}{kitty['end']}"
                yield from (key.copy() for key in self._parse_extended_key(plain) or ())
            return
        keys = ANSI_SEQUENCES_KEYS.get(sequence)
        if isinstance(keys, str):
            yield from self._sequence_to_key_events(keys)
        elif isinstance(keys, tuple):
            # Two keys are Escape, for alt, and another.
            names = [key.value for key in keys if key is not Keys.Escape or len(keys) == 1]
            yield events.Key("+".join(["alt"] * (len(keys) > len(names)) + names), None)
        elif len(sequence) == len("\x1bx") and keys is None:
            character = sequence[1]
            name = key_of(character)
            yield events.Key(f"alt+{KEY_NAME_REPLACEMENTS.get(name, name)}", None)


def _is_key(kitty: re.Match[str]) -> bool:
    """Return whether a sequence of kitty's protocol, or of xterm's before it, names a key that there is."""
    code, end = kitty["code"] or "1", kitty["end"]
    if int(kitty["modifiers"] or 1) > _MOST_MODIFIERS:
        return False
    texts = [int(text) for text in (kitty["text"] or "").split(":") if text]
    if not all(0x20 <= text <= sys.maxunicode and chr(text).isprintable() for text in texts):  # noqa: PLR2004
        return False
    if f"{code}{end}" in FUNCTIONAL_KEYS:
        return True
    return end == "u" and int(code) <= sys.maxunicode and (chr(int(code)).isprintable() or bool(texts))


class InnerScreen(Screen[None]):
    """Textual's screen, extended where it has no public API."""

    def _compositor_refresh(self) -> None:
        # Textual puts together all that it is not to show yet.
        if not self.app._batch_count:  # noqa: SLF001 - nothing public tells
            super()._compositor_refresh()


class InnerApp(App[None]):
    """Textual's app, extended where it has no public API."""

    draws = 0
    """How often something was drawn."""

    async def do_binding(self, key: str) -> bool:
        """Run a key's present binding and wait until it is done; return whether it has one."""
        return await self._check_bindings(key)

    @property
    def is_ending(self) -> bool:
        """Whether the app has been told to end: screens that are opened now would never be there."""
        return self._exit or not self.is_running

    async def until_settled(self) -> None:
        """Wait until the present screen and what has its focus have handled all that was sent to them.

        What they do then may open or close a screen: wait for that one too. One that is stuck is given a while.
        """
        settled: Screen[object] | None = None
        while not self.is_ending and settled is not self.screen:
            settled = self.screen
            nodes = [settled] if self.focused is None else self.focused.ancestors_with_self
            for node in nodes:
                if node is self:
                    break
                handled = asyncio.Event()
                if node.call_later(handled.set):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(handled.wait(), _PATIENCE)
            # What a view was opened for is done by the app once it closes, and the app is busy with the key.
            await self._flush_next_callbacks()

    def draw_now(self) -> None:
        """Draw the whole screen, without waiting for the next time."""
        screen = self.screen
        compositor = screen._compositor  # noqa: SLF001 - nothing public draws at once
        self._display(screen, compositor.render_update(full=True, screen_stack=self._background_screens))

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        self.draws += 1
        super()._display(screen, renderable)

    def suspend_job(self) -> bool:
        """Suspend the app and what started it, as a terminal does for ctrl+z; return whether that is possible."""
        driver = self._driver
        if driver is None or not driver.can_suspend or os.name != "posix" or os.getsid(0) == os.getpid():
            return False
        self._suspend_signal()
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        return True

    def make_room_for(self, newest: Notification, most: int) -> None:
        """Keep at most `most` toasts, the newest included, and drop older ones with the same text."""
        others = [told for told in self._notifications if told.message != newest.message]
        self.clear_notifications()
        for told in others[1 - most :]:
            self._notifications.add(told)

    def end_on_fault(self, error: BaseException | None) -> None:
        """End the app after a crash; by default as Textual does."""
        del error
        super()._fatal_error()

    def end_with(self, status: int, said: RenderableType) -> None:
        """End the app now with an exit status, and print something once the terminal is restored."""
        self._return_code = status
        self._exit_renderables.append(said)
        self._close_messages_no_wait()

    def _fatal_error(self) -> None:
        # A screen that was to open as the app ended never had its widgets, and need not say so.
        if not self.is_ending:
            self.end_on_fault(sys.exc_info()[1])
