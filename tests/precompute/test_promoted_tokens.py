"""What neurons promote and suppress is what a plain reading of the weights says, and only beyond noise."""

import duckdb
import numpy as np
import pytest
import torch
from precompute.corpora import mixed, quiet, refused, write_lines
from precompute.families import FAMILIES, LAYERS, UNITS, save
from precompute.runs import same, tiny_run
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

from neurotui.models.heads import ModelWithHead
from neurotui.models.logit_lens import Lens, lens_of
from neurotui.precompute import promoted_tokens, resume
from neurotui.precompute.pipeline import PrecomputeSettings, merge, precompute
from neurotui.precompute.promoted_tokens import OUTPUTS_KEPT, Vocabulary, outputs_of, read_through
from neurotui.store.run import Run

# Where each family keeps its output projection, its final norm, and how large that norm's gain is.
PARTS = {
    "gpt2": ("transformer.h.{}.mlp.c_proj", "transformer.ln_f", lambda weight: weight),
    "neox": ("gpt_neox.layers.{}.mlp.dense_4h_to_h", "gpt_neox.final_layer_norm", lambda weight: weight),
    "llama": ("model.layers.{}.mlp.down_proj", "model.norm", lambda weight: weight),
    "gemma": ("model.layers.{}.mlp.down_proj", "model.norm", lambda weight: 1 + weight),
    "opt": ("model.decoder.layers.{}.fc2", "model.decoder.final_layer_norm", lambda weight: weight),
}
CENTRED = {"gpt2", "neox", "opt"}


@pytest.fixture
def causal(tmp_path):
    """Return what makes a tiny model whose final norm differs from place to place."""

    def make(name, **sizes):
        folder = save(FAMILIES[name], tmp_path / name, AutoModelForCausalLM, **sizes)
        plain = AutoModelForCausalLM.from_pretrained(folder).eval()
        norm = plain.get_submodule(PARTS[name][1])
        with torch.no_grad():
            norm.weight.normal_(0.5, 0.4, generator=torch.Generator().manual_seed(3))
            if getattr(norm, "bias", None) is not None:
                norm.bias.normal_(0, 1, generator=torch.Generator().manual_seed(4))
        plain.save_pretrained(folder)
        return folder, plain

    return make


def changes(plain, name, layer, tokens):
    """Return every token's change of logit by each unit, standardised, in float64: (units, tokens)."""
    projection, norm, gain = PARTS[name]
    weight = plain.get_submodule(projection.format(layer)).weight.detach().double().numpy()
    own = weight.T if weight.shape[1] == UNITS else weight
    if name in CENTRED:
        own = own - own.mean(1, keepdims=True)
    scaled = own * gain(plain.get_submodule(norm).weight.detach().double().numpy())
    logits = scaled @ plain.lm_head.weight.detach().double().numpy()[tokens].T
    return (logits - logits.mean(1, keepdims=True)) / logits.std(1, keepdims=True)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("name", PARTS)
def test_the_logits_change_as_plain_arithmetic_says(name, tied, causal, monkeypatch):
    folder, plain = causal(name, tie_word_embeddings=tied)
    assert (plain.lm_head.weight.data_ptr() == plain.get_input_embeddings().weight.data_ptr()) == tied
    monkeypatch.setattr(Vocabulary, "noise", lambda *_: -np.inf)
    special = set(AutoTokenizer.from_pretrained(folder).all_special_ids)
    tokens = [token for token in range(len(plain.lm_head.weight)) if token not in special]
    found = outputs_of(folder, dict.fromkeys(range(LAYERS), UNITS), tokens, dtype="float32", progress=quiet)
    for layer in range(LAYERS):
        expected = changes(plain, name, layer, tokens)
        for unit in range(UNITS):
            for side in (1, -1):
                rows = (found.neuron_id == layer * UNITS + unit) & (found.side == side)
                order = np.argsort(-side * expected[unit], kind="stable")[:OUTPUTS_KEPT]
                assert found.rank[rows].tolist() == list(range(OUTPUTS_KEPT))
                assert found.value[rows] == pytest.approx(expected[unit][order], abs=1e-4)
                assert set(found.token_id[rows].tolist()) == {tokens[place] for place in order}


