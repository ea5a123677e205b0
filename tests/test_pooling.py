"""The table of pooling rules is the only place that says how a text is pooled."""

import duckdb
import numpy as np
import pytest
import torch
from synthetic import write_run

from neurotui.errors import UserError
from neurotui.pooling import POOLINGS, Counted, Pooling, pooling_of
from neurotui.precompute.settings import PrecomputeSettings
from neurotui.store.run import Run
from neurotui.store.table_faults import table_faults

LAST = Pooling(lambda trace: trace[-1], lambda counted: counted.activations[:, -1], 1.0)


@pytest.mark.parametrize("name", POOLINGS)
def test_a_rule_pools_a_batch_as_it_pools_each_of_its_texts(name):
    activations = torch.randn(5, 9, 7, generator=torch.Generator().manual_seed(1))
    batch = POOLINGS[name].batch(Counted(activations, activations.sum(1), activations.amax(1)))
    alone = np.stack([POOLINGS[name].text(trace) for trace in activations.numpy()])
    assert batch.shape == (5, 7)
    assert np.allclose(batch.numpy(), alone, atol=1e-6)


def test_a_rule_that_is_not_known_is_refused_and_not_taken_for_the_mean():
    with pytest.raises(UserError, match="'no rule yet'"):
        pooling_of({"pooling": "no rule yet"})


def test_a_new_rule_is_one_record(tmp_path, monkeypatch):
    monkeypatch.setitem(POOLINGS, "no rule yet", LAST)
    assert PrecomputeSettings(pool="no rule yet").pool == "no rule yet"
    assert pooling_of({"pooling": "no rule yet"}) is LAST
    path = write_run(tmp_path / "run.duckdb", layers=1, units=8, texts=30)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE meta SET value = 'no rule yet' WHERE key = 'pooling'")
    with Run(path) as run:
        assert "meta" not in {one.table for one in table_faults(run.reader)}
