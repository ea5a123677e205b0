"""What a probe says of a text is what a plain reading of the model says, beside the run's own figures."""

import json
import math
import shutil

import duckdb
import numpy as np
import pytest
import torch
from precompute.corpora import mixed, quiet, refused, write_lines
from precompute.families import FAMILIES, UNITS, save
from precompute.reference import Truth, read
from precompute.runs import tiny_run
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

from neurotui.precompute.pipeline import PrecomputeSettings, precompute
from neurotui.probing.probe import Prober
from neurotui.probing.questions import Probe, Silence
from neurotui.probing.statistics import highest, percentile
from neurotui.store.run import Run
from neurotui.types import Neuron
from neurotui.workers.client import WorkerClient

TEXT = "The goal was near the harbour, and the striker saw slowly burning bread!"
HEADS = {"bert": AutoModelForMaskedLM, "llama": AutoModelForCausalLM, "neox": AutoModelForCausalLM}


class Place:
    """A tiny model with its head, a run of it, and what the run should hold."""

    def __init__(self, name, folder):
        self.family, self.model = FAMILIES[name], folder / "model"
        self.path = tiny_run(name, folder, HEADS[name], mixed(), 60)
        self.truth = Truth([one for one in self.read(mixed()) if one])
        self.run = Run(self.path)
        self.prober = Prober(self.run)

    def read(self, bodies):
        return read(self.model, self.family, bodies, 60)

    def plain(self, head):
        return head.from_pretrained(self.model, attn_implementation="eager").eval()


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Return what gives the place of a family, made once."""
    made = {}

    def place(name):
        if name not in made:
            made[name] = Place(name, tmp_path_factory.mktemp(name))
        return made[name]

    yield place
    for one in made.values():
        one.run.close()


@pytest.fixture(params=HEADS)
def place(request, places):
    return places(request.param)


@pytest.fixture
def bert(places):
    return places("bert")


def number(firing):
    return firing.neuron.layer * UNITS + firing.neuron.unit


def test_every_token_tells_the_neurons_whose_z_is_highest_there(place):
    (reading,) = place.read([TEXT])
    probed = place.prober.probe(Probe(TEXT, top=5))
    z = (reading.activations - place.truth.mean) / place.truth.std
    counted = range(reading.first, reading.first + len(z))
    assert [position for position, token in enumerate(probed.tokens) if token.counts] == list(counted)
    assert "".join(token.piece for token in probed.tokens if token.counts).strip() == TEXT
    assert not probed.cut
    for position, firing in enumerate(probed.at):
        if position not in counted:
            assert firing == ()
            continue
        row = position - reading.first
        assert [number(one) for one in firing] == np.argsort(-z[row], kind="stable")[:5].tolist()
        for one in firing:
            assert one.position == position
            assert one.z == pytest.approx(z[row, number(one)], rel=1e-3)
            assert one.activation == pytest.approx(reading.activations[row, number(one)], rel=1e-4, abs=1e-4)
    best = np.argsort(-z.max(0), kind="stable")[:5]
    assert [number(one) for one in probed.overall] == best.tolist()
    assert [one.position - reading.first for one in probed.overall] == z[:, best].argmax(0).tolist()


@pytest.mark.parametrize("neuron", [Neuron(0, 3), Neuron(1, UNITS - 1)])
def test_a_neurons_response_stands_where_it_would_among_the_runs_texts(place, neuron):
    (reading,) = place.read([TEXT])
    response = place.prober.probe(Probe(TEXT, neuron)).response
    number = neuron.layer * UNITS + neuron.unit
    trace = reading.activations[:, number]
    counted = response.trace[reading.first : reading.first + len(trace)]
    assert counted == pytest.approx(trace.tolist(), rel=1e-4, abs=1e-4)
    assert response.peak == reading.first + trace.argmax()
    assert response.pooled == pytest.approx(trace.mean(), abs=1e-4)
    pooled = place.truth.means[place.truth.pooled, number]
    assert response.of == len(pooled)
    # What has one code in the run is one value.
    step = (pooled.max() - pooled.min()) / 65_535
    below, above = (pooled < trace.mean() - step).mean(), (pooled > trace.mean() + step).mean()
    assert below - 1e-9 <= response.percentile / 100 <= 1 - above + 1e-9
    ranks = {rank.kind: rank for rank in response.ranks}
    exemplars = place.run.detail(number).exemplars
    for kind, rank in ranks.items():
        values = np.array([exemplar.value for exemplar in exemplars if exemplar.kind == kind])
        own = trace.min() if kind == "bottom" else trace.max()
        assert rank.of == len(values)
        # Texts that begin alike peak alike in a causal model, to within what float32 leaves open.
        ties = np.abs(values - own) <= 1e-5 * np.abs(values).max()
        below = (values < own) & ~ties
        assert rank.percentile == pytest.approx(100 * (below.mean() + ties.mean() / 2))
        assert rank.rank == 1 + (below if kind == "bottom" else ~below & ~ties).sum()
    assert {"top", "quantile", "random"} <= ranks.keys()


def test_a_text_of_the_run_ties_with_itself(place):
    body = place.run.body(2)
    response = place.prober.probe(Probe(body, Neuron(1, 4))).response
    codes = place.run.pooled(UNITS + 4)
    below, ties = (codes < codes[2]).sum(), (codes == codes[2]).sum()
    assert response.percentile == pytest.approx(100 * (below + ties / 2) / len(codes))
    top = place.run.detail(UNITS + 4).exemplars[0]
    again = place.prober.probe(Probe(place.run.body(top.text_id), Neuron(1, 4))).response
    assert (again.peak, again.ranks[0].rank) == (top.start + top.peak, 1)


def test_a_neuron_that_never_moved_is_not_called_unusual(bert, tmp_path):
    still = bert.prober.probe(Probe(TEXT, top=1)).overall[0].neuron
    path = shutil.copy(bert.path, tmp_path / "run.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE neurons SET std = 0 WHERE layer = ? AND unit = ?", list(still))
    with Run(path) as run:
        found = Prober(run).probe(Probe(TEXT, top=999))
    assert len(found.overall) == 2 * UNITS - 1
    assert still not in {one.neuron for firing in (found.overall, *found.at) for one in firing}


def test_ties_count_half():
    values = np.array([1, 2, 2, 3], np.float32)
    assert percentile(2, values) == 50
    assert percentile(2.4, values) == 75
    assert percentile(2.4, values, tie=0.5) == 50
    assert percentile(0, values) == 0
    assert percentile(9, values) == 100


def test_the_highest_are_finite_and_ties_keep_their_order():
    values = np.array([1, np.inf, 3, np.nan, 3, -np.inf, 2])
    assert highest(values, 2) == [2, 4]
    assert highest(values, 9) == [2, 4, 6, 0]


def log_probabilities(network, ids, position):
    with torch.no_grad():
        return network(input_ids=torch.tensor([ids])).logits[0, position].double().log_softmax(0).numpy()


def same_change(silenced, before, after):
    """Tell that an answer is what lies between two distributions, in natural logarithms."""
    assert silenced.bits == pytest.approx((np.exp(before) * (before - after)).sum() / math.log(2), abs=1e-5)
    assert silenced.bits > 1e-6
    for said, distribution in ((silenced.before, before), (silenced.after, after)):
        order = np.argsort(-distribution, kind="stable")[: len(said)]
        of = [one.before if said is silenced.before else one.after for one in said]
        assert of == pytest.approx(distribution[order].tolist(), abs=1e-4)
        assert [one.before for one in said] == pytest.approx(before[order].tolist(), abs=1e-4)
    heard = np.maximum(before, after) >= math.log(1e-3)
    change = np.sort((after - before)[heard])
    rises = [one.after - one.before for one in silenced.rises]
    falls = [one.after - one.before for one in silenced.falls]
    assert rises == pytest.approx(change[change > 0][::-1][:10].tolist(), abs=1e-4)
    assert falls == pytest.approx(change[change < 0][:10].tolist(), abs=1e-4)


@pytest.mark.parametrize("name", ["llama", "neox"])
def test_a_causal_model_foretells_the_next_token_otherwise_without_the_neuron(name, places):
    place = places(name)
    (reading,) = place.read([TEXT])
    unit = int(np.abs(reading.activations[-1, UNITS:]).argmax())
    silenced = place.prober.silence(Silence(TEXT, Neuron(1, unit), at="all"))
    assert (silenced.head, silenced.hidden) == ("causal", False)
    assert silenced.position == len(reading.tokens) - 1
    assert math.isnan(silenced.distance)
    network = place.plain(AutoModelForCausalLM)
    before = log_probabilities(network, reading.tokens, -1)
    inner = "model.layers.1.mlp.down_proj" if name == "llama" else "gpt_neox.layers.1.mlp.dense_4h_to_h"
    with torch.no_grad():
        network.get_submodule(inner).weight[:, unit] = 0
    same_change(silenced, before, log_probabilities(network, reading.tokens, -1))


def test_a_masked_model_guesses_the_neurons_peak_otherwise_without_it(bert):
    (reading,) = bert.read([TEXT])
    peak = reading.first + int(reading.activations[:, UNITS + 3].argmax())
    silenced = bert.prober.silence(Silence(TEXT, Neuron(1, 3), at="all"))
    assert (silenced.head, silenced.hidden, silenced.position) == ("masked", True, peak)
    ids = list(reading.tokens)
    ids[peak] = AutoTokenizer.from_pretrained(bert.model).mask_token_id
    compare_masked(bert, silenced, ids, peak)


def test_a_masked_model_guesses_at_the_texts_own_mask(bert):
    text = "the striker saw the [MASK] near the harbour"
    tokenizer = AutoTokenizer.from_pretrained(bert.model)
    ids = tokenizer(text)["input_ids"]
    place = ids.index(tokenizer.mask_token_id)
    probed = bert.prober.probe(Probe(text))
    assert probed.tokens[place] == (" [MASK]", False)
    assert probed.at[place] == ()
    assert len(probed.at[place - 1]) == 10
    silenced = bert.prober.silence(Silence(text, Neuron(1, 3), at="all"))
    assert (silenced.head, silenced.hidden, silenced.position) == ("masked", False, place)
    compare_masked(bert, silenced, ids, place)


def compare_masked(bert, silenced, ids, position):
    network = bert.plain(AutoModelForMaskedLM)
    before = log_probabilities(network, ids, position)
    with torch.no_grad():
        network.get_submodule("bert.encoder.layer.1.output.dense").weight[:, 3] = 0
    same_change(silenced, before, log_probabilities(network, ids, position))


def test_special_tokens_that_a_text_writes_are_words(bert):
    probed = bert.prober.probe(Probe("goal [SEP] goal"))
    assert [token.piece for token in probed.tokens if not token.counts] == ["[CLS]", "[SEP]"]
    assert "".join(token.piece for token in probed.tokens if token.counts).endswith("goal [SEP] goal")


def test_a_text_without_a_head_to_ask_moves_its_embedding(tmp_path):
    run = tmp_path / "run.duckdb"
    texts = write_lines(tmp_path / "texts.jsonl", mixed(6))
    precompute([str(texts)], run, PrecomputeSettings(layers=(5,), dtype="float32", workers=1), progress=quiet)
    with Run(run) as opened:
        prober = Prober(opened)
        probed = prober.probe(Probe("The striker scored.", Neuron(5, 9)))
        silenced = prober.silence(Silence("The striker scored.", Neuron(5, 9)))
        assert {one.neuron.layer for one in probed.overall} == {5}
        assert silenced.head == ""
        assert math.isnan(silenced.bits)
        assert 0 < silenced.distance < 0.1
        assert "no neuron L4.9" in refused(prober.probe, Probe("The striker scored.", Neuron(4, 9)))


def test_a_text_longer_than_the_runs_is_cut_and_says_so(bert):
    probed = bert.prober.probe(Probe("goal " * 100))
    assert len(probed.tokens) == 60
    assert probed.cut


def test_what_holds_no_token_that_counts_is_refused(bert):
    for text in ("", " \n", "[MASK]"):
        assert "no token besides special ones" in refused(bert.prober.probe, Probe(text))
        assert "no token besides special ones" in refused(bert.prober.silence, Silence(text, Neuron(0, 0)))


def moved_by_hand(place, ids, layer, units, by, at):
    """Return natural log probabilities at the end with `by` (tokens,) added to each unit, one after another."""
    network, found = place.plain(AutoModelForCausalLM), []
    inner = network.get_submodule(f"model.layers.{layer}.mlp.down_proj")
    for unit in units:

        def hook(_, inputs, unit=unit):
            moved = inputs[0].clone()
            for position in at:
                moved[0, position, unit] += by[position]
            return (moved,)

        handle = inner.register_forward_pre_hook(hook)
        found.append(log_probabilities(network, ids, -1))
        handle.remove()
    return found


@pytest.mark.parametrize("scale", [0, 2, 5])
@pytest.mark.parametrize("at", ["peak", "all"])
def test_a_neuron_is_scaled_where_one_says_and_compared_with_others_changed_as_much(at, scale, places):
    place = places("llama")
    (reading,) = place.read([TEXT])
    number, ids = UNITS + 3, list(reading.tokens)
    trace = np.zeros(len(ids), np.float32)
    trace[reading.first : reading.first + len(reading.activations)] = reading.activations[:, number]
    peak = reading.first + int(reading.activations[:, number].argmax())
    if at == "all":
        trace = np.array(place.prober.probe(Probe(TEXT, Neuron(1, 3))).response.trace)
    tokens = [peak] if at == "peak" else range(len(ids))
    silenced = place.prober.silence(Silence(TEXT, Neuron(1, 3), at=at, scale=scale))
    assert (silenced.scale, silenced.changed) == (scale, peak if at == "peak" else None)
    before = log_probabilities(place.plain(AutoModelForCausalLM), ids, -1)
    by = (scale - 1) * trace
    after = moved_by_hand(place, ids, 1, range(UNITS), by, tokens)
    bits = [(np.exp(before) * (before - one)).sum() / math.log(2) for one in after]
    assert silenced.bits == pytest.approx(bits[3], rel=1e-3, abs=1e-5)
    assert silenced.others.of == 20
    below = sum(one < bits[3] for place_, one in enumerate(bits) if place_ != 3)
    # Twenty of the layer's 23 other neurons are drawn.
    assert below - 3 <= silenced.others.below <= below
    others = sorted(bits[:3] + bits[4:])
    assert others[8] - 1e-5 <= silenced.others.median <= others[14] + 1e-5


# the model


def test_a_model_that_is_gone_is_named_with_the_way_out_and_found_where_one_says(bert, tmp_path):
    moved = shutil.copytree(bert.model, tmp_path / "moved")
    gone = bert.model.rename(tmp_path / "away")
    try:
        said = refused(Prober, bert.run)
        assert f"'{bert.model}'" in said
        assert "--model" in said
        assert Prober(bert.run, str(moved)).probe(Probe(TEXT)) == bert.prober.probe(Probe(TEXT))
    finally:
        gone.rename(bert.model)


def test_other_weights_or_another_tokenizer_are_refused(bert, tmp_path):
    other = save(FAMILIES["bert"], tmp_path / "other", AutoModelForMaskedLM, initializer_range=0.5)
    model = AutoModelForMaskedLM.from_pretrained(other)
    with torch.no_grad():
        model.bert.encoder.layer[0].output.dense.weight[0, 0] += 1e-3
    model.save_pretrained(other)
    assert "weights" in refused(Prober, bert.run, str(other))
    same = shutil.copytree(bert.model, tmp_path / "same")
    tokenizer = json.loads((same / "tokenizer.json").read_text())
    tokenizer["normalizer"]["lowercase"] = False
    (same / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert "tokenizer" in refused(Prober, bert.run, str(same))


def test_a_helper_answers_from_a_process_of_its_own(bert):
    worker = WorkerClient(bert.path)
    stages = []
    try:
        question = Probe(TEXT, Neuron(1, 3))
        assert worker.ask(question, lambda *told: stages.append(told[0])) == bert.prober.probe(question)
        assert (
            worker.ask(Silence(TEXT, Neuron(1, 3), at="all")).bits
            == bert.prober.silence(Silence(TEXT, Neuron(1, 3), at="all")).bits
        )
        assert "loading the model" in stages
        assert "no neuron L7.0" in refused(worker.ask, Probe(TEXT, Neuron(7, 0)))
    finally:
        worker.close()
