"""Export from the app: what is written, what is never overwritten unasked, and the command that does the same."""

import json
import shlex
import shutil

import pyarrow.parquet as pq
import pytest
from tui.driving import at_the_keys

from neurotui.cli import main
from neurotui.exchange import registry
from neurotui.store.journal import Journal
from neurotui.tui.views.export import ExportNote


@pytest.fixture(autouse=True)
def asynchronous(anyio_backend):
    """Let every test here be one that waits."""
    return anyio_backend


@pytest.fixture
def own(run, tmp_path):
    """Return a copy of the run, beside which files may be written."""
    return shutil.copy(run, tmp_path / "run.duckdb")


def said(person):
    """Return what the dialog says, and the command below it."""
    parts = [text for _, text in person.app.screen.query_one(ExportNote).parts]
    return parts[0], parts[-1]


@pytest.mark.anyio
@pytest.mark.parametrize("size", [(140, 45), (80, 24)], ids=["wide", "narrow"])
async def test_accepted_labels_go_to_a_file_beside_the_run_and_the_command_writes_the_same(own, labels, size):
    async with at_the_keys(own, labels, size) as person:
        await person.press("a", "a", "x", "X")
        for part in ("jsonl", "accepted", "neurotui export", "enter writes it"):
            assert part in person.text
        await person.press("enter")
        written = own.with_name("run.accepted.jsonl")
        message, command = said(person)
        assert message == f"2 labels written to '{written}'"
        records = [json.loads(line) for line in written.read_text().splitlines()]
        assert [record["neuron"] for record in records] == ["L0.0", "L0.1"]
        await person.press("escape")
        assert person.app.screen is person.browse
    before = written.read_bytes()
    assert main([*shlex.split(command)[1:], "--force"]) == 0
    assert written.read_bytes() == before


@pytest.mark.anyio
async def test_other_labels_in_another_format_under_a_name_of_their_own(own, labels, tmp_path):
    async with at_the_keys(own, labels) as person:
        await person.press("x", "X", "right", "tab", "l", "enter")
        assert said(person)[0] == f"1 label written to '{own.with_name('run.rejected.csv')}'"
        await person.press("tab", "ctrl+u", *str(tmp_path / "mine"), "enter")
        message, command = said(person)
        assert message == f"1 label written to '{tmp_path / 'mine'}'"
        assert "--format csv --state rejected" in command
    assert (tmp_path / "mine").read_text() == own.with_name("run.rejected.csv").read_text()


@pytest.mark.anyio
async def test_every_format_of_the_registry_is_there_to_choose(own, labels):
    async with at_the_keys(own, labels) as person:
        await person.press("x", "X", "tab", "right", "shift+tab")
        for part in registry.writable_formats():
            assert f"• {part}" in person.text
            await person.press("right")
        # After the last comes the first.
        await person.press("right", "right")
        assert "• parquet" in person.text
        await person.press("enter")
        written = own.with_name("run.rejected.parquet")
        message, command = said(person)
        assert message == f"1 label written to '{written}'"
        assert "--format" not in command
        assert pq.read_table(written).column("neuron").to_pylist() == ["L0.0"]


@pytest.mark.anyio
async def test_what_is_chosen_while_a_file_is_written_does_not_change_it(own, labels):
    async with at_the_keys(own, labels) as person:
        await person.press("x")
        first = person.session.journal.events[0]
        Journal(labels).extend([first._replace(id=f"e{number}", time="") for number in range(20_000)])
        person.session.refresh()
        await person.press("X", "tab", "right", "shift+tab")
        # Unlike a person's, these keys do not wait for what goes on in the background.
        await person.pilot.press("enter", "right")
        await person.settle()
    assert json.loads(own.with_name("run.rejected.jsonl").read_text())["neuron"] == "L0.0"


@pytest.mark.anyio
async def test_a_file_that_is_there_is_replaced_only_when_enter_is_pressed_again(own, labels):
    there = own.with_name("run.accepted.jsonl")
    there.write_text("precious")
    async with at_the_keys(own, labels) as person:
        await person.press("a", "X", "enter")
        assert said(person)[0] == f"'{there}' is there already"
        assert "enter again replaces it" in person.text
        await person.press("right", "left", "enter")  # something else was looked at in between
        assert said(person)[0] == f"'{there}' is there already"
        assert there.read_text() == "precious"
        await person.press("enter")
        assert json.loads(there.read_text())["neuron"] == "L0.0"


@pytest.mark.anyio
async def test_neither_run_nor_journal_is_ever_replaced_and_what_cannot_be_written_says_why(own, labels):
    async with at_the_keys(own, labels) as person:
        await person.press("a", "X", "tab", "tab")
        whole, journal = own.read_bytes(), labels.read_bytes()
        own.with_name("run.replies.sqlite").write_bytes(b"precious")
        for name, why in (
            (own, "is what this command reads"),
            (labels, "is what this command reads"),
            (own.parent / "nowhere" / "x.csv", "there is no folder"),
            (own.parent, "is a folder"),
            (own / "x.jsonl", "is a file, so nothing can be written into it"),
            (own / "deeper" / "x.jsonl", "is a file, so nothing can be written into it"),
            (f"{own.parent / 'x.jsonl'}/", "is the name of a folder"),
            (f"{own.parent / 'x.jsonl'}/.", "is the name of a folder"),
            ("", "the file has no name"),
            ("-", "the file has no name"),
            (own.with_name("run.replies.sqlite"), "holds the replies that were paid for"),
            (own.with_name("x.parquet"), "is named as parquet, but jsonl is to be written"),
        ):
            await person.press("ctrl+u", *str(name), "enter", "enter")
            assert why in said(person)[0]
        assert (own.read_bytes(), labels.read_bytes()) == (whole, journal)
        assert own.with_name("run.replies.sqlite").read_bytes() == b"precious"


@pytest.mark.anyio
async def test_a_name_that_says_another_format_is_refused_before_anything_is_offered(own, labels):
    there = own.with_name("x.csv")
    there.write_text("precious")
    async with at_the_keys(own, labels) as person:
        await person.press("a", "X", "tab", "tab", "ctrl+u", *str(there), "enter")
        assert "is named as csv, but jsonl is to be written" in said(person)[0]
        assert "or choose csv" in person.text
        assert there.read_text() == "precious"


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["~nobody-of-this-name/x.csv", f"{'x' * 300}.jsonl"])
async def test_a_name_that_no_file_can_have_is_refused_in_words(own, labels, name):
    async with at_the_keys(own, labels) as person:
        await person.press("a", "X", "tab", "tab", "ctrl+u", *name, "enter")
        assert "written" not in said(person)[0]
        assert person.app.is_running
        assert person.app.screen.query_one(ExportNote).parts[0][0] == "bad"
