"""The fit of a label while it is typed: computed in a worker process a moment after the last key."""

from __future__ import annotations

from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from neurotui.cell_widths import cell_len
from neurotui.errors import UserError
from neurotui.labelling.types import best_first
from neurotui.review.fit_cache import COMPARED, request
from neurotui.review.latest_only import LatestOnly
from neurotui.tui.messages import LabelsScored

if TYPE_CHECKING:
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.tui.widgets.prompt import Prompt
    from neurotui.types import Neuron, Side
    from neurotui.workers.client import WorkerClient
    from neurotui.workers.requests import Score

SAVES = "enter saves, esc leaves"
_PAUSE, _LULL = 0.15, 3.0
_ON_ITS_WAY = f"its fit is on its way · {SAVES}"


class _Typed(NamedTuple):
    """A label that is being typed for a neuron."""

    neuron: Neuron
    text: str


class TypedFit:
    """Asks `scorer` for the fit of the latest typed label, one at a time, and shows it below the prompt."""

    def __init__(self, shell: ScreenProtocol, review: CurrentReview, prompt: Prompt, scorer: WorkerClient) -> None:
        self._shell = shell
        self._review = review
        self._prompt = prompt
        self._scorer = scorer
        self._last: _Typed | None = None
        self._asking = LatestOnly(self._ask)
        self._warmed = False

    def begin(self) -> None:
        """Load what fits need when typing begins."""
        self._last = None
        self._warm_up()

    def decided(self) -> None:
        """Load what fits need after a first decision, not before: reading alone needs no model."""
        if not self._warmed:
            self._shell.later(_LULL, self._warm_up)

    def type(self, neuron: Neuron, text: str) -> None:
        """Request the fit of a label a moment after the last key."""
        self._last = _Typed(neuron, text)
        self._shell.later(_PAUSE, partial(self._ask_if_last, self._last))

    def scored(self, message: LabelsScored) -> None:
        """Record the fit of a label, and show it if that label is still the one being typed."""
        if message.weights == self._review.weights:
            self._review.know_fits(message.neuron, message.fits)
        self._asking.over()
        if self._last == (message.neuron, message.label):
            if self._is_typing:
                self._prompt.say(self._said_of(message))
        elif self._last is not None:
            self._ask_if_last(self._last)

    @property
    def _is_typing(self) -> bool:
        return self._prompt.is_open and self._prompt.purpose == "label"

    def _warm_up(self) -> None:
        if not self._warmed:
            self._warmed = True
            self._shell.in_background(self._warm, "score")

    def _ask_if_last(self, typed: _Typed) -> None:
        """Request the fit of a label, unless something else has been typed since."""
        if self._last != typed:
            return
        if typed.text:
            self._asking.want(typed)
        else:
            self._asking.drop()
            if self._is_typing:
                self._prompt.say(SAVES)

    def _ask(self, typed: _Typed) -> None:
        if self._is_typing:
            self._prompt.say(_ON_ITS_WAY)
        neuron, text = typed
        beside = [one for one in self._review.candidates_of(neuron)[:COMPARED] if one.text != text]
        asked = request(neuron, self._review.weights, [(text, self._side_of(neuron, text))], beside)
        self._shell.in_background(partial(self._score, asked), "score")

    def _warm(self) -> None:
        """Load the encoder; runs in a thread. Errors are reported with the first label."""
        from neurotui.workers.requests import Warm  # noqa: PLC0415 - the first screen does not wait for it

        try:
            self._scorer.ask(Warm())
        except UserError:
            return

    def _score(self, asked: Score) -> None:
        """Request the fits of labels; runs in a thread."""
        said = (asked.neuron, asked.weights, asked.labels[0])
        try:
            fits = self._scorer.ask(asked).fits
        except UserError as refusal:
            self._shell.post_message(LabelsScored(*said, why=refusal))
        else:
            self._shell.post_message(LabelsScored(*said, fits))

    def _said_of(self, message: LabelsScored) -> str:
        if message.why is not None:
            return f"no fit: {message.why.message}"
        typed, *others = message.fits
        best = best_first(others)[:1]
        beside = [f"'{one.label}' {one.best:.2f}" for one in best if isfinite(one.best)]
        in_words = cell_len(typed.in_words) + 2 <= self._prompt.size.width
        return " · ".join([typed.in_words if in_words else typed.in_brief, *beside])

    def _side_of(self, neuron: Neuron, text: str) -> Side:
        """Return the side that a typed label is about: its candidate's, else that of the neuron's first match."""
        for one in self._review.candidates_of(neuron):
            if one.text == text:
                return one.side
        review_state, neuron_id = self._review.review_state, self._review.find(neuron)
        return (
            review_state.candidate_cache.side(neuron_id)
            if review_state is not None and neuron_id is not None
            else 1
        )
