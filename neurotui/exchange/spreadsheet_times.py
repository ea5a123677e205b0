"""Times as people and spreadsheets write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from neurotui.store.journal_times import utc

if TYPE_CHECKING:
    from collections.abc import Iterable

# Day 0 of a spreadsheet's days, and the days that are taken for a date: from 1982 to 2119.
_DAY_ZERO, _FIRST, _LAST = datetime(1899, 12, 30), 30_000, 80_000  # noqa: DTZ001 - as all times without a zone
_MICROSECONDS = 86_400_000_000
_NUMBER = re.compile(r"\d{5}(?:[.,]\d+)?", re.ASCII)
_LARGEST_MONTH = 12
# Seconds, milli-, micro- or nanoseconds since 1970, as data frames write times, from 2001 on.
_EPOCH, _SECONDS = re.compile(r"\d{10}(?:\d{3}){0,3}", re.ASCII), 10
_WRITTEN = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{4}|\d{2})"
    r"(?:[ T,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?(?:\s*([ap])\.?m\.?)?)?",
    re.ASCII | re.IGNORECASE,
)


class AmbiguousError(ValueError):
    """A date of which nobody can tell the day from the month."""


def day_first(values: Iterable[object]) -> bool | None:
    """Return whether the day stands before the month in some times with slashes; None if none of them shows it."""
    shown = set()
    for value in values:
        found = _WRITTEN.fullmatch(value.strip()) if isinstance(value, str) else None
        if found and found[2] != "." and len(found[1]) < len("2026"):
            shown |= {True} if int(found[1]) > _LARGEST_MONTH else set()
            shown |= {False} if int(found[3]) > _LARGEST_MONTH else set()
    return shown.pop() if len(shown) == 1 else None


def written_time(value: object, *, day_first: bool | None) -> str:
    """Return a time as journals write it, "" for none; raise ``ValueError`` or ``OverflowError`` for what is none.

    A date alone is its first moment. Numbers are a spreadsheet's days, or seconds and their parts since 1970. Of
    05/11/2026 `day_first` says what is the day; where it is not known, that is no time.
    """
    if isinstance(value, datetime | date):
        return utc(value.isoformat())
    if isinstance(value, int | float):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise ValueError("no time")
    text = (value or "").strip()
    if not text:
        return ""
    if _EPOCH.fullmatch(text):
        return utc(datetime.fromtimestamp(int(text) / 10 ** (len(text) - _SECONDS), UTC).isoformat())
    if _NUMBER.fullmatch(text) and _FIRST <= (days := float(text.replace(",", "."))) <= _LAST:
        return utc((_DAY_ZERO + timedelta(microseconds=round(days * _MICROSECONDS, -6))).isoformat())
    found = _WRITTEN.fullmatch(text)
    return utc(_from_parts(found, day_first) if found else text)


def _from_parts(found: re.Match[str], day_first: bool | None) -> str:  # noqa: FBT001 - passed on
    first, sign, second, third, hour, minute, second_of_minute, half = found.groups()
    numbers = int(first), int(second), int(third)
    if len(first) == len("2026"):
        year, month, day = numbers
    else:
        if sign != "." and day_first is None and max(numbers[:2]) <= _LARGEST_MONTH and first != second:
            raise AmbiguousError
        is_day = sign == "." or bool(day_first) or numbers[0] > _LARGEST_MONTH
        day, month = numbers[:2] if is_day else numbers[1::-1]
        year = numbers[2] + (2000 if len(third) == len("26") else 0)
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half in "pP" else 0)
    return datetime(year, month, day, hours, int(minute or 0), int(second_of_minute or 0)).isoformat()  # noqa: DTZ001
