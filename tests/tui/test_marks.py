"""Deciding for several neurons at once, in an editor, and the pace of it."""

import json
import signal
import stat
from contextlib import contextmanager

import pytest
from synthetic import write_run
from tui.driving import at_the_keys, decisions
from tui.terminal import PATIENCE, Terminal

from neurotui.cli import main
from neurotui.errors import UserError
from neurotui.tui.external_editor import written_in_editor


@pytest.mark.anyio
async def test_marked_neurons_are_decided_together_and_undone_together(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("m", "j", "M")
        assert person.review_state.marked == {0, 1, 2}
        assert "3 marked" in person.status
        assert person.row("L0.0").startswith(" •")
        await person.press("a")
        best = [person.review_state.candidates(number)[0].text for number in range(3)]
        assert person.journal == [(f"L0.{number}", "accept", best[number]) for number in range(3)]
        assert "saved: 3 neurons accepted" in person.status
        assert person.review_state.marked == set()
        await person.press("u")
        assert [action for _, action, _ in person.journal[3:]] == ["undo"] * 3
        assert person.review_state.progress()["accepted"] == 0
        assert "saved: 3 neurons undone" in person.status
        await person.press("ctrl+r")
        assert person.review_state.progress()["accepted"] == 3


@pytest.mark.anyio
async def test_imported_candidates_stand_with_their_origin_and_one_key_takes_them_back(run, labels, tmp_path):
    path = tmp_path / "theirs.jsonl"
    rows = [
        {"neuron": "L0.1", "state": "candidate", "label": text, "origin": "gpt-x"} for text in ("rain", "snow")
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["import", str(run), str(path), "--labels", str(labels), "--annotator", "ada"]) == 0
    async with at_the_keys(run, labels) as person:
        await person.press("j")
        written = [one for one in person.review_state.candidates(1) if one.origin == "gpt-x"]
        assert [one.text for one in written] == ["rain", "snow"]
        assert person.review_state.progress()["accepted"] == 0
        await person.press("u")
        assert "saved: L0.1 undone" in person.status
        assert not [one for one in person.review_state.candidates(1) if one.origin == "gpt-x"]


@pytest.mark.anyio
async def test_marked_neurons_may_all_bear_one_label_or_be_rejected(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("m", "m", "e")
        assert "label 2 marked" in person.text
        await person.type(["backspace"] * 60)
        await person.type("all the same")
        await person.press("enter")
        assert person.journal == [("L0.0", "accept", "all the same"), ("L0.1", "accept", "all the same")]
        await person.press("m", "x")
        assert person.journal[2:] == [("L0.2", "reject", "")]


@pytest.mark.anyio
async def test_esc_takes_the_marks_away_before_it_clears_the_filter(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("/")
        await person.type("layer:0")
        await person.press("enter", "m", "m", "escape")
        assert person.review_state.marked == set()
        assert person.review_state.filter.text == "layer:0"
        assert "marked" not in person.status
        await person.press("escape")
        assert person.review_state.filter.text == ""


@pytest.mark.anyio
async def test_the_status_line_tells_pace_and_rest_once_there_is_a_pace(run, labels):
    async with at_the_keys(run, labels, (200, 60)) as person:
        await person.press("x", "x", "x", "x")
        assert "/min" not in person.status
        await person.press("x")
        assert "/min" in person.status
        assert " left" in person.status


@pytest.mark.anyio
async def test_filters_are_saved_chosen_and_forgotten(run, labels, tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROTUI_CONFIG", str(tmp_path / "config.toml"))
    async with at_the_keys(run, labels) as person:
        await person.press("S")
        assert person.tells("there is no filter to save")
        await person.press("/")
        await person.type("layer:1 score>0.7")
        await person.press("enter", "S", "enter", "F")
        assert "layer:1 score>0.7" in person.text
        await person.press("enter")
        assert person.review_state.filter.text == "layer:1 score>0.7"
        await person.press("F")
        await person.type("forget")
        await person.press("enter")
        assert (tmp_path / "filters.txt").read_text() == ""


def an_editor(folder, body):
    """Make an editor of a shell script that is given the file."""
    script = folder / "editor with space"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return {"EDITOR": f"'{script}'"}


@contextmanager
def an_app(run, labels, **environment):
    """Open the app in a real terminal, until it shows the first neuron."""
    command = ("-m", "neurotui", "open", run, "--labels", labels, "--annotator", "ada")
    with Terminal(command, (120, 30), **environment) as terminal:
        terminal.until("top exemplars")
        yield terminal


def test_the_lines_that_are_written_are_the_label(tmp_path):
    editor = an_editor(tmp_path, 'grep -q "^two" "$1" && printf "\\n  # bells \\033[31m\\n\\nmore\\tand" > "$1"')
    assert written_in_editor("one", "the label", ["one", "two"], editor) == "# bells ␛[31m more\tand"


def test_what_is_left_unwritten_or_empty_is_nothing_and_what_is_written_as_it_was_is_that(tmp_path):
    assert written_in_editor("as it was", "the label", [], an_editor(tmp_path, "true")) == ""
    assert written_in_editor("as it was", "the label", [], an_editor(tmp_path, 'touch "$1"')) == "as it was"
    assert written_in_editor("as it was", "the label", [], an_editor(tmp_path, 'sed -i 1d "$1"')) == ""


@pytest.mark.parametrize(
    ("editor", "says"),
    [
        ("nowhere-to-be-found", "cannot be used"),
        ("'unclosed", "cannot be used"),
        ("false", "ended with status 1"),
        ("sh -c 'printf \\\\377 > \"$0\"'", "cannot be read"),
        ("rm", "cannot be read"),
    ],
)
def test_an_editor_that_fails_is_refused_in_words(editor, says):
    with pytest.raises(UserError, match=says):
        written_in_editor("begun", "the label", [], {"EDITOR": editor})


def test_the_editor_takes_the_terminal_and_gives_it_back(run, labels, tmp_path):
    editor = an_editor(tmp_path, 'printf "bells and whistles" > "$1"')
    with an_app(run, labels, **editor) as terminal:
        terminal.press("E")
        terminal.until("saved: L0.0 accepted")
        assert "bells and" in terminal.text
        terminal.press("q")
        assert terminal.ends() == 0


@pytest.mark.parametrize("editor", ["false", "nowhere-to-be-found", "rm"])
def test_an_editor_that_fails_gives_the_terminal_back_too(run, labels, editor):
    with an_app(run, labels, EDITOR=editor) as terminal:
        terminal.press("E")
        terminal.until(f"the editor '{editor}'")
        terminal.press("x")
        terminal.until("saved: L0.0 rejected")
        terminal.press("q")
        assert terminal.ends() == 0


def test_ctrl_c_in_the_editor_is_for_the_editor(run, labels, tmp_path):
    editor = an_editor(tmp_path, 'trap : INT; echo ready; read line; printf "caught" > "$1"')
    with an_app(run, labels, **editor) as terminal:
        terminal.press("E")
        terminal.until("ready")
        terminal.send(b"\x03")
        terminal.send(b"\r")
        terminal.until("saved: L0.0 accepted")
        assert "caught" in terminal.text
        terminal.press("x")
        terminal.until("saved: L0.1 rejected")
        terminal.press("q")
        assert terminal.ends() == 0


def test_a_terminal_that_closes_on_the_editor_leaves_no_draft(run, labels, tmp_path):
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    editor = an_editor(tmp_path, "trap '' HUP; echo ready; exec sleep 100")
    with an_app(run, labels, TMPDIR=str(drafts), **editor) as terminal:
        terminal.press("E")
        terminal.until("ready")
        assert list(drafts.glob("neurotui-*/label.txt"))
        terminal.hang_up()
        assert terminal.process.wait(PATIENCE) in {-signal.SIGHUP, 128 + signal.SIGHUP}
        assert not list(drafts.glob("neurotui-*"))


def test_what_is_typed_while_an_editor_is_open_elsewhere_decides_nothing(run, labels, tmp_path):
    editor = an_editor(tmp_path, 'echo ready; sleep 1.5; echo slept > "$1"')
    with an_app(run, labels, **editor) as terminal:
        terminal.press("E")
        terminal.until("ready")
        terminal.press("a", "x")
        terminal.until("saved: L0.0 accepted")
        terminal.press("q")
        assert terminal.ends() == 0
    assert decisions(labels) == [("L0.0", "accept", "slept")]


def test_a_mark_of_the_encoding_is_no_part_of_a_label(tmp_path):
    editor = an_editor(tmp_path, 'printf "\\357\\273\\277bells" > "$1"')
    assert written_in_editor("one", "the label", [], editor) == "bells"


@pytest.mark.anyio
async def test_a_label_that_is_too_long_for_the_line_is_cut_aloud(run, labels, tmp_path, monkeypatch):
    monkeypatch.setenv("EDITOR", an_editor(tmp_path, 'printf "%0500d" 7 > "$1"')["EDITOR"])
    monkeypatch.delenv("VISUAL", raising=False)
    async with at_the_keys(run, labels) as person:
        monkeypatch.setattr(type(person.app._driver), "can_suspend", property(lambda _: True))
        await person.press("E")
        assert person.tells("the label is cut to 200 characters")
        assert person.browse.prompt.field.value == "0" * 200
        assert person.journal == []


def test_an_editor_that_does_not_listen_does_not_keep_the_app_from_ending(run, labels, tmp_path):
    editor = an_editor(tmp_path, "trap '' TERM; echo ready; while :; do sleep 0.1; done")
    with an_app(run, labels, **editor) as terminal:
        terminal.press("E")
        terminal.until("ready")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ends() == -signal.SIGTERM


def test_an_editor_that_is_told_to_end_has_the_time_to_keep_what_was_written(run, labels, tmp_path):
    kept = tmp_path / "kept"
    editor = an_editor(tmp_path, f"trap 'sleep 0.3; echo kept > {kept}; exit' TERM; echo ready; sleep 100 & wait")
    with an_app(run, labels, **editor) as terminal:
        terminal.press("E")
        terminal.until("ready")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ends() == -signal.SIGTERM
    assert kept.read_text() == "kept\n"


@pytest.mark.anyio
async def test_the_status_line_says_of_how_many_marked_neurons_deciding_speaks(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("m", "m", "G", "m")
        assert "• 3 marked" in person.status
        await person.press("/")
        await person.type("layer:0")
        await person.press("enter")
        assert "• 2 of 3 marked" in person.status


@pytest.mark.anyio
async def test_a_filter_that_hides_marked_neurons_keeps_them_from_being_decided(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("m", "G", "m", "/")
        await person.type("layer:0")
        await person.press("enter", "x")
        assert person.journal == [("L0.0", "reject", "")]
        assert person.tells("1 neuron left marked")
        await person.press("x")
        assert person.tells("the filter hides the 1 marked neuron")
        assert len(person.journal) == 1


@pytest.mark.anyio
async def test_marked_neurons_without_a_candidate_stay_marked_and_nothing_is_called_saved(tmp_path, labels):
    bare = write_run(tmp_path / "bare.duckdb", names=())
    async with at_the_keys(bare, labels) as person:
        await person.press("m", "m", "a")
        assert person.tells("no marked neuron has a candidate to accept")
        assert person.journal == []
        assert person.review_state.marked == {0, 1}


@pytest.mark.anyio
async def test_marks_outlive_a_reload(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("m", "f5")
        assert person.review_state.marked == {0}


def test_a_run_is_reloaded_as_often_as_anybody_likes(run, labels):
    with an_app(run, labels) as terminal:
        for _ in range(15):
            terminal.press("f5", "j")
        terminal.press("G", "x")
        terminal.until("saved: L1.47 rejected")
        terminal.press("q")
        assert terminal.ends() == 0
