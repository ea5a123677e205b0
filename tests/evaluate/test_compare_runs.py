"""Two runs compared: a run beside itself carries everything over; other texts and other weights do not."""

import json
import shutil
import sys

import duckdb
import numpy as np
import pytest
from precompute.corpora import mixed, quiet, refused, write_lines
from precompute.families import FAMILIES, UNITS, save

import neurotui
from neurotui.cli import main
from neurotui.describe.described_rule import LEAST_CORRELATION
from neurotui.evaluate.compare_runs import RunWithLabels, _standing, carried_over, compare_runs, most_changed
from neurotui.evaluate.rank_describers import same_text
from neurotui.labelling.token_fit import TokenScorer
from neurotui.precompute.pipeline import PrecomputeSettings, precompute
from neurotui.review.description import Description
from neurotui.store.beside_run import journal_of
from neurotui.store.labels import Labels
from neurotui.store.run import Run

FIRST = {0: ("the", 1), 1: ("a", 1), 2: ("comma ,", 1), 3: ("and", 1), 4: ("comma ,", 1), 5: ("the", -1)}
SECOND = {0: ("THE", 1), 1: ("and", 1), 2: ("comma ,", -1), 4: ("comma ,", 1), 5: ("the", -1), 6: ("a", 1)}


HOLDS = """
    INSERT INTO token_descriptors
    SELECT place, ? FROM token_sample JOIN texts USING (text_id)
    WHERE lower(trim(body[coalesce(ends[position], 0) + 1 : ends[position + 1]])) = ?
"""