@pytest.mark.parametrize("name", ["bert", "modernbert", "distilbert"])
def test_a_head_with_a_layer_of_its_own_before_the_unembedding_has_no_lens(name, tmp_path):
    model = ModelWithHead(save(FAMILIES[name], tmp_path, AutoModelForMaskedLM))
    assert model.head == "masked"
    assert lens_of(model) is None


def test_a_norm_over_the_stream_after_every_block_has_no_lens(tmp_path):
    folder = save(FAMILIES["opt"], tmp_path, AutoModelForCausalLM, do_layer_norm_before=False)
    model = ModelWithHead(folder)
    assert model.head == "causal"
    assert lens_of(model) is None


def test_a_lens_keeps_nothing_of_the_models_memory(tmp_path):
    model = ModelWithHead(save(FAMILIES["llama"], tmp_path, AutoModelForCausalLM))
    lens = lens_of(model)
    theirs = {weight.untyped_storage().data_ptr() for weight in model.speaking.parameters()}
    ours = {values.untyped_storage().data_ptr() for values in (*lens.directions.values(), lens.readings)}
    assert not theirs & ours


def planted(seed=0, tokens=2_000, width=64, units=128):
    """Return a lens of random weights in which neuron 5 reads as twelve tokens and the negative of twelve others."""
    generator = torch.Generator().manual_seed(seed)
    readings = torch.randn(tokens, width, generator=generator)
    own = torch.randn(units, width, generator=generator)
    readings[100:112] = readings[100] + 0.2 * torch.randn(12, width, generator=generator)
    readings[200:212] = readings[200] + 0.2 * torch.randn(12, width, generator=generator)
    own[5] = readings[100] - readings[200]
    return Lens({0: own}, readings)


def test_only_what_is_beyond_noise_is_said():
    lens = planted()
    found = read_through(lens, {0: 128}, range(2_000), progress=quiet)
    assert set(found.neuron_id.tolist()) == {5}
    assert all(100 <= token < 112 for token in found.token_id[found.side > 0])
    assert all(200 <= token < 212 for token in found.token_id[found.side < 0])
    without = read_through(lens, {0: 128}, [*range(100), *range(300, 2_000)], progress=quiet)
    assert len(without.neuron_id) == 0


def test_of_random_directions_fewer_than_one_in_two_hundred_pass():
    lens = planted()
    directions = torch.randn(4_000, 64, generator=torch.Generator().manual_seed(9))
    vocabulary = Vocabulary(lens.readings)
    means = vocabulary.extremes(vocabulary.changes(directions), 1)[0].mean(-1)
    assert (means > vocabulary.noise([lens.directions[0]])).float().mean() <= 0.005


def test_a_dead_neuron_says_nothing():
    lens = planted()
    lens.directions[0][7] = 0
    changes = Vocabulary(lens.readings).changes(lens.directions[0])
    assert torch.isfinite(changes).all()
    assert changes[7].abs().max() == 0


# in a run


@pytest.fixture
def loud(monkeypatch):
    """Let every neuron say something: tiny models have nothing beyond noise."""
    monkeypatch.setattr(promoted_tokens.Vocabulary, "noise", lambda *_: 1.0)


@pytest.mark.usefixtures("loud")
def test_a_run_tells_what_a_neuron_promotes_and_no_special_token(tmp_path):
    path = tiny_run("llama", tmp_path, AutoModelForCausalLM, mixed(30))
    with Run(path) as run:
        said = run.detail(UNITS + 3).outputs
        assert run.meta["outputs"] == "logit lens"
    assert [one.kind for one in said] == ["promoted"] * OUTPUTS_KEPT + ["suppressed"] * OUTPUTS_KEPT
    values = [one.value for one in said]
    assert values[:OUTPUTS_KEPT] == sorted(values[:OUTPUTS_KEPT], reverse=True)
    assert values[OUTPUTS_KEPT:] == sorted(values[OUTPUTS_KEPT:])
    with duckdb.connect(str(path), read_only=True) as connection:
        special = "SELECT count(*) FROM outputs JOIN vocabulary USING (token_id) WHERE special"
        assert connection.execute(special).fetchone() == (0,)
        rows = connection.execute("SELECT neuron_id, kind, rank FROM outputs").fetchall()
    assert rows == sorted(rows)


