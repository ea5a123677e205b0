"""A namer behind a server that speaks OpenAI's chat completions: one request a group, kept like every reply."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from neurotui.backends.llm.api_key import checked_url, read_key
from neurotui.backends.llm.budget import Budget
from neurotui.backends.llm.http_client import HttpClient
from neurotui.backends.llm.naming_prompts import beginning, ending, names_in
from neurotui.backends.llm.network_environment import refuse_another_address
from neurotui.backends.llm.outcome import Trouble
from neurotui.backends.llm.parse_reply import PHRASE_CHARACTERS, clean
from neurotui.backends.llm.reply_cache import key_of
from neurotui.backends.llm.response_format import Dialect
from neurotui.backends.openai.concurrent_requests import ask_all
from neurotui.backends.settings import OPENAI
from neurotui.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.backends.llm.naming_prompts import FewShotPrompt
    from neurotui.backends.llm.reply_cache import Cache
    from neurotui.backends.settings import BackendSettings


class OpenAINamer:
    """Names by a model behind a server. It proposes; a chat completion cannot say how likely a name is.

    Raises ``UserError`` for an address or a key that cannot serve, unasked. ``budget`` is shared with the backend
    where both ask a server.
    """

    name = "openai"
    at_once = 1_000_000

    def __init__(self, settings: BackendSettings, cache: Cache, budget: Budget | None = None) -> None:
        if not settings.llm:
            raise UserError("no model is named for the namer", "name one that the server has with --llm")
        self.model = settings.llm
        self._settings = replace(settings, base_url=checked_url(settings.base_url))
        refuse_another_address(settings.base_url, OPENAI)
        self._key = read_key(settings.api_key_env, settings.base_url)
        self._cache = cache
        self._budget = budget or Budget(settings)
        self._decides = {"namer": self.name, "server": self._settings.base_url, "model": settings.llm}

    def read(self, asked: Sequence[FewShotPrompt]) -> ServerAnswers:
        """Ask about every group that the cache does not know.

        Raises ``UserError`` where nobody answers or the budget ends; what was answered by then is kept.
        """
        prompts = [_prompt(one) for one in asked]
        waiting = self._waiting(prompts)
        if waiting:
            client = HttpClient(self._settings, self._key, self._budget, Dialect(format="prompt"))
            before = "every descriptor had a name; the run stays as it was"
            ask_all(client, waiting, self._ask_one, self._settings, before=before)
        return ServerAnswers([self._known(prompt) or () for prompt in prompts])

    def _waiting(self, prompts: Sequence[str]) -> list[str]:
        return [prompt for prompt in dict.fromkeys(prompts) if self._known(prompt) is None]

    def _known(self, prompt: str) -> tuple[str, ...] | None:
        kept = self._cache.get(key_of(self._decides, prompt))
        return None if kept is None else clean(kept, PHRASE_CHARACTERS)

    async def _ask_one(self, line: HttpClient, prompt: str) -> Trouble | None:
        """Ask for one group's names and keep them; a reply that holds none is asked for once more."""
        for again in (False, True):
            reply = await line.ask(prompt, {}, line.room(1, again=again))
            if isinstance(reply, Trouble):
                return reply if reply.stop or reply.lost else None
            content = reply.content if self._key is None else self._key.scrub(reply.content)
            names = clean(list(names_in(content)), PHRASE_CHARACTERS)
            if names:
                self._cache.put({key_of(self._decides, prompt): names})
                return None
        return None


class ServerAnswers:
    """The names that a server proposed for each group."""

    def __init__(self, proposed: Sequence[tuple[str, ...]]) -> None:
        self.proposed = proposed

    def log_likelihood(self, names: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
        """Return zeros: a chat completion does not say how likely other answers were."""
        return [np.zeros(len(own)) for own in names]


def _prompt(asked: FewShotPrompt) -> str:
    return beginning(texts=bool(asked.texts)) + ending(asked)
