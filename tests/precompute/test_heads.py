"""What a model says without a neuron is what it says when the neuron's weights are gone."""

import pytest
import torch
from precompute.corpora import refused
from precompute.families import FAMILIES, UNITS, save
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM

from neurotui.models.heads import ModelWithHead
from neurotui.models.minilm import model_folder

TOKENS = [9, 30, 12, 45, 7, 61, 33]
MASKED = {"bert": "bert.encoder.layer.{}.output.dense", "modernbert": "model.layers.{}.mlp.Wo"}
CAUSAL = {
    "gpt2": "transformer.h.{}.mlp.c_proj",
    "llama": "model.layers.{}.mlp.down_proj",
    "opt": "model.decoder.layers.{}.fc2",
    "neox": "gpt_neox.layers.{}.mlp.dense_4h_to_h",
}


@pytest.fixture(params=[*MASKED, *CAUSAL])
def spoken(request, tmp_path):
    """Return a tiny model with its head, as neurotui and as transformers have it, and where its neurons end."""
    name = request.param
    head = AutoModelForMaskedLM if name in MASKED else AutoModelForCausalLM
    folder = save(FAMILIES[name], tmp_path, head)
    plain = head.from_pretrained(folder, attn_implementation="eager").eval()
    return ModelWithHead(folder), plain, {**MASKED, **CAUSAL}[name], "masked" if name in MASKED else "causal"


def without(plain, projection, layer, unit):
    """Take a neuron's outgoing weights away from a model."""
    module = plain.get_submodule(projection.format(layer))
    with torch.no_grad():
        (module.weight.T if isinstance(module, torch.nn.Linear) else module.weight)[unit] = 0
    return plain


def says(plain, position):
    with torch.no_grad():
        return plain(input_ids=torch.tensor([TOKENS])).logits[0, position].double().log_softmax(0)


@pytest.mark.parametrize(("layer", "unit"), [(0, 3), (1, UNITS - 1)])
def test_a_silenced_neuron_is_one_without_its_outgoing_weights(spoken, layer, unit):
    model, plain, projection, head = spoken
    assert model.head == head
    before = model.log_probabilities(TOKENS, 4)
    assert torch.allclose(before, says(plain, 4), atol=1e-5)
    with model.shifted(layer, unit, -model.trace(TOKENS)[layer][:, unit]):
        silent = model.log_probabilities(TOKENS, 4)
        assert model.trace(TOKENS)[layer][:, unit].abs().max() == 0
    assert torch.allclose(silent, says(without(plain, projection, layer, unit), 4), atol=1e-5)
    assert (silent - before).abs().max() > 1e-3
    assert torch.equal(model.log_probabilities(TOKENS, 4), before)
    assert model.trace(TOKENS)[layer][:, unit].abs().max() > 0


@pytest.mark.parametrize("name", ["t5", "flan-t5", "bart"])
def test_an_encoder_of_two_has_no_head_but_an_embedding_that_moves(name, tmp_path):
    folder = save(FAMILIES[name], tmp_path)
    model = ModelWithHead(folder)
    plain = AutoModel.from_pretrained(folder, attn_implementation="eager").eval().get_encoder()
    projection = "layers.{}.fc2" if name == "bart" else "block.{}.layer.1.DenseReluDense.wo"
    assert model.head is None

    def embedded():
        with torch.no_grad():
            return plain(input_ids=torch.tensor([TOKENS])).last_hidden_state[0].double().mean(0)

    assert torch.allclose(model.embedding(TOKENS), embedded(), atol=1e-5)
    without(plain, projection, 1, 2)
    with model.shifted(1, 2, -model.trace(TOKENS)[1][:, 2]):
        assert torch.allclose(model.embedding(TOKENS), embedded(), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("bert", None),
        ("distilbert", None),
        ("neox", None),
        ("llama", None),
        ("gpt2", "causal"),
        ("opt", "causal"),
    ],
)
def test_a_checkpoint_without_head_has_none_unless_it_is_tied_to_the_embeddings(name, head, tmp_path):
    assert ModelWithHead(save(FAMILIES[name], tmp_path)).head == head


def test_the_packaged_model_has_no_head():
    assert ModelWithHead(model_folder()).head is None


def test_what_the_blocks_need_may_not_be_missing_beside_a_head(tmp_path):
    save(FAMILIES["gpt2"], tmp_path, AutoModelForCausalLM)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["transformer.h.1.mlp.c_proj.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    assert "lack 'h.1.mlp.c_proj.weight'" in refused(ModelWithHead, tmp_path)
