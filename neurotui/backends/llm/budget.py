"""What may be spent on replies: so many requests, so much money. Nothing is sent that could exceed either."""

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


class Budget:
    """Counts requests and cost, and says no before a bound would be crossed.

    A request is admitted at the most that it can cost, given a server that keeps to the limit it is sent; what
    is left of that comes back when it is settled. `tell` hears at each of the two what is spent by then.
    """

    def __init__(self, settings: BackendSettings, tell: Callable[[Spent], None] = lambda _: None) -> None:
        self._settings = settings
        self._tell = tell
        self._held = 0.0
        self._under_way = 0
        self._waiting: list[asyncio.Future[None]] = []
        self.calls = 0
        self.cost = 0.0

    def go_on_from(self, spent: Spent) -> None:
        """Count on from what has been spent within the same bounds, here or elsewhere."""
        self.calls, self.cost = spent

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
            if self._settings.max_calls is not None and self.calls >= self._settings.max_calls:
                return f"the budget of --max-calls {self._settings.max_calls} is used up"
            bound = self._settings.max_cost
            if bound is None or self.cost + self._held + cost <= bound:
                break
            if not self._under_way:
                return f"the budget of --max-cost {bound:g} is used up: {self.cost:.6f} is spent"
            settled = asyncio.get_running_loop().create_future()
            self._waiting.append(settled)
            await settled
        self.calls += 1
        self._under_way += 1
        self._held += cost
        self._tell(Spent(self.calls, self.cost + self._held))
        return ""

    def settle(self, most: Usage, used: Usage) -> None:
        """Book what an admitted request has used."""
        self._under_way -= 1
        self._held = self._held - (self.price(most) or 0.0) if self._under_way else 0.0
        self.cost += self.price(used) or 0.0
        self._tell(Spent(self.calls, self.cost + self._held))
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()
