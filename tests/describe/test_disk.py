"""A disk that fills up while a run is described: told in words, the run as it was, and nothing left beside it."""

import json

import numpy as np
import pytest
from full_disk import full_disk

from neurotui.describe.pipeline import describe
from neurotui.errors import UserError
from neurotui.models.embedding_cache import EmbeddingCache
from neurotui.precompute.pipeline import PrecomputeSettings, precompute


def quiet(stage, done, total):
    assert 0 <= done <= total, stage


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run of one layer over a hundred texts of two topics."""
    folder = tmp_path_factory.mktemp("run")
    said = ("the dog chased a ball in the park", "the court heard the case of the bank")
    lines = [
        json.dumps({"text": f"{said[at % 2]} on day {at}", "topic": ("pet", "law")[at % 2]}) for at in range(100)
    ]
    (folder / "texts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    settings = PrecomputeSettings(gold_fields=("topic",), layers=(5,), workers=1)
    precompute([str(folder / "texts.jsonl")], folder / "run.duckdb", settings, progress=quiet)
    return folder / "run.duckdb"


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.95])
@pytest.mark.parametrize("beside", ["", "topics"])
def test_a_disk_that_fills_up_leaves_the_run_as_it_was_and_the_same_command_describes_it(run, share, beside):
    before, names = run.read_bytes(), sorted(run.parent.iterdir())
    with full_disk(int(len(before) * share)), pytest.raises(UserError) as refusal:
        describe(run, "gold", as_=beside, progress=quiet)
    assert f"'{run}' could not be written: " in refusal.value.message
    assert "df -h" in refusal.value.hint
    assert "nothing that was there has changed" in refusal.value.hint
    assert run.read_bytes() == before
    assert sorted(run.parent.iterdir()) == names
    if share == 0.95 and not beside:
        assert describe(run, "gold", progress=quiet).neurons == 1_536
        run.write_bytes(before)


def test_vectors_that_the_disk_does_not_take_are_not_kept_and_nothing_is_left_of_them(tmp_path):
    kept = EmbeddingCache(tmp_path, "a test")
    with full_disk(1_000):
        kept.put(["a", "b"], np.ones((2, 384), np.float32))
    assert list(tmp_path.iterdir()) == []
    assert kept.get(["a", "b"]) is None
