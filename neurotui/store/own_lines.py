"""The quick way to read lines that are as we write them, for a journal of a hundred thousand.

It returns what ``journal_lines`` would return, or nothing: whatever deviates is left to the careful way there,
which knows what other programs do to a journal and says what is wrong with a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, MsgspecError, Struct
from msgspec.json import Decoder
from msgspec.structs import astuple

from neurotui.store.times import utc
from neurotui.types import Event, JournalAction, Scope, Side

if TYPE_CHECKING:
    from collections.abc import Sequence

_Number = Annotated[int, Meta(ge=0, le=2**31 - 1)]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Fit = Annotated[tuple[_Share, ...], Meta(min_length=3, max_length=3)]
_FIELDS = len(Event._fields)


class _Line(Struct, forbid_unknown_fields=True, gc=False):
    """What each field of an ``Event`` may be, in their order; ``format`` is none and comes last."""

    id: str
    time: str
    by: str
    action: JournalAction
    model: str
    weights: str
    layer: _Number
    unit: _Number
    text: str = ""
    origin: str = ""
    of: str = ""
    batch: str = ""
    fit: _Fit = ()
    token_fit: _Fit = ()
    side: Side = 1
    scope: Scope | Literal[""] = ""
    order: str = ""
    importer: str = ""
    format: Literal[1, 2] = 1


_read = Decoder(_Line).decode_lines


def own_events(lines: Sequence[bytes]) -> list[Event] | None:
    """Return the decisions of lines that are all as we write them in every way; None if one of them is not."""
    block = b"\n".join(lines)
    # No value of ours is an object: where each line begins with one, none goes over two lines.
    if not block.startswith(b"{") or block.count(b"\n{") != len(lines) - 1:
        return None
    try:
        read = _read(block)
        ours = len(read) == len(lines) and all(
            utc(time) == time for one in read for time in ((one.time, one.order) if one.order else (one.time,))
        )
    except (MsgspecError, ValueError, OverflowError):
        return None
    return [Event._make(astuple(one)[:_FIELDS]) for one in read] if ours else None
