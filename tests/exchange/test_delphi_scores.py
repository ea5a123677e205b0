"""Delphi's score files go out and come in: others' answers are measured as ours are, and kept apart."""

import json

import pytest

from neurotui.backends.judge_protocol import Answer
from neurotui.errors import UserError
from neurotui.evaluate.detection import JudgedExample, JudgedNeuron, judged_set, measures_of
from neurotui.evaluate.judge_examples import Example
from neurotui.exchange.delphi_scores import read_scores, write_scores
from neurotui.types import Neuron

FIELDS = {"str_tokens", "activations", "distance", "activating", "prediction", "probability", "correct"}


def sets():
    """Return one set's answers in both tasks, of which one is missing."""
    found = []
    for task in ("detection", "fuzzing"):
        pairs = tuple(
            JudgedExample(
                Example(("a", " b"), (0.5, None), frozenset({1}), place < 2, 1 if place < 2 else -1), Answer(said)
            )
            for place, said in enumerate((True, False, False, None))
        )
        found.append(judged_set("them", task, [JudgedNeuron(Neuron(3, 797), "x", pairs, measures_of(pairs))]))
    return found


def test_what_is_written_has_delphis_names_and_fields(tmp_path):
    assert write_scores(sets(), tmp_path / "out") == 2
    for scorer in ("detection", "fuzz"):
        file = tmp_path / "out" / "scores" / scorer / "layers.3.mlp_latent797.txt"
        records = json.loads(file.read_text())
        assert all(record.keys() == FIELDS for record in records)
        assert [record["activating"] for record in records] == [True, True, False, False]
        assert [record["correct"] for record in records] == [True, False, True, None]
        assert records[0]["str_tokens"] == ["a", " b"]
        assert [record["distance"] for record in records] == [1, 1, -1, -1]


def test_what_was_written_is_read_with_the_same_figures(tmp_path):
    write_scores(sets(), tmp_path / "out")
    for ours, read in zip(sets(), read_scores(tmp_path / "out"), strict=True):
        assert (read.task, read.figures, read.answered, read.unanswered) == (
            ours.task,
            ours.figures,
            ours.answered,
            ours.unanswered,
        )
        assert read.neurons[0].neuron == Neuron(3, 797)


def test_nothing_is_overwritten_and_what_is_no_score_file_is_named(tmp_path):
    write_scores(sets(), tmp_path / "out")
    with pytest.raises(UserError, match="is there already"):
        write_scores(sets(), tmp_path / "out")
    file = tmp_path / "out" / "scores" / "fuzz" / "layers.3.mlp_latent797.txt"
    for spoiled in ("", "{}", "[1]", '[{"activating": "yes"}]'):
        file.write_text(spoiled)
        with pytest.raises(UserError, match="no score file of delphi"):
            read_scores(tmp_path / "out")


def test_numbers_that_are_none_are_no_answers_and_too_long_ones_are_named(tmp_path):
    folder = tmp_path / "out" / "scores" / "detection"
    folder.mkdir(parents=True)
    file = folder / "layers.3.mlp_latent797.txt"
    record = '{"activating": true, "prediction": %s, "probability": %s, "distance": %s}'
    file.write_text(f"[{record % ('NaN', 'NaN', 'Infinity')}, {record % ('true', '0.5', '1e999')}]")
    (found,) = read_scores(tmp_path / "out")
    assert (found.answered, found.unanswered) == (1, 1)
    file.write_text(f"[{record % ('true', '9' * 400, '1')}]")
    with pytest.raises(UserError, match="no score file of delphi"):
        read_scores(tmp_path / "out")


def test_a_folder_without_scores_has_none(tmp_path):
    assert read_scores(tmp_path) == []
