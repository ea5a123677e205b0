"""A packaged model is one record: whatever takes a model's name knows it from there."""

import ast
from pathlib import Path

import pytest
from precompute.corpora import refused

import neurotui
from neurotui.exchange.same_model import same_model
from neurotui.models.locate_model import locate
from neurotui.models.packaged_models import PACKAGED_MODELS
from neurotui.precompute.settings import PrecomputeSettings

PACKAGE = Path(neurotui.__file__).parent
# Where the names may stand: the table, and the settings' usual model, which the first test holds against it.
MAY_NAME = {PACKAGE / "models" / "packaged_models.py", PACKAGE / "precompute" / "settings.py"}


def test_the_usual_model_is_the_first_of_the_table():
    assert PrecomputeSettings().model == next(iter(PACKAGED_MODELS))


@pytest.mark.parametrize("model", PACKAGED_MODELS.values(), ids=list(PACKAGED_MODELS))
def test_each_is_offered_and_is_the_model_that_the_hub_calls_otherwise(model):
    assert f"'{model.name}'" in refused(locate, "no/such/model")
    assert same_model(model.name, f"some-owner/{model.hub_name}")
    assert not same_model(model.name, "gpt2")


def test_their_names_are_spelt_in_the_table_alone():
    for file in PACKAGE.rglob("*.py"):
        if file not in MAY_NAME:
            spelt = {one.value for one in ast.walk(ast.parse(file.read_text())) if isinstance(one, ast.Constant)}
            assert not spelt & set(PACKAGED_MODELS), file
