"""Searching by meaning on the Browse screen: the words of a filter are asked about in the scorer's process."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on

from neurotui.errors import UserError
from neurotui.review.search import Meanings, with_meaning
from neurotui.tui.browse.regenerating import Regenerating
from neurotui.tui.messages import NearFound
from neurotui.workers.requests import Near

if TYPE_CHECKING:
    from neurotui.labelling.types import Nearness
    from neurotui.review.filters import Filter
    from neurotui.review.session import Session
    from neurotui.review.state import Triage
    from neurotui.workers.client import Helper


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
            found: Nearness | UserError = helper.ask(Near(word, weights))
        except UserError as refusal:
            found = refusal
        self.post_message(NearFound(weights, word, found))

    @on(NearFound)
    def _near_found(self, message: NearFound) -> None:
        failed = isinstance(message.found, UserError)
        self._meanings.came(message.found.message if isinstance(message.found, UserError) else "")
        triage = self.triage
        if triage is None or message.weights != self.session.run.weights:
            return
        if not isinstance(message.found, UserError):
            triage.know_near(message.word, message.found)
        if failed or message.word in with_meaning(triage.filter):
            triage.refilter()
            self.show_rows()
            self.filter_shown()
