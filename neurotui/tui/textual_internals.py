"""Every private part of Textual that the app depends on, in one place: check these when Textual changes.

``pyproject.toml`` bounds Textual below its next major version because of these.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from textual.app import App
from textual.keys import _character_to_key

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.notifications import Notification


def key_of(character: str) -> str:
    """Return Textual's name of the key that types a character: ``?`` is ``question_mark``."""
    return _character_to_key(character)


class InnerApp(App[None]):
    """Textual's app, extended where it has no public API."""

    async def do_binding(self, key: str) -> bool:
        """Run a key's present binding and wait until it is done; return whether it has one."""
        return await self._check_bindings(key)

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
        self.end_on_fault(sys.exc_info()[1])
