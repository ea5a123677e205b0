"""A namer in this process: a causal language model that completes few-shot prompts."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from neurotui.backends.llm.naming_prompts import beginning, ending, grouped_by_kind, names_in
from neurotui.models.completion import Generator, ProcessedPrompts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.backends.llm.naming_prompts import FewShotPrompt

_SAMPLES, _TOKENS = 3, 6


class LocalNamer:
    """Names by a model from a folder, or a name on the hub; it is loaded when it is first asked."""

    at_once = 8

    def __init__(self, name: str, model: str, folder: str, device: str = "auto") -> None:
        self.name = name
        self.model = model
        self._folder = folder
        self._device = device

    @cached_property
    def _generator(self) -> Generator:
        return Generator(self._folder, self._device)

    def read(self, asked: Sequence[FewShotPrompt]) -> LocalAnswers:
        """Let the model read about some groups; ``UserError`` where it cannot be loaded."""
        readings = [
            (places, self._generator.read(beginning(texts=texts), [ending(asked[place]) for place in places]))
            for texts, places in grouped_by_kind(asked).items()
        ]
        return LocalAnswers(len(asked), readings)


class LocalAnswers:
    """What the model proposes for each group, and how likely it finds any name for it."""

    def __init__(self, number: int, readings: Sequence[tuple[Sequence[int], ProcessedPrompts]]) -> None:
        self._readings = readings
        self.proposed: list[tuple[str, ...]] = [()] * number
        for places, reading in readings:
            for place, lines in zip(places, reading.sample(_SAMPLES, _TOKENS), strict=True):
                self.proposed[place] = tuple(dict.fromkeys(names_in(line)[0] for line in lines if names_in(line)))

    def log_likelihood(self, names: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
        """Return the natural logarithm of how likely each name of each group is."""
        found = [np.zeros(len(own)) for own in names]
        for places, reading in self._readings:
            likely = reading.log_likelihood([names[place] for place in places])
            for place, own in zip(places, likely, strict=True):
                found[place] = own
        return found
