"""Read runs of earlier formats as if they had the present one. Their files are never changed."""

from __future__ import annotations

from typing import NamedTuple

DESCRIBER_TABLES = frozenset({"describers", "described_by"})
"""The tables of the describers that stand beside a run's own: runs have them from format 3 on."""

WINDOW_TABLES = frozenset({"windows"})
"""The table of where windows stand in their documents: runs have it from format 4 on."""


class Migration(NamedTuple):
    """How a run of an earlier format is read.

    ``schema`` names the statement that makes its tables, ``views`` the one that makes views of them (attached as
    ``older``) under the present names. ``lacks`` says in words what such a run does not hold. Where a format has
    all tables of the present one but some, which are ``without``, it is read as it is, and needs no views.
    """

    schema: str = "schema"
    views: str = ""
    lacks: str = ""
    without: frozenset[str] = frozenset()


MIGRATIONS: dict[str, Migration] = {
    "1": Migration(
        "schema_1",
        "from_format_1",
        "it is a run of format 1, without activations at single tokens: nothing is said of tokens, the words at "
        "which neurons peak are not known, and it cannot be described again",
    ),
    # It lacks nothing: a run that only one describer has described holds no rows in these.
    "2": Migration(without=DESCRIBER_TABLES | WINDOW_TABLES),
    # Nor does this one: its texts are whole documents.
    "3": Migration(without=WINDOW_TABLES),
}
"""The earlier formats that can still be opened, by format version."""
