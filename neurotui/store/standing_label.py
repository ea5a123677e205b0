"""From decisions to labels: one annotator's label, and what the labels of several add up to.

The standing label is what all who accepted or rejected a neuron agree on, or what somebody settled. Where they
differ and nobody has settled it, the neuron is in conflict. Whoever skipped has no say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from neurotui.same_words import words_of
from neurotui.spelling import compared, compared_name
from neurotui.store.event_order import place_of
from neurotui.store.journal_actions import STATE_AFTER
from neurotui.types import Label, Neuron, Proposal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from neurotui.types import Differ, Event, State


class OwnLabel(NamedTuple):
    """An annotator's label of a neuron, and the place of the last decision of it in the order of events."""

    label: Label
    place: tuple[str, str]


Answer = tuple[str, frozenset[tuple[str, int]]]


def answer(label: Label) -> Answer:
    """Return what of a label others can agree with: its state, and its labels with their sides."""
    return label.state, frozenset((compared(one.text), one.side) for one in label.accepted)


def own_label(neuron: Neuron, decisions: Sequence[Event]) -> OwnLabel:
    """Return what one annotator's decisions of a neuron add up to; they are in order, at least one."""
    last = decisions[-1]
    if last.action != "also":
        return OwnLabel(_decided(neuron, last, STATE_AFTER[last.action]), place_of(last))
    label = Label(neuron)
    for event in decisions:
        if event.action == "also" and label.state == "accepted":
            if all((one.text, one.side, one.scope) != _about(event) for one in label.accepted):
                label = label._replace(also=(*label.also, _proposal(event)))
        else:
            label = _decided(neuron, event, STATE_AFTER[event.action])
    return OwnLabel(label._replace(by=last.by, time=last.time), place_of(last))


def standing_label(neuron: Neuron, own: Iterable[OwnLabel], settled: Event | None) -> Label:
    """Return what annotators' labels of a neuron add up to; `settled` is the last event that settled it.

    A settlement stands until somebody decides otherwise after it.
    """
    in_order = sorted(own, key=lambda one: one.place)
    each = tuple(sorted((one.label for one in in_order), key=lambda label: compared_name(label.by)))
    each = each if len(each) > 1 else ()
    if settled is not None:
        stands = _settlement(neuron, settled)
        if all(one.place < place_of(settled) or answer(one.label) == answer(stands) for one in in_order):
            return stands._replace(each=each)
    judging = [one.label for one in in_order if one.label.state != "skipped"] or [one.label for one in in_order]
    if not judging:
        return Label(neuron)
    return _agreed(judging)._replace(each=each)


def _agreed(labels: Sequence[Label]) -> Label:
    """Return what all of some labels, the newest last, have in common; a conflict where that is nothing."""
    newest = labels[-1]
    answers = {answer(label) for label in labels}
    if len(answers) == 1:
        return newest
    common = frozenset.intersection(*(labels_ for _, labels_ in answers))
    if not common:
        return Label(newest.neuron, "conflict", time=newest.time, differ=_differ(labels))
    first, *also = (one for one in newest.accepted if (compared(one.text), one.side) in common)
    # What somebody added to a blind label was added when nothing was hidden any more.
    blind = newest.blind if first == newest.accepted[0] else ""
    return newest._replace(**first._asdict(), also=tuple(also), blind=blind)


def _differ(labels: Sequence[Label]) -> Differ:
    """Return in what some labels that have nothing in common differ: labels of the same words in wording alone."""
    if len({label.state for label in labels}) > 1:
        return "decision"
    words = {
        frozenset((word, one.side) for one in label.accepted for word in words_of(one.text)) for label in labels
    }
    return "wording" if len(words) == 1 else "label"


def _settlement(neuron: Neuron, event: Event) -> Label:
    return _decided(neuron, event, "accepted" if event.text else "rejected")._replace(settled=True)


def _decided(neuron: Neuron, event: Event, state: State) -> Label:
    said = (event.text, event.origin, event.by, event.time)
    about = (event.fit, event.token_fit, event.side, event.scope)
    return Label(neuron, state, *said, "", 0, *about, blind=event.blind)


def _proposal(event: Event) -> Proposal:
    return Proposal(event.text, event.origin, event.fit, event.token_fit, event.side, event.scope)


def _about(event: Event) -> tuple[str, int, str]:
    return event.text, event.side, event.scope
