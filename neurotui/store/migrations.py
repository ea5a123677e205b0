"""Runs of earlier formats, opened as if they were of the present one. Nothing is written into their files."""

from __future__ import annotations

from typing import NamedTuple


class Migration(NamedTuple):
    """How a run of an earlier format is read.

    ``schema`` names the statement that makes its tables, ``views`` the one that gives them, attached as
    ``older``, the present names. ``lacks`` is what such a run does not hold, for people.
    """

    schema: str
    views: str
    lacks: str


MIGRATIONS: dict[str, Migration] = {
    "1": Migration(
        "schema_1",
        "from_format_1",
        "it is a run of format 1, without activations at single tokens: nothing is said of tokens, the words at "
        "which neurons peak are not known, and it cannot be described again",
    ),
}
"""The earlier formats that can still be opened, by the version that a run says."""
