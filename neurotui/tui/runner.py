"""Run the app so that it exits cleanly on signals, and when its terminal or server is gone.

On a terminating signal the terminal is restored first; then the process ends as that signal would have ended it.
If the terminal is lost without a signal (a closed window, a dropped connection), or the server is gone, the app
ends too, as it would otherwise run on unseen. None of this loses anything, since nothing is ever unsaved.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.tui.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

_WATCH_EVERY = 1.0
_PATIENCE = 5.0
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name)]
_POSIX = os.name == "posix"
WEB_DRIVER = "textual.drivers.web_driver:WebDriver"
"""The value of the environment variable TEXTUAL_DRIVER when `neurotui serve` shows the app in a browser."""


def in_a_browser() -> bool:
    """Return whether the app is shown in a browser: there is no terminal then, and no $EDITOR."""
    return os.environ.get("TEXTUAL_DRIVER") == WEB_DRIVER


def refuse_dumb_terminal(command: str) -> None:
    """Raise ``UserError``, with a hint for `command`, if the terminal's type says that it cannot be drawn on."""
    term = os.environ.get("TERM", "")
    if _POSIX and not in_a_browser() and term in {"", "dumb", "unknown"}:
        hint = f"if it can, say which it is: TERM=xterm-256color {command}"
        raise UserError(f"the app cannot be drawn on a terminal of the type '{term}'", hint)


def run(app: App[None], let_go: Callable[[], None], give_back: Callable[[], None] = lambda: None) -> int:
    """Run an app to its end; return the number of the signal that ended it, or 0.

    `let_go` is called once the app has ended, to break off what its threads still do; `give_back` restores a
    terminal that takes nothing any more, without waiting for it.
    """
    received: list[int] = []
    ended = threading.Event()
    is_lost = _watched()

    def end(loop: asyncio.AbstractEventLoop, number: int) -> None:
        """Note at once why to end: a loop that waits for a terminal which takes nothing never hears of it."""
        received.append(number)
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(app.exit)

    def watch(loop: asyncio.AbstractEventLoop) -> None:
        """Check regularly, in a separate thread, as the loss may block the app's own thread."""
        while not ended.wait(_WATCH_EVERY) and not received:
            if is_lost():
                end(loop, signal.SIGHUP)
        # An orderly exit may hang, as on a terminal that accepts no more bytes: then exit hard.
        if not ended.wait(_PATIENCE):
            give_back()
            os._exit(128 + (received[0] if received else signal.SIGHUP))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        heeded = {number: signal.getsignal(number) for number in _ENDING}
        heeded = {number: before for number, before in heeded.items() if before is not signal.SIG_IGN}
        for number in heeded:
            signal.signal(number, lambda number, _: end(loop, number))
        watching = threading.Thread(target=watch, args=(loop,), daemon=True)
        watching.start()
        try:
            await _run_alone(app, let_go)
        finally:
            ended.set()
            for number, before in heeded.items():
                signal.signal(number, before)
            # A thread left running makes libraries print warnings on the terminal.
            watching.join()

    asyncio.run(main() if _POSIX else _run_alone(app, let_go))
    if not received and _POSIX and is_lost():
        return signal.SIGHUP
    return received[0] if received else 0


async def _run_alone(app: App[None], let_go: Callable[[], None]) -> None:
    asyncio.get_running_loop().set_default_executor(Threads())
    try:
        await app.run_async()
    finally:
        let_go()


def end_by(number: int) -> None:
    """End this process as the signal's default action would."""
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _watched() -> Callable[[], bool]:
    """Return a function that says whether the server, or else the terminal, is gone."""
    if in_a_browser():
        server = os.getppid()
        return lambda: os.getppid() != server
    return _no_terminal


def _no_terminal() -> bool:
    """Return whether the terminal is gone: its settings can no longer be read."""
    import termios  # noqa: PLC0415 - only POSIX has it

    try:
        termios.tcgetattr(sys.__stdin__.fileno() if sys.__stdin__ else 0)
    except (termios.error, ValueError):
        return True
    return False
