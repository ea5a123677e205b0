"""What goes wrong outside is noticed and told, nothing shows as saved that is not, and the app goes on."""

import asyncio
import contextlib
import errno
import gc
import os
import shutil
import tempfile
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import duckdb
import pytest
from synthetic import write_run
from tui.driving import PATIENCE, Absent, Person, at_the_keys, decisions

from neurotui.errors import UserError
from neurotui.review.reviewer import Reviewer
from neurotui.review.session import Decision, Session
from neurotui.store import journal as room
from neurotui.store.journal import Journal
from neurotui.store.run import Run
from neurotui.tui.app import NeurotuiApp
from neurotui.tui.config import Config
from neurotui.tui.open_app import open_app
from neurotui.types import Neuron


@pytest.fixture
def own(run, tmp_path):
    """Return a run of one's own, for others to replace."""
    return Path(shutil.copy(run, tmp_path / "own.duckdb"))


def decide(run, labels, by, neuron, action, text=""):
    with Run(run) as opened:
        known = {"model": opened.model, "weights": opened.weights}
        return Journal(labels).append(Neuron.parse(neuron), action, by=by, text=text, **known)


# the run


@pytest.mark.anyio
async def test_a_run_that_was_replaced_is_noticed_and_f5_takes_it_up(own, labels):
    async with at_the_keys(own, labels) as person:
        await person.press("a", "o", "/")
        await person.type("layer:1")
        await person.press("enter", "j", "j")
        here = person.current
        write_run(own, seed=8, units=60)
        await person.until(lambda: "has been replaced" in person.text)
        assert "f5 reloads it" in person.text
        assert person.keys.startswith(" f5 reload")
        await person.press("j", "k")
        assert len(person.review_state.overview) == 96
        await person.press("f5")
        assert len(person.review_state.overview) == 120
        assert len(person.review_state) == 60
        assert person.current == here
        assert person.review_state.sort == "score"
        assert person.review_state.progress()["accepted"] == 1
        assert not person.keys.startswith(" f5")
        with Run(own) as new:
            detail = new.detail(person.review_state.current)
        assert f"fires {100 * detail.statistics.firing_rate:.1f}%" in person.said
        await person.press("x")
        assert person.journal[-1] == (here, "reject", "")


@asynccontextmanager
async def while_it_is_read(run, labels, monkeypatch):
    """Open a run of which the first rows have been read; the rest comes when the gate is opened."""
    gate, real = threading.Event(), Run.overview

    def held_up(self):
        gate.wait()
        return real(self)

    monkeypatch.setattr(Run, "overview", held_up)
    with Run(run) as opened:
        session = Session.open(opened, labels=labels, annotator="ada", read_only=False)
        session.new_worker = Absent
        app = NeurotuiApp(session, Config(order="layer"))
        try:
            async with app.run_test(size=(140, 45)) as pilot:
                yield Person(pilot, app, session), gate
        finally:
            gate.set()


@pytest.mark.anyio
async def test_the_first_rows_are_there_before_the_rest_is_read_and_keys_wait_for_it(run, labels, monkeypatch):
    async with while_it_is_read(run, labels, monkeypatch) as (person, gate):
        beginning = person.session.run.beginning()
        first = [str(beginning.neuron(place)) for place in range(len(beginning))].index("L0.0")
        assert beginning.names[beginning.matched[first, 0]] in person.row("L0.0")
        await person.pilot.click("#list", offset=(12, 0))
        await person.pilot.click("#list", offset=(12, 3))
        keys = asyncio.create_task(person.type("Ga"))
        await asyncio.sleep(0.1)
        assert person.journal == []
        gate.set()
        await keys
        # The last of all, in the order in which a run opens: of those that were read first it is none.
        last = str(person.review_state.overview.neuron(int(person.review_state.rows[-1])))
        assert [neuron for neuron, *_ in person.journal] == [last]


@pytest.mark.anyio
async def test_a_run_that_takes_long_to_read_can_be_left(run, labels, monkeypatch):
    async with while_it_is_read(run, labels, monkeypatch) as (person, _), asyncio.timeout(PATIENCE):
        keys = asyncio.create_task(person.type("aq"))
        while person.app.is_running:  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.05)
        keys.cancel()
    assert person.journal == []