def test_a_model_without_a_head_has_no_rows(tmp_path):
    path = tiny_run("bert", tmp_path, AutoModelForMaskedLM, mixed(30))
    with Run(path) as run:
        assert run.detail(3).outputs == ()
        assert run.meta["outputs"] == "none"


@pytest.mark.usefixtures("loud")
def test_parts_merge_to_the_same_outputs_and_lost_ones_are_named_and_made_again(tmp_path):
    whole = tiny_run("neox", tmp_path, AutoModelForCausalLM, mixed(30))
    settings = PrecomputeSettings(str(tmp_path / "model"), max_tokens=40, dtype="float32", device="cpu", workers=1)
    texts, shards = [str(write_lines(tmp_path / "texts.jsonl", mixed(30)))], tmp_path / "shards"

    def make(part):
        precompute(texts, tmp_path / "other.duckdb", settings, progress=quiet, shards=shards, part=part)

    make((2, 2))
    make((1, 2))
    merge(shards, tmp_path / "other.duckdb", progress=quiet)
    assert same(whole, tmp_path / "other.duckdb")
    file = shards / "outputs.safetensors"
    good = file.read_bytes()
    file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert "promote" in refused(merge, shards, tmp_path / "third.duckdb", progress=quiet)
    make((1, 2))
    assert file.read_bytes() == good


def test_one_of_several_workers_reads_the_outputs(tmp_path, monkeypatch):
    bodies = mixed(600)
    whole = tiny_run("neox", tmp_path, AutoModelForCausalLM, bodies)
    settings = PrecomputeSettings(str(tmp_path / "model"), max_tokens=40, dtype="float32", device="cpu", workers=2)

    def here(*_):
        raise AssertionError("the process that waits for the workers read them")

    monkeypatch.setattr(resume, "make_outputs", here)
    texts, run = str(write_lines(tmp_path / "texts.jsonl", bodies)), tmp_path / "other.duckdb"
    precompute([texts], run, settings, progress=quiet)
    assert same(whole, run)
    with Run(run) as opened:
        assert opened.meta["outputs"] == "logit lens"


@pytest.mark.usefixtures("loud")
def test_neurons_are_found_by_the_word_that_their_promoted_tokens_begin_with(tmp_path):
    path = tiny_run("llama", tmp_path, AutoModelForCausalLM, mixed(30))
    with Run(path) as run:
        promoted = [
            {one.piece.strip().casefold() for one in run.detail(number).outputs if one.kind == "promoted"}
            for number in range(LAYERS * UNITS)
        ]
        for word in ("the", "s", "TH", "nowhere", "%"):
            begins = [any(piece.startswith(word.casefold()) for piece in pieces) for pieces in promoted]
            assert sorted(run.promoting(word).tolist()) == np.flatnonzero(begins).tolist()
        assert 0 < len(run.promoting("s")) < LAYERS * UNITS


@pytest.mark.parametrize("seed", range(3))
def test_coarse_means_are_off_by_no_more_than_they_say_and_settle_most(seed):
    chance = torch.Generator().manual_seed(seed)
    readings = torch.randn(5_003, 48, generator=chance) * torch.rand(5_003, 1, generator=chance) ** 2
    directions = torch.randn(300, 48, generator=chance)
    vocabulary = Vocabulary(readings)
    changes = vocabulary.changes(directions)
    exact = torch.stack([changes.sort(descending=True)[0], (-changes).sort(descending=True)[0]])[..., :10].mean(-1)
    coarse, margin = vocabulary.coarse_means(directions)
    assert ((coarse - exact).abs() <= margin).all()
    assert margin.max() < exact.std() + 0.2


@pytest.mark.parametrize("tokens", [7, 640, 1_000, 4_101])
def test_the_kept_tokens_are_those_of_a_whole_sorting(tokens):
    changes = torch.randn(20, tokens, generator=torch.Generator().manual_seed(0))
    vocabulary = Vocabulary(torch.randn(tokens, 4))
    for side in (1, -1):
        values, places = vocabulary.extremes(changes, side)
        expected, where = (side * changes).sort(descending=True)
        assert torch.equal(values, expected[:, : vocabulary.kept])
        assert torch.equal(places, where[:, : vocabulary.kept])
