"""A line to one server: a request goes out, and a reply or a stated trouble comes back, never an exception.

The openai library raises exceptions that hold the request, and with it the key. They end here: what goes on
from here is plain values.
"""

from __future__ import annotations

import asyncio
import random
from math import ceil
from typing import TYPE_CHECKING, Any, Self

import httpx2
import openai

from neurotui.backends.llm.api_key import host, loopback
from neurotui.backends.llm.budget import Usage, tokens_of
from neurotui.backends.llm.parse_response import (
    LIMITED,
    Reply,
    ReplyProblem,
    Trouble,
    one_line,
    read_refusal,
    read_reply,
)
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

    from neurotui.backends.llm.api_key import Key
    from neurotui.backends.llm.budget import Budget
    from neurotui.backends.llm.response_format import Dialect
    from neurotui.backends.settings import BackendSettings
    from neurotui.types import Progress

_CONNECT_SECONDS = 5.0
_MOST_BYTES = 16_000_000
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0


class _Authorization(httpx2.Auth):
    """Puts the key into a request at the last moment: no other layer ever holds it."""

    def __init__(self, key: Key | None) -> None:
        self._key = key

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers.pop("Authorization", None)
        if self._key is not None:
            request.headers["Authorization"] = self._key.header()
        yield request


class _TooLong(Exception):  # noqa: N818 - it never leaves this module
    """A body that does not end."""


class _Bounded(httpx2.AsyncByteStream):
    """A body that is given up once it has grown too long."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for part in self._stream:
            taken += len(part)
            if taken > _MOST_BYTES:
                raise _TooLong
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: httpx2.Response) -> None:
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)


class HttpClient:
    """Open for as long as one event loop runs; `dialect` is what is known of the server so far.

    ``proven``: it has answered in that dialect.
    """

    def __init__(self, settings: BackendSettings, key: Key | None, budget: Budget, dialect: Dialect) -> None:
        self._settings = settings
        self._key = key
        self._budget = budget
        self._not_before = 0.0
        self.dialect = dialect
        self.proven = False

    async def __aenter__(self) -> Self:
        url = self._settings.base_url
        http = httpx2.AsyncClient(
            auth=_Authorization(self._key),
            timeout=httpx2.Timeout(self._settings.timeout, connect=_CONNECT_SECONDS),
            trust_env=not loopback(url),  # a proxy has no business between this machine and itself
            follow_redirects=False,  # the key goes to the address that was given, or nowhere
            event_hooks={"response": [_bound]},
        )
        self._client = openai.AsyncOpenAI(
            api_key="see _Authorization", base_url=url, http_client=http, max_retries=0
        )
        if host(url) != "api.openai.com":
            # The library reads these from the environment; they are no business of another server's.
            self._client.organization = self._client.project = None
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def ask(
        self, prompt: str, schema: dict[str, object], tokens: int, progress: Progress = no_progress
    ) -> Reply | Trouble:
        """Send a prompt until there is a reply, or no more sense in trying.

        `progress` hears why it is tried again, and at which second of those that there are.
        """
        most = Usage(tokens_of(prompt), tokens)
        clock = asyncio.get_running_loop().time
        begun = clock()
        deadline = begun + self._settings.timeout
        wait = _FIRST_WAIT
        while True:
            await self._let_in()
            refusal = await self._budget.admit(most)
            if refusal:
                return Trouble(refusal, stop=True, spent=True)
            spoken = self.dialect
            found = await self._attempt(prompt, spoken.parameters(schema, tokens), most)
            if isinstance(found, Reply):
                self.proven = True
                return found
            simpler = spoken.simpler(found.status, found.said, proven=self.proven)
            if simpler is not None:
                self.dialect = simpler if self.dialect == spoken else self.dialect
                continue
            pause = max(found.wait, wait * random.uniform(0.75, 1.25))  # noqa: S311 - keeps clients apart
            if not found.again or clock() + pause > deadline:
                return found.trouble()
            seconds, of = ceil(clock() + pause - begun), ceil(self._settings.timeout)
            progress(f"{found.briefly}, trying again at second", seconds, of)
            if found.status == LIMITED or found.wait:
                self._not_before = max(self._not_before, clock() + pause)  # everybody waits
            await asyncio.sleep(pause)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _let_in(self) -> None:
        """Wait until the server lets requests in again; a reply that comes meanwhile may put that off."""
        clock = asyncio.get_running_loop().time
        while self._not_before > clock():  # noqa: ASYNC110 - it is the time that is waited for
            await asyncio.sleep(self._not_before - clock())

    async def _attempt(self, prompt: str, parameters: dict[str, Any], most: Usage) -> Reply | ReplyProblem:
        """Send once and book what it took: all that it can, where nobody knows."""
        used = most
        try:
            found = await self._sent(prompt, parameters)
            if isinstance(found, Reply):
                used = found.usage
            elif found.status:
                used = Usage(0, 0)
            return found
        finally:
            self._budget.settle(most, used)

    async def _sent(self, prompt: str, parameters: dict[str, Any]) -> Reply | ReplyProblem:
        try:
            async with asyncio.timeout(self._settings.timeout):
                raw = await self._client.chat.completions.with_raw_response.create(
                    model=self._settings.llm,
                    messages=[{"role": "user", "content": prompt}],
                    **parameters,
                )
                reply = read_reply(self._scrubbed(raw.http_response.text), prompt)
                return reply._replace(content=self._scrubbed(reply.content))
        except openai.APIStatusError as error:
            body = self._scrubbed(error.response.text)
            problem = read_refusal(error.status_code, error.response.headers, body)
            return problem._replace(said=self._scrubbed(problem.said))
        except (TimeoutError, openai.APITimeoutError):
            return ReplyProblem(0, f"no reply within {self._settings.timeout:g} s", again=True)
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            said = self._scrubbed(str(cause)) or type(cause).__name__
            return ReplyProblem(0, one_line(f"the connection failed: {said}"), again=True)
        except _TooLong:
            return ReplyProblem(0, f"the response is longer than {_MOST_BYTES:,} bytes")
        except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
            return ReplyProblem(0, f"the response cannot be read: {type(error).__name__}")

    def _scrubbed(self, text: str) -> str:
        return self._key.scrub(text) if self._key is not None else text
