"""The table of what a journal holds, and the type of its lines, name the same."""

from typing import get_args

from neurotui.store.journal_actions import ACTION_FOR, JOURNAL_ACTIONS, STATE_AFTER
from neurotui.store.journal_fast_read import own_events
from neurotui.store.journal_lines import event_of, line_of
from neurotui.types import Event, JournalAction


def test_every_action_is_in_the_table_and_none_is_left_out():
    assert tuple(JOURNAL_ACTIONS) == get_args(JournalAction)


def test_the_action_for_a_state_leads_to_it_and_begins_a_label():
    assert all(STATE_AFTER[action] == state for state, action in ACTION_FOR.items())
    assert set(ACTION_FOR) == set(STATE_AFTER.values())
    assert ACTION_FOR["accepted"] == "accept"


def test_both_ways_to_read_a_line_know_every_field_and_every_action():
    """The quick way repeats the fields of an event, with what each may be."""
    fit = (0.5, 0.25, 0.75)
    texts = ("label", "person", "of", "batch")
    late = ("text", "2024-01-02T03:04:05.000000+00:00", "eve", "both")
    when = "2024-01-01T00:00:00.000000+00:00"
    for action in get_args(JournalAction):
        event = Event("id", when, "ada", action, "m", "w", 3, 797, *texts, fit, fit, -1, *late)
        assert all(
            value != default for value, default in zip(event[8:], Event._field_defaults.values(), strict=True)
        )
        line = line_of(event)
        assert own_events(line.rstrip(b"\n")) == [event_of(line)] == [event]
