"""The key to a server: read from the environment, never shown, and sent nowhere by mistake."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from neurotui.backends.llm.mask_secret import MASK, Secret
from neurotui.errors import UserError

# What a header can carry. Anything else would end up, key and all, in an error of the library that refuses it.
_POSSIBLE = re.compile(r"[\x21-\x7e]+")


class Key:
    """A key that no representation shows and that cannot be pickled; ``header()`` is the way to use it."""

    __slots__ = ("_secret", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        self._secret = Secret(value)

    def __repr__(self) -> str:
        return f"Key({MASK})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not written anywhere")

    def header(self) -> str:
        """Return the value of the ``Authorization`` header."""
        return f"Bearer {self._value}"

    def scrub(self, text: str) -> str:
        """Return what a server said without the key and its parts, which some servers quote."""
        return self._secret.mask(text)


def read_key(variable: str, base_url: str) -> Key | None:
    """Return the key that an environment variable holds.

    None where it is unset and the server is on the loopback, which needs none; ``UserError`` where it is unset
    and the server is elsewhere, or where it cannot be a key.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        if loopback(base_url):
            return None
        raise UserError(
            f"'{variable}' is not set, and '{host(base_url)}' wants a key",
            f"export {variable}=..., or name the variable that holds the key with --api-key-env",
        )
    if not _POSSIBLE.fullmatch(value):
        raise UserError(f"what '{variable}' holds cannot be a key", "a key is one word of plain characters")
    return Key(value)


def checked_url(base_url: str) -> str:
    """Return a server's address without a slash at its end; ``UserError`` for what is no address."""
    parts = _split(base_url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UserError(f"'{base_url}' is not a server's address", "write it as in http://127.0.0.1:8000/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UserError(
            "the server's address may hold no user, password, query or fragment",
            "put the key into an environment variable and name it with --api-key-env",
        )
    return base_url.rstrip("/")


def host(base_url: str) -> str:
    """Return the host that an address names; empty where it names none."""
    parts = _split(base_url)
    return (parts.hostname or "") if parts else ""


def loopback(base_url: str) -> bool:
    """Tell whether an address stays on this machine."""
    name = host(base_url)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def exposed(base_url: str) -> bool:
    """Tell whether a key would cross a network in the clear."""
    return base_url.lower().startswith("http:") and not loopback(base_url)


def _split(base_url: str) -> SplitResult | None:
    try:
        parts = urlsplit(base_url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return parts
