"""A namer in this process: a causal language model that completes few-shot prompts."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from neurotui.backends.llm.naming_prompts import beginning, ending, grouped_by_kind, names_in
from neurotui.backends.llm.reply_cache import key_of
from neurotui.models.completion import Generator, ProcessedPrompts
from neurotui.models.generation import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from neurotui.backends.llm.naming_prompts import FewShotPrompt
    from neurotui.backends.llm.reply_cache import Cache

T = TypeVar("T")

_SAMPLES, _TOKENS = 3, 6


class LocalNamer:
    """Names by a model from a folder, or a name on the hub; it is loaded for the first answer that is not kept."""

    at_once = 8

    def __init__(self, name: str, model: str, folder: str, cache: Cache, device: str = "auto") -> None:
        self.name = name
        self.model = model
        self._folder = folder
        self._device = device
        self._cache = cache
        self._decides = key_of(name, model, fingerprint(folder), _SAMPLES, _TOKENS)

    @cached_property
    def _generator(self) -> Generator:
        return Generator(self._folder, self._device)

    def read(self, asked: Sequence[FewShotPrompt]) -> LocalAnswers:
        """Let the model read about some groups; ``UserError`` where it cannot be loaded."""
        return LocalAnswers(
            len(asked),
            [
                (places, self._prompts(beginning(texts=texts), [ending(asked[place]) for place in places]))
                for texts, places in grouped_by_kind(asked).items()
            ],
        )

    def _prompts(self, first: str, endings: Sequence[str]) -> _Prompts:
        # Prompts are read as a batch, and the last bits of a prompt's figures depend on the others in it.
        decides = key_of(self._decides, first, endings)
        return _Prompts(len(endings), lambda: self._generator.read(first, endings), self._cache, decides)


class LocalAnswers:
    """What the model proposes for each group, and how likely it finds any name for it."""

    def __init__(self, number: int, asked: Sequence[tuple[Sequence[int], _Prompts]]) -> None:
        self._asked = asked
        self.proposed: list[tuple[str, ...]] = [()] * number
        for places, prompts in asked:
            for place, names in zip(places, prompts.proposed(), strict=True):
                self.proposed[place] = names

    def log_likelihood(self, names: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
        """Return the natural logarithm of how likely each name of each group is."""
        found = [np.zeros(len(own)) for own in names]
        for places, prompts in self._asked:
            likely = prompts.log_likelihood([names[place] for place in places])
            for place, own in zip(places, likely, strict=True):
                found[place] = own
        return found


class _Prompts:
    """Prompts that the model reads together, `number` of them: by `read`, unless every answer is kept already."""

    def __init__(self, number: int, read: Callable[[], ProcessedPrompts], cache: Cache, decides: str) -> None:
        self._number = number
        self._read = read
        self._cache = cache
        self._decides = decides

    @cached_property
    def _processed(self) -> ProcessedPrompts:
        return self._read()

    def proposed(self) -> list[tuple[str, ...]]:
        """Return the names that the model proposes for each prompt."""
        keys = [key_of(self._decides, place) for place in range(self._number)]
        if kept := _whole(self._cache.get(key) for key in keys):
            return [tuple(map(str, own)) for own in kept]
        lines = self._processed.sample(_SAMPLES, _TOKENS)
        found = [tuple(dict.fromkeys(names_in(line)[0] for line in own if names_in(line))) for own in lines]
        self._cache.put(dict(zip(keys, found, strict=True)))
        return found

    def log_likelihood(self, names: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
        """Return how likely each prompt's names are."""
        keys = [key_of(self._decides, place, list(own)) for place, own in enumerate(names)]
        if kept := _whole(_numbers(self._cache.get(key), len(own)) for key, own in zip(keys, names, strict=True)):
            return kept
        found = self._processed.log_likelihood(names)
        self._cache.put({key: tuple(map(repr, own.tolist())) for key, own in zip(keys, found, strict=True)})
        return found


def _whole(kept: Iterable[T | None]) -> list[T]:
    """Return the cached replies, or nothing unless all of them are cached."""
    found = list(kept)
    there = [one for one in found if one is not None]
    return there if len(there) == len(found) else []


def _numbers(kept: list[object] | None, number: int) -> NDArray[np.float64] | None:
    """Return what a reply has as numbers; None where it is missing or is something else."""
    if kept is None or len(kept) != number:
        return None
    try:
        return np.array([float(str(one)) for one in kept], np.float64)
    except ValueError:
        return None