def say(path, said):
    """Have a run describe neurons by words: what tells of the fit is its model's own activity."""
    names = sorted({name for name, _ in said.values()})
    with duckdb.connect(str(path)) as connection:
        for number, name in enumerate(names):
            connection.execute(
                "INSERT INTO descriptors VALUES (?, 'token', 'word', ?, 'texts', 9, 9)", [number, name]
            )
            connection.execute(HOLDS, [number, name.removeprefix("comma ").lower()])
        for neuron_id, (name, side) in said.items():
            connection.execute(
                "INSERT INTO matches VALUES (?, 0, ?, ?, .9, .8, .95, .9, .5, .5, .5, 5, 6, true, true)",
                [neuron_id, names.index(name), side],
            )
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return two runs of one tiny model over texts of which they share some, and one of a smaller model."""
    folder = tmp_path_factory.mktemp("two")
    texts, made = mixed(150), {}
    model = save(FAMILIES["bert"], folder / "model")
    small = save(FAMILIES["bert"], folder / "small", intermediate_size=16)
    parts = {"one": (texts[:100], model), "other": (texts[50:], model), "small": (texts[:40], small)}
    for name, (bodies, which) in parts.items():
        file = write_lines(folder / f"{name}.jsonl", bodies)
        made[name] = folder / f"{name}.duckdb"
        # With few exemplars there are texts that nobody was shown.
        settings = PrecomputeSettings(
            str(which), max_tokens=40, dtype="float32", device="cpu", workers=1, exemplars=2
        )
        precompute([str(file)], made[name], settings, progress=quiet)
    say(made["one"], FIRST)
    say(made["other"], SECOND)
    return made


def no_encoder():
    raise AssertionError("no topic and no meaning was asked for")


def side(run, events=()):
    return RunWithLabels(run, Labels(run.weights, list(events)))


def compared(first, second, encoder=no_encoder, **more):
    with Run(first) as one, Run(second) as other:
        return compare_runs(side(one), side(other), encoder, **more)


def test_a_run_beside_itself_says_the_same_and_fits_as_well(runs):
    found = compared(runs["one"], runs["one"])
    assert found.same_weights
    assert found.neurons == 2 * UNITS
    assert found.standings["same"].value == pytest.approx(len(FIRST) / found.neurons)
    assert found.standings["changed"].value == found.standings["silent in the second"].value == 0
    assert len(found.each) == len(FIRST)
    for one in found.each:
        assert one.standing == "same"
        assert one.here == one.there
        assert one.r == pytest.approx(1)
        assert one.firing_first == one.firing_second
        assert one.peaks in {None, 1.0}
    assert most_changed(found.each, 5) == []


def test_a_name_that_another_side_or_nobody_bears_is_not_the_same(runs):
    found = compared(runs["one"], runs["other"])
    assert [one.standing for one in found.each] == [
        "same",
        "changed",
        "changed",
        "silent in the second",
        "same",
        "same",
    ]
    assert found.standings["silent in the first"].value == pytest.approx(1 / found.neurons)
    assert sum(figure.value for figure in found.standings.values()) == pytest.approx(1)
    # The runs share texts, and one text through one model is the same.
    assert 20 <= found.texts < 100
    assert all(one.r > 0.99 for one in found.each)


def test_the_commonest_words_are_the_same_whichever_each_run_has_of_them():
    one, other = (
        Description(f"signs and the 30 commonest words: {words}", "described", 1, "token", "frequency")
        for words in ("the, what, is", "the, to, a")
    )
    assert _standing(one, other, same_text) == "same"
    assert _standing(one._replace(kind="class"), other, same_text) == "changed"


def test_a_label_carries_over_where_it_fits_there_as_a_description_must(runs):
    found = compared(runs["one"], runs["other"])
    known = [one for one in found.each if one.carries is not None]
    assert len(known) >= 3
    assert found.carry.of == len(known)
    assert found.carry.value == pytest.approx(sum(one.carries for one in known) / len(known))
    with Run(runs["other"]) as other:
        scorer = TokenScorer(other)
        for number, one in enumerate(found.each):
            label, side_of = FIRST[number]
            shown = np.unique([each.text_id for each in other.detail(number).exemplars])
            fit = scorer.score(number, label, side_of, shown)
            assert one.there == (None if np.isnan(fit.correlation) else pytest.approx(fit.correlation))
    assert all(one.carries == (one.there >= LEAST_CORRELATION) for one in known)
    assert all(not one.carries for one in most_changed(found.each, 50))
    best = carried_over(found.each, 50)
    assert [one.there for one in best] == sorted((one.there for one in best), reverse=True)


def test_a_class_of_words_that_the_second_run_does_not_have_is_not_said_to_fit_there_or_not(runs, tmp_path):
    paths = [shutil.copy(path, tmp_path / path.name) for path in (runs["one"], runs["other"])]
    fits = []
    for changed in paths:
        with duckdb.connect(str(changed)) as connection:
            [number] = connection.execute("SELECT count(*) FROM descriptors").fetchone()
            connection.execute(
                "INSERT INTO descriptors VALUES (?, 'token', 'class', 'the, and', 'texts', 9, 9)", [number]
            )
            connection.execute(HOLDS, [number, "the"])
            if changed == paths[0]:
                connection.execute(f"UPDATE matches SET descriptor_id = {number} WHERE neuron_id = 0")
        with Run(paths[0]) as one, Run(paths[1]) as other:
            both = [RunWithLabels(run, Labels(run.weights)) for run in (one, other)]
            found = compare_runs(*both, lambda: pytest.fail("no topic is compared"))
        [small] = [neuron for neuron in found.each if neuron.first == "the, and"]
        fits.append((small.here is None, small.there is None, small.carries is None))
    assert fits == [(False, True, True), (False, False, False)]


def test_names_that_mean_the_same_are_near_only_where_meaning_is_asked_for(runs):
    class Encoder:
        def encode(self, texts, progress):  # noqa: ARG002 - as encoders are called
            axes = ["a", "comma ,", "the"]
            return np.array([np.eye(3)[axes.index("a" if text == "and" else text)] for text in texts])

    found = compared(runs["one"], runs["other"], Encoder, equal="meaning")
    assert found.each[1].standing == "near"
    assert found.each[2].standing == "changed"


def test_runs_of_other_shapes_are_refused_with_the_layer_that_differs(runs):
    said = refused(compared, runs["one"], runs["small"])
    assert "in layer 0" in said
    assert "16" in said


def test_a_filter_that_matches_nothing_is_said_and_not_compared(runs):
    with Run(runs["one"]) as run:
        both = [RunWithLabels(run, Labels(run.weights, []))] * 2
        said = refused(compare_runs, *both, no_encoder, text="best:zzz")
    assert said == "no neuron matches 'best:zzz' | leave out --filter, or widen it"


def test_the_command_says_what_became_of_the_neurons_and_how_labels_are_taken_over(
    runs, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("one", "other"):
        shutil.copy(runs[name], tmp_path / f"{name}.duckdb")
    first, second = str(tmp_path / "one.duckdb"), str(tmp_path / "other.duckdb")

    def answer(*words):
        monkeypatch.setattr(sys, "argv", ["neurotui", *words])
        assert main() == 0
        return capsys.readouterr().out

    record = json.loads(answer("compare", first, second, "--json"))
    neuron = record["each"][0]["neuron"]
    assert {"standings", "carry", "each"} <= record.keys()
    with Run(first) as run:
        import_from = tmp_path / "mine.csv"
        import_from.write_text(f"neuron,state,label\n{neuron},accepted,quite another thing\n")
        assert not journal_of(run.path).exists()
    answer("import", first, str(import_from), "--as-decisions")
    record = json.loads(answer("compare", first, second, "--json"))
    (own,) = [one for one in record["each"] if one["neuron"] == neuron]
    assert own["first"] == "quite another thing"
    said = answer("compare", first, second, "--top", "3")
    assert max(map(len, said.splitlines()[:12])) <= 80
    assert "silent in both" in said
    assert "neurotui import" in said
    with duckdb.connect(second) as connection:
        connection.execute("UPDATE meta SET value = 'other' WHERE key = 'weights'")
    assert "passes over labels of other weights" in " ".join(answer("compare", first, second).split())


def test_where_nothing_is_described_silence_is_not_taken_for_a_change(runs, tmp_path, capsys, monkeypatch):
    bare = shutil.copy(runs["other"], tmp_path / "bare.duckdb")
    with duckdb.connect(bare) as connection:
        connection.execute("DELETE FROM matches")

    def noted(*pair):
        monkeypatch.setattr(sys, "argv", ["neurotui", "compare", *map(str, pair)])
        assert main() == 0
        return [line for line in capsys.readouterr().err.splitlines() if line.startswith("note:")]

    (note,) = noted(runs["one"], bare)
    assert f"nothing is described in '{bare}'" in note
    assert note.endswith(f"neurotui describe {bare}")
    assert noted(runs["one"], runs["other"]) == []


def test_other_journals_than_the_runs_own_are_compared_by_command_and_from_python(
    runs, tmp_path, capsys, monkeypatch
):
    hers, his = tmp_path / "hers.jsonl", tmp_path / "his.jsonl"
    for journal, text in ((hers, "her words"), (his, "his words")):
        with neurotui.open_run(runs["one"], labels=journal, annotator="x") as run:
            run.accept("L0.0", text)

    def told(*options):
        command = [
            "neurotui",
            "compare",
            str(runs["one"]),
            str(runs["one"]),
            "--filter",
            "L0.0",
            *options,
            "--json",
        ]
        monkeypatch.setattr(sys, "argv", command)
        assert main() == 0
        (one,) = json.loads(capsys.readouterr().out)["each"]
        return one["first"], one["second"]

    machines = told()[1]
    assert told("--labels", str(hers)) == ("her words", machines)
    assert told("--labels", str(hers), "--labels", str(his)) == ("her words", "his words")
    assert told("--labels", str(hers), "--other-labels", str(his)) == ("her words", "his words")
    assert told("--other-labels", str(his))[1] == "his words"
    (one,) = neurotui.compare(runs["one"], runs["one"], labels=hers, other_labels=his, filter="L0.0").each
    assert (one.first, one.second) == ("her words", "his words")
