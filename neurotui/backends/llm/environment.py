"""Variables of the environment that decide how a server is reached.

None is quoted: what names a proxy may hold a password.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from neurotui.errors import UserError

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
_OTHERS_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def proxy_variable(url: str) -> str:
    """Return the name of the variable that puts a proxy before an address; empty where none does."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return ""
    proxies = getproxies_environment()
    kind = next((kind for kind in (parts.scheme, "all") if proxies.get(kind)), None)
    if kind is None:
        return ""
    name = f"{kind}_proxy"
    return name if os.environ.get(name) else name.upper()


def unusable(error: Exception, url: str) -> UserError:
    """Return what to say where no client can be made: the variable that keeps it from being made, if one does."""
    for name in _CERTIFICATES:
        path = os.environ.get(name)
        if path and (isinstance(error, OSError) or not Path(path).exists()):
            return UserError(
                f"'{name}' names no certificates that can be read", f"mend it, or leave it out: unset {name}"
            )
    proxy = proxy_variable(url) or proxy_variable(f"https://{urlsplit(url).hostname}")
    if not proxy:
        return UserError(f"'{url}' cannot be asked: {type(error).__name__}", "check --base-url")
    if isinstance(error, ImportError):
        return UserError(
            f"'{proxy}' names a SOCKS proxy, and 'socksio' is not installed",
            f"pip install socksio, or leave the proxy out: unset {proxy}",
        )
    return UserError(
        f"'{proxy}' names no proxy that can be used",
        f"write it as in http://HOST:PORT, or leave it out: unset {proxy}",
    )


def way_to(url: str) -> str:
    """Return by which variable's proxy an address is reached, to be added to what went wrong; empty for none."""
    proxy = proxy_variable(url)
    return f", through the proxy that {proxy} names" if proxy else ""


def certificates_hint() -> str:
    """Return what helps where a server's certificate is not trusted."""
    read = "SSL_CERT_FILE names a file of further certificates"
    other = next((name for name in _OTHERS_CERTIFICATES if os.environ.get(name)), None)
    return f"{read}; {other} is not read" if other else read


def refuse_another_address(base_url: str, usual: str) -> None:
    """Raise ``UserError`` if the environment names another server than the default, and no option names one.

    A key must not go to a server that a person believes is not asked.
    """
    named = os.environ.get("OPENAI_BASE_URL", "").strip().rstrip("/")
    if named and base_url.rstrip("/") == usual.rstrip("/") != named:
        raise UserError(
            f"'OPENAI_BASE_URL' names another server than '{usual}', and is not read",
            'say whom to ask: --base-url "$OPENAI_BASE_URL", or unset OPENAI_BASE_URL',
        )
