"""Names that are URLs, as ``s3://bucket/run.duckdb``: what lies there is fetched to a cache, and only read.

``fetched_files.py`` fetches, ``fetch_cache.py`` is where to, and ``url_refusals.py`` is where no URL is taken.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
# What quote leaves alone: what has a meaning in a URL, but for brackets, which mean something in a glob, and #,
# behind which a URL names a place in a file: we read whole files, and their names may have one.
_OF_A_URL = "/:@!$&'()*+,;=%~"
_SAME_SCHEMES = {"gcs": "gs", "abfss": "abfs"}


def is_url(name: str) -> bool:
    """Return whether a name is a URL, of whatever sort, and no path."""
    return bool(_URL.match(name))


def scheme_of(url: str) -> str:
    """Return a URL's scheme, in small letters; of several that mean the same, always one."""
    scheme = url.partition(":")[0].lower()
    return _SAME_SCHEMES.get(scheme, scheme)


def without_query(name: str) -> str:
    """Return a URL without what is only about how to reach it; a path stays as it is."""
    return name.partition("?")[0] if is_url(name) else name


def query_of(url: str) -> str:
    """Return what a URL says of how to reach it, without the question mark; "" for nothing."""
    return url.partition("?")[2]


def with_query(named: str, query: str) -> str:
    """Return a URL that is reached so."""
    return f"{named}?{query}" if query else named


def quoted(url: str) -> str:
    """Return a URL as pyarrow reads it, whatever signs it was typed with."""
    return with_query(quote(without_query(url), safe=_OF_A_URL), query_of(url))


def last_name(url: str) -> str:
    """Return the name of the file or folder that a URL names."""
    return without_query(url).rstrip("/").rpartition("/")[2]


def in_folder(url: str, name: str) -> str:
    """Return the URL of what lies in the folder at a URL: a file, or a glob."""
    return with_query(f"{without_query(url).rstrip('/')}/{name}", query_of(url))
