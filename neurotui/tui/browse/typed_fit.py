"""How well a label fits that is being typed: asked about in a child process a moment after the last key."""

from __future__ import annotations

from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from neurotui.errors import UserError
from neurotui.labelling.types import best_first
from neurotui.review.latest import LatestOnly
from neurotui.tui.browse.fits import COMPARED, keep_fits, question
from neurotui.tui.messages import LabelsScored
from neurotui.workers.requests import Warm

if TYPE_CHECKING:
    from neurotui.tui.browse.open_review import OpenReview
    from neurotui.tui.browse.shell import Shell
    from neurotui.tui.widgets.prompt import Prompt
    from neurotui.types import Neuron, Side
    from neurotui.workers.client import Helper
    from neurotui.workers.requests import Score

SAVES = "enter saves, esc leaves"
_PAUSE, _LULL = 0.15, 3.0
_ON_ITS_WAY = f"its fit is on its way · {SAVES}"


class _Typed(NamedTuple):
    """A label that is being typed for a neuron."""

    neuron: Neuron
    text: str


class TypedFit:
    """Asks `scorer` about one label at a time, the last that was typed; says below it how it fits."""

    def __init__(self, shell: Shell, review: OpenReview, prompt: Prompt, scorer: Helper) -> None:
        self._shell = shell
        self._review = review
        self._prompt = prompt
        self._scorer = scorer
        self._last: _Typed | None = None
        self._asking = LatestOnly(self._ask)
        self._warmed = False

    def begin(self) -> None:
        """Load what fits need, while one begins to type."""
        self._last = None
        self._warm_up()

    def decided(self) -> None:
        """Load what fits need once somebody decides, and not before: whoever only reads needs no model."""
        if not self._warmed:
            self._shell.later(_LULL, self._warm_up)

    def type(self, neuron: Neuron, text: str) -> None:
        """Find out how a label fits, a moment after the last key."""
        self._last = _Typed(neuron, text)
        self._shell.later(_PAUSE, partial(self._ask_if_last, self._last))

    def scored(self, message: LabelsScored) -> None:
        """Keep how a label fits and, where it is still the one that is being typed, say so."""
        if message.weights == self._review.weights:
            keep_fits(self._review, message.neuron, message.fits)
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
        """Ask about a label, unless something else has been typed since."""
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
        asked = question(neuron, self._review.weights, [(text, self._side_of(neuron, text))], beside)
        self._shell.in_background(partial(self._score, asked), "score")

    def _warm(self) -> None:
        """Load the encoder; away from the screen. What is wrong with it is told with the first label."""
        try:
            self._scorer.ask(Warm())
        except UserError:
            return

    def _score(self, asked: Score) -> None:
        """Ask how labels fit; away from the screen."""
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
        """Return which side of a neuron a typed label speaks of: a candidate's own, else what comes first."""
        for one in self._review.candidates_of(neuron):
            if one.text == text:
                return one.side
        triage, neuron_id = self._review.triage, self._review.find(neuron)
        return triage.candidate_cache.side(neuron_id) if triage is not None and neuron_id is not None else 1
