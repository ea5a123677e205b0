"""Performs the actions of the table: handlers are registered by action id, and a ``UserError`` becomes a toast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from neurotui.errors import UserError
from neurotui.tui.actions import ACTIONS, BY_ID

if TYPE_CHECKING:
    from neurotui.tui.app_protocol import AppProtocol, Done
    from neurotui.tui.places import Place

Handler = Callable[..., "Done"]
"""Performs an action. It is called without arguments or, if the table says so, with the key that was pressed."""
Handlers = Mapping[str, Handler]
"""Handlers by action id."""


class Movable(Protocol):
    """Something that can be moved through in steps of a row or a line."""

    def move(self, steps: int) -> None:
        """Move by this many rows or lines: down, or up if negative; at most to the end."""

    def page_size(self) -> int:
        """Return how many rows are visible."""

    def extent(self) -> int:
        """Return how many rows there are."""


class Moves:
    """The handlers of the movement keys, the same everywhere, for anything ``Movable``."""

    def __init__(self, moved: Movable) -> None:
        self._moved = moved

    @property
    def handlers(self) -> Handlers:
        """The handlers, by action id."""
        return {
            "down": self.down,
            "up": self.up,
            "half_page_down": self.half_page_down,
            "half_page_up": self.half_page_up,
            "page_down": self.page_down,
            "page_up": self.page_up,
            "first": self.first,
            "last": self.last,
        }

    def down(self) -> None:
        """Move down a row."""
        self._moved.move(1)

    def up(self) -> None:
        """Move up a row."""
        self._moved.move(-1)

    def half_page_down(self) -> None:
        """Move down half a page."""
        self._moved.move(max(1, self._moved.page_size() // 2))

    def half_page_up(self) -> None:
        """Move up half a page."""
        self._moved.move(-max(1, self._moved.page_size() // 2))

    def page_down(self) -> None:
        """Move down a page."""
        self._moved.move(max(1, self._moved.page_size() - 1))

    def page_up(self) -> None:
        """Move up a page."""
        self._moved.move(-max(1, self._moved.page_size() - 1))

    def first(self) -> None:
        """Move to the beginning."""
        self._moved.move(-self._moved.extent())

    def last(self) -> None:
        """Move to the end."""
        self._moved.move(self._moved.extent())


def perform(host: AppProtocol, handlers: Handlers, action_id: str, key: str = "") -> Done:
    """Perform an action; `key` is the key that was pressed, for handlers that take it."""
    handler = handlers[action_id]
    try:
        return handler(key) if BY_ID[action_id].each else handler()
    except UserError as refusal:
        host.refuse(refusal)
    return None


def methods(view: object, place: Place) -> Handlers:
    """Return a view's ``do_...`` methods for the actions of its place, by action id."""
    names = {action.id: action.handler for action in ACTIONS if place in action.works}
    return {action_id: getattr(view, name) for action_id, name in names.items() if hasattr(view, name)}
