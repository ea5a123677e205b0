"""What comes of one request: a reply, or why there is none. Plain values, which hold no exception and no key."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from neurotui.sanitize import visible

if TYPE_CHECKING:
    from neurotui.backends.llm.budget import Usage

LIMITED = 429
NO_COMPLETION = 200
"""The status of a response that says all is well and holds no completion."""

ELSEWHERE = frozenset({301, 302, 303, 307, 308})
"""The statuses that point to another address."""

QUOTED = 200
"""How many characters of what a server says are quoted."""

HINTS = {
    NO_COMPLETION: "check --base-url, which usually ends in /v1",
    401: "check the key in the environment variable that --api-key-env names",
    402: "the account has no money left",
    403: "check what the key may do",
    404: "check --base-url, which usually ends in /v1, and the model's name in --llm",
    LIMITED: "the same command goes on from here later",
    **dict.fromkeys(ELSEWHERE, "name the address that it points to with --base-url"),
}


class Reply(NamedTuple):
    """What the model wrote, empty where the response holds no words of it; it was paid for in any case.

    ``cut``: it was ended by the limit of tokens that it was given.
    """

    content: str
    usage: Usage
    cut: bool = False


class Trouble(NamedTuple):
    """Why there is no reply.

    ``stop``: others will fare no better. ``lost``: nobody answered, or nothing that can be used. ``spent``: the
    budget did not allow it. ``of_the_texts``: it may be one of the texts that were sent, or how long they are in
    all (``too_long``). ``fruitless``: replies came, and none of the texts got an answer; ``failing``: the server
    kept failing, for as long as it was asked.
    """

    reason: str
    hint: str = ""
    stop: bool = False
    lost: bool = False
    spent: bool = False
    of_the_texts: bool = False
    too_long: bool = False
    fruitless: bool = False
    failing: bool = False


class ReplyProblem(NamedTuple):
    """One failed attempt: ``status`` is 0 where no whole response came, ``wait`` in seconds as the server asks.

    ``again``: another attempt may do better. ``final``: no request will. ``whole`` is all that the server said, in
    small letters; ``of_the_texts`` and ``too_long`` as in ``Trouble``. ``certain``: it is no parameter that the
    server refuses. ``too_many``: it is how many tokens the reply may take.
    """

    status: int
    said: str
    wait: float = 0.0
    again: bool = False
    final: bool = False
    whole: str = ""
    of_the_texts: bool = False
    too_long: bool = False
    certain: bool = False
    too_many: bool = False
    hint: str = ""

    @property
    def briefly(self) -> str:
        """The problem in two or three words."""
        if self.status == NO_COMPLETION:
            return "no completion"
        return f"the server answers {self.status}" if self.status else "no answer"

    def trouble(self) -> Trouble:
        """Return the problem as what ends a request."""
        asks = f" (it asks to wait {self.wait:.0f} s)" if self.wait else ""
        stop = self.final or bool(self.wait) or self.status == LIMITED
        return Trouble(
            self.said + asks,
            self.hint or HINTS.get(self.status, ""),
            stop,
            lost=self.status in {0, NO_COMPLETION} and not self.of_the_texts,
            of_the_texts=self.of_the_texts,
            too_long=self.too_long,
            failing=self.again,
        )


def one_line(said: str) -> str:
    """Return what a server said as one short line that can be shown."""
    return visible(" ".join(said[: 10 * QUOTED].split()))[:QUOTED]
