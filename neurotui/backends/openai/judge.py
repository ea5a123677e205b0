"""A judge behind a server that speaks OpenAI's chat completions: several examples a request, each reply kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from neurotui.backends.judge_protocol import Answer
from neurotui.backends.llm.api_key import checked_url, exposed, host, read_key
from neurotui.backends.llm.budget import HOW, Budget, Usage, tokens_of
from neurotui.backends.llm.http_client import HttpClient
from neurotui.backends.llm.judge_prompts import read_answers
from neurotui.backends.llm.network_environment import refuse_another_address
from neurotui.backends.llm.outcome import Trouble
from neurotui.backends.llm.prompt_wording import Wording
from neurotui.backends.llm.reply_cache import key_of
from neurotui.backends.llm.response_format import ANSWERS_SCHEMA, Dialect
from neurotui.backends.openai.concurrent_requests import ask_all
from neurotui.backends.protocol import Estimate
from neurotui.backends.settings import OPENAI, server_of
from neurotui.errors import UserError
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.backends.judge_protocol import Question
    from neurotui.backends.llm.api_key import Key
    from neurotui.backends.llm.reply_cache import Cache
    from neurotui.backends.settings import BackendSettings
    from neurotui.types import Progress

_TOKENS_AN_ANSWER = 12
_UNTOLD = "some examples have no answer; give every id with 1 or 0"


class OpenAIJudge:
    """A model behind a server judges. Raises ``UserError`` for an address that cannot serve, unasked."""

    name = "openai"

    def __init__(self, settings: BackendSettings, cache: Cache) -> None:
        if not settings.llm:
            raise UserError("no model is named for the judge", "name one that the server has with --llm")
        self.model = settings.llm
        self._settings = replace(settings, base_url=checked_url(settings.base_url))
        refuse_another_address(settings.base_url, OPENAI)
        self._key: Key | None = None
        self._cache = cache
        self._wording = Wording(settings.prompts)
        self.budget = Budget(settings)
        self._decides = {"judge": self.name, "server": self._settings.base_url, "model": settings.llm}

    @property
    def warnings(self) -> tuple[str, ...]:
        """That a key would cross a network in the clear. Raises ``UserError`` for a key that cannot serve."""
        if self._read_key() is None or not exposed(self._settings.base_url):
            return ()
        return (f"the key goes to '{host(self._settings.base_url)}' unencrypted: use https",)

    def answer(self, questions: Sequence[Question], progress: Progress = no_progress) -> list[tuple[Answer, ...]]:
        """Ask about every question that the cache does not know; an example without an answer has None."""
        known = {question: self._kept(question) for question in dict.fromkeys(questions)}
        waiting = [question for question, kept in known.items() if kept is None]
        if waiting:
            self._read_key()
            done = len(known) - len(waiting)

            async def ask(line: HttpClient, question: Question) -> Trouble | None:
                nonlocal done
                trouble = await self._ask_one(line, question, known)
                done += 1
                progress("asking the judge", done, len(known))
                return trouble

            client = HttpClient(self._settings, self._key, self.budget, Dialect())
            ask_all(client, waiting, ask, self._settings, before="every example was judged")
        return [known[question] or tuple(Answer() for _ in question.examples) for question in questions]

    def estimate(self, questions: Sequence[Question]) -> Estimate:
        """Return what `answer` would send, without sending it: repairs and retries come on top."""
        distinct = list(dict.fromkeys(questions))
        waiting = [question for question in distinct if self._kept(question) is None]
        prompts = [self._wording.judging(question) for question in waiting]
        examples = sum(len(question.examples) for question in waiting)
        usage = Usage(sum(map(tokens_of, prompts)), _TOKENS_AN_ANSWER * examples)
        how = f"{server_of(self._settings)} would be asked; {HOW.partition(',')[0]}"
        every = sum(len(question.examples) for question in distinct)
        return Estimate(every, examples, len(prompts), usage.input, usage.output, self.budget.price(usage), how)

    async def _ask_one(
        self, line: HttpClient, question: Question, known: dict[Question, tuple[Answer, ...] | None]
    ) -> Trouble | None:
        """Ask one question and keep the reply; one that leaves examples out is asked for once more."""
        prompt = asked = self._wording.judging(question)
        found: dict[int, bool] = {}
        for again in (False, True):
            reply = await line.ask(asked, ANSWERS_SCHEMA, line.room(1, again=again))
            if isinstance(reply, Trouble):
                if reply.stop or reply.lost or reply.failing:
                    return reply
                break
            found = {**found, **read_answers(reply.content, len(question.examples))}
            if len(found) == len(question.examples):
                said = tuple("1" if found[place] else "0" for place in sorted(found))
                self._cache.put({self._key_of(question): said})
                break
            asked = self._wording.again(prompt, _UNTOLD)
        known[question] = tuple(Answer(found.get(place)) for place in range(1, len(question.examples) + 1))
        return None

    def _kept(self, question: Question) -> tuple[Answer, ...] | None:
        kept = self._cache.get(self._key_of(question))
        if kept is None or len(kept) != len(question.examples) or not set(map(str, kept)) <= {"0", "1"}:
            return None
        return tuple(Answer(said == "1") for said in kept)

    def _key_of(self, question: Question) -> str:
        return key_of(self._decides, self._wording.judging(question))

    def _read_key(self) -> Key | None:
        self._key = read_key(self._settings.api_key_env, self._settings.base_url)
        return self._key
