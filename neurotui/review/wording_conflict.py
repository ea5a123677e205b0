"""A neuron on which people differ in wording alone, and what would stand if it were settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from neurotui.types import Label, Neuron, Proposal


class WordingConflict(NamedTuple):
    """The label that would stand of a neuron, and the accepted labels of each person that differ.

    ``same_words``: their labels are of the same words, and not just near in meaning.
    """

    neuron: Neuron
    stands: Proposal
    each: tuple[Label, ...]
    same_words: bool

    def is_of(self, label: Label) -> bool:
        """Return whether a standing label is still this conflict."""
        return label.differ in {"wording", "label"} and accepted(label) == self.each


def accepted(label: Label) -> tuple[Label, ...]:
    """Return the accepted labels of those who judged a neuron."""
    return tuple(one for one in label.each if one.state == "accepted")
