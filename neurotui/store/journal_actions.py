"""The sorts of events that a journal holds: what each leads to, what it is in words, whether it can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from neurotui.types import JournalAction, State


class Sort(NamedTuple):
    """One sort of event.

    ``state`` is what an annotator's label is in after it; None if it decides none. ``done`` is what somebody has
    done, in words; "" for what people do not see. ``counts``: it stands until it is undone, and whoever did it can
    undo it. ``labels``: its text is a label of the neuron. ``turns``: it undoes or redoes another event.
    """

    state: State | None = None
    done: str = ""
    counts: bool = False
    labels: bool = False
    turns: bool = False


JOURNAL_ACTIONS: dict[JournalAction, Sort] = {
    "accept": Sort("accepted", "accepted", counts=True, labels=True),
    "also": Sort("accepted", "also accepted", counts=True, labels=True),
    "reject": Sort("rejected", "rejected", counts=True),
    "skip": Sort("skipped", "skipped", counts=True),
    "note": Sort(done="noted", counts=True),
    "settle": Sort(done="settled", counts=True, labels=True),
    "share": Sort(done="has the share"),
    "propose": Sort(labels=True),
    "undo": Sort(turns=True),
    "redo": Sort(turns=True),
}
"""Every sort of event, by the action that a line of the journal names."""

STATE_AFTER: dict[JournalAction, State] = {
    action: sort.state for action, sort in JOURNAL_ACTIONS.items() if sort.state is not None
}
"""The state that an annotator's label is in after each deciding action."""

ACTION_FOR: dict[State, JournalAction] = {state: action for action, state in reversed(STATE_AFTER.items())}
"""The action that leads to each state: of several the first."""

DONE: dict[JournalAction, str] = {action: sort.done for action, sort in JOURNAL_ACTIONS.items() if sort.done}
"""What somebody has done, in words, for every action that people see."""

COUNTED = frozenset(action for action, sort in JOURNAL_ACTIONS.items() if sort.counts)
"""The actions that can be undone, whoever did them; of candidates, see ``undo.can_be_undone``."""

WITH_A_LABEL = frozenset(action for action, sort in JOURNAL_ACTIONS.items() if sort.labels)
"""The actions whose text is a label of the neuron."""

TURNS = frozenset(action for action, sort in JOURNAL_ACTIONS.items() if sort.turns)
"""The actions that undo or redo another event."""
