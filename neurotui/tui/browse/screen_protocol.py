"""What controllers need of the Browse screen: background work, timers, focus, and opening views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractContextManager

    from textual.message import Message
    from textual.screen import Screen

    from neurotui.tui.app_protocol import AppProtocol, Done
    from neurotui.tui.places import Place

Result = TypeVar("Result")


class ScreenProtocol(Protocol):
    """The Browse screen as its controllers see it."""

    @property
    def host(self) -> AppProtocol:
        """The app: keys to name in hints, toasts, settings."""

    @property
    def place(self) -> Place | None:
        """Where keys work now; None while something other than a filter is typed."""

    def in_background(self, work: Callable[[], object], group: str) -> None:
        """Run `work` in a thread. It must not touch the screen, and reports by ``post_message``."""

    def post_message(self, message: Message) -> bool:
        """Post a message to the screen, from any thread."""

    def when_drawn(self, do: Callable[[], object]) -> None:
        """Call a function once what is to be drawn now is on the screen."""

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        """Call a function after some seconds."""

    def refresh_bindings(self) -> None:
        """Recompute which keys work."""

    def focus_pane(self, *, detail: bool) -> None:
        """Focus the detail pane, or else the list."""

    def focus_prompt(self) -> None:
        """Focus the prompt."""

    def open(
        self,
        view: Screen[Result],
        then: Callable[[Result | None], None] | Callable[[Result | None], Awaitable[None]] | None = None,
    ) -> Done:
        """Show a view; `then` is called with its result when it closes."""

    def outside(self) -> AbstractContextManager[None]:
        """Give the terminal to another program within the block; ``SuspendNotSupported`` if that is impossible."""
