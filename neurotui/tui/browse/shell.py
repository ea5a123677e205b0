"""What the controllers of the Browse screen need of the screen: to work in the background, and to open views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractContextManager

    from textual.message import Message
    from textual.screen import Screen

    from neurotui.tui.actions import Place
    from neurotui.tui.host import Done, Host

Result = TypeVar("Result")


class Shell(Protocol):
    """The screen, as its controllers know it."""

    @property
    def host(self) -> Host:
        """The app: keys to name in hints, toasts, settings."""

    @property
    def place(self) -> Place | None:
        """Where keys work now; None where one is typing something that is no filter."""

    def in_background(self, work: Callable[[], object], group: str) -> None:
        """Let a thread do something. It may touch nothing here, and says what it found by ``post_message``."""

    def post_message(self, message: Message) -> bool:
        """Say something to the screen, from any thread."""

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        """Do something after a while."""

    def refresh_bindings(self) -> None:
        """Find out anew which keys work."""

    def focus_pane(self, *, detail: bool) -> None:
        """Let keys work in the detail, or else in the list."""

    def focus_prompt(self) -> None:
        """Let keys go to what is being typed."""

    def open(
        self,
        view: Screen[Result],
        then: Callable[[Result | None], None] | Callable[[Result | None], Awaitable[None]] | None = None,
    ) -> Done:
        """Show a view; `then` is given what it was closed with."""

    def outside(self) -> AbstractContextManager[None]:
        """Give the terminal to another program for a while; ``SuspendNotSupported`` where that cannot be."""
