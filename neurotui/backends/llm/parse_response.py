"""Read what a server sends back: the model's words, or why there are none. Pure, and never an exception."""

from __future__ import annotations

import json
import math
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

from neurotui.backends.llm.budget import Usage, tokens_of
from neurotui.sanitize import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMITED = 429
_LATER = frozenset({408, 409, 425, LIMITED})
_FIRST_OF_ITS_OWN_FAULTS = 500
_NO_MONEY = "insufficient_quota"
_ELSEWHERE = frozenset({301, 302, 303, 307, 308})
# What a further request would meet as well.
_FINAL = frozenset({401, 402, 403, 404}) | _ELSEWHERE
_QUOTED = 200
_HINTS = {
    401: "check the key in the environment variable that --api-key-env names",
    402: "the account has no money left",
    403: "check what the key may do",
    404: "check --base-url, which usually ends in /v1, and the model's name in --llm",
    LIMITED: "the same command goes on from here later",
    **dict.fromkeys(_ELSEWHERE, "name the address that it points to with --base-url"),
}


class Reply(NamedTuple):
    """What the model wrote, empty where the response holds no words of it; it was paid for in any case."""

    content: str
    usage: Usage


class Trouble(NamedTuple):
    """Why there is no reply.

    ``stop``: others will fare no better. ``lost``: nobody answered. ``spent``: the budget did not allow it.
    """

    reason: str
    hint: str = ""
    stop: bool = False
    lost: bool = False
    spent: bool = False


class ReplyProblem(NamedTuple):
    """One failed attempt: ``status`` is 0 where no whole response came, ``wait`` in seconds as the server asks.

    ``again``: another attempt may do better. ``final``: no request will.
    """

    status: int
    said: str
    wait: float = 0.0
    again: bool = False
    final: bool = False

    @property
    def briefly(self) -> str:
        """The problem in two or three words."""
        return f"the server answers {self.status}" if self.status else "no answer"

    def trouble(self) -> Trouble:
        """Return the problem as what ends a request."""
        asks = f" (it asks to wait {self.wait:.0f} s)" if self.wait else ""
        stop = self.final or bool(self.wait) or self.status == LIMITED
        return Trouble(self.said + asks, _HINTS.get(self.status, ""), stop, lost=not self.status)


def read_reply(body: str, prompt: str) -> Reply:
    """Return the words of the first choice of a chat completion, and what they took.

    What the server does not count is estimated.
    """
    found = _loaded(body)
    choices = found.get("choices") if isinstance(found, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    content = message.get("content") if isinstance(message, dict) else None
    text = content if isinstance(content, str) else ""
    counted = found.get("usage") if isinstance(found, dict) else None
    usage = counted if isinstance(counted, dict) else {}
    return Reply(
        text,
        Usage(
            _count(usage.get("prompt_tokens"), tokens_of(prompt)),
            _count(usage.get("completion_tokens"), tokens_of(text)),
        ),
    )


def read_refusal(status: int, headers: Mapping[str, str], body: str) -> ReplyProblem:
    """Return what a response that is no success says."""
    found = _loaded(body)
    error = found.get("error", found) if isinstance(found, dict) else body
    said, code = error, ""
    if isinstance(error, dict):
        said, code = error.get("message", error.get("detail", "")), str(error.get("code", ""))
    broke = code == _NO_MONEY
    return ReplyProblem(
        status,
        one_line(f"the server answered {status}{': ' if said else ''}{said}"),
        seconds_to_wait(headers),
        again=not broke and (status in _LATER or status >= _FIRST_OF_ITS_OWN_FAULTS),
        final=broke or status in _FINAL,
    )


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Return what a ``Retry-After`` header asks for, in seconds: it is a number or a date."""
    asked = headers.get("retry-after", "")
    try:
        wait = float(asked)
    except ValueError:
        try:
            wait = parsedate_to_datetime(asked).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return 0.0
    return max(wait, 0.0) if math.isfinite(wait) else 0.0


def one_line(said: str) -> str:
    """Return what a server said as one short line that can be shown."""
    return visible(" ".join(said[: 10 * _QUOTED].split()))[:_QUOTED]


def _loaded(body: str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _count(found: object, otherwise: int) -> int:
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else otherwise
