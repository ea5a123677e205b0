"""The error for problems that a user can fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class UserError(Exception):
    """A problem that the user can fix: ``message`` says what is wrong and why, ``hint`` how to fix it.

    Commands print both and exit with status 1; the app shows both in a toast. ``details`` are printed between
    them, each on a line of its own.
    """

    def __init__(self, message: str, hint: str = "", details: Sequence[str] = ()) -> None:
        super().__init__("\n".join((message, *details)))
        self.message = message
        self.hint = hint
        self.details = tuple(details)
