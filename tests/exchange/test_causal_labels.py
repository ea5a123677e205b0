"""The labels that are pushed: the same by whichever name one asks for them."""

import pytest
from synthetic import write_run

from neurotui.exchange.causal_labels import labels_to_test
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.types import Event


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with Run(write_run(tmp_path_factory.mktemp("run") / "run.duckdb")) as opened:
        yield opened


@pytest.fixture
def adas(run):
    by_ada = ("ada", "accept", run.model, run.weights, 0, 3, "rain", "person")
    return Labels(run.weights, [Event("1", "2026-01-01", *by_ada)])


def test_the_runs_own_labels_are_the_same_whether_they_are_named_or_not(run):
    nobodys = Labels(run.weights)
    found, _ = labels_to_test(run, nobodys, "", 1000)
    assert len(found) > 5
    assert labels_to_test(run, nobodys, "", 1000, "the run").labelled == found
    assert not any(one.by_people for one in found)


def test_what_a_person_or_a_file_says_is_of_somebody_who_may_have_seen_the_exemplars(run, adas, tmp_path):
    file = tmp_path / "theirs.csv"
    file.write_text("neuron,label\nL0.3,rain\n")
    for describer in ("ada", str(file)):
        (one,) = labels_to_test(run, adas, "", 1000, describer).labelled
        assert (one.label, one.by_people) == ("rain", True), describer
