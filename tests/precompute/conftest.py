"""Models and runs that several tests look at, made once."""

from pathlib import Path
from typing import NamedTuple

import pytest
from precompute import corpora
from precompute.families import FAMILIES, MINILM, OF_WHOLE_RUNS, save
from precompute.reference import read
from precompute.runs import case_of

from neurotui.models.loading import quiet
from neurotui.models.minilm import model_folder
from neurotui.precompute.pipeline import PrecomputeSettings, precompute

MOST = 100


class Many(NamedTuple):
    """A run of three shards, with all that it was made of and from."""

    texts: Path
    model: Path
    shards: Path
    run: Path
    settings: PrecomputeSettings


@pytest.fixture(scope="session")
def bert(tmp_path_factory):
    """Return the folder of a tiny BERT; whoever changes it works on a copy."""
    quiet()
    return save(FAMILIES["bert"], tmp_path_factory.mktemp("bert"))


@pytest.fixture
def settings(bert):
    """Return the settings that most tests start from."""
    return PrecomputeSettings(model=str(bert), device="cpu", workers=1)


@pytest.fixture
def texts(tmp_path):
    """Return a file of 30 short texts."""
    return corpora.write_lines(tmp_path / "texts.jsonl", corpora.sentences(30))


@pytest.fixture(scope="session")
def many(bert, tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    texts = corpora.write_lines(folder / "texts.jsonl", corpora.many())
    settings = PrecomputeSettings(model=str(bert), dtype="float32", device="cpu", exemplars=12, seed=3, workers=1)
    run, shards = folder / "run.duckdb", folder / "shards"
    precompute([str(texts)], run, settings, progress=corpora.quiet, shards=shards)
    return Many(texts, bert, shards, run, settings)


@pytest.fixture(scope="session", params=["minilm", "many", "maximum", *OF_WHOLE_RUNS])
def case(request, tmp_path_factory):
    """Return a run of a small corpus beside the truth.

    Of two layers of a real model, of several shards, pooled by maximum, and of the main families.
    """
    quiet()
    if request.param == "many":
        many = request.getfixturevalue("many")
        readings = read(many.model, FAMILIES["bert"], corpora.many(), many.settings.max_tokens)
        return case_of(many.run, readings, most=many.settings.max_tokens, exemplars=12, seed=3)
    folder = tmp_path_factory.mktemp(request.param)
    texts = corpora.write_lines(folder / "texts.jsonl", corpora.mixed())
    if request.param == "minilm":
        family, model, layers = MINILM, model_folder(), (1, 5)
    else:
        family, layers = FAMILIES["flan-t5" if request.param == "maximum" else request.param], (0, 1)
        model = save(family, folder / "model")
    pool = "max" if request.param == "maximum" else "mean"
    settings = PrecomputeSettings(
        str(model), layers=layers, pool=pool, max_tokens=MOST, dtype="float32", device="cpu", workers=1
    )
    precompute([str(texts)], folder / "run.duckdb", settings, progress=corpora.quiet)
    readings = read(model, family, corpora.mixed(), MOST, layers)
    return case_of(folder / "run.duckdb", readings, most=MOST, pool=pool, layers=layers)
