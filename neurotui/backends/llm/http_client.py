"""Sends requests to one server: each brings a reply or a stated trouble, never an exception.

The openai library raises exceptions that hold the request, and with it the key. They end here: what goes on
from here is plain values. Retries are here too: how often, how long to wait between. Which statuses and errors are
worth another try is read in ``parse_refusal.py``.
"""

from __future__ import annotations

import asyncio
import random
from math import ceil
from typing import TYPE_CHECKING, Any, Self

import httpx2
import openai

from neurotui.backends.llm.api_key import loopback
from neurotui.backends.llm.budget import ROOM, TOKENS_A_TEXT, Usage, tokens_of
from neurotui.backends.llm.mask_secret import Secret
from neurotui.backends.llm.network_environment import (
    certificates,
    certificates_hint,
    elsewhere,
    refuse_headers,
    secret_headers,
    unusable,
    way_to,
)
from neurotui.backends.llm.outcome import LIMITED, NO_COMPLETION, Reply, ReplyProblem, Trouble, one_line
from neurotui.backends.llm.parse_refusal import read_refusal
from neurotui.backends.llm.parse_response import read_reply
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

    from neurotui.backends.llm.api_key import Key
    from neurotui.backends.llm.budget import Budget
    from neurotui.backends.llm.response_format import Dialect
    from neurotui.backends.settings import BackendSettings
    from neurotui.types import Progress

_CONNECT_SECONDS = 5.0
# The most bytes of a response; a compressed byte may unpack to a thousand.
_MOST_BYTES, _MOST_PACKED_BYTES = 16_000_000, 64_000
# A second reply may be longer: the first may have run into its limit, of which reasoning takes a part. Reasoning
# takes as many tokens; fewer than the fewest hold no reply.
_MORE, _REASONING, _FEWEST = 4, 4_096, 64
# How often a response without a completion is asked for, and how often in a row a server that never answered may
# refuse what may be the texts' fault.
_NO_COMPLETIONS, _REFUSALS = 3, 12
# More spaces than these at the end of a reply that was cut are no part of it.
_ENDLESS = 100
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

    def __init__(self, stream: httpx2.AsyncByteStream, most: int) -> None:
        self._stream = stream
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for part in self._stream:
            taken += len(part)
            if taken > self._most:
                raise _TooLong
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: httpx2.Response) -> None:
    if isinstance(response.stream, httpx2.AsyncByteStream):
        packed = response.headers.get("content-encoding", "identity").lower() != "identity"
        response.stream = _Bounded(response.stream, _MOST_PACKED_BYTES if packed else _MOST_BYTES)


