"""Times as journals write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_ROOM = timedelta(days=366)
# A time as we write it, of which a journal has a hundred thousand: there is nothing to make of it.
_OWN_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00")
_LAST_YEAR = 9998


def utc(time: str) -> str:
    """Return an ISO 8601 time as journals write it: UTC, to the microsecond, so that text order is time order.

    A time without a zone is taken as UTC. Raises ``ValueError`` or ``OverflowError`` for an invalid time, or one
    that leaves no room for later decisions.
    """
    read = datetime.fromisoformat(time)
    if _OWN_TIME.fullmatch(time) and read.year < _LAST_YEAR:
        return time
    moment = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    _ = moment + _ROOM  # the next decisions come after it
    return moment.isoformat(timespec="microseconds")
