"""Textual's drivers of a terminal and of a browser, on our own reader of what these send.

The app is drawn on the terminal that its keys come from, whatever has become of the other streams and of the
environment, and is as large as that terminal says. A suspended app comes back whole. What is overridden here is
private to Textual, as is all of ``textual_internals``.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from textual import events
from textual.drivers.web_driver import WebDriver
from textual.geometry import Size

from neurotui.tui import runner
from neurotui.tui.column_anchors import anchored
from neurotui.tui.input_sequences import InputReader
from neurotui.tui.terminal_output import TerminalOutput, as_text, terminal_output
from neurotui.tui.textual_internals import BrowserLeft, BrowserPackets, Events

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver
    from textual.message import Message

_LOOK_EVERY = 0.05
_AT_ONCE = 16_384
_USUAL_SIZE = (80, 24)
# Ends what was cut off, then: no mouse, no paste marks, no focus, lines wrap, keys as ever, the shell's screen.
_GIVE_BACK = (
    b"\x18\x1b\x5c\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?2004l\x1b[?2048l\x1b[?1004l\x1b[?7h"
    b"\x1b[<u\x1b[?1049l\x1b[?25h\x1b[0m"
)


def driver_class() -> type[Driver]:
    """Return the class of the driver to use here."""
    if runner.in_a_browser():
        return BrowserDriver
    if sys.platform == "win32":
        from textual.drivers.windows_driver import WindowsDriver  # noqa: PLC0415 - Windows alone has it

        return WindowsDriver
    return TerminalDriver


def give_back_at_once(driver: Driver | None) -> None:
    """Give back a driver's terminal, if it has one, without waiting for it."""
    if sys.platform != "win32" and isinstance(driver, TerminalDriver):
        driver.give_back_at_once()


class _Input:
    """What a terminal sends, as events."""

    def __init__(self) -> None:
        self._reader = InputReader()
        self._events = Events()

    def feed(self, data: bytes) -> list[Message]:
        """Return the events of bytes."""
        return self._events.of(self._reader.feed(data, monotonic()))

    def wait(self) -> list[Message]:
        """Return the events of what was held, if nothing has followed for long enough."""
        return self._events.of(self._reader.wait(monotonic()))


class BrowserDriver(WebDriver):
    """The app in a browser; what it sends as keys is read as from a terminal."""

    def run_input_thread(self) -> None:
        """Read what the browser sends until the app ends."""
        packets, keys = BrowserPackets(), _Input()
        with suppress(BrowserLeft):
            for data in self._input_reader:
                for kind, payload in packets.feed(data) if data else ():
                    if kind != "D":
                        self._on_meta(kind, payload)
                        continue
                    for event in keys.feed(payload):
                        self.process_message(event)
                if not data:
                    for event in keys.wait():
                        self.process_message(event)
        self._input_reader.close()


if sys.platform != "win32":
    import selectors
    import termios

    from textual.drivers.linux_driver import LinuxDriver

    class TerminalDriver(LinuxDriver):
        """The app on the terminal of its standard input."""

        def __init__(
            self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
        ) -> None:
            super().__init__(app, debug=debug, mouse=mouse, size=size)
            # Textual would believe COLUMNS and LINES until it is told better.
            self._size = self._get_terminal_size()
            self._suspended = False
            self._output: TerminalOutput | None = None

        def start_application_mode(self) -> None:
            """Take the terminal."""
            if self._file is sys.__stderr__:
                self._output = terminal_output(self.fileno)
                self._file = as_text(self._output)
            super().start_application_mode()  # type: ignore[no-untyped-call]

        def write(self, data: str) -> None:
            """Write to the terminal, with all columns where our layout has them."""
            super().write(anchored(data))

        def run_input_thread(self) -> None:
            """Read what the terminal sends until the app ends or is suspended."""
            keys = _Input()
            with selectors.SelectSelector() as selector:
                selector.register(self.fileno, selectors.EVENT_READ)
                while not self.exit_event.is_set():
                    if not selector.select(_LOOK_EVERY):
                        # Only silence ends a sequence: while the app stood still, the rest may have come.
                        found = keys.wait()
                    elif data := os.read(self.fileno, _AT_ONCE):
                        found = keys.feed(data)
                    else:
                        break
                    for event in found:
                        self.process_message(event)

        def give_back_at_once(self) -> None:
            """Give back a terminal that takes nothing: drop what it has not taken, and do not wait for it.

            Nothing is drawn after this.
            """
            with suppress(OSError, termios.error):
                if self.attrs_before is not None:
                    termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
                if self._output is not None:
                    self._output.end(_GIVE_BACK, lambda: termios.tcflush(self.fileno, termios.TCOFLUSH))

        def _get_terminal_size(self) -> tuple[int, int]:
            """Return the columns and rows that the terminal itself tells."""
            with suppress(OSError):
                size = os.get_terminal_size(self.fileno)
                if size.columns and size.lines:
                    return size.columns, size.lines
            return _USUAL_SIZE

        def _query_in_band_window_resize(self) -> None:
            """Do not ask to be told sizes among the keys: whoever writes there could tell any."""

        def _sigtstp_application(self, *_: object) -> None:
            self._loop.call_soon_threadsafe(self._suspend)

        def _sigcont_application(self, *_: object) -> None:
            self._loop.call_soon_threadsafe(self._come_back)

        def _suspend(self) -> None:
            """Give the terminal back, unless another program has it at present, and stop."""
            if self._auto_restart:
                self.suspend_application_mode()
                self._must_signal_resume = self._suspended = True
            os.kill(os.getpid(), signal.SIGSTOP)

        def _come_back(self) -> None:
            """Take the terminal again, after this process was stopped in whatever way."""
            if not self._auto_restart:
                return
            if self._suspended:
                self._suspended = False
                self.start_application_mode()
            elif self._key_thread is not None:
                self._set_modes()
                self.process_message(self.SignalResume())
            size = Size(*self._get_terminal_size())
            self.send_message(events.Resize(size, size))

        def _set_modes(self) -> None:
            """Set the modes again that a shell may have changed while the app was stopped without a warning."""
            with suppress(termios.error):
                attributes = termios.tcgetattr(self.fileno)
                attributes[3] = self._patch_lflag(attributes[3])
                attributes[0] = self._patch_iflag(attributes[0])
                attributes[6][termios.VMIN] = 1
                termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)
            self.write("\x1b[?1049h\x1b[?25l\x1b[?1004h\x1b[=25;1u")
            self._enable_mouse_support()
            self._enable_bracketed_paste()
            self._disable_line_wrap()
