"""The commands that list what the app's views show."""

import json

import numpy as np
import pytest
from synthetic import write_run

from neurotui.cli import main
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import Journal
from neurotui.store.run import Run
from neurotui.store.run_commands import command_line
from neurotui.types import Neuron


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run.duckdb", units=8, texts=60)


def decide(run, unit, action, **more):
    with Run(run) as opened:
        journal = Journal(journal_of(run))
        return journal.append(
            Neuron(0, unit), action, by="ann", model=opened.model, weights=opened.weights, **more
        )


def answered(capsys, *arguments):
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_similar_ranks_neurons_by_numpys_correlation_and_says_what_is_said_of_them(run, capsys):
    with Run(run) as opened:
        r = np.corrcoef([opened.pooled(number) for number in range(16)])[3]
        overview = opened.overview()
    first, second, *_ = np.argsort(-r)[1:]
    found = answered(capsys, "similar", run, "L0.3", "--top", 2)
    assert (found["neuron"], found["texts"], found["measure"]) == ("L0.3", 60, "Pearson's r")
    assert [one["neuron"] for one in found["alike"]] == [str(overview.neuron(int(n))) for n in (first, second)]
    np.testing.assert_allclose([one["r"] for one in found["alike"]], r[[first, second]], atol=1e-5)
    assert found["alike"][1]["says"] == overview.names[overview.matched[second, 0]]
    assert [one["neuron"] for one in found["opposed"]] == [
        str(overview.neuron(int(n))) for n in np.argsort(r)[:2] if r[n] < 0
    ]
    assert all(0 > one["r"] >= found["opposed"][0]["r"] for one in found["opposed"])


def test_similar_gives_an_accepted_label_before_a_descriptor(run, capsys):
    nearest = answered(capsys, "similar", run, "L1.2", "--top", 16)["alike"]
    ours = next(one for one in nearest if one["neuron"].startswith("L0."))
    decide(run, int(ours["neuron"][3:]), "accept", text="trams")
    again = answered(capsys, "similar", run, "L1.2", "--top", 16)["alike"]
    found = next(one for one in again if one["neuron"] == ours["neuron"])
    assert (found["says"], found["sentence"], found["grounds"]) == ("trams", "trams", "label")
    assert (found["state"], found["correlation_validation"]) == ("accepted", None)


@pytest.mark.parametrize("neuron", ["L9.9", "seven", "L0.8"])
def test_similar_refuses_what_is_no_neuron_of_the_run(run, capsys, neuron):
    assert main(["similar", str(run), neuron]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert neuron in err
    assert "hint: " in err


def test_journal_lists_every_decision_newest_first_and_says_what_was_undone(run, capsys):
    one = decide(run, 1, "accept", text="trams", origin="openai")
    decide(run, 2, "note", text="odd")
    decide(run, 1, "undo", of=one.id)
    found = answered(capsys, "journal", run)
    assert found["journal"] == str(journal_of(run))
    told = [tuple(each[key] for key in ("who", "neuron", "what", "text", "undone")) for each in found["decisions"]]
    assert told == [("ann", "L0.2", "noted", "odd", False), ("ann", "L0.1", "accepted", "trams", True)]
    assert found["decisions"][1]["time"] == one.time
    assert main(["journal", str(run), "--last", "1"]) == 0
    printed = capsys.readouterr().out
    assert "odd" in printed
    assert "trams" not in printed
    assert "1 of 2: --last shows more" in printed


def test_journal_of_nothing_says_how_to_begin(run, capsys):
    assert answered(capsys, "journal", run)["decisions"] == []
    assert main(["journal", str(run)]) == 0
    assert command_line("open", run) in capsys.readouterr().out
