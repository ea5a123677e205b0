"""What is spent on replies, and what may be: so many requests, so much money. No request may exceed either."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.backends.settings import BackendSettings

_BYTES_A_TOKEN = 4
_MILLION = 1_000_000
ROOM, TOKENS_A_TEXT, USUAL_TOKENS_A_TEXT = 64, 96, 32
"""Tokens that a reply may take: for its frame, and for each text; and what a text usually takes of them."""

HOW = f"estimated at {_BYTES_A_TOKEN} bytes a token, and {USUAL_TOKENS_A_TEXT} tokens of reply a text"


def tokens_of(text: str) -> int:
    """Return about how many tokens a text is: no tokenizer is asked, since each server has its own."""
    return math.ceil(len(text.encode("utf-8", "replace")) / _BYTES_A_TOKEN)


class Usage(NamedTuple):
    """The tokens of one request, read and written."""

    input: int
    output: int


class Spent(NamedTuple):
    """The requests that were sent and what they cost; one under way counts at the most that it can cost."""

    calls: int = 0
    cost: float = 0.0


NOTHING_SPENT = Spent()


class Account:
    """What has been spent on replies: the one place that counts it, for a command or for a session of the app.

    The session's account is the app's, which outlives the worker processes that send the requests. One begins
    each question with what the session has spent (``go_on_from``), and `tell` reports every change back.
    """

    def __init__(self, tell: Callable[[Spent], None] = lambda _: None) -> None:
        self._tell = tell
        self._held = 0.0
        self._calls = 0
        self._cost = 0.0
        self.under_way = 0

    @property
    def spent(self) -> Spent:
        """What is spent, with each request under way at the most that it can cost."""
        return Spent(self._calls, self._cost + self._held)

    def go_on_from(self, spent: Spent) -> None:
        """Count on from what has been spent, here or elsewhere; what was under way is in it at its most."""
        self._calls, self._cost = spent
        self._held, self.under_way = 0.0, 0

    def admit(self, most: float) -> None:
        """Count a request that is sent, which may cost `most`."""
        self._calls += 1
        self.under_way += 1
        self._held += most
        self._tell(self.spent)

    def settle(self, most: float, cost: float) -> None:
        """Count what a request has cost that was admitted at `most`."""
        self.under_way -= 1
        self._held = self._held - most if self.under_way else 0.0
        self._cost += cost
        self._tell(self.spent)


class Budget:
    """Says no before a request would cross a bound on their number or cost. What is spent is in its ``account``.

    A request is admitted at the most that it can cost, given a server that keeps to the limit it is sent; what
    is left of that comes back when it is settled.
    """

    def __init__(self, settings: BackendSettings, account: Account | None = None) -> None:
        self._settings = settings
        self._waiting: list[asyncio.Future[None]] = []
        self.account = account or Account()

    def price(self, usage: Usage) -> float | None:
        """Return what some tokens cost; None without prices."""
        prices = self._settings.price_in, self._settings.price_out
        if prices[0] is None or prices[1] is None:
            return None
        return (usage.input * prices[0] + usage.output * prices[1]) / _MILLION

    async def admit(self, most: Usage) -> str:
        """Take a request in, waiting for others where the money depends on them; return why not, or nothing."""
        cost = self.price(most) or 0.0
        while True:
            calls, spent = self.account.spent
            if self._settings.max_calls is not None and calls >= self._settings.max_calls:
                return f"the budget of --max-calls {self._settings.max_calls} is used up"
            bound = self._settings.max_cost
            if bound is None or spent + cost <= bound:
                break
            if not self.account.under_way:
                return f"the budget of --max-cost {bound:g} is used up: {spent:.6f} is spent"
            settled = asyncio.get_running_loop().create_future()
            self._waiting.append(settled)
            await settled
        self.account.admit(cost)
        return ""

    def settle(self, most: Usage, used: Usage) -> None:
        """Count what an admitted request has used."""
        self.account.settle(self.price(most) or 0.0, self.price(used) or 0.0)
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()
