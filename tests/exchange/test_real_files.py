"""Real files of other people, where they are at hand: each is taken, or refused in words that say why."""

from pathlib import Path

import pytest

from neurotui.errors import UserError
from neurotui.exchange.checked_rows import Reading
from neurotui.exchange.column_mapping import Mapping
from neurotui.exchange.import_labels import import_labels

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real files of others are not at hand")


def of_known_units(path, tmp_path, *, most):
    """Return a copy of a file without the lines whose neuron the small run cannot have."""
    copy = tmp_path / path.name
    lines = path.read_text("utf-8").splitlines(keepends=True)
    copy.write_text("".join(line for line in lines if most(line)), "utf-8")
    return copy


@pytest.mark.parametrize("name", ["pythia-70m-deduped", "gemma-2-2b"])
def test_feature_circuits(run, journal, tmp_path, name):
    path = DATA / "expl_feature_circuits" / f"{name}.jsonl"
    with pytest.raises(UserError) as refused:
        import_labels(run, journal, path, form=None)
    # Their features are those of dictionaries: no layer has so many neurons, and every such line is told.
    assert "the run has no neuron" in refused.value.details[0]
    copy = of_known_units(path, tmp_path, most=lambda line: '"Component": "mlp"' not in line)
    taken = import_labels(run, journal, copy, form=None)
    assert (taken.labels, taken.notes) == (0, 0)
    assert taken.no_neurons == len(copy.read_text("utf-8").splitlines())


@pytest.mark.parametrize("name", ["batch-0.json", "batch-1.json", ""])
def test_batches_of_a_dashboard(run, journal, name):
    path = DATA / "expl_neuronpedia_batch" / name
    with pytest.raises(UserError, match="is of the model 'gpt2-small'"):
        import_labels(run, journal, path, form=None)
    taken = import_labels(run, journal, path, form=None, how=Reading(insist=True))
    assert taken.candidates == 0
    assert taken.without_label > 0


def test_puzzles_of_openai(run, journal):
    with pytest.raises(UserError, match="record 1: names no neuron"):
        import_labels(run, journal, DATA / "expl_openai" / "puzzles.json", form="openai")


def test_universal_neurons_by_a_mapping(run, journal, tmp_path):
    path = DATA / "expl_universal_neurons" / "stanford-gpt2-medium-a" / "prediction_neurons.csv"
    mapping = Mapping.parse(["unit=neuron", "label=feature"], ["annotator=gurnee"], "")
    with pytest.raises(UserError, match="do not fit, and nothing is taken") as refused:
        import_labels(run, journal, path, form=None, how=Reading(mapping=mapping))
    assert len(refused.value.details) == 21
    assert not journal.path.exists()
    mapping = Mapping.parse(["unit=neuron", "label=feature"], ["annotator=gurnee", "layer=0", "unit=1"][:2], "")
    copy = tmp_path / "t.csv"
    rows = path.read_text("utf-8").splitlines()
    copy.write_text(
        "\n".join([rows[0], *(f"0,{number},{row.split(',', 2)[2]}" for number, row in enumerate(rows[1:9]))])
    )
    mapping = Mapping.parse(["unit=neuron", "label=feature"], ["annotator=gurnee"], "")
    assert import_labels(run, journal, copy, form=None, how=Reading(mapping=mapping)).labels == 8
    assert {event.by for event in journal.events} == {"gurnee"}
