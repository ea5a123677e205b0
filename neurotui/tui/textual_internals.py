"""Every private part of Textual that the app stands on, in one place: what to look at when Textual changes.

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
    """Textual's app, with what it has no public way for."""

    async def do_binding(self, key: str) -> bool:
        """Do what a key is bound to now, and wait until it is done; return whether it is bound to anything."""
        return await self._check_bindings(key)

    def make_room_for(self, newest: Notification, most: int) -> None:
        """Keep no more than `most` toasts with the newest one, and none of its text beside it."""
        others = [told for told in self._notifications if told.message != newest.message]
        self.clear_notifications()
        for told in others[1 - most :]:
            self._notifications.add(told)

    def end_on_fault(self, error: BaseException | None) -> None:
        """End the app on an error of ours; by default as Textual does."""
        del error
        super()._fatal_error()

    def end_with(self, status: int, said: RenderableType) -> None:
        """End the app now with an exit status, and print something once the terminal is given back."""
        self._return_code = status
        self._exit_renderables.append(said)
        self._close_messages_no_wait()

    def _fatal_error(self) -> None:
        self.end_on_fault(sys.exc_info()[1])
