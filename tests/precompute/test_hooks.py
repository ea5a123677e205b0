"""``--hook``: neurons where structure finds none, named by modules, and held apart from those that it finds."""

import shlex
from collections import defaultdict
from types import SimpleNamespace

import duckdb
import numpy as np
import pytest
import torch
import transformers
from precompute.corpora import quiet, refused, sentences, write_lines
from precompute.families import FAMILIES, ORDINARY, Family, gelu, save
from precompute.reference import read
from precompute.runs import standing

from neurotui.errors import UserError
from neurotui.models.activations import Model, blueprint
from neurotui.models.heads import ModelWithHead
from neurotui.models.hooks import find
from neurotui.precompute.pipeline import PrecomputeSettings, precompute
from neurotui.precompute.verify import recompute
from neurotui.probing.probe import Prober
from neurotui.probing.questions import Probe
from neurotui.store.check import RunCheck
from neurotui.store.run import Run
from neurotui.types import Neuron

XLNET = Family(
    "XLNetConfig",
    {"d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 24},
    "byte",
    ("layer.{}.ff.layer_1",),
    gelu,
)
IN_XLNET = "layer.*.ff.layer_2"
ATTENTION = "encoder.layer.*.attention.output.dense"


@pytest.fixture(scope="module")
def xlnet(tmp_path_factory):
    """Return a model of a family that structure does not know, and which has its tokens before its texts."""
    return save(XLNET, tmp_path_factory.mktemp("xlnet"))


def hinted(hint):
    """Return the hook that a hint says, as a shell reads it."""
    words = shlex.split(hint)
    return words[words.index("--hook") + 1]


def test_a_refusal_lists_the_modules_and_the_hook_it_gives_works(xlnet):
    with pytest.raises(UserError, match="models of type 'xlnet' are not known") as caught:
        blueprint(xlnet)
    assert "  layer.{0..1}.ff.layer_2: 24 in, 16 out" in caught.value.details
    assert hinted(caught.value.hint) == IN_XLNET
    assert blueprint(xlnet, IN_XLNET).units == {0: 24, 1: 24}


def test_what_is_hooked_is_heard_by_token_though_tokens_come_before_texts(xlnet):
    model, heard = Model(xlnet, hook=IN_XLNET), {}
    by_length = defaultdict(list)
    for one in read(xlnet, XLNET, sentences(300, seed=4, longest=2), 50, (0, 1)):
        by_length[len(one.tokens)].append(one)
    # A square of texts and tokens does not tell which axis is which.
    alike = next(found[:length] for length, found in by_length.items() if len(found) >= length > 3)
    model.listen(torch.tensor([one.tokens for one in alike]), lambda layer, found: heard.update({layer: found}))
    together = torch.cat([heard[0], heard[1]], dim=2).numpy()
    for found, one in zip(together, alike, strict=True):
        assert np.abs(found - one.activations).max() < 1e-4


def made(folder, model, hook=""):
    texts = write_lines(folder / "texts.jsonl", sentences(40, seed=2))
    settings = PrecomputeSettings(str(model), hook=hook, dtype="float32", device="cpu", workers=1)
    run, shards = folder / "run.duckdb", folder / "shards"
    precompute([str(texts)], run, settings, progress=quiet, shards=shards, replace=True)
    return run


def test_a_run_keeps_its_hook_and_whatever_needs_the_model_takes_it_from_there(xlnet, tmp_path):
    with Run(made(tmp_path, xlnet, IN_XLNET)) as run:
        assert run.meta["hook"] == IN_XLNET
        assert IN_XLNET in run.meta["activation_rule"]
        assert recompute(RunCheck(run), 20, progress=quiet).holds
        told = Prober(run).probe(Probe("The goal was near the harbour", Neuron(1, 3)))
        assert told.overall
        assert told.response is not None


def test_neurons_at_other_modules_are_other_neurons(bert, tmp_path):
    """Their labels must not stand beside those of the feed-forward blocks, and their shards not be mixed."""
    with Run(made(tmp_path, bert)) as plain:
        weights = plain.weights
    with pytest.raises(UserError, match="another --hook"):
        made(tmp_path, bert, ATTENTION)
    (tmp_path / "other").mkdir()
    with Run(made(tmp_path / "other", bert, ATTENTION)) as run:
        assert run.weights != weights
        assert run.meta["weights"] == weights
        assert run.counts()["neurons"] == 32


@pytest.mark.parametrize(
    "hook", ["encoder.layer.*.output.dense", "bert.encoder.layer.*.output.dense", "layer.*.output.dense"]
)
def test_a_hook_that_names_what_structure_finds_changes_nothing(hook, bert, tmp_path):
    run = made(tmp_path, bert)
    before = standing(tmp_path / "shards")
    made(tmp_path, bert, hook)
    assert standing(tmp_path / "shards") == before
    with duckdb.connect(str(run), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM meta WHERE key = 'hook'").fetchone() == (0,)


@pytest.mark.parametrize(
    ("hook", "says"),
    [
        ("encoder.layer.*.output.dens", "no module of the model is called"),
        (r"encoder\.layer\.(\d+)\.output\.dense", "no module of the model is called"),
        ("encoder.layer.1.output.dense", "where the number of the layer stands"),
        ("encoder.layer.*.output.LayerNorm", "a LayerNorm, which is no linear layer"),
        ("encoder.layer.*.output", "a BertOutput, which is no linear layer"),
        ("pooler.dense", "of the whole model, of no layer"),
        ("[", "no module of the model is called"),
        ("*", "a BertLayer, which is no linear layer"),
    ],
)
def test_a_hook_that_names_no_modules_of_layers_is_refused_with_one_that_does(hook, says, bert):
    with pytest.raises(UserError) as caught:
        blueprint(bert, hook)
    assert says in caught.value.message
    assert blueprint(bert, hinted(caught.value.hint)).units == {0: 24, 1: 24}


def test_a_module_that_all_layers_share_is_refused(tmp_path):
    folder = save(
        FAMILIES["bert"]._replace(config="AlbertConfig", sizes={**ORDINARY, "embedding_size": 8}), tmp_path
    )
    hook = "encoder.albert_layer_groups.*.albert_layers.0.ffn_output"
    assert "goes 2 times through the module of layer 0" in refused(Model, folder, hook=hook)


def test_the_layers_of_a_model_that_reads_more_than_text_can_be_named(tmp_path):
    text = {**ORDINARY, "num_key_value_heads": 1, "head_dim": 8, "vocab_size": 40}
    vision = {**ORDINARY, "image_size": 28, "patch_size": 14}
    config = transformers.Gemma3Config(text_config=text, vision_config=vision)
    config.save_pretrained(tmp_path)
    assert "read more than text" in refused(blueprint, tmp_path)
    hook = "language_model.layers.*.mlp.down_proj"
    assert blueprint(tmp_path, hook).units == {0: 24, 1: 24}
    assert blueprint(tmp_path, f"model.{hook}").hook == hook


class Blocks(torch.nn.Module):
    """A network of two groups of two blocks, beside a decoder with names of the same kind."""

    def __init__(self):
        super().__init__()
        self.groups = torch.nn.ModuleList(
            torch.nn.ModuleList(torch.nn.Linear(width, 4) for width in widths) for widths in ((5, 6), (7, 8))
        )
        self.other = torch.nn.ModuleDict(
            {"groups": torch.nn.ModuleList([torch.nn.ModuleList([torch.nn.Linear(9, 4)])])}
        )

    def forward(self, input_ids):
        raise RuntimeError(f"no text is read here: {input_ids}")


def test_layers_that_two_numbers_name_are_numbered_in_their_order():
    config = SimpleNamespace(model_type="blocks", get_text_config=SimpleNamespace)
    found = find(Blocks(), config, "other.groups.*.*")
    assert [module.in_features for module in found.by_layer.values()] == [9]
    assert "names 'groups.*.*' and 'other.groups.*.*'" in refused(find, Blocks(), config, "groups.*.*")


def test_a_head_hears_the_modules_that_were_hooked(tmp_path):
    folder = save(FAMILIES["gpt2"], tmp_path, transformers.AutoModelForCausalLM)
    model = ModelWithHead(folder, hook="transformer.h.*.attn.c_proj")
    assert model.head == "causal"
    assert model.units == {0: 16, 1: 16}
    assert model.trace([5, 6, 7])[1].shape == (3, 16)
