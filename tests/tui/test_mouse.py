"""What can be pressed can be clicked: columns, candidates, the footer; and the wheel scrolls what it is over."""

import pytest
from textual import events
from tui.driving import at_the_keys

from neurotui.types import Proposal


@pytest.fixture(autouse=True)
def asynchronous(anyio_backend):
    """Let every test here be one that waits."""
    return anyio_backend


async def click(person, text, within=slice(None)):
    """Click the middle of where a text stands on the screen, in some of its lines."""
    lines = person.lines
    y = next(y for y in range(len(lines))[within] if text in lines[y])
    await person.pilot.click(offset=(lines[y].index(text) + len(text) // 2, y))
    await person.settle()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("title", "sort"), [("score", "score"), ("fires", "fires"), ("neuron", "layer"), ("responds to", "label")]
)
async def test_a_click_on_a_columns_title_sorts_by_it_and_begins_at_the_top(run, labels, title, sort):
    async with at_the_keys(run, labels) as person:
        before = {"responds to": "layer", "neuron": "state"}.get(title, "label")
        person.browse.action_sort_by(before)
        await person.press("j", "j", "j")
        assert person.review_state.cursor == 3
        await click(person, title, slice(0, 1))
        assert person.review_state.sort == sort
        assert person.review_state.cursor == 0
        assert "▾" in person.lines[0]
        await click(person, title, slice(0, 1))
        assert person.review_state.sort == sort


@pytest.mark.anyio
async def test_a_click_above_the_marks_sorts_by_state(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.pilot.click("#list", offset=(2, 0))
        await person.settle()
        assert person.review_state.sort == "state"


async def click_candidate(person, number):
    """Click a candidate's line in the detail."""
    at = next(y for y, line in enumerate(person.page.splitlines()) if line[2:4] == f"{number} ")
    await person.pilot.click("#detail", offset=(12, at))
    await person.settle()


@pytest.mark.anyio
async def test_a_click_on_a_candidate_chooses_it_as_its_number_would(run, labels):
    async with at_the_keys(run, labels) as person:
        for number in (2, 3, 1):
            await click_candidate(person, number)
            assert person.review_state.chosen == number - 1
            assert f"\n▸ {number} " in person.page
        assert person.journal == []


@pytest.mark.anyio
async def test_what_was_written_has_a_key_and_can_be_clicked_beside_many_descriptors(rich_run, labels):
    async with at_the_keys(rich_run, labels) as person:
        neuron = person.review_state.overview.neuron(person.review_state.current)
        person.session.propose(
            neuron, [Proposal("bells", "openai", (0.9, 0.8, 1.0)), Proposal("whistles", "openai")]
        )
        person.browse.panes.take_changes()
        await person.settle()
        assert len(person.review_state.candidates()) == 15
        await click_candidate(person, 9)
        assert person.review_state.candidate().text == "whistles"
        await person.press("8", "a")
        assert person.journal[-1] == (str(neuron), "accept", "bells")


@pytest.mark.anyio
async def test_a_click_in_the_footer_does_what_stands_there(run, labels):
    async with at_the_keys(run, labels, (240, 45)) as person:
        await click(person, "x reject", slice(-1, None))
        assert person.journal == [("L0.0", "reject", "")]
        await click(person, "u undo", slice(-1, None))
        assert person.journal[1][1] == "undo"
        await click(person, "/ filter", slice(-1, None))
        assert person.browse.prompt.is_open
        assert "x reject" not in person.keys
        await person.press("escape")
        await click(person, "q quit", slice(-1, None))
        assert not person.app.is_running


@pytest.mark.anyio
async def test_a_click_chooses_nothing_while_a_label_is_typed(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("e")
        await click_candidate(person, 2)
        assert person.review_state.chosen == 0
        assert person.browse.prompt.is_open


@pytest.mark.anyio
async def test_the_wheel_scrolls_what_it_is_over_and_moves_no_cursor(run, labels):
    async with at_the_keys(run, labels, (100, 24)) as person:
        for pane in (person.browse.list, person.browse.detail):
            tops = [pane.scroll_offset.y]
            for wheel in (events.MouseScrollDown, events.MouseScrollDown, events.MouseScrollUp):
                await person.pilot._post_mouse_events([wheel], pane, (5, 5))
                await person.until(lambda pane=pane, tops=tops: pane.scroll_offset.y != tops[-1])
                tops.append(pane.scroll_offset.y)
            assert tops[0] < tops[1] < tops[2] > tops[3]
        assert person.review_state.cursor == 0
        await person.press("j")
        assert person.current == "L0.1"
        assert person.row("L0.1").startswith("▌")


@pytest.mark.anyio
async def test_a_click_on_a_views_row_says_all_of_it_and_one_on_its_foot_does_what_stands_there(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("a", "x", "H")
        assert "L0.1 is now rejected" in person.lines[-2]
        await click(person, "L0.0 ", slice(2, -2))
        assert "L0.0 is now accepted" in person.lines[-2]
        await click(person, "undo this one", slice(-1, None))
        assert person.journal[-1][:2] == ("L0.0", "undo")
        await click(person, "close", slice(-1, None))
        assert person.app.screen is person.browse


@pytest.mark.anyio
async def test_a_click_on_what_works_elsewhere_does_nothing_in_a_view(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("j", "c")
        await click(person, "2 ", slice(5, -5))
        await click(person, " 1 ", slice(5, -5))
        assert type(person.app.screen).__name__ == "Compare"


@pytest.mark.anyio
async def test_only_a_left_click_that_began_and_ended_there_decides_and_two_quick_ones_decide_once(run, labels):
    async with at_the_keys(run, labels, (240, 45)) as person:
        line = len(person.lines) - 1
        reject = person.lines[line].index("x reject") + 3
        undo = person.lines[line].index("u undo") + 2

        async def mouse(*events_):
            for kind, x, button in events_:
                person.app.post_message(kind(None, x, line, 0, 0, button, *[False] * 3, x, line))
            await person.settle()

        down, up = events.MouseDown, events.MouseUp
        for button in (2, 3):
            await mouse((down, reject, button), (up, reject, button))
            await person.pilot.click(offset=(reject, line), button=button)
            await person.settle()
        await mouse((down, undo, 1), (up, reject + 1, 1))
        await mouse((down, reject + 2, 1), (up, undo, 1))
        await mouse((up, reject, 1))
        assert person.journal == []
        # Each at a place of its own: Textual counts clicks in the same place.
        await mouse((down, reject - 1, 1), (up, reject - 1, 1), (down, reject - 1, 1), (up, reject - 1, 1))
        assert person.journal == [("L0.0", "reject", "")]


@pytest.mark.anyio
async def test_whether_the_window_has_the_focus_changes_nothing(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("n", *"seen")
        for event in (events.AppBlur(), events.AppFocus(), events.AppBlur()):
            person.app.post_message(event)
        await person.press("x", "enter")
        assert person.journal == [("L0.0", "note", "seenx")]
