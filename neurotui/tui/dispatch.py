"""Doing the actions of the table: who does what is registered by action, and a refusal becomes a toast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from neurotui.errors import UserError
from neurotui.tui.actions import ACTIONS, BY_ID

if TYPE_CHECKING:
    from neurotui.tui.actions import Place
    from neurotui.tui.host import Done, Host

Handler = Callable[..., "Done"]
"""What does an action. It is given nothing, or, where the table says so, the key that was pressed."""
Handlers = Mapping[str, Handler]
"""Who does what, by the action's id."""


class Movable(Protocol):
    """What can be moved through by steps: rows, or lines."""

    def move(self, steps: int) -> None:
        """Move by rows, or lines: down, or up for negative ones; as far as there are any."""

    def page_size(self) -> int:
        """Return how many rows are in sight."""

    def extent(self) -> int:
        """Return how many rows there are."""


class Moves:
    """The keys that move, the same in every place, through whatever is to be moved."""

    def __init__(self, moved: Movable) -> None:
        self._moved = moved

    @property
    def handlers(self) -> Handlers:
        """Who does what."""
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


def perform(host: Host, handlers: Handlers, action_id: str, key: str = "") -> Done:
    """Do an action; `key` is the one that was pressed, for those that are given it."""
    handler = handlers[action_id]
    try:
        return handler(key) if BY_ID[action_id].each else handler()
    except UserError as refusal:
        host.refuse(refusal)
    return None


def methods(view: object, place: Place) -> Handlers:
    """Return the methods ``do_...`` of a view that do the actions of its place."""
    names = {action.id: action.handler for action in ACTIONS if place in action.works}
    return {action_id: getattr(view, name) for action_id, name in names.items() if hasattr(view, name)}
