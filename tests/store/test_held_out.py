"""What a score may use is held out by the store: validation alone, and none of a neuron's exemplars."""

import inspect
import re

import duckdb
import numpy as np
import pytest
from labelling.planted import write_planted

from neurotui.store.held_out import HeldOut
from neurotui.store.run import Run
from neurotui.store.sql import names, statement


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_planted(tmp_path_factory.mktemp("held") / "run.duckdb")


def test_only_places_of_validation_are_there(path):
    with Run(path) as run:
        held, texts, sample = HeldOut(run), run.texts(), run.token_sample()
        assert held.texts.text_id.tolist() == np.flatnonzero(~texts.calibration & texts.pooled).tolist()
        assert held.tokens.place.tolist() == np.flatnonzero(~sample.calibration).tolist()
        assert not texts.calibration[[one.text_id for one in held.divided]].any()
        (one,) = held.neurons([0])
        shown = {exemplar.text_id for exemplar in run.detail(0).exemplars}
        values = run.pooled(0)[~texts.calibration]
        kept = ~np.isnan(one.texts)
        assert set(held.texts.text_id[~kept].tolist()) == shown & set(held.texts.text_id.tolist()) != set()
        assert np.array_equal(np.argsort(one.texts[kept], kind="stable"), np.argsort(values[kept], kind="stable"))
        at_tokens = run.token_block(0).codes[0, held.tokens.place]
        seen = np.isin(held.tokens.text_id, list(shown))
        assert np.isnan(one.tokens).tolist() == seen.tolist()
        assert np.array_equal(one.tokens[~seen], at_tokens[~seen])


def test_no_statement_and_no_method_lets_one_choose_a_place():
    ours = [statement(name) for name in names() if name.startswith("held_out_")]
    assert len(ours) >= 7
    for sql in ours:
        assert "split = 'validation'" in sql
        assert set(re.findall(r"\$(\w+)", sql)) <= {"neuron_ids"}
    taken = {
        name
        for _, method in inspect.getmembers(HeldOut, inspect.isfunction)
        if not method.__name__.startswith("_")
        for name in inspect.signature(method).parameters
    }
    assert taken == {"self", "neuron_ids"}


def test_each_neuron_comes_once_in_the_order_of_the_ids(path):
    with Run(path) as run:
        assert [one.neuron_id for one in HeldOut(run).neurons([3, 0, 3, 5])] == [0, 3, 5]


def test_a_run_without_a_token_sample_has_texts_alone(path, tmp_path):
    bare = tmp_path / "bare.duckdb"
    bare.write_bytes(path.read_bytes())
    with duckdb.connect(str(bare)) as connection:
        connection.execute("DELETE FROM token_sample")
        connection.execute("DELETE FROM token_activations")
        connection.execute("DELETE FROM token_descriptors")
    with Run(bare) as run:
        held = HeldOut(run)
        (one,) = held.neurons([0])
        assert (len(held.tokens.place), len(one.tokens), held.named()) == (0, 0, [])
        assert len(one.texts) == len(held.texts.text_id) > 0
