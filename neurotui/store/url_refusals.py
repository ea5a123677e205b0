"""Where no URL is taken, or not this one: what is written or changed there, and URLs with secrets in them.

Every refusal says the command that copies. None repeats a secret.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from neurotui.errors import UserError
from neurotui.store.fetch_cache import origin_of
from neurotui.store.url_errors import way_in
from neurotui.store.urls import is_url, last_name, query_of, quoted, scheme_of

# A user and a password before the host, or a bucket; a host and a port are none. Secrets may hold / and ?.
_PASSWORD = re.compile(r"[^:]+://[^/@:]*:(?!\d+(/|\?|$))[^@]*@")
_SECRET_OPTION = re.compile(r"secret|password|token|signature|key|^sig$", re.IGNORECASE)


def refuse_secret(url: str) -> None:
    """Raise ``UserError`` for a URL with a password or a key: it would be kept where others may read it."""
    names = [option.partition("=")[0] for option in query_of(url).split("&")]
    secret = next((f"the option '{name}'" for name in names if _SECRET_OPTION.search(name)), "")
    if _PASSWORD.match(url):
        secret = "a password"  # noqa: S105 - the word
    if secret:
        raise UserError(f"a URL of '{scheme_of(url)}' with {secret} in it is not taken", way_in(url))


def refuse_writing_to(name: str | Path) -> None:
    """Raise ``UserError`` if what is to be written is named by a URL."""
    url = str(name)
    if is_url(url):
        refuse_secret(url)
        file = last_name(url)
        raise UserError(
            f"'{url}' is a URL, and files are written to a disk alone",
            f"write '{file}', then copy it: {copy_command(file, url)}",
        )


def on_a_disk(name: str | Path) -> Path:
    """Return the path of a file that is changed where it lies, or is a person's and stays on a disk.

    Raises ``UserError`` if it is named by a URL, or was fetched from one.
    """
    url = str(name) if is_url(str(name)) else origin_of(Path(name))
    if is_url(url):
        refuse_secret(url)
        file = last_name(url)
        raise UserError(
            f"'{url}' is a URL, and a file on a disk is wanted",
            f"copy it, then name '{file}': {copy_command(url, file)}",
        )
    return Path(name)


def copy_command(source: str, target: str) -> str:
    """Return a command that copies to or from a URL wherever we can read it: it goes the same way."""
    return _python(_copying(source, target))


def copy_folder_command(url: str, folder: str) -> str:
    """Return a command that copies the folder at a URL to one on a disk, and makes that if it is not there."""
    return _python(f"import os; os.makedirs({folder!r}, exist_ok=True); {_copying(url, folder)}")


def _copying(source: str, target: str) -> str:
    named = ", ".join(repr(quoted(one) if is_url(one) else one) for one in (source, target))
    return f"from pyarrow.fs import copy_files; copy_files({named})"


def _python(program: str) -> str:
    return shlex.join(["python3", "-c", program])
