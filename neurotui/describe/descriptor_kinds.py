"""The kinds of descriptors in one table: everything about a kind except how it is found.

How a token descriptor is found stands in ``features/``, one module a kind. This module imports nothing heavy: the
app reads it before it opens.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

AtPeak = Literal["before", "word", "after", "token", "position"]
"""What tells, at the token where an exemplar peaks, whether a descriptor holds there."""


class DescriptorKind(NamedTuple):
    """A kind of descriptor, as ``descriptors.kind`` in a run names it.

    ``sentence(name)`` says where a neuron is active: ``at the word “away”``. ``has_meaning``: its name is words
    that it is found by; a sign, an ending or a position has none. ``exact``: it holds at one spelling
    alone, and comes first where most exemplars peak at that. ``learned``: it is made from the activations
    themselves, and fits them by luck as well. ``at_peak`` is by what it is judged at a peak that is not sampled.
    """

    name: str
    sentence: Callable[[str], str]
    has_meaning: bool = False
    exact: bool = False
    learned: bool = False
    at_peak: AtPeak = "token"


def _of_piece(name: str) -> str:
    return f"at the {name}" if name.endswith(" inside a word") else f"at the piece {name} of a word"


def _of_class(name: str) -> str:
    """Return ``months: january, february`` with its words first: ``at words like january, february (months)``."""
    called, _, words = name.partition(": ")
    return f"at words like {words} ({called})" if words else f"at words like {name}"


def _of_neighbour(name: str) -> str:
    """Replace the quotation marks of ``after "wall"`` by typographic ones; a sign is not quoted."""
    return "right " + re.sub(r'"(.*)"$', "“\\1”", name)


DESCRIPTOR_KINDS = {
    kind.name: kind
    for kind in (
        DescriptorKind("topic", "in texts about {}".format, has_meaning=True),
        DescriptorKind("word", "at the word “{}”".format, has_meaning=True, exact=True, at_peak="word"),
        DescriptorKind("sign", "at the {}".format, exact=True, at_peak="word"),
        DescriptorKind("stem", "at forms of {}".format, has_meaning=True),
        DescriptorKind("class", _of_class, has_meaning=True, learned=True),
        DescriptorKind("piece", _of_piece, exact=True),
        DescriptorKind("affix", "at words with {}".format),
        DescriptorKind("shape", "at {}".format),
        DescriptorKind("frequency", "at {}".format),
        DescriptorKind("position", "at {}".format, at_peak="position"),
        DescriptorKind("before", _of_neighbour, at_peak="before"),
        DescriptorKind("after", _of_neighbour, at_peak="after"),
    )
}
"""Every kind by its name. ``topic`` is of texts, all others are of tokens."""


def kind_of(name: str) -> DescriptorKind:
    """Return the kind of this name; one of which nothing is known, as from a run of another version, is plain."""
    return DESCRIPTOR_KINDS.get(name) or DescriptorKind(name, "at {}".format)
