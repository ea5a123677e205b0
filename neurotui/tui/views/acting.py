"""The actions of the table, on whichever screen: which of them work there, and the doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from neurotui.errors import UserError
from neurotui.tui.actions import BY_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

    from neurotui.tui.actions import Place
    from neurotui.tui.app import NeurotuiApp
    from neurotui.tui.host import Done


class Acting:
    """Does what works in its place, by the method that the table names; a refusal becomes a toast."""

    PLACE: ClassVar[Place]

    @property
    def neurotui(self) -> NeurotuiApp:
        """The app."""
        return cast("NeurotuiApp", cast("Screen[None]", self).app)

    def can(self, action_id: str) -> bool:
        """Tell whether an action works now."""
        return self.PLACE in BY_ID[action_id].works

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out what does not work now."""
        return action != "do" or self.can(str(parameters[0]))

    def action_do(self, action_id: str, key: str = "") -> Done:
        """Do an action; `key` is the one that was pressed, for those that are given it."""
        action = BY_ID[action_id]
        handler: Callable[..., Done] = getattr(self, action.handler)
        try:
            return handler(key) if action.each else handler()
        except UserError as refusal:
            self.neurotui.refuse(refusal)
        return None

    def do_help(self) -> Done:
        """Show all the keys."""
        from neurotui.tui.views.help import Help  # noqa: PLC0415 - the first screen does not wait for it

        return self.neurotui.push_screen(Help())


class Moving(Acting):
    """Moves by steps. A screen says what a step, a page and the whole are."""

    def move(self, steps: int) -> None:
        """Move by rows, or lines: down, or up for negative ones; as far as there are any."""
        raise NotImplementedError

    def page_size(self) -> int:
        """Return how many rows are in sight."""
        raise NotImplementedError

    def extent(self) -> int:
        """Return how many rows there are."""
        raise NotImplementedError

    def do_down(self) -> None:
        """Move down a row."""
        self.move(1)

    def do_up(self) -> None:
        """Move up a row."""
        self.move(-1)

    def do_half_page_down(self) -> None:
        """Move down half a page."""
        self.move(max(1, self.page_size() // 2))

    def do_half_page_up(self) -> None:
        """Move up half a page."""
        self.move(-max(1, self.page_size() // 2))

    def do_page_down(self) -> None:
        """Move down a page."""
        self.move(max(1, self.page_size() - 1))

    def do_page_up(self) -> None:
        """Move up a page."""
        self.move(-max(1, self.page_size() - 1))

    def do_first(self) -> None:
        """Move to the beginning."""
        self.move(-self.extent())

    def do_last(self) -> None:
        """Move to the end."""
        self.move(self.extent())
