"""Ask a server one request after another, a few at a time, and say why where it ends early."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from neurotui.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from neurotui.backends.llm.http_client import HttpClient
    from neurotui.backends.llm.outcome import Trouble
    from neurotui.backends.settings import BackendSettings

T = TypeVar("T")


def ask_all(
    client: HttpClient,
    asked: Sequence[T],
    ask_one: Callable[[HttpClient, T], Awaitable[Trouble | None]],
    settings: BackendSettings,
    *,
    before: str,
) -> None:
    """Send every request; ``UserError`` if none is answered, or if the budget runs out `before` all are."""
    trouble = asyncio.run(ask_each(client, asked, ask_one, settings.concurrency))
    if trouble is None:
        return
    if trouble.spent:
        raise UserError(
            f"{trouble.reason} before {before}", "a larger one lets more be sent; what was answered is kept"
        )
    raise UserError(f"'{settings.base_url}': {trouble.reason}", trouble.hint)


async def ask_each(
    client: HttpClient,
    asked: Sequence[T],
    ask_one: Callable[[HttpClient, T], Awaitable[Trouble | None]],
    concurrency: int,
) -> Trouble | None:
    """Ask all of it, the first one alone; return what put an end to it early, if anything did."""
    waiting = iter(asked)
    async with client as line:
        trouble = await ask_one(line, next(waiting))
        if trouble is not None:
            return trouble
        ends = await asyncio.gather(*(_ask_on(line, waiting, ask_one) for _ in range(concurrency)))
    return next((end for end in ends if end is not None), None)


async def _ask_on(
    line: HttpClient, waiting: Iterator[T], ask_one: Callable[[HttpClient, T], Awaitable[Trouble | None]]
) -> Trouble | None:
    """Take one request after another from those that all workers share."""
    for one in waiting:
        trouble = await ask_one(line, one)
        if trouble is not None:
            return trouble
    return None
