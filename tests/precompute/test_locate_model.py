"""A model is found by its name, its weights are told by what they are, and nothing of it runs as code."""

import json
import shutil

import pytest
import torch
from huggingface_hub import constants
from precompute.corpora import quiet, refused
from safetensors.torch import load_file, save_file
from transformers import AutoModel

from neurotui.models.locate_model import locate
from neurotui.models.minilm import model_folder
from neurotui.models.packaged_models import MINILM
from neurotui.models.weights import weights_hash
from neurotui.precompute.pipeline import PrecomputeSettings, precompute

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"


@pytest.fixture
def model(bert, tmp_path):
    """Return a copy of a model that a test may spoil."""
    return shutil.copytree(bert, tmp_path / "model")


def header(content, length=None):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return (len(data) if length is None else length).to_bytes(8, "little") + data


def one_tensor(**changed):
    return header({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **changed}}) + b"\0\0\0\0"


def test_the_packaged_model_and_a_folder_are_found(model, monkeypatch):
    assert locate(MINILM.name) == model_folder()
    assert locate(str(model)) == model
    monkeypatch.setenv("HOME", str(model.parent))
    assert locate("~/model") == model


def test_a_model_in_the_hubs_cache_is_taken_as_it_is(bert, tmp_path, monkeypatch):
    cached = tmp_path / "models--org--tiny"
    shutil.copytree(bert, cached / "snapshots" / ("0" * 40))
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("0" * 40)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert locate("org/tiny") == cached / "snapshots" / ("0" * 40)
    (cached / "snapshots" / ("0" * 40) / WEIGHTS).unlink()
    assert "holds no weights" in refused(locate, "org/tiny")


@pytest.mark.parametrize(
    "name",
    ["org/none", "no--such", "-x", "x" * 200, "x" * 5_000, "~nobody-at-all/x", "a b", "nul\0", "a/b/c", ""],
)
def test_a_name_that_is_no_models_is_refused_with_what_could_be_named(name, monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "a model of the hub, 'minilm' or 'smollm2'" in refused(locate, name)


def test_a_folder_without_a_model_is_refused(tmp_path, model):
    assert "there is no config.json" in refused(locate, str(tmp_path))
    assert "is not the folder of a model" in refused(locate, str(model / WEIGHTS))
    (model / WEIGHTS).unlink()
    assert "there is no model.safetensors" in refused(locate, str(model))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "flax.ckpt"])
def test_weights_that_could_run_code_are_refused_with_how_to_convert_them(model, name):
    torch.save(load_file(model / WEIGHTS), model / name)
    (model / WEIGHTS).unlink()
    said = refused(locate, str(model))
    assert f"'{name}', which could run code" in said
    assert "safe_serialization=True" in said


def test_a_pickle_beside_safetensors_is_never_read(model, texts):
    (model / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")
    made = precompute(
        [str(texts)], texts.with_name("run.duckdb"), PrecomputeSettings(str(model), workers=1), progress=quiet
    )
    assert made.texts == 30


def test_the_hash_of_weights_is_the_same_wherever_they_lie_and_however_they_are_divided(bert, tmp_path):
    weights = weights_hash(bert)
    shutil.copytree(bert, tmp_path / "elsewhere")
    assert weights_hash(tmp_path / "elsewhere") == weights
    AutoModel.from_pretrained(bert).save_pretrained(tmp_path / "divided", max_shard_size="10KB")
    assert len(list((tmp_path / "divided").glob("*.safetensors"))) > 1
    assert weights_hash(tmp_path / "divided") == weights
    tensors = load_file(bert / WEIGHTS)
    (tmp_path / "turned").mkdir()
    turned = dict(reversed(tensors.items()))
    save_file(turned, tmp_path / "turned" / WEIGHTS, metadata={"format": "pt", "by": "another"})
    assert weights_hash(tmp_path / "turned") == weights


def test_the_hash_of_weights_tells_name_shape_type_and_value(bert, tmp_path):
    tensors = load_file(bert / WEIGHTS)
    name = min(tensors)
    one = tensors[name]
    changed = one.clone()
    changed.view(-1)[0] += 1e-3
    others = [
        {**tensors, name: changed},
        {**tensors, name: one.view(1, *one.shape)},
        {**tensors, name: one.view(torch.int32)},
        {f"{key}x" if key == name else key: value for key, value in tensors.items()},
        {key: value for key, value in tensors.items() if key != name},
    ]
    hashes = {weights_hash(bert)}
    for other in others:
        save_file(other, tmp_path / WEIGHTS)
        hashes.add(weights_hash(tmp_path))
    assert len(hashes) == len(others) + 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"abc",
        header(b""),
        header(b"[]"),
        header(b"\xff"),
        header(b"[" * 100_000),
        header(b"{}", 2**63),
        header({"a": 1}),
        header({"a": {}}),
        one_tensor(data_offsets=[0, 8]),
        one_tensor(data_offsets=[-1_000, 4]),
        one_tensor(data_offsets=[4, 0]),
        one_tensor(data_offsets=[0.5, 4]),
        one_tensor(data_offsets=[10**30, 10**31]),
        one_tensor(data_offsets=[0]),
        one_tensor(data_offsets="04"),
    ],
)
def test_damaged_safetensors_are_refused(model, content):
    (model / WEIGHTS).write_bytes(content)
    assert f"'{model / WEIGHTS}' is damaged" in refused(weights_hash, model)


def test_safetensors_that_were_cut_short_are_refused_and_nothing_is_left(model, texts):
    whole = (model / WEIGHTS).read_bytes()
    (model / WEIGHTS).write_bytes(whole[:-100])
    before = sorted(texts.parent.rglob("*"))
    said = refused(
        precompute,
        [str(texts)],
        texts.with_name("run.duckdb"),
        PrecomputeSettings(str(model), workers=1),
        progress=quiet,
    )
    assert "it ends too soon" in said
    assert sorted(texts.parent.rglob("*")) == before


@pytest.mark.parametrize(
    ("index", "says"),
    [
        (b"{}", "is damaged"),
        (b"[]", "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (b'{"weight_map": {"a": 1}}', "is damaged"),
        (b'{"weight_map": {"a": "gone.safetensors"}}', "lacks the file"),
        (b'{"weight_map": {"a": "../stranger.safetensors"}}', "lacks the file"),
    ],
)
def test_a_damaged_index_is_refused_and_leads_out_of_no_folder(model, index, says):
    shutil.move(model / WEIGHTS, model.parent / "stranger.safetensors")
    (model / INDEX).write_bytes(index)
    assert says in refused(locate, str(model))
