"""What an annotator may see of the labels: in a blind review not what others decided, until they have themselves.

``open --blind`` hides other people's decisions, notes and labels of a neuron, and the machine's candidates, until
one's own decision of that neuron is saved. ``blind_overview.py`` keeps what is hidden from lists and filters. The
decision says what was hidden, so that an evaluation can tell blind labels from others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.review.own_labels import own_labels
from neurotui.spelling import compared_name
from neurotui.types import PERSON, Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.store.labels import Labels
    from neurotui.types import Blind, Event, Neuron, Proposal


class VisibleLabels:
    """The labels as `by` sees them, of whom `blind` is hidden; nothing is hidden from nobody in particular."""

    def __init__(self, labels: Labels, by: str = "", blind: Blind = "") -> None:
        self._labels = labels
        self._by = by
        self._name = compared_name(by)
        self._blind = blind

    def hidden(self, neuron: Neuron) -> Blind:
        """Return what of a neuron is hidden now: nothing once its annotator has decided it, undone or not.

        Whoever takes a decision back has seen what it showed them.
        """
        return self._blind if self._blind and not self._labels.ever_decided(neuron, self._by) else ""

    @property
    def is_blind_to_machine(self) -> bool:
        """Whether the machine's candidates are hidden of any neuron that is not decided."""
        return self._blind in {"machine", "both"}

    def hides_machine(self, neuron: Neuron) -> bool:
        """Return whether the machine's candidates of a neuron are hidden now."""
        return self.hidden(neuron) in {"machine", "both"}

    def hides_people(self, neuron: Neuron) -> bool:
        """Return whether other people's decisions of a neuron are hidden now."""
        return self.hidden(neuron) in {"people", "both"}

    def own(self, neuron: Neuron) -> Label:
        """Return the annotator's own label of a neuron."""
        return self._labels.own(neuron, self._by)

    def label(self, neuron: Neuron) -> Label:
        """Return a neuron's standing label, or what the annotator may see of it."""
        return self.own(neuron) if self.hides_people(neuron) else self._labels.label(neuron)

    def is_last_of(self, neuron: Neuron) -> bool:
        """Return whether the last that was done about a neuron was done by the annotator, or there is none."""
        return not self._name or compared_name(self._labels.last_by(neuron)) == self._name

    def neurons(self) -> list[Neuron]:
        """Return every neuron that ever had a decision or a note, whether it is seen or not, in neuron order."""
        return self._labels.neurons()

    def proposals(self, neuron: Neuron) -> list[Proposal]:
        """Return the labels written for a neuron that the annotator may see, newest first."""
        found = self._labels.proposals(neuron, seen_by=self._by if self.hides_people(neuron) else None)
        return [one for one in found if one.origin == PERSON] if self.hides_machine(neuron) else found

    def history(self) -> Sequence[Event]:
        """Return every decision and note that the annotator may see, undone ones included, oldest first."""
        history = self._labels.history()
        if self._blind not in {"people", "both"}:
            return history
        hidden = {neuron for neuron in self._labels.neurons() if self.hides_people(neuron)}
        return [one for one in history if compared_name(one.by) == self._name or one.neuron not in hidden]

    def own_labels(self) -> tuple[str, ...]:
        """Return the labels that the annotator wrote, of any neuron, newest first, each once."""
        return own_labels(self._labels, self._by)

    def undone(self, event: Event) -> bool:
        """Return whether a decision or note is undone and not redone since, by anybody."""
        return self._labels.undone(event)
