"""How the detail pane shows exemplars, and which of their tokens is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.types import EXEMPLAR_KINDS

if TYPE_CHECKING:
    from neurotui.tui.dispatch import Handlers
    from neurotui.tui.widgets.detail import DetailPane
    from neurotui.types import Kind


class ExemplarDisplay:
    """Changes which exemplars the detail pane shows and how, and steps through their tokens."""

    def __init__(self, detail: DetailPane) -> None:
        self._detail = detail

    @property
    def handlers(self) -> Handlers:
        """The handlers, by action id."""
        return {
            "kind": self.kind,
            "centre": self.centre,
            "apart": self.apart,
            "figures": self._detail.turn_figures,
            "next_token": self.next_token,
            "previous_token": self.previous_token,
        }

    def kind(self) -> None:
        """Cycle through the kinds of exemplars: all, then each kind that the neuron has."""
        look, loaded = self._detail.look, self._detail.loaded
        there = {exemplar.kind for exemplar in loaded.detail.exemplars} if loaded is not None else set()
        kinds: list[Kind | None] = [None, *(kind for kind in EXEMPLAR_KINDS if kind in there or kind == look.kind)]
        self._detail.look_at(look._replace(kind=kinds[(kinds.index(look.kind) + 1) % len(kinds)]))

    def centre(self) -> None:
        """Switch between whole texts and one line around each peak."""
        self._detail.look_at(self._detail.look._replace(centred=not self._detail.look.centred))

    def apart(self) -> None:
        """Switch between joined and separate word pieces."""
        self._detail.look_at(self._detail.look._replace(apart=not self._detail.look.apart))

    def next_token(self) -> None:
        """Show the activation at the next token."""
        self._detail.step(1)

    def previous_token(self) -> None:
        """Show the activation at the token before."""
        self._detail.step(-1)