class HttpClient:
    """Open for as long as one event loop runs; `dialect` is what is known of the server so far.

    ``proven``: it has answered in that dialect.
    """

    def __init__(self, settings: BackendSettings, key: Key | None, budget: Budget, dialect: Dialect) -> None:
        self._settings = settings
        self._key = key
        self._secrets = [Secret(value) for value in secret_headers(settings.base_url)]
        self._budget = budget
        self._not_before = 0.0
        self.dialect = dialect
        self.proven = False
        # It has answered with words; asking for less did not help; it needs room for reasoning; how often in a row
        # it refused; the most tokens that it lets a reply have.
        self._worded = self._blameless = self._reasons = False
        self._refused = 0
        self._ceiling = _MOST_BYTES

    def room(self, texts: int, *, again: bool = False) -> int:
        """Return how many tokens a reply about so many texts may take, more where it is asked for `again`."""
        enough = ROOM + TOKENS_A_TEXT * texts
        chosen = self._settings.reply_tokens
        if again or (self._reasons and chosen is None):
            return max(_MORE * enough, chosen or _REASONING + enough)
        return max(enough, chosen or 0)

    async def __aenter__(self) -> Self:
        url = self._settings.base_url
        refuse_headers(url)
        try:
            http = self._http(url)
        except Exception as error:  # noqa: BLE001 - of many kinds, none of which may go on from here
            raise unusable(error, url) from None
        self._client = openai.AsyncOpenAI(
            api_key="see _Authorization", base_url=url, http_client=http, max_retries=0
        )
        if elsewhere(url):
            # The library reads these from the environment; they are no business of another server's.
            self._client.organization = self._client.project = None
            self._client._custom_headers = {}  # noqa: SLF001 - nothing public leaves them out
        return self

    def _http(self, url: str) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            auth=_Authorization(self._key),
            headers={"Accept-Encoding": "identity"},
            timeout=httpx2.Timeout(self._settings.timeout, connect=_CONNECT_SECONDS),
            verify=True if loopback(url) else certificates(),
            trust_env=not loopback(url),  # a proxy has no business between this machine and itself
            follow_redirects=False,  # the key goes to the address that was given, or nowhere
            event_hooks={"response": [_bound]},
        )

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def ask(
        self, prompt: str, schema: dict[str, object], tokens: int, progress: Progress = no_progress
    ) -> Reply | Trouble:
        """Send a prompt until there is a reply, or no more sense in trying.

        `progress` hears why it is tried again, and at which second of those that there are.
        """
        clock = asyncio.get_running_loop().time
        begun = clock()
        deadline = begun + self._settings.timeout
        wait = _FIRST_WAIT
        first = self.dialect
        without = 0
        while True:
            await self._let_in()
            tokens = min(tokens, self._ceiling)
            most = Usage(tokens_of(prompt), tokens)
            refusal = await self._budget.admit(most)
            if refusal:
                return Trouble(refusal, stop=True, spent=True)
            spoken = self.dialect
            found = await self._attempt(prompt, spoken.parameters(schema, tokens), most)
            if isinstance(found, Reply):
                return self._taken(found, spoken)
            if found.too_many and tokens > _FEWEST:
                self._ceiling = min(self._ceiling, tokens // 2)
                continue
            simpler = None if found.certain else self._simpler(spoken, found)
            if simpler is not None:
                self.dialect = simpler if self.dialect == spoken else self.dialect
                continue
            without += found.status == NO_COMPLETION
            pause = max(found.wait, wait * random.uniform(0.75, 1.25))  # noqa: S311 - keeps clients apart
            if not found.again or clock() + pause > deadline or without == _NO_COMPLETIONS:
                return self._refusal(found, first)
            seconds, of = ceil(clock() + pause - begun), ceil(self._settings.timeout)
            progress(f"{found.briefly}, trying again at second", seconds, of)
            if found.status == LIMITED or found.wait:
                self._not_before = max(self._not_before, clock() + pause)  # everybody waits
            await asyncio.sleep(pause)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _simpler(self, spoken: Dialect, found: ReplyProblem) -> Dialect | None:
        return spoken.simpler(found.status, found.whole, proven=self.proven or self._blameless)

    def _taken(self, reply: Reply, spoken: Dialect) -> Reply:
        """Learn from a reply: one without words was perhaps asked for in a way that the server cannot answer."""
        self.proven = True
        self._refused = 0
        words = reply.content.rstrip()
        # Held to a format, some models write spaces without end.
        endless = reply.cut and len(reply.content) - len(words) > _ENDLESS
        if words and not endless:
            self._worded = True
        elif (endless or not reply.cut) and not self._worded and self.dialect == spoken:
            self.dialect = spoken.freer() or spoken
        self._reasons = self._reasons or reply.cut
        return reply

    def _refusal(self, found: ReplyProblem, first: Dialect) -> Trouble:
        """Return why there is no reply. What was left out in vain was not to blame, and is not left out later."""
        trouble = found.trouble()
        if trouble.of_the_texts:
            self._refused += 1
            if not self.proven:
                self.dialect, self._blameless = first, True
                trouble = trouble._replace(stop=trouble.stop or self._refused >= _REFUSALS)
        return trouble

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
            elif found.status > NO_COMPLETION:
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
                found = read_reply(self._scrubbed(_decoded(raw.http_response)), prompt)
        except openai.APIStatusError as error:
            found = read_refusal(
                error.status_code, error.response.headers, self._scrubbed(_decoded(error.response))
            )
        except (TimeoutError, openai.APITimeoutError):
            return ReplyProblem(0, f"no reply within {self._settings.timeout:g} s", again=True)
        except openai.APIConnectionError as error:
            return self._unconnected(error.__cause__ or error)
        except _TooLong:
            return ReplyProblem(0, f"the response is longer than {_MOST_BYTES:,} bytes")
        except Exception as error:  # noqa: BLE001 - whatever a response brings about ends here, without the request
            return ReplyProblem(0, f"the response cannot be read: {type(error).__name__}")
        if isinstance(found, Reply):
            return found._replace(content=self._scrubbed(found.content))
        return found._replace(said=self._scrubbed(found.said), whole=self._scrubbed(found.whole))

    def _unconnected(self, cause: BaseException) -> ReplyProblem:
        said = self._scrubbed(str(cause)) or type(cause).__name__
        way = "" if loopback(self._settings.base_url) else way_to(self._settings.base_url)
        hint = certificates_hint() if "CERTIFICATE" in said.upper() else ""
        return ReplyProblem(0, f"{one_line(f'the connection failed: {said}')}{way}", again=not hint, hint=hint)

    def _scrubbed(self, text: str) -> str:
        for secret in self._secrets:
            text = secret.mask(text)
        return self._key.scrub(text) if self._key is not None else text


def _decoded(response: httpx2.Response) -> str:
    """Return a body as text: JSON is UTF-8, whatever a header says."""
    return response.content.decode("utf-8-sig", "replace")
