"""What a person may choose of a backend. Nothing heavy is imported, so that a command line may read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from neurotui.errors import UserError
from neurotui.types import Device

if TYPE_CHECKING:
    from pathlib import Path

OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class BackendSettings:
    """The choices of one backend. Raises ``UserError`` for a value that cannot be.

    ``llm`` is the model's name at the server, or a folder or a name on the Hugging Face hub. ``api_key_env``
    names the environment variable that holds the key: the key itself is no setting. ``texts_per_request`` texts
    go into one request (or one batch of a local model). ``max_calls`` bounds the requests sent, ``max_cost``
    what they may cost at ``price_in`` and ``price_out``, in any currency a million tokens; None for no bound.
    ``prompts`` is a folder of edited prompts. ``timeout`` is in seconds, for one reply; a request is tried
    again within as many. ``reply_tokens`` is how many tokens a reply may take at least, None to find out: few, and
    where they do not suffice, enough for a model that reasons first.
    """

    llm: str = ""
    base_url: str = OPENAI
    api_key_env: str = "OPENAI_API_KEY"
    texts_per_request: int = 8
    concurrency: int = 4
    max_calls: int | None = None
    max_cost: float | None = None
    price_in: float | None = None
    price_out: float | None = None
    prompts: Path | None = None
    device: Device = "auto"
    timeout: float = 60.0
    reply_tokens: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.api_key_env):
            # What was given may be the key itself, so it is not repeated.
            raise UserError(
                "api-key-env is not the name of an environment variable",
                "export the key under a name, and give the name: --api-key-env OPENAI_API_KEY",
            )
        if self.device not in get_args(Device):
            choices = ", ".join(get_args(Device))
            raise UserError(f"'{self.device}' is not a device", f"choose one of: {choices}")
        for name, number, least, most in (
            ("texts-per-request", self.texts_per_request, 1, 100),
            ("concurrency", self.concurrency, 1, 256),
            ("max-calls", self.max_calls, 0, 10**9),
            ("max-cost", self.max_cost, 0, 10**9),
            ("price-in", self.price_in, 0, 10**9),
            ("price-out", self.price_out, 0, 10**9),
            ("reply-tokens", self.reply_tokens, 16, 1_000_000),
            ("timeout", self.timeout, 0.01, 86_400),
        ):
            if number is not None and not least <= number <= most:
                raise UserError(f"{name} is '{number}'", f"choose a number from {least} to {most}")
        if (self.price_in is None) != (self.price_out is None):
            raise UserError("only one of the two prices is given", "give both --price-in and --price-out")
        if self.max_cost is not None and self.price_in is None:
            raise UserError(
                "a cost cannot be bounded without prices",
                "give --price-in and --price-out, in currency a million tokens",
            )


def server_of(settings: BackendSettings) -> str:
    """Return which model at which server these settings name, in words."""
    return f"'{settings.llm}' at '{settings.base_url.rstrip('/')}'"
