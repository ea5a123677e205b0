"""Every family's neurons are found and heard; what is no known model of text is refused."""

import json
import shutil

import numpy as np
import pytest
import torch
import transformers
from precompute.corpora import quiet, refused, sentences
from precompute.families import FAMILIES, OF_WHOLE_RUNS, UNITS, WIDTH, save
from precompute.reference import read
from safetensors.torch import load_file, save_file
from transformers import AutoModel

from neurotui.models.activations import Model, blueprint, sizes
from neurotui.models.tokenizer import load_tokenizer, most_tokens
from neurotui.precompute.pipeline import PrecomputeSettings, precompute

BODIES = sentences(3, seed=9, longest=30)
# The families that test_figures and test_exemplars do not look at over a whole run.
OTHERS = [name for name in FAMILIES if name not in OF_WHOLE_RUNS]


@pytest.fixture
def model(bert, tmp_path):
    """Return a copy of a model that a test may spoil."""
    return shutil.copytree(bert, tmp_path / "model")


def configured(folder, **changed):
    """Change a model's configuration."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changed}))
    return folder


@pytest.mark.parametrize("name", OTHERS)
def test_what_a_family_tells_is_what_enters_its_output_projection(name, tmp_path):
    family = FAMILIES[name]
    heard = Model(save(family, tmp_path))
    assert blueprint(tmp_path).units == heard.units == {0: family.units, 1: family.units}
    for reading in read(tmp_path, family, BODIES, 50):
        traces = torch.cat(list(heard.trace(reading.tokens).values()), dim=1).numpy()
        counted = traces[reading.first : reading.first + len(reading.activations)]
        assert len(traces) == len(reading.tokens)
        assert np.abs(counted - reading.activations).max() < 2e-5 * np.abs(reading.activations).max()


@pytest.mark.parametrize("name", ["bert", "opt", "t5"])
def test_texts_are_heard_together_as_each_by_itself(name, tmp_path):
    heard = Model(save(FAMILIES[name], tmp_path))
    tokens = torch.randint(5, 100, (4, 9), generator=torch.Generator().manual_seed(0))
    together = {}
    heard.listen(tokens, together.__setitem__)
    assert {activations.shape for activations in together.values()} == {(4, 9, UNITS)}
    for text in range(4):
        for layer, alone in heard.trace(tokens[text].tolist()).items():
            assert torch.allclose(together[layer][text], alone, atol=1e-4)


def test_nothing_listens_on_when_listening_has_ended_even_by_an_error(bert):
    heard = Model(bert)

    def fail(_layer, _activations):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        heard.listen(torch.tensor([[5, 6]]), fail)
    heard.trace([5, 6])


@pytest.mark.parametrize("name", ["bert", "llama", "t5"])
def test_a_pass_ends_where_all_that_is_asked_for_was_told(name, tmp_path):
    heard = Model(save(FAMILIES[name], tmp_path))
    tokens, both, first, ran = torch.tensor([[5, 6, 7]]), {}, {}, []
    for layer, module in heard.projections.items():
        module.register_forward_hook(lambda *_, layer=layer: ran.append(layer))
    heard.listen(tokens, both.__setitem__)
    assert ran == [0]
    heard.listen(tokens, first.__setitem__, {0})
    assert ran == [0]
    assert list(first) == [0]
    assert torch.equal(first[0], both[0])


def test_layers_are_chosen_in_rising_order_and_one_that_is_not_there_is_refused():
    units = {0: 8, 1: 9, 2: 10}
    assert sizes(units, (2, 0, 2)) == {0: 8, 2: 10}
    assert sizes(units, None) == units
    for wrong in (3, -1):
        assert f"no layer '{wrong}' | its layers are 0 to 2" in refused(sizes, units, (0, wrong))


@pytest.mark.parametrize(
    ("name", "changed", "fewer"),
    [
        ("bert", {"max_position_embeddings": 40}, 40),
        ("roberta", {"max_position_embeddings": 40}, 38),
        ("ibert", {"max_position_embeddings": 40}, 38),
        ("longformer", {"max_position_embeddings": 42}, 40),
        ("t5", {}, 500),
    ],
)
def test_a_text_is_cut_where_a_model_has_no_more_positions(name, changed, fewer, tmp_path):
    tokenizer = load_tokenizer(save(FAMILIES[name], tmp_path, **changed))
    found = blueprint(tmp_path)
    assert most_tokens(found, tokenizer, 500) == fewer
    assert most_tokens(found, tokenizer, 10) == 10
    Model(tmp_path).trace([5] * fewer)
    tokenizer.model_max_length = 7
    assert most_tokens(found, tokenizer, 500) == 7


def test_a_pooler_may_be_missing_and_nothing_else(model):
    whole = load_file(model / "model.safetensors")
    headless = {name: tensor for name, tensor in whole.items() if not name.startswith("pooler.")}
    assert len(headless) < len(whole)
    save_file(headless, model / "model.safetensors", metadata={"format": "pt"})
    Model(model)
    lost = "encoder.layer.1.output.dense.weight"
    del headless[lost]
    save_file(headless, model / "model.safetensors", metadata={"format": "pt"})
    assert f"lack '{lost}'" in refused(Model, model)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"model_type": "nonsense"}, "cannot be loaded"),
        ({"model_type": None}, "cannot be loaded"),
        ({"hidden_size": "x"}, "cannot be loaded"),
        ({"hidden_size": 17}, "cannot be loaded"),
        ({"num_hidden_layers": 0}, "not known"),
        ({"model_type": "albert"}, "models of type 'albert' are not known"),
        ({"model_type": "vit"}, "'vit' read more than text"),
        ({"model_type": "clip"}, "'clip' read more than text"),
        ({"auto_map": {"AutoConfig": "evil.Config"}, "model_type": "no_progress-of"}, "cannot be loaded"),
    ],
)
def test_a_model_that_is_not_known_or_not_right_is_refused(model, changed, says):
    (model / "evil.py").write_text("raise SystemExit('ran code')")
    assert says in refused(blueprint, configured(model, **changed))


def test_a_mixture_of_experts_is_refused(tmp_path):
    config = transformers.MixtralConfig(
        vocab_size=20,
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=UNITS,
        num_local_experts=2,
        eos_token_id=2,
    )
    config.save_pretrained(tmp_path)
    said = refused(blueprint, tmp_path)
    assert "of a mixture of experts, each reads some of the tokens alone" in said
    assert said.endswith("--hook 'layers.*.self_attn.o_proj'")


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000, "\ud800"])
def test_a_damaged_configuration_is_refused(model, content):
    (model / "config.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    assert "cannot be loaded" in refused(blueprint, model)


def test_weights_of_other_sizes_than_the_configuration_are_refused(model):
    assert "cannot be loaded" in refused(Model, configured(model, intermediate_size=UNITS + 1))


@pytest.mark.parametrize("name", ["bert", "gpt2", "t5"])
def test_a_folder_without_a_tokenizer_is_refused_and_none_is_made_up(name, tmp_path):
    save(FAMILIES[name], tmp_path)
    for file in tmp_path.glob("*token*"):
        file.unlink()
    assert "has no tokenizer" in refused(load_tokenizer, tmp_path)


@pytest.mark.parametrize("content", ["{}", "", "[" * 100_000])
def test_a_damaged_tokenizer_is_refused(model, content):
    (model / "tokenizer.json").write_text(content)
    assert "cannot be loaded" in refused(load_tokenizer, model)


def test_another_models_tokenizer_is_refused_before_it_is_looked_up(model, texts):
    config = blueprint(model).config
    config.vocab_size = 10
    AutoModel.from_config(config).save_pretrained(model)
    settings = PrecomputeSettings(str(model), workers=1)
    said = refused(precompute, [str(texts)], texts.with_name("run.duckdb"), settings, progress=quiet)
    assert "but the model has 10 tokens" in said


def test_activations_that_are_no_numbers_are_refused_and_make_no_run(model, texts):
    weights = load_file(model / "model.safetensors")
    weights["encoder.layer.1.intermediate.dense.weight"].fill_(1e38)
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})
    run = texts.with_name("run.duckdb")
    said = refused(precompute, [str(texts)], run, PrecomputeSettings(str(model), workers=1), progress=quiet)
    assert "layer 1 has activations that are not finite numbers" in said
    assert not run.exists()