@pytest.mark.anyio
async def test_a_run_that_could_not_be_read_says_why_and_another_can_be_taken_up(own, labels, monkeypatch):
    def damaged(_):
        raise UserError("a block is damaged", "copy it again")

    with monkeypatch.context() as patch:
        patch.setattr(Run, "overview", damaged)
        async with at_the_keys(own, labels) as person:
            assert "a block is damaged" in person.text
            assert "L0.0" not in person.text
            await person.press("a", ":")
            await person.type("L0.5")
            assert "the run could not be read" in person.text
            await person.press("escape", "f5")
            assert person.review_state is None
            patch.undo()
            write_run(own, seed=8)
            await person.press("f5", "a")
            assert [action for _, action, _ in person.journal] == ["accept"]


@pytest.mark.anyio
async def test_every_replacement_is_told(own, labels):
    async with at_the_keys(own, labels) as person:
        for seed in (8, 9):
            write_run(own, seed=seed)
            await person.until(lambda: person.keys.startswith(" f5 reload"))
            await person.press("f5")
            assert not person.keys.startswith(" f5")


@pytest.mark.anyio
async def test_a_run_that_is_replaced_while_it_is_read_is_told_too(own, labels, monkeypatch):
    real = Run.overview

    def overtaken(self):
        monkeypatch.setattr(Run, "overview", real)
        write_run(own, units=60)
        return real(self)

    monkeypatch.setattr(Run, "overview", overtaken)
    async with at_the_keys(own, labels) as person:
        await person.until(lambda: person.keys.startswith(" f5 reload"))
        monkeypatch.setattr(Run, "overview", overtaken)
        await person.press("f5")
        await person.until(lambda: person.keys.startswith(" f5 reload"))
        await person.press("f5")
        assert not person.keys.startswith(" f5")
        assert len(person.review_state.overview) == 120


@pytest.mark.anyio
async def test_a_smaller_run_without_the_cursors_neuron_begins_at_the_top(own, labels):
    async with at_the_keys(own, labels) as person:
        await person.press("G")
        write_run(own, units=3, layers=1)
        await person.press("f5")
        assert person.current == "L0.0"
        assert "L0.0" in person.page
        await person.press("a")
        assert person.journal[0][:2] == ("L0.0", "accept")


@pytest.mark.anyio
async def test_another_models_run_does_not_take_up_this_ones_labels(own, labels):
    async with at_the_keys(own, labels) as person:
        await person.press("a", "x")
        write_run(own, model="another", weights="1" * 64)
        await person.press("f5")
        assert person.review_state.progress()["open"] == 96
        assert "another" in person.status
        await person.press("u")
        assert "there is nothing of ada to undo" in person.text
        assert len(person.journal) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("damage", ["garbage", "another database", "gone"])
async def test_what_is_no_run_is_refused_and_the_old_one_stays(own, labels, damage):
    async with at_the_keys(own, labels) as person:
        own.unlink()
        if damage == "garbage":
            own.write_bytes(b"\x1b[2J not a run" * 999)
        elif damage == "another database":
            duckdb.connect(str(own.with_name("other.duckdb"))).close()
            own.with_name("other.duckdb").replace(own)
        await person.press("f5")
        assert person.tells("there is no file" if damage == "gone" else "not a neurotui run")
        assert len(person.review_state.overview) == 96
        await person.press("j", "j", "a")
        assert person.journal[0][:2] == ("L0.2", "accept")
        assert "L0.3" in person.page
        write_run(own)
        await person.press("f5")
        assert person.row("L0.2").startswith("  ✓")


@pytest.mark.anyio
async def test_a_run_without_neurons_says_what_to_do(tmp_path, labels):
    empty = write_run(tmp_path / "empty.duckdb", layers=0)
    async with at_the_keys(empty, labels, (100, 30)) as person:
        assert "the run has no neurons" in person.text
        assert "neurotui precompute" in person.text
        await person.press("a", "e", "j", "G", "]", "}", "o", "y", "u", "/")
        await person.type("sky")
        await person.press("enter", "escape", "?", "escape", "q")
    assert not labels.exists()


FIGURES = {
    "neurons": ("mean", "std", "minimum", "maximum", "firing_rate"),
    "exemplars": ("value", "lowest", "highest"),
    "pooled": ("lowest", "highest"),
    "matches": ("auroc_calibration", "lower", "upper", "auroc_validation", "average_precision"),
}


@pytest.mark.anyio
async def test_a_view_over_contents_that_cannot_be_says_so_and_deciding_goes_on(tmp_path, labels):
    run = write_run(tmp_path / "run.duckdb")
    with duckdb.connect(str(run)) as database:
        database.execute("UPDATE pooled SET codes = [] WHERE neuron_id = 5")
    async with at_the_keys(run, labels) as person:
        for opens in (["v", "tab"], ["s"]):
            await person.press(*opens)
            await person.until(lambda: "holds what no run can" in " ".join(person.text.split()))
            await person.press("escape")
        await person.press("a")
        assert person.journal[-1][1] == "accept"


