"""A judge in this process: how likely a causal language model finds a yes and a no, one example at a time."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from neurotui.backends.judge_protocol import Answer
from neurotui.backends.llm.budget import tokens_of
from neurotui.backends.llm.judge_prompts import NO, YES, beginning, ending, probability
from neurotui.backends.llm.reply_cache import key_of
from neurotui.backends.protocol import Estimate
from neurotui.models.completion import Generator
from neurotui.models.generation import fingerprint
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.backends.judge_protocol import Question
    from neurotui.backends.llm.reply_cache import Cache
    from neurotui.types import Progress

_AT_ONCE = 8
_EVEN = 0.5
_HOW = "the model runs here: nothing is sent anywhere, and it costs time alone"

_Asked = tuple[bool, str]
"""Whether tokens are marked, and what the prompt ends with."""


class LocalJudge:
    """A model from a folder, or a name on the hub, judges; it is loaded when it is first asked.

    A yes is an answer that it finds more likely than a no.
    """

    warnings: tuple[str, ...] = ()

    def __init__(self, name: str, model: str, folder: str, cache: Cache, device: str = "auto") -> None:
        self.name = name
        self.model = model
        self._folder = folder
        self._device = device
        self._cache = cache
        self._decides = {"judge": name, "model": model, "weights": fingerprint(folder)}

    @cached_property
    def _generator(self) -> Generator:
        return Generator(self._folder, self._device)

    def answer(self, questions: Sequence[Question], progress: Progress = no_progress) -> list[tuple[Answer, ...]]:
        """Return an answer for every example; ``UserError`` where the model cannot be loaded."""
        asked = [[(one.marked, ending(one.description, text)) for text in one.examples] for one in questions]
        every = list(dict.fromkeys(one for own in asked for one in own))
        waiting = [one for one in every if self._kept(one) is None]
        done = len(every) - len(waiting)
        for marked in (False, True):
            of_kind = [one for one in waiting if one[0] is marked]
            for first in range(0, len(of_kind), _AT_ONCE):
                batch = of_kind[first : first + _AT_ONCE]
                self._judge(batch, marked=marked)
                done += len(batch)
                progress("judging examples", done, len(every))
        return [tuple(self._kept(one) or Answer() for one in own) for own in asked]

    def estimate(self, questions: Sequence[Question]) -> Estimate:
        """Return how much there is to read."""
        every = {(one.marked, ending(one.description, text)) for one in questions for text in one.examples}
        waiting = [one for one in every if self._kept(one) is None]
        read = sum(tokens_of(text) for _, text in waiting)
        return Estimate(len(every), len(waiting), 0, read, len(waiting), None, _HOW)

    def _judge(self, batch: Sequence[_Asked], *, marked: bool) -> None:
        reading = self._generator.read(beginning(marked=marked), [text for _, text in batch])
        likely = reading.log_likelihood([(YES, NO)] * len(batch))
        self._cache.put(
            {
                self._key_of(one): (repr(probability(float(own[0]), float(own[1]))),)
                for one, own in zip(batch, likely, strict=True)
            }
        )

    def _kept(self, asked: _Asked) -> Answer | None:
        kept = self._cache.get(self._key_of(asked))
        try:
            yes = float(str(kept[0])) if kept else -1.0
        except ValueError:
            return None
        return Answer(yes > _EVEN, yes) if 0 <= yes <= 1 else None

    def _key_of(self, asked: _Asked) -> str:
        return key_of(self._decides, beginning(marked=asked[0]), asked[1])
