"""Phrases and labels from a language model in this process: no server, no key, the same answer every time."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from neurotui.backends.llm.batching import Work, kept_labels
from neurotui.backends.llm.budget import ROOM, TOKENS_A_TEXT, USUAL_TOKENS_A_TEXT, tokens_of
from neurotui.backends.llm.parse_reply import NO_LABEL, read_labels, read_phrases
from neurotui.backends.llm.prompt_wording import LABEL_OPENING, PHRASES_OPENING, Wording
from neurotui.backends.llm.reply_cache import key_of
from neurotui.backends.protocol import Estimate, Failure
from neurotui.errors import UserError
from neurotui.models.generation import LocalModel, fingerprint
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.backends.label_evidence import LabelEvidence
    from neurotui.backends.llm.reply_cache import Cache
    from neurotui.backends.settings import BackendSettings
    from neurotui.types import Progress

# After so many texts a model has shown whether it can do this at all.
_JUDGED = 32
_TOKENS = ROOM + TOKENS_A_TEXT
_HOW = "the model runs here: nothing is sent anywhere, and it costs time alone"
_TOO_LONG = "its prompt is longer than the model reads"
_UNUSABLE = "the reply cannot be used"
_BETWEEN = re.compile(r"[\n;,]+")


class TransformersBackend:
    """A local model. It is loaded when it is first needed: what the cache holds needs none."""

    name = "transformers"

    def __init__(self, settings: BackendSettings, cache: Cache) -> None:
        if not settings.llm:
            raise UserError("no model is named", "name a folder or a model on the hub with --llm")
        self._settings = settings
        self._cache = cache
        self._wording = Wording(settings.prompts)
        self._decides = {"backend": self.name, "model": settings.llm, "weights": fingerprint(settings.llm)}
        self.failures: tuple[Failure, ...] = ()
        self.warnings: tuple[str, ...] = ()
        self.prompts_hash = self._wording.hash

    @cached_property
    def _model(self) -> LocalModel:
        return LocalModel(self._settings.llm, self._settings.device)

    def propose(
        self, texts: Sequence[str], calibration: NDArray[np.bool_], progress: Progress
    ) -> list[tuple[str, ...]]:
        """Return the phrases of each text; `failures` then says which texts have none, and why."""
        del calibration  # a text is described by itself alone
        work = Work(texts, self._wording, self._cache, self._decides)
        waiting = sorted((batch[0] for batch in work.batches(1)), key=len)
        size = self._settings.texts_per_request
        answers: list[tuple[str, ...]] = []
        for first in range(0, len(waiting), size):
            judged = len(answers) >= _JUDGED
            answers += self._answer(work, waiting[first : first + size])
            if not judged and len(answers) >= _JUDGED:
                self._refuse_a_model_that_cannot(answers)
            progress("writing phrases", work.done, len(work))
        self.failures = work.failures("not asked")
        return work.phrases()

    def _refuse_a_model_that_cannot(self, answers: Sequence[tuple[str, ...]]) -> None:
        """Raise ``UserError`` where most of the first answers say nothing, or all the same."""
        empty = sum(not said for said in answers)
        _, alike = Counter(said for said in answers if said).most_common(1)[0] if empty < len(answers) else ((), 0)
        if 2 * max(empty, alike) > len(answers):
            fault = "hold no phrase" if empty >= alike else "are the same"
            raise UserError(
                f"{max(empty, alike)} of the first {len(answers)} answers of '{self._settings.llm}' {fault}: "
                "it cannot follow the prompt",
                "let it name what the words find: "
                + shlex.join(["--backend", "keywords", "--namer", "transformers", "--llm", self._settings.llm]),
            )

    def _answer(self, work: Work, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """Ask about some texts; return each one's phrases, none where there is no usable reply."""
        prompts = [self._wording.phrases([text]) for text in texts]
        good: dict[str, tuple[str, ...]] = {}
        for text, reply in zip(texts, self._model.complete(prompts, PHRASES_OPENING, _TOKENS), strict=True):
            if reply is None:
                work.bad([text], _TOO_LONG)
                continue
            answer = read_phrases(_as_json(reply), 1)
            if answer.faults:
                work.bad([text], f"{_UNUSABLE}: {answer.faults[1]}")
            else:
                good[text] = answer.phrases[1]
        work.good(good)
        return [good.get(text, ()) for text in texts]

    def label(self, shown: LabelEvidence, progress: Progress = no_progress) -> tuple[str, ...]:
        """Return labels for a neuron; `failures` says why where there are none."""
        del progress  # nobody else is asked
        prompt = self._wording.label(shown)
        key = key_of(self._decides, prompt)
        self.failures = ()
        found = kept_labels(self._cache, key)
        if found:
            return found
        reply = self._model.complete([prompt], LABEL_OPENING, _TOKENS)[0]
        found = read_labels(_as_json(reply)) if reply is not None else ()
        if found:
            self._cache.put({key: found})
        else:
            self.failures = (Failure(None, _TOO_LONG if reply is None else f"{_UNUSABLE}: {NO_LABEL}"),)
        return found

    def estimate(self, texts: Sequence[str]) -> Estimate:
        """Return how much there is to write."""
        work = Work(texts, self._wording, self._cache, self._decides)
        prompts = [self._wording.phrases(batch) for batch in work.batches(1)]
        read = sum(map(tokens_of, prompts))
        return Estimate(len(work), len(prompts), 0, read, len(prompts) * USUAL_TOKENS_A_TEXT, None, _HOW)

    def estimate_label(self, shown: LabelEvidence) -> Estimate:
        """Return how much there is to read for a label."""
        return Estimate(0, 0, 0, tokens_of(self._wording.label(shown)), USUAL_TOKENS_A_TEXT, None, _HOW)


def _as_json(reply: str) -> str:
    """Return a reply as a list where it holds none: from a model that has no tokens for brackets."""
    if "[" in reply or "{" in reply:
        return reply
    return json.dumps([part for part in map(str.strip, _BETWEEN.split(reply)) if part])