@pytest.mark.anyio
@pytest.mark.parametrize("figure", ["nan", "inf", "-inf", "3e38"])
async def test_figures_that_are_no_numbers_are_shown_and_stop_nothing(own, labels, figure):
    columns = [(table, column) for table, names in FIGURES.items() for column in names]
    with duckdb.connect(str(own)) as connection:
        for unit, (table, column) in enumerate(columns):
            connection.execute(f"UPDATE {table} SET {column} = '{figure}' WHERE neuron_id = {unit}")
        for table, column in columns:
            connection.execute(f"UPDATE {table} SET {column} = '{figure}' WHERE neuron_id = {len(columns)}")
    async with at_the_keys(own, labels, (100, 30)) as person:
        for unit in range(len(columns) + 1):
            assert person.current == f"L0.{unit}"
            assert f" L0.{unit} " in person.page.splitlines()[0]
            assert "top exemplars" in person.page
            await person.type("21a")
        assert len(person.journal) == len(columns) + 1
        await person.press("g", "o", "o", "o", "o", "o")


# the journal


@pytest.mark.anyio
async def test_what_others_decide_appears_by_itself(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("a")
        decide(run, labels, "bob", "L0.5", "accept", "rain words")
        decide(run, labels, "bob", "L0.6", "reject")
        decide(run, labels, "bob", "L9.9", "reject")
        await person.until(lambda: person.row("L0.6").startswith("  ✗"))
        assert "rain words" in person.row("L0.5")
        assert "✓ 2" in person.status
        await person.press("u")
        assert person.row("L0.0").startswith("▌ ·")
        assert person.row("L0.6").startswith("  ✗")
        await person.press("j", "j", "j", "j", "j")
        assert "by bob" in person.said


@pytest.mark.anyio
async def test_a_torn_last_line_is_told_and_deciding_goes_on(run, labels):
    decide(run, labels, "ada", "L0.0", "accept", "rain")
    with labels.open("ab") as file:
        file.write(b'{"id": "half')
    async with at_the_keys(run, labels) as person:
        assert "ends in a line that was never finished" in person.text
        assert person.row("L0.0").startswith("▌ ✓")
        await person.press("j", "x")
        assert [neuron for neuron, _, _ in person.journal] == ["L0.0", "L0.1"]


@pytest.mark.anyio
@pytest.mark.parametrize("damage", ["bad line", "shorter", "a folder"])
async def test_a_journal_that_became_unreadable_is_told_and_nothing_is_saved_or_shown_as_saved(
    run, labels, damage
):
    async with at_the_keys(run, labels) as person:
        await person.press("a", "x")
        whole = labels.read_bytes()
        if damage == "bad line":
            labels.write_bytes(whole + b"not a decision\n")
        elif damage == "shorter":
            labels.write_bytes(whole[:10])
        else:
            labels.unlink()
            labels.mkdir()
        await person.until(lambda: "journal unreadable" in person.status)
        reasons = {
            "bad line": "line 3: not a decision",
            "shorter": "holds no decision any more",
            "a folder": "is a folder",
        }
        assert person.tells(reasons[damage])
        before = labels.read_bytes() if labels.is_file() else None
        for key in ("a", "x", "space", "u", "ctrl+r"):
            await person.press(key)
            assert "saved" not in person.status.replace("not saved", "")
            assert person.current == "L0.2"
            assert person.row("L0.2").startswith("▌ ·")
            assert person.row("L0.1").startswith("  ✗")
        await person.press("e", "enter")
        assert "enter saves" not in person.told
        await person.press("escape")
        assert (labels.read_bytes() if labels.is_file() else None) == before
        await person.until(lambda: "journal unreadable" in person.status)
        if labels.is_dir():
            labels.rmdir()
        labels.write_bytes(whole)
        await person.until(lambda: "saved: L0.1 rejected" in person.status)
        await person.press("space")
        assert person.journal[-1] == ("L0.2", "skip", "")
        assert "saved: L0.2 skipped" in person.status


async def refuses_to_save(person, labels, reason):
    """Press every key that decides; see that none is shown as saved and the disk stays as it was."""
    before = decisions(labels)
    for key in ("a", "x", "space", "u"):
        await person.press(key)
        assert person.tells(f"could not be saved to '{labels}': {reason}")
        assert "not saved" in person.status
        assert "saved:" not in person.status
        assert person.current == "L0.1"
        assert person.row("L0.1").startswith("▌ ·")
        assert person.row("L0.0").startswith("  ✓")
    await person.press("n")
    await person.type("a long note")
    await person.press("enter")
    assert "a long note" in person.typed
    assert "not saved" in person.told
    await person.press("escape")
    assert decisions(labels) == before


@pytest.mark.anyio
async def test_a_full_disk_is_told_and_nothing_shows_as_saved(run, labels, monkeypatch):
    async with at_the_keys(run, labels) as person:
        await person.press("a")
        real = room._write_all

        def half(file, data):
            real(file, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as full:
            full.setattr(room, "_write_all", half)
            await refuses_to_save(person, labels, "No space left on device")
        await person.press("x")
        assert person.journal[-1] == ("L0.1", "reject", "")
        assert "saved: L0.1 rejected" in person.status


@contextlib.contextmanager
def unprivileged(folder, file):
    """Be somebody who may only read these, whom permissions bind even if this is root."""
    file.chmod(0o444)
    folder.chmod(0o555)
    user = os.geteuid()
    os.seteuid(user or 65534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(0o755)
        file.chmod(0o644)


@pytest.mark.anyio
@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="permissions as POSIX has them")
async def test_a_journal_that_may_only_be_read_is_told_and_nothing_shows_as_saved(run):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        labels = folder / "run.labels.jsonl"
        async with at_the_keys(run, labels) as person:
            await person.press("a")
            with unprivileged(folder, labels):
                await refuses_to_save(person, labels, "Permission denied")
            await person.press("x")
            assert person.journal[-1] == ("L0.1", "reject", "")


@pytest.mark.anyio
async def test_a_folder_that_is_not_there_is_told_and_nothing_shows_as_saved(run, tmp_path):
    labels = tmp_path / "later" / "run.labels.jsonl"
    async with at_the_keys(run, labels) as person:
        await person.press("a")
        assert person.tells("could not be saved")
        assert person.tells("No such file or directory")
        assert "not saved" in person.status
        assert person.row("L0.0").startswith("▌ ·")
        labels.parent.mkdir()
        await person.press("a")
        assert "saved: L0.0 accepted" in person.status


@pytest.mark.anyio
async def test_read_only_decides_nothing(run, labels):
    decide(run, labels, "ada", "L0.1", "accept", "rain")
    before = labels.read_bytes()
    async with at_the_keys(run, labels, read_only=True) as person:
        assert "read-only" in person.status
        for key in ("a", "x", "space", "e", "n", "u", "ctrl+r"):
            await person.press(key)
            assert "read-only: decisions are switched off" in person.text
            assert "saved" not in person.status
            assert person.current == "L0.0"
            assert not person.browse.prompt.is_open
        assert person.row("L0.0").startswith("▌ ·")
        assert "accept" not in person.keys
        await person.press(":")
        await person.type("accept")
        assert "accept the chosen" not in person.text
        await person.press("escape", "2", "o", "j", "y", "tab", "G")
        assert person.tells("sent to the clipboard")
        decide(run, labels, "bob", "L0.2", "reject")
        await person.until(lambda: "✗ 1" in person.status)
    assert labels.read_bytes().startswith(before)
    assert len(decisions(labels)) == 2


def test_a_session_without_permission_to_decide_refuses_below_the_screen_too(run, labels):
    session = Session.open(Run(run), labels=labels, annotator="ada", read_only=True)
    for act in (lambda: session.decide([Decision(Neuron(0, 0), "skip")]), session.undo, session.redo):
        with pytest.raises(UserError, match="read-only"):
            act()
    session.run.close()
    assert not labels.exists()


# before the screen


def test_what_cannot_be_opened_is_refused_before_the_terminal_is_touched(run, labels, tmp_path, capfd):
    (tmp_path / "bad.jsonl").write_text("not a decision\n")
    for where, journal in ((tmp_path / "no.duckdb", None), (run, tmp_path / "bad.jsonl"), (run, tmp_path)):
        with pytest.raises(UserError):
            open_app(Run(where), Reviewer("ada"), labels=journal)
    with pytest.raises(UserError, match="no terminal"):
        open_app(Run(run), Reviewer("ada"), labels=labels)
    assert capfd.readouterr() == ("", "")


@pytest.mark.anyio
async def test_the_collector_that_opening_a_run_stopped_works_again_when_the_screen_has_settled(run, labels):
    gc.disable()
    try:
        async with at_the_keys(run, labels) as person:
            await person.until(gc.isenabled)
    finally:
        gc.enable()
