"""The journal as a view: everybody's decisions, newest first, any of which can be taken back."""

import pytest
from tui import hostile
from tui.driving import at_the_keys, harmless

from neurotui.store.journal import Journal, new_id
from neurotui.store.journal_lines import line_of
from neurotui.store.run import Run
from neurotui.types import Event, Neuron


@pytest.fixture(autouse=True)
def asynchronous(anyio_backend):
    """Let every test here be one that waits."""
    return anyio_backend


def decide(run, labels, unit, action, by="bob", **more):
    with Run(run) as opened:
        return Journal(labels).append(
            Neuron(0, unit), action, by=by, model=opened.model, weights=opened.weights, **more
        )


def merged(run, labels, unit, action, time):
    """Append a decision of another journal, as merging the files does."""
    with Run(run) as opened, labels.open("ab") as file:
        file.write(line_of(Event(new_id(), time, "bob", action, opened.model, opened.weights, 0, unit)))


def listed(person):
    """Return each decision that the view shows: who, neuron, what, and the rest."""
    return [tuple(line[1:].split()[2:]) for line in person.lines[2:-2] if line.strip()]


def cursor(person):
    return next(line for line in person.lines if line.startswith("▌"))


@pytest.mark.anyio
@pytest.mark.parametrize("size", [(140, 45), (80, 24)], ids=["wide", "narrow"])
async def test_decisions_of_everybody_are_listed_newest_first_and_enter_goes_there(run, labels, size):
    decide(run, labels, 7, "accept", text="trams", origin="openai")
    async with at_the_keys(run, labels, size) as person:
        await person.press("x", "space", "n", *"odd", "enter", "u", "H")
        assert "4 decisions and notes" in person.lines[0]
        assert listed(person) == [
            ("ada", "L0.2", "noted", "odd", "undone"),
            ("ada", "L0.1", "»", "skipped"),
            ("ada", "L0.0", "✗", "rejected"),
            ("bob", "L0.7", "✓", "accepted", "trams"),
        ]
        await person.press("G")
        assert "proposed by openai · L0.7 is now accepted trams" in person.lines[-2]
        await person.press("enter")
        assert person.current == "L0.7"


@pytest.mark.anyio
async def test_x_undoes_anybodys_decision_even_an_old_one_and_says_so(run, labels):
    decide(run, labels, 7, "accept", text="trams")
    decide(run, labels, 7, "accept", text="buses")
    async with at_the_keys(run, labels) as person:
        await person.press("H", "x")
        assert person.journal[-1] == ("L0.7", "undo", "")
        assert listed(person)[0] == ("bob", "L0.7", "✓", "accepted", "buses", "undone")
        assert "L0.7 is now accepted trams" in person.lines[-2]
        await person.press("x")
        assert person.tells("L0.7: that is undone already")
        assert len(person.journal) == 3
        await person.press("j", "x", "escape")
        assert "saved: L0.7 accepted undone" in person.status
        assert person.row("L0.7")[2] == "·"
        await person.press("u")
        assert person.tells("there is nothing of ada to undo")
        await person.press("ctrl+r")
        assert person.row("L0.7")[2] == "✓"
        assert "trams" in person.row("L0.7")
    with Run(run) as opened:
        assert Journal(labels).events[-1].by == "ada"
        assert opened.weights == Journal(labels).events[-1].weights


@pytest.mark.anyio
async def test_the_cursor_stays_on_its_decision_as_others_decide(run, labels):
    decide(run, labels, 7, "accept", text="trams")
    async with at_the_keys(run, labels) as person:
        await person.press("x", "H", "j")
        assert " L0.7 " in cursor(person)
        decide(run, labels, 9, "skip")
        await person.until(lambda: "L0.9" in person.text)
        assert " L0.7 " in cursor(person)
        await person.press("x")
        assert person.journal[-1][0] == "L0.7"
        merged(run, labels, 11, "reject", "2020-01-01T00:00:00.000000+00:00")
        await person.until(lambda: "L0.11" in person.text)
        assert listed(person)[-1][:2] == ("bob", "L0.11")
        assert " L0.7 " in cursor(person)


@pytest.mark.anyio
async def test_an_empty_journal_says_what_decides_and_no_key_does_anything(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("H", "x", "enter", "j", "G")
        assert "nothing has been decided yet" in person.text
        assert not labels.exists()
        decide(run, labels, 3, "reject")
        await person.until(lambda: "L0.3" in person.text)
        await person.press("x")
        assert person.journal[-1] == ("L0.3", "undo", "")


@pytest.mark.anyio
async def test_read_only_shows_everything_and_undoes_nothing(run, labels):
    decide(run, labels, 7, "accept", text="trams")
    before = labels.read_bytes()
    async with at_the_keys(run, labels, read_only=True) as person:
        await person.press("H", "x")
        assert listed(person) == [("bob", "L0.7", "✓", "accepted", "trams")]
        assert "undo" not in person.keys
        assert labels.read_bytes() == before


@pytest.mark.anyio
async def test_twenty_thousand_decisions_are_rows_like_ten(run, labels):
    first = decide(run, labels, 0, "skip")
    more = [first._replace(id=f"e{number}", unit=number % 48) for number in range(20_000)]
    Journal(labels).extend(more)
    async with at_the_keys(run, labels) as person:
        await person.press("H")
        assert "20,001 decisions and notes" in person.lines[0]
        assert len(list(person.app.screen.walk_children())) < 10
        await person.press("G", "k", "g", "j")
        assert " L0." in cursor(person)


@pytest.mark.anyio
async def test_what_others_wrote_steers_nothing(run, labels):
    decide(run, labels, 7, "accept", by=hostile.ANNOTATOR, text=hostile.LABEL, origin=hostile.BACKEND)
    decide(run, labels, 7, "note", by=hostile.ANNOTATOR, text=hostile.NOTE)
    async with at_the_keys(run, labels) as person:
        await person.press("H", "j")
        assert all(map(harmless, person.lines))
        assert len(listed(person)) == 2


@pytest.mark.anyio
async def test_a_decision_on_a_neuron_that_this_run_lacks_is_listed_and_leads_nowhere(run, labels):
    decide(run, labels, 48, "reject")
    async with at_the_keys(run, labels) as person:
        await person.press("H")
        assert listed(person) == [("bob", "L0.48", "✗", "rejected")]
        await person.press("enter")
        assert person.tells("this run has no neuron L0.48")
        assert person.current == "L0.0"
