"""Searching by meaning on the Browse screen: the words of a filter are asked about in the scorer's process."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on

from neurotui.assist.questions import Near
from neurotui.tui.messages import NearFound
from neurotui.tui.screens.regenerating import Regenerating
from neurotui.tui.search import Meanings, with_meaning
from neurotui.words import Refusal

if TYPE_CHECKING:
    from neurotui.assist.process import Helper
    from neurotui.assist.questions import Nearness
    from neurotui.tui.filter import Filter
    from neurotui.tui.session import Session
    from neurotui.tui.triage import Triage


class Searching(Regenerating):
    """The panes whose filter finds by meaning too: word for word at once, what is near when it comes."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._meanings = Meanings(self._ask_meaning, self.set_timer)

    @property
    def no_meaning(self) -> str:
        """Why nothing is searched for by its meaning, in words; empty where it is."""
        return self._meanings.failed

    def _look_up(self, triage: Triage, filter_: Filter) -> None:
        super()._look_up(triage, filter_)
        self._meanings.want(word for word in with_meaning(filter_) if word not in triage.near)

    def _ask_meaning(self, word: str) -> None:
        find = partial(self._find_near, self._scorer, word, self.session.run.weights)
        self.run_worker(find, thread=True, group="near")

    def _find_near(self, helper: Helper, word: str, weights: str) -> None:
        """Ask what is near to a word; away from the screen."""
        try:
            found: Nearness | Refusal = helper.ask(Near(word, weights))
        except Refusal as refusal:
            found = refusal
        self.post_message(NearFound(weights, word, found))

    @on(NearFound)
    def _near_found(self, message: NearFound) -> None:
        failed = isinstance(message.found, Refusal)
        self._meanings.came(message.found.message if isinstance(message.found, Refusal) else "")
        triage = self.triage
        if triage is None or message.weights != self.session.run.weights:
            return
        if not isinstance(message.found, Refusal):
            triage.know_near(message.word, message.found)
        if failed or message.word in with_meaning(triage.filter):
            triage.refilter()
            self.show_rows()
            self.filter_shown()
