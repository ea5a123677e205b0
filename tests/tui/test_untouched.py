"""What is not edited stays as it was, byte for byte; what is pasted is taken whole, or told."""

import json

import portalocker
import pytest
from textual import events
from tui.driving import at_the_keys

from neurotui.sanitize import restored, visible
from neurotui.store.journal import Journal
from neurotui.store.run import Run
from neurotui.types import Neuron

ODD = [
    "first line\nsecond line",
    "tab\there \u200bzero-width",
    "\n leading",
    "r\r\nn\x1b[31m",
    "\u202eright",
    "a\u0301\ud83d",
]


def said(run, labels, action, text, unit=0, by="bob", **more):
    with Run(run) as opened:
        of = {"model": opened.model, "weights": opened.weights} | more
        return Journal(labels).append(Neuron(0, unit), action, by=by, text=text, **of)


def texts(labels):
    return [json.loads(line)["text"] for line in labels.read_text().splitlines()]


@pytest.mark.anyio
async def test_a_note_that_is_opened_and_kept_is_not_written_again(run, labels):
    for unit, text in enumerate(ODD):
        said(run, labels, "note", text, unit)
    before = labels.read_bytes()
    async with at_the_keys(run, labels) as person:
        for _ in ODD:
            await person.press("n", "enter", "j")
        assert labels.read_bytes() == before
        await person.press("g", "n", "end")
        await person.type(" and more")
        await person.press("home")
        await person.type("A ")
        await person.press("enter")
        assert texts(labels)[-1] == f"A {ODD[0]} and more"


@pytest.mark.anyio
async def test_a_label_that_is_opened_and_kept_stays_as_it_was(run, labels):
    for unit, text in enumerate(ODD):
        said(run, labels, "accept", text, unit)
    async with at_the_keys(run, labels) as person:
        for _ in ODD:
            await person.press("e", "enter")
        assert texts(labels)[len(ODD) :] == ODD


def test_an_edit_changes_what_was_edited_and_nothing_else():
    for text in ODD:
        shown = visible(text)
        assert restored(shown, text) == text
        assert restored(f"<{shown}>", text) == f"<{text}>"
        assert restored(shown[:3] + "x" + shown[3:], text) == text[:3] + "x" + text[3:]
        assert restored(shown[1:], text) == text[1:]
    assert restored("plain", "other") == "plain"
    assert restored("", "a\nb") == ""


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("animals that bark\nand fetch sticks\nindoors", "animals that bark and fetch sticks indoors"),
        ("\n\n  dogs\r\n\r\n cats \r\n", "dogs cats"),
        ("dogs\n", "dogs"),
        ("dogs\tcats", "dogs\tcats"),
    ],
)
async def test_every_line_that_is_pasted_is_in_the_note(run, labels, pasted, kept):
    async with at_the_keys(run, labels) as person:
        await person.press("n")
        person.app.post_message(events.Paste(pasted))
        await person.settle()
        await person.press("enter")
        assert texts(labels) == [kept]


@pytest.mark.anyio
async def test_a_lock_that_another_program_holds_stops_no_key(run, labels):
    said(run, labels, "accept", "rain", 5)
    async with at_the_keys(run, labels) as person:
        with labels.open("rb") as file:
            portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE)
            await person.press("x")
            assert person.tells("another program holds the lock")
            assert "not saved" in person.status
            await person.press("j", "j")
            assert person.current == "L0.2"
            portalocker.unlock(file)
        await person.press("x")
        assert person.journal[-1] == ("L0.2", "reject", "")
        assert person.session.wait < 1


@pytest.mark.anyio
async def test_another_journal_in_its_place_is_read_and_what_it_lacks_is_told(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("x", "x")
        mine = labels.read_bytes().splitlines(keepends=True)
        new = labels.with_name("new")
        said(run, new, "accept", "theirs", 5)
        new.write_bytes(new.read_bytes() + mine[1])
        new.replace(labels)
        await person.until(lambda: "theirs" in person.row("L0.5"))
        assert person.tells("is read anew")
        assert person.tells("no longer in it: 1 line")
        assert person.row("L0.0").startswith("  ·")
        assert person.row("L0.1").startswith("  ✗")
        await person.press("x")
        assert len(person.journal) == 3


@pytest.mark.anyio
async def test_the_app_tells_of_decisions_of_another_model(run, labels):
    said(run, labels, "accept", "x", weights="1" * 64)
    async with at_the_keys(run, labels) as person:
        assert person.tells("1 decision is of another model and was passed over")
