"""Find the conflicts of wording alone, and what would stand if they were settled.

By words, people differ in wording alone where their labels are of the same words (``same_words.py``); by meaning,
also where every two of their labels are near in meaning. The wording that most of them gave stands, letter for
letter but for case and white space; of several such, the one that was given first.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from neurotui.review.wording_conflict import WordingConflict, accepted
from neurotui.spelling import compared, compared_name
from neurotui.store.journal_actions import STATE_AFTER
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neurotui.models.protocol import Encoder
    from neurotui.store.labels import Labels
    from neurotui.types import Event, Label, Progress, Proposal


def find_wording_conflicts(
    labels: Labels, encoder: Callable[[], Encoder] | None = None, progress: Progress = no_progress
) -> list[WordingConflict]:
    """Return each neuron on which people differ in wording alone; by `encoder`, in words near in meaning too.

    In neuron order. Left out is where everybody gave several labels, and by meaning where anybody did: which of
    them stand, a person has to say. `encoder` is called only if there is something to compare.
    """
    differing = [label for label in labels.all() if label.differ in {"wording", "label"}]
    groups = [accepted(label) for label in differing]
    same = [label.differ == "wording" for label in differing]
    # Several labels are compared by their mean alone: one of them may say what nobody else said.
    meant = [
        each for each, words in zip(groups, same, strict=True) if not words and not any(one.also for one in each)
    ]
    near: set[tuple[Label, ...]] = set()
    if encoder is not None and meant:
        from neurotui.evaluate.label_meanings import all_near  # noqa: PLC0415 - words need no numpy

        near = {each for each, is_near in zip(meant, all_near(meant, encoder(), progress), strict=True) if is_near}
    found = []
    for label, each, words in zip(differing, groups, same, strict=True):
        stands = _most_said(each, labels.said_of(label.neuron)) if words or each in near else None
        if stands is not None:
            found.append(WordingConflict(label.neuron, stands, each, words))
    return found


def _most_said(each: tuple[Label, ...], decisions: Sequence[Event]) -> Proposal | None:
    """Return the label that most gave; of several such the first one given; None where all gave several labels."""
    # Clocks may be wrong: the order of the decisions is not theirs.
    given_at = {
        compared_name(event.by): place for place, event in enumerate(decisions) if event.action in STATE_AFTER
    }
    single = sorted((one for one in each if not one.also), key=lambda one: given_at[compared_name(one.by)])
    if not single:
        return None
    given = Counter(compared(one.text) for one in single)
    # max() keeps the first of equals: the one that was given first.
    return max(single, key=lambda one: given[compared(one.text)]).accepted[0]
