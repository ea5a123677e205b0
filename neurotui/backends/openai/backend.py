"""Phrases and labels from any server that speaks OpenAI's chat completions.

What a reply says of a text is kept as soon as it arrives. What a reply gets wrong is asked once more; then it
has failed, with a reason.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from neurotui.backends.label_evidence import LabelEvidence
from neurotui.backends.llm.api_key import checked_url, exposed, host, read_key
from neurotui.backends.llm.batching import Work, kept_labels
from neurotui.backends.llm.budget import HOW, USUAL_TOKENS_A_TEXT, Budget, Usage, tokens_of
from neurotui.backends.llm.http_client import HttpClient
from neurotui.backends.llm.network_environment import refuse_another_address
from neurotui.backends.llm.outcome import Trouble
from neurotui.backends.llm.parse_reply import NO_LABEL, read_labels, read_phrases
from neurotui.backends.llm.prompt_wording import Wording
from neurotui.backends.llm.reply_cache import key_of
from neurotui.backends.llm.response_format import LABELS_SCHEMA, PHRASES_SCHEMA, Dialect
from neurotui.backends.protocol import Estimate, Failure
from neurotui.backends.settings import OPENAI, server_of
from neurotui.errors import UserError
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.backends.llm.api_key import Key
    from neurotui.backends.llm.reply_cache import Cache
    from neurotui.backends.settings import BackendSettings
    from neurotui.types import Progress

# Give up after this many batches in a row without an answer for any text.
_MOST_LOST = 3
_UNUSABLE = "the reply cannot be used"
_CUT = "; it was cut short, and --reply-tokens lets it be longer"


class OpenAIBackend:
    """A model behind a server. Raises ``UserError`` for an address that cannot serve, unasked.

    A key that cannot serve is refused before anything is sent; an estimate needs none. ``budget`` tells what was
    sent and spent, over all that this backend was asked.
    """

    name = "openai"

    def __init__(self, settings: BackendSettings, cache: Cache, budget: Budget | None = None) -> None:
        if not settings.llm:
            raise UserError("no model is named", "name one that the server has with --llm")
        self._settings = replace(settings, base_url=checked_url(settings.base_url))
        refuse_another_address(settings.base_url, OPENAI)
        self._key: Key | None = None
        self._cache = cache
        self._wording = Wording(settings.prompts)
        self._dialect = Dialect()
        self._decides = {
            "backend": self.name,
            "server": self._settings.base_url,
            "model": settings.llm,
            "temperature": 0,
        }
        self.budget = budget or Budget(settings)
        self.failures: tuple[Failure, ...] = ()
        self.prompts_hash = self._wording.hash

    @property
    def warnings(self) -> tuple[str, ...]:
        """That a key would cross a network in the clear. Raises ``UserError`` for a key that cannot serve."""
        if self._read_key() is None or not exposed(self._settings.base_url):
            return ()
        return (f"the key goes to '{host(self._settings.base_url)}' unencrypted: use https",)

    def _read_key(self) -> Key | None:
        """Read the key once something is to be sent: what only estimates needs none."""
        self._key = read_key(self._settings.api_key_env, self._settings.base_url)
        return self._key

    def propose(
        self, texts: Sequence[str], calibration: NDArray[np.bool_], progress: Progress
    ) -> list[tuple[str, ...]]:
        """Return the phrases of each text; `failures` then says which texts have none, and why."""
        del calibration  # a text is described by itself alone
        work = Work(texts, self._wording, self._cache, self._decides)
        end = asyncio.run(self._ask(work, progress)) if work.done < len(work) else None
        self.failures = work.failures(f"not asked: {end.reason}" if end else "not asked")
        return work.phrases()

    def label(self, shown: LabelEvidence, progress: Progress = no_progress) -> tuple[str, ...]:
        """Return labels for a neuron; raise ``UserError`` where the server or the budget lets nothing through."""
        prompt = self._wording.label(shown)
        key = key_of(self._decides, prompt)
        self.failures = ()
        kept = kept_labels(self._cache, key)
        if kept:
            return kept
        found = asyncio.run(self._ask_label(shown, progress))
        if isinstance(found, Trouble):
            if found.stop or found.lost:
                raise self._refusal(found)
            self.failures = (Failure(None, found.reason),)
            return ()
        self._cache.put({key: found})
        return found

    def estimate(self, texts: Sequence[str]) -> Estimate:
        """Return what `propose` would send, without sending it: repairs and retries come on top."""
        work = Work(texts, self._wording, self._cache, self._decides)
        batches = work.batches(self._settings.texts_per_request)
        asked = sum(map(len, batches))
        return self._estimate(
            len(work), asked, [self._wording.phrases(batch) for batch in batches], asked * USUAL_TOKENS_A_TEXT
        )

    def estimate_label(self, shown: LabelEvidence) -> Estimate:
        """Return what `label` would send."""
        prompt = self._wording.label(shown)
        kept = kept_labels(self._cache, key_of(self._decides, prompt))
        return self._estimate(0, 0, [] if kept else [prompt], 0 if kept else USUAL_TOKENS_A_TEXT)

    def _estimate(self, texts: int, asked: int, prompts: Sequence[str], output: int) -> Estimate:
        usage = Usage(sum(map(tokens_of, prompts)), output)
        cost = self.budget.price(usage)
        how = f"{server_of(self._settings)} would be asked; {HOW}"
        return Estimate(texts, asked, len(prompts), usage.input, usage.output, cost, how)

    def _scrubbed(self, said: tuple[str, ...]) -> tuple[str, ...]:
        """Take the key out of what a server says, should it send it back in disguise."""
        return said if self._key is None else tuple(map(self._key.scrub, said))

    def _line(self) -> HttpClient:
        return HttpClient(self._settings, self._read_key(), self.budget, self._dialect)

    async def _ask(self, work: Work, progress: Progress) -> Trouble | None:
        """Ask for all that waits; return what put an end to it early, if anything did.

        The first request goes alone: it finds out whether there is a server and what it understands. While
        nobody answers, that is told; later on there is how many texts are done.
        """
        rounds = _Rounds(work, progress)
        batches = iter(work.batches(self._settings.texts_per_request))
        async with self._line() as line:
            trouble = await self._ask_batch(line, work, next(batches), progress)
            if trouble and (trouble.stop or trouble.lost) and not trouble.spent:
                raise self._refusal(trouble)
            rounds.over(trouble)
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(self._settings.concurrency):
                        group.create_task(self._ask_on(line, work, batches, rounds))
            except ExceptionGroup as several:
                raise several.exceptions[0] from None
            self._dialect = line.dialect
        return rounds.end

    async def _ask_on(
        self, line: HttpClient, work: Work, batches: Iterator[tuple[str, ...]], rounds: _Rounds
    ) -> None:
        """Take one batch after another from those that all workers share."""
        while rounds.end is None and (batch := next(batches, None)) is not None:
            rounds.over(await self._ask_batch(line, work, batch))

    async def _ask_batch(
        self, line: HttpClient, work: Work, batch: Sequence[str], progress: Progress = no_progress
    ) -> Trouble | None:
        """Ask for the phrases of some texts; of fewer at a time where one of them may have been refused."""
        trouble = await self._ask_together(line, work, batch, progress)
        if trouble is None or not trouble.of_the_texts or trouble.stop:
            return trouble
        if len(batch) == 1:
            return None
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            trouble = await self._ask_batch(line, work, half, progress)
            if trouble is not None and (trouble.stop or trouble.lost or trouble.failing):
                work.bad([text for text in batch if not work.answered(text)], trouble.reason)
                return trouble
        return None

    async def _ask_together(
        self, line: HttpClient, work: Work, batch: Sequence[str], progress: Progress
    ) -> Trouble | None:
        """Ask for the phrases of some texts, a second time for those that the first reply gets wrong.

        A reply that was cut after some of them is asked to go on for as long as it does.
        """
        prompt = self._wording.phrases(batch)
        asked = list(batch)
        again = False
        while True:
            reply = await line.ask(prompt, PHRASES_SCHEMA, line.room(len(asked), again=again), progress)
            if isinstance(reply, Trouble):
                work.bad(asked, reply.reason)
                return reply
            answer = read_phrases(reply.content, len(asked))
            work.good({asked[place - 1]: self._scrubbed(said) for place, said in answer.phrases.items()})
            if not answer.faults:
                return None
            faults = {asked[place - 1]: fault for place, fault in sorted(answer.faults.items())}
            asked = list(faults)
            if again and not (reply.cut and answer.phrases):
                break
            again = True
            prompt = self._wording.again(self._wording.phrases(asked), faults[asked[0]])
        for text, fault in faults.items():
            work.bad([text], f"{_UNUSABLE}: {fault}{_CUT if reply.cut else ''}")
        if any(work.answered(text) for text in batch):
            return None
        return Trouble(f"{_UNUSABLE}: {fault}{_CUT if reply.cut else ''}", fruitless=True)

    async def _ask_label(self, shown: LabelEvidence, progress: Progress) -> tuple[str, ...] | Trouble:
        """Ask for labels, a second time where a reply holds none; by less evidence where it was too long."""
        async with self._line() as line:
            prompt = asked = self._wording.label(shown)
            again = False
            while True:
                reply = await line.ask(asked, LABELS_SCHEMA, line.room(1, again=again), progress)
                self._dialect = line.dialect
                if isinstance(reply, Trouble):
                    if not reply.too_long or len(shown.firing) + len(shown.silent) <= 1:
                        return reply
                    shown = LabelEvidence(
                        shown.firing[: ceil(len(shown.firing) / 2)], shown.silent[: len(shown.silent) // 2]
                    )
                    prompt = asked = self._wording.label(shown)
                    continue
                found = self._scrubbed(read_labels(reply.content))
                if found:
                    return found
                if again:
                    return Trouble(f"{_UNUSABLE}: {NO_LABEL}{_CUT if reply.cut else ''}")
                again = True
                asked = self._wording.again(prompt, NO_LABEL)

    def _refusal(self, trouble: Trouble) -> UserError:
        if trouble.spent:
            return UserError(trouble.reason, "a larger one lets more be sent")
        seconds = f"{self._settings.timeout:g}"
        where = f"check that a server listens there; a slow one needs a --timeout of more than {seconds}"
        hint = trouble.hint or (where if trouble.lost else "")
        return UserError(f"'{self._settings.base_url}': {trouble.reason}", hint)


class _Rounds:
    """How far the requests have come: ``end`` is what puts an end to them, once something does."""

    def __init__(self, work: Work, progress: Progress) -> None:
        self._work = work
        self._progress = progress
        self._lost = 0
        self.end: Trouble | None = None

    def over(self, trouble: Trouble | None) -> None:
        """Take in that a batch is done with, well or not."""
        self._lost = self._lost + 1 if trouble and (trouble.lost or trouble.fruitless or trouble.failing) else 0
        if trouble and (trouble.stop or self._lost >= _MOST_LOST):
            self.end = self.end or trouble
        self._progress("asking for phrases", self._work.done, len(self._work))
