"""The tables of commands in a terminal of 80 columns: whole words, whole numbers, no line that wraps."""

import re

import pytest
from synthetic import write_run
from tui.terminal import Terminal

from neurotui.evaluate.by_labels import judge
from neurotui.evaluate.measures import meaning, title
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import Journal
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.tui.actions import ACTIONS
from neurotui.types import Neuron

LONG = "what people say when they have lost a match by a goal in the last minute of an unbroken afternoon"


@pytest.fixture
def judged_run(tmp_path):
    """Return a run of two layers with decisions of two people over two days."""
    path = write_run(tmp_path / "run.duckdb")
    with Run(path) as run:
        about = {"model": run.model, "weights": run.weights}
        names = run.overview().names
    own, other = Journal(journal_of(path)), Journal(tmp_path / "bob.jsonl")
    for unit in range(6):
        own.append(Neuron(0, unit), "accept", by="ada", text=names[unit % 3], origin="keywords", **about)
        other.append(Neuron(0, unit), "accept", by="bob the second of his name", text=names[0], **about)
    own.append(Neuron(1, 3), "accept", by="ada", text=LONG, origin="person", **about)
    own.append(Neuron(1, 4), "reject", by="ada", **about)
    other.append(Neuron(1, 4), "reject", by="bob", **about)
    return path, other.path


def lines_of(*command):
    """Return what a command prints on a terminal of 80 columns; none of its lines goes on in the next."""
    with Terminal(["-m", "neurotui", *command], (80, 400)) as terminal:
        assert terminal.ends() == 0
        printed = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.raw.decode()).replace("\r\n", "\n")
    lines = [line.rstrip().rpartition("\r")[2] for line in printed.split("\n")]
    assert max(map(len, lines)) <= 80
    return lines


def words(lines):
    return set(" ".join(lines).split())


def test_evaluate_breaks_no_word_and_no_number_at_80_columns_and_explains_every_figure(judged_run):
    path, other = judged_run
    lines = lines_of("evaluate", path, "--labels", journal_of(path), "--labels", other)
    with Run(path) as run:
        people = {str(one): Labels(run.weights, Journal(one).events) for one in (journal_of(path), other)}
        judged = judge(run, people, 2)
    told = " ".join(" ".join(lines).split())
    for name, figure in judged.figures():
        if figure.of:
            assert f"{figure.value:.3f}" in words(lines)
            called = re.sub(r"/\S*/", "", title(name))
            assert f"{called}: {meaning(name)}." in told
    for one in judged.agreement:
        for name, figure in one.figures():
            assert figure.value is None or f"{figure.value:.3f}" in words(lines)
            assert f"{title(name)}: {meaning(name)}." in told
        assert all(f"{one.level}: {remark}." in told for remark in one.remarks)
    for layer in judged.layers:
        row = [line.split() for line in lines if line.split()[:1] == [f"L{layer.layer}"]]
        found = {cell for cells in row for cell in cells}
        assert {f"{figure.value:.3f}" for _, figure in layer.figures() if figure.value is not None} <= found


def test_the_journal_is_a_table_a_day_with_times_of_day_and_whole_words_at_80_columns(judged_run):
    path, _ = judged_run
    lines = lines_of("journal", path)
    events = Journal(journal_of(path)).events
    day = events[-1].time[:10]
    assert sum(line.startswith(day) for line in lines) == 1
    for event in events:
        assert {event.time[11:19], str(event.neuron)} <= words(lines)
        assert set(event.text.split()) <= words(lines)


def test_the_keys_are_told_in_whole_words_at_80_columns():
    lines = lines_of("keys")
    for action in ACTIONS:
        assert {action.id, *action.help.split()} <= words(lines)
    # No row is taken apart by an empty line.
    rows = [place for place, line in enumerate(lines) if line.split()[:1] and line.split()[0] in {"down", "quit"}]
    assert all(line.strip() for line in lines[rows[0] : rows[1]])
