"""Searching by meaning: a worker process looks up the words of a filter."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.review.meaning_requests import MeaningRequests, with_meaning
from neurotui.tui.messages import NearFound

if TYPE_CHECKING:
    from neurotui.labelling.types import Nearness
    from neurotui.review.filters import Filter
    from neurotui.review.state import ReviewState
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.workers.client import WorkerClient


class MeaningSearch:
    """Finds what is near to a word in meaning, one word at a time, and only for the words of the latest filter."""

    def __init__(self, shell: ScreenProtocol, review: CurrentReview, scorer: WorkerClient) -> None:
        self._shell = shell
        self._review = review
        self._scorer = scorer
        self._meanings = MeaningRequests(self._ask, shell.later)

    @property
    def failed(self) -> str:
        """Why search by meaning does not work, in words; empty if it does."""
        return self._meanings.failed

    def want(self, review_state: ReviewState, filter_: Filter) -> None:
        """Look up the words of a filter whose neighbours in meaning are not known yet."""
        self._meanings.want(word for word in with_meaning(filter_) if word not in review_state.near)

    def found(self, message: NearFound) -> bool:
        """Record what is near to a word; return whether this changes the rows or the message of the filter."""
        failed = isinstance(message.found, UserError)
        self._meanings.came(message.found.message if isinstance(message.found, UserError) else "")
        review_state = self._review.review_state
        if review_state is None or message.weights != self._review.weights:
            return False
        if not isinstance(message.found, UserError):
            review_state.know_near(message.word, message.found)
        return failed or message.word in with_meaning(review_state.filter)

    def _ask(self, word: str) -> None:
        self._shell.in_background(partial(self._find, word, self._review.weights), "near")

    def _find(self, word: str, weights: str) -> None:
        """Find what is near to a word; runs in a thread."""
        from neurotui.workers.requests import Near  # noqa: PLC0415 - the first screen does not wait for it

        try:
            found: Nearness | UserError = self._scorer.ask(Near(word, weights))
        except UserError as refusal:
            found = refusal
        self._shell.post_message(NearFound(weights, word, found))
