"""PrecomputeSettings that cannot be are refused before anything is done; every other one shows in the run."""

import pytest
import torch
from precompute.corpora import quiet, refused
from precompute.runs import same, tables

from neurotui.precompute.pipeline import PrecomputeSettings, precompute
from neurotui.store.run import Run


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"pool": "median"}, "'median' is not a pool | choose one of: mean, max"),
        ({"dtype": "float16"}, "'float16' is not a dtype | choose one of: auto, float32, bfloat16"),
        ({"device": "tpu"}, "'tpu' is not a device | choose one of: auto, cpu, cuda"),
        ({"max_tokens": 0}, "max-tokens is '0'"),
        ({"max_tokens": 40_000}, "from 1 to 32767"),
        ({"exemplars": 0}, "exemplars is '0'"),
        ({"exemplars": 1_001}, "from 1 to 1000"),
        ({"workers": -1}, "workers is '-1'"),
        ({"text_fields": ()}, "--text-field"),
        ({"layers": ()}, "--layers"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_what_can(wrong, says):
    assert says in refused(PrecomputeSettings, **wrong)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_device_that_is_not_there_is_refused(texts, settings):
    given = PrecomputeSettings(settings.model, device="cuda")
    assert "no CUDA device" in refused(precompute, [str(texts)], texts.with_name("r"), given, progress=quiet)


@pytest.mark.parametrize("part", [(0, 2), (3, 2), (-1, 1)])
def test_a_part_that_is_none_is_refused(texts, settings, part):
    said = refused(precompute, [str(texts)], texts.with_name("r"), settings, progress=quiet, part=part)
    assert f"no part {part[0]} of {part[1]}" in said


def test_a_run_says_what_it_is_and_its_summary_agrees(texts, bert, tmp_path):
    run = tmp_path / "run.duckdb"
    given = PrecomputeSettings(
        str(bert),
        gold_fields=("topic",),
        layers=(1,),
        max_tokens=9,
        pool="max",
        dtype="float32",
        exemplars=3,
        seed=5,
        device="cpu",
    )
    told = []
    made = precompute([str(texts)], run, given, progress=lambda *step: told.append(step))
    with Run(run) as opened:
        counts, meta = opened.counts(), opened.meta
        assert [gold[0] for gold in opened.texts().gold] == [f"g{number % 3}" for number in range(30)]
    for key, value in {
        "model": str(bert),
        "layers": "1",
        "max_tokens": "9",
        "pooling": "max",
        "dtype": "float32",
        "device": "cpu",
        "exemplars": "3",
        "seed": "5",
        "special_tokens": "left out",
        "texts_path": str(texts),
        "texts_left_out": "0",
        "texts_calibration": str(counts["texts_calibration"]),
        "texts_validation": str(counts["texts_validation"]),
        "tokens": str(made.tokens),
        "torch": torch.__version__,
    }.items():
        assert meta[key] == value, key
    assert len(meta["weights"]) == len(meta["tokenizer"]) == 64
    assert (made.texts, made.layers, made.neurons) == (counts["texts"], counts["layers"], counts["neurons"])
    assert made.bytes == run.stat().st_size
    assert made.tokens == sum(len(tokens) - 2 for tokens in tables(run)["texts"]["tokens"].to_pylist())
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages == ["reading texts", "running the model", "checking shards", "merging"]
    for stage in stages:
        done = [step[1:] for step in told if step[0] == stage]
        assert done == sorted(done)
        assert done[-1][0] == done[-1][1]


def test_one_exemplar_means_one_top_and_no_bottom(texts, bert, tmp_path):
    precompute([str(texts)], tmp_path / "r", PrecomputeSettings(str(bert), exemplars=1), progress=quiet)
    kinds = tables(tmp_path / "r")["exemplars"]["kind"].to_pylist()
    assert (kinds.count("top"), kinds.count("bottom")) == (48, 0)
    assert kinds.count("random") == kinds.count("quantile") == 480


@pytest.mark.parametrize("count", [1, 3])
def test_few_texts_are_each_an_exemplar_once_a_kind(bert, tmp_path, count):
    few = tmp_path / "few.txt"
    few.write_text("\n".join(["rain on the sea", "a comet", "the old harbour"][:count]))
    precompute([str(few)], tmp_path / "r", PrecomputeSettings(str(bert)), progress=quiet)
    with Run(tmp_path / "r") as run:
        for kind in ("top", "quantile", "random"):
            found = [one.text_id for one in run.detail(3).exemplars if one.kind == kind]
            assert sorted(found) == list(range(count))


def test_another_seed_changes_splits_and_samples_and_no_figure(texts, bert, tmp_path):
    for seed in (0, 1):
        precompute([str(texts)], tmp_path / f"{seed}", PrecomputeSettings(str(bert), seed=seed), progress=quiet)
    first, second = tables(tmp_path / "0"), tables(tmp_path / "1")
    assert first["neurons"] == second["neurons"]
    assert first["pooled"] == second["pooled"]
    assert first["texts"]["split"] != second["texts"]["split"]
    assert not same(tmp_path / "0", tmp_path / "1")


def test_pieces_under_an_exemplars_window_are_the_text_there(many):
    with Run(many.run) as run:
        for neuron in (0, 17, 47):
            for one in run.detail(neuron).exemplars:
                body = run.body(one.text_id)
                said = "".join(one.pieces)
                assert said in body
                assert body == said or one.cut_before or one.cut_after
