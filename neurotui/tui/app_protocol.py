"""The app as screens and widgets see it: protocols, so that none of them has to import it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from concurrent.futures import Future

    from textual.dom import DOMNode
    from textual.notifications import SeverityLevel

    from neurotui.errors import UserError
    from neurotui.labelling.types import LabelBackend
    from neurotui.review.orders import Sort
    from neurotui.review.read_run import ReadRun
    from neurotui.review.session import Session
    from neurotui.tui.actions import Action
    from neurotui.tui.styles import Ink

Done = Awaitable[None] | None
"""The result of an action: an awaitable to finish before the next key is handled, or None."""


class Themed(Protocol):
    """What is needed to draw: styles, and keys to name in hints. Widgets see nothing else of the app."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """The table of actions, with the keys as bound."""

    @property
    def ink(self) -> Ink:
        """The styles of the present theme."""

    def key(self, action_id: str) -> str:
        """Return the key that does an action, as bound, for a hint to name."""


class AppProtocol(Themed, Protocol):
    """What screens see of the app in addition.

    ``asking`` says which backend writes labels, ``model`` is the folder of the run's model if it is not the one
    that the run names. ``order`` and ``filter`` are those that the list opens with. ``reading`` is the run that is
    being read already, if one is.
    """

    session: Session
    asking: LabelBackend
    model: str
    order: Sort
    filter: str
    reading: Future[ReadRun] | None

    def say(self, text: str, hint: str = "", severity: SeverityLevel = "information") -> None:
        """Show a toast; `text` and `hint` need not be sanitised."""

    def copy_to_clipboard(self, text: str) -> None:
        """Send sanitised text to the terminal's clipboard."""

    def refuse(self, refusal: UserError) -> None:
        """Show an error and its hint as a toast."""

    def show_help(self) -> Done:
        """Show all the keys."""


def themed(node: DOMNode) -> Themed:
    """Return the app that a widget is drawn in, as widgets see it."""
    return cast("Themed", node.app)


def ink_of(node: DOMNode) -> Ink:
    """Return the styles that a widget is drawn with."""
    return themed(node).ink


def host_of(node: DOMNode) -> AppProtocol:
    """Return the app that shows a screen, as screens see it."""
    return cast("AppProtocol", node.app)
