"""Read runs of earlier formats as if they had the present one. Their files are never changed."""

from __future__ import annotations

from typing import NamedTuple


class Migration(NamedTuple):
    """How a run of an earlier format is read.

    ``schema`` names the statement that makes its tables, ``views`` the one that makes views of them (attached as
    ``older``) under the present names. ``lacks`` says in words what such a run does not hold.
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
"""The earlier formats that can still be opened, by format version."""
