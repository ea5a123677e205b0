"""A label that may be accepted for a neuron, and how well it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from neurotui.words import Side


class Candidate(NamedTuple):
    """A proposed label: a descriptor's name, or what a generator or a person wrote (then `descriptor` is -1).

    ``fit`` is how well it fits as a topic, with its interval's ends, and ``token_fit`` as a word; each is empty
    where that is not known. ``side`` -1 speaks of the negative of the activation.
    """

    text: str
    origin: str
    fit: tuple[float, ...] = ()
    descriptor: int = -1
    token_fit: tuple[float, ...] = ()
    side: Side = 1


class BothFits(NamedTuple):
    """How well a label fits as a topic and as a word; each as ``Event`` has it."""

    fit: tuple[float, ...] = ()
    token_fit: tuple[float, ...] = ()
