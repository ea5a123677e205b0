"""Variables of the environment that decide how a server is reached.

None is quoted: what names a proxy may hold a password.
"""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from neurotui.errors import UserError

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_CUSTOM = "OPENAI_CUSTOM_HEADERS"
_HEADERS = ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", _CUSTOM)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SECRET = re.compile("auth|key|token|secret|password|cookie", re.IGNORECASE)
_SHORTEST = 8
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


def certificates() -> ssl.SSLContext | bool:
    """Return what a server's certificate is checked against: the file or the folder that the environment names.

    True for those of the system. Raises ``OSError`` for what cannot be read. ``SSLKEYLOGFILE``, which the
    standard library would heed, is not: whoever has the file that it names can read the key in what was recorded.
    """
    file, folder = (os.environ.get(name) for name in _CERTIFICATES)
    if not file and not folder:
        return True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(file or None, None if file else folder)
    return context


def elsewhere(url: str) -> bool:
    """Return whether the organisation, project and headers in the environment are meant for another server.

    They are meant for the one that ``OPENAI_BASE_URL`` names, or for that of OpenAI.
    """
    meant = os.environ.get("OPENAI_BASE_URL", "").strip() or "https://api.openai.com"
    return _origin(url) != _origin(meant)


def refuse_headers(url: str) -> None:
    """Raise ``UserError`` for a variable that would be sent to a server as a header and cannot be."""
    if elsewhere(url):
        return
    for name in _HEADERS:
        value = os.environ.get(name, "")
        if not value.isascii() or _CONTROL.search(value.replace("\n", "") if name == _CUSTOM else value):
            raise UserError(f"'{name}' holds what no header can carry", f"mend it, or leave it out: unset {name}")


def secret_headers(url: str) -> list[str]:
    """Return the values of those headers in the environment that are credentials."""
    if elsewhere(url):
        return []
    lines = (line.partition(":") for line in os.environ.get(_CUSTOM, "").split("\n"))
    return [value.strip() for name, _, value in lines if _SECRET.search(name) and len(value.strip()) >= _SHORTEST]


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


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()
