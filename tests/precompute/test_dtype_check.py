"""What quicker products change is measured before they are taken; a run keeps it, and who comes later follows."""

import json
import shutil
import sys
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import torch
from precompute.corpora import quiet, refused, sentences, write_lines
from precompute.runs import same, tables

from neurotui.cli import main
from neurotui.models.activations import Model
from neurotui.precompute import dtype_check
from neurotui.precompute.dtype_check import Heard
from neurotui.precompute.pipeline import PrecomputeSettings, precompute
from neurotui.precompute.shards import MANIFEST, TEXTS, Folder
from neurotui.precompute.texts import write_texts
from neurotui.store.run import Run

MEDIUM = "float32, products at medium precision"
UNITS = {0: 24, 1: 24}


def products(monkeypatch, changed):
    """Let quicker products change what is heard, as on a machine that has some."""
    listen = dtype_check.listen

    def listening(model, texts, units, dtype, advance):
        heard = listen(model, texts, units, "float32" if dtype == "auto" else dtype, advance)
        return changed(heard) if dtype == "auto" else heard

    monkeypatch.setattr(dtype_check, "listen", listening)


def slightly(heard):
    return heard._replace(at_tokens=heard.at_tokens * np.float32(1 + 1e-3))


def much(heard):
    return Heard(heard.peak[::-1] * np.float32(1 + 1e-3), heard.word, heard.at_tokens)


def exact(heard):
    return heard


@pytest.fixture
def made(texts, settings, tmp_path):
    """Return what makes a run of these texts and returns its metadata, with other settings or arguments."""

    def make(name="run", changed=None, **more):
        precompute([str(texts)], tmp_path / name, replace(settings, **changed or {}), progress=quiet, **more)
        if "part" in more:
            return None
        with Run(tmp_path / name) as run:
            return dict(run.meta)

    return make


def numbers(meta):
    return {
        key: float(value) for key, value in meta.items() if key.startswith("dtype_check_") and key[-2:] != "of"
    }


def test_products_that_change_little_are_taken_and_the_run_says_what_they_change(made, monkeypatch):
    products(monkeypatch, slightly)
    meta = made()
    assert meta["dtype"] == meta["dtype_check_of"] == MEDIUM
    assert meta["dtype_check"] == (
        "within bounds: top-20 overlap 1.0000 (at least 0.99), AUROC difference 0.000000 (at most 0.001)"
    )
    assert numbers(meta) == {
        "dtype_check_texts": 30,
        "dtype_check_overlap": 1,
        "dtype_check_overlap_least": 1,
        "dtype_check_auroc": 0,
        "dtype_check_auroc_most": 0,
    }


def test_products_that_change_much_are_not_taken_and_the_command_says_so(
    made, texts, bert, tmp_path, monkeypatch, capsys
):
    products(monkeypatch, much)
    meta = made()
    assert meta["dtype"] == "float32"
    assert meta["dtype_check_of"] == MEDIUM
    assert float(meta["dtype_check_overlap"]) < 0.5
    assert meta["dtype_check"].startswith("beyond bounds, exact float32 was taken: top-20 overlap 0.")
    made("exact", {"dtype": "float32"})
    whole, exactly = tables(tmp_path / "run"), tables(tmp_path / "exact")
    assert all(whole[name].equals(exactly[name]) for name in whole if name != "meta")
    arguments = ["precompute", str(texts), "-o", str(tmp_path / "again"), "--model", str(bert), "--device", "cpu"]
    assert main(arguments) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "dtype float32" in said
    assert "dtype check beyond bounds, exact float32 was taken: top-20 overlap 0." in said
    assert main([*arguments, "--force", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["dtype"], record["dtype_check"]) == ("float32", meta["dtype_check"])


@pytest.mark.parametrize("figure", ["overlap", "auroc"])
def test_either_figure_beyond_its_bound_is_enough(figure, monkeypatch, made):
    def changed(heard):
        if figure == "overlap":
            return much(heard)
        # Ranked the other way round.
        return heard._replace(at_tokens=-heard.at_tokens)

    products(monkeypatch, changed)
    meta = made()
    assert meta["dtype"] == "float32"
    assert (float(meta["dtype_check_overlap"]) < 0.99) == (figure == "overlap")
    assert (float(meta["dtype_check_auroc"]) > 0.001) == (figure == "auroc")


def test_a_machine_without_quicker_products_makes_a_run_of_exact_float32(made, monkeypatch):
    products(monkeypatch, exact)
    meta = made()
    assert (meta["dtype"], meta["dtype_check"]) == ("float32", "the same figures as exact float32")
    assert numbers(meta)["dtype_check_overlap"] == 1


def test_sums_in_another_order_are_nothing_quicker(made, monkeypatch):
    products(monkeypatch, lambda heard: heard._replace(peak=heard.peak * np.float32(1 + 1e-6)))
    meta = made()
    assert (meta["dtype"], meta["dtype_check"]) == ("float32", "the same figures as exact float32")


def test_whether_a_machine_has_quicker_products_is_asked_of_the_longest_text_alone(made, monkeypatch):
    heard = []

    def lengths_heard(changed):
        products(monkeypatch, changed)
        listen = dtype_check.listen

        def listening(model, texts, *more):
            heard.append([len(ids) for ids in texts.tokens])
            return listen(model, texts, *more)

        monkeypatch.setattr(dtype_check, "listen", listening)
        meta = made(changed.__name__)
        monkeypatch.undo()
        return numbers(meta)["dtype_check_texts"]

    assert lengths_heard(exact) == 1
    assert [len(lengths) for lengths in heard] == [1, 1]
    assert lengths_heard(slightly) == 30
    assert [len(lengths) for lengths in heard[2:]] == [1, 1, 30, 30]
    assert heard[0] == [max(heard[-1])]


def test_more_texts_are_checked_than_exemplars_are_drawn_from(made, monkeypatch):
    monkeypatch.setattr(sys.modules[write_texts.__module__], "SAMPLED", 5)
    assert numbers(made(changed={"dtype": "bfloat16"}))["dtype_check_texts"] == 30


def test_bfloat16_is_taken_as_asked_and_checked_all_the_same(made, monkeypatch):
    monkeypatch.setattr(dtype_check, "LEAST_OVERLAP", 1.01)
    meta = made(changed={"dtype": "bfloat16"})
    assert meta["dtype"] == meta["dtype_check_of"] == "bfloat16"
    assert meta["dtype_check"].startswith("beyond bounds, taken as asked: ")
    assert 0.5 < float(meta["dtype_check_overlap"]) <= 1
    assert 0 < float(meta["dtype_check_auroc_most"]) < 0.5


def test_two_commands_find_the_same(made, tmp_path):
    made("first")
    made("second")
    assert same(tmp_path / "first", tmp_path / "second")


def test_float32_is_exact_and_its_run_says_nothing_of_a_check(made, tmp_path, capsys):
    meta = made(changed={"dtype": "float32"})
    assert not any(key.startswith("dtype_check") for key in meta)
    capsys.readouterr()
    assert main(["info", str(tmp_path / "run")]) == 0
    assert "check" not in capsys.readouterr().out


def test_info_shows_the_check_with_numbers_in_json(made, tmp_path, monkeypatch, capsys):
    products(monkeypatch, slightly)
    meta = made()
    capsys.readouterr()
    assert main(["info", str(tmp_path / "run"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert {key: record[key] for key in numbers(meta)} == numbers(meta)
    assert main(["info", str(tmp_path / "run")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert meta["dtype_check"] in said
    assert f"dtype check overlap {meta['dtype_check_overlap']} dtype" in said
    assert "dtype check auroc 0.000000" in said


# Where several machines work together.


def fail(*_arguments, **_named):
    raise AssertionError("checked again")


@pytest.mark.parametrize("first", [slightly, much, exact])
def test_who_comes_later_follows_the_first_machine_and_checks_nothing(made, tmp_path, monkeypatch, first):
    products(monkeypatch, first)
    shards = tmp_path / "shards"
    made(shards=shards, part=(1, 2))
    monkeypatch.setattr(dtype_check, "check", fail)
    made(shards=shards, part=(2, 2))
    meta = made(shards=shards)
    assert meta["dtype"] == (MEDIUM if first is slightly else "float32")
    assert meta["dtype_check"]


def test_of_two_machines_that_begin_at_once_the_second_follows(made, tmp_path, monkeypatch):
    products(monkeypatch, slightly)
    shards, other = tmp_path / "shards", tmp_path / "other"
    made(shards=other, part=(1, 1))
    shards.mkdir()
    products(monkeypatch, much)
    check = dtype_check.check

    def overtaken(*arguments, **named):
        found = check(*arguments, **named)
        shutil.copy(other / MANIFEST, shards / MANIFEST)
        return found

    monkeypatch.setattr(dtype_check, "check", overtaken)
    assert made(shards=shards)["dtype"] == MEDIUM


def test_another_dtype_than_was_asked_for_is_refused(made, tmp_path, monkeypatch):
    products(monkeypatch, slightly)
    shards = tmp_path / "shards"
    made(shards=shards, part=(1, 1))
    for dtype in ("float32", "bfloat16"):
        assert "made with another --dtype" in refused(made, changed={"dtype": dtype}, shards=shards)


def test_what_somebody_chose_is_no_check_that_others_follow(made, tmp_path, monkeypatch):
    shards = tmp_path / "shards"
    made(changed={"dtype": "float32"}, shards=shards, part=(1, 1))
    products(monkeypatch, slightly)
    assert "made with another --dtype" in refused(made, shards=shards)
    products(monkeypatch, exact)
    assert made(shards=shards)["dtype_check"] == "the same figures as exact float32"


def test_shards_of_other_settings_are_refused_before_anything_is_checked(made, tmp_path, monkeypatch):
    shards = tmp_path / "shards"
    made(shards=shards, part=(1, 1))
    monkeypatch.setattr(dtype_check, "check", fail)
    assert "made with another --seed" in refused(made, changed={"seed": 7}, shards=shards)


def test_shards_from_before_there_was_a_check_are_kept_and_checked(made, tmp_path, monkeypatch):
    products(monkeypatch, slightly)
    shards = tmp_path / "shards"
    made(shards=shards, part=(1, 1))
    folder = Folder(shards)
    folder.write_manifest(replace(folder.manifest(), dtype_check={}))
    assert made(shards=shards)["dtype_check"].startswith("within bounds")


# The figures.


def test_what_is_heard_is_what_the_model_computes(bert):
    random = np.random.default_rng(1)
    tokens = [random.integers(5, 100, length).tolist() for length in (3, 9, 9, 30)]
    spans = [(1, len(ids) - 1) for ids in tokens]
    text = np.repeat(np.arange(4), [end - first for first, end in spans])
    position = np.concatenate([np.arange(first, end) for first, end in spans])
    texts = dtype_check.CheckedTexts(tokens, spans, text, position)
    model = Model(bert)
    heard = dtype_check.listen(model, texts, UNITS, "float32", lambda: None)
    last = dtype_check.listen(model, texts, {1: 24}, "float32", lambda: None)
    for number, (ids, (first, end)) in enumerate(zip(tokens, spans, strict=True)):
        trace = torch.cat(list(model.trace(ids).values()), dim=1).numpy()[first:end]
        assert np.allclose(heard.peak[number], trace.max(axis=0), atol=1e-6)
        assert np.allclose(heard.at_tokens[text == number], trace, atol=1e-6)
        assert heard.word[number].tolist() == [ids[first + place] for place in trace.argmax(axis=0)]
        assert np.array_equal(last.peak[number], heard.peak[number, 24:])
    assert texts.sampled.tolist() == [
        ids[place] for ids, span in zip(tokens, spans, strict=True) for place in range(*span)
    ]


def test_the_figures_are_those_of_their_definitions():
    random = np.random.default_rng(2)
    texts, neurons, places = 40, 7, 60
    peak = random.integers(0, 12, (texts, neurons)).astype(np.float32)
    at_tokens = random.integers(0, 9, (places, neurons)).astype(np.float32)
    exactly = Heard(peak, random.integers(0, 6, (texts, neurons)), at_tokens)
    other = exactly._replace(
        peak=peak + random.normal(0, 0.8, peak.shape).astype(np.float32),
        at_tokens=at_tokens + random.integers(-1, 2, at_tokens.shape).astype(np.float32),
    )
    tokens = random.integers(1, 9, places)
    found = dtype_check.compare(exactly, other, tokens, "auto")
    shared, moved = [], []
    for neuron in range(neurons):
        best, theirs = (
            sorted(range(texts), key=lambda text: (-heard.peak[text, neuron], text))[:8]
            for heard in (exactly, other)
        )
        shared.append(len(set(best) & set(theirs)) / 8)
        words = [int(exactly.word[text, neuron]) for text in best]
        word = max((word for word in words if word in tokens), key=words.count)
        pairs = [(here, there) for here in range(places) for there in range(places)]
        pairs = [(here, there) for here, there in pairs if tokens[here] == word != tokens[there]]
        aurocs = [
            np.mean([np.sign(one[here] - one[there]) / 2 + 0.5 for here, there in pairs])
            for one in (exactly.at_tokens[:, neuron], other.at_tokens[:, neuron])
        ]
        moved.append(abs(aurocs[0] - aurocs[1]))
    assert (found.overlap, found.overlap_least) == pytest.approx((np.mean(shared), min(shared)))
    assert (found.auroc, found.auroc_most) == pytest.approx((np.mean(moved), max(moved)))
    assert not found.same
    assert min(shared) < 1
    assert max(moved) > 0


def test_a_neuron_whose_word_is_not_sampled_has_no_auroc_and_none_at_all_is_no_fault():
    peak = np.arange(20, dtype=np.float32).reshape(10, 2)
    heard = Heard(peak, np.full((10, 2), 3), np.ones((4, 2), np.float32))
    found = dtype_check.compare(heard, heard, np.array([5, 6, 7, 8]), "auto")
    assert np.isnan(found.auroc)
    assert found.within


def test_figures_that_are_no_numbers_are_beyond_bounds():
    peak = np.arange(200, dtype=np.float32).reshape(100, 2)
    heard = Heard(peak, np.full((100, 2), 3), np.ones((4, 2), np.float32))
    broken = heard._replace(peak=np.full_like(peak, np.nan))
    assert not dtype_check.compare(heard, broken, np.array([3, 6, 7, 8]), "auto").within


@pytest.mark.parametrize(
    ("texts", "looked_at"), [(1, 1), (31, 31), (1_000, 32), (4_096, 64), (8_192, 128), (1_000_000, 128)]
)
def test_few_texts_are_checked_beside_those_that_a_run_has(texts, looked_at):
    assert dtype_check.how_many(texts) == looked_at


def test_the_checked_texts_are_chosen_by_their_content_and_long_ones_keep_their_special_tokens(bert, tmp_path):
    bodies = [*sentences(600, longest=40), "goal " * 400]
    settings = PrecomputeSettings(str(bert), max_tokens=300, device="cpu", workers=1, dtype="float32")
    texts = write_lines(tmp_path / "texts.jsonl", bodies)
    precompute([str(texts)], tmp_path / "r", settings, progress=quiet, shards=tmp_path / "s", part=(9, 9))
    file = tmp_path / "s" / TEXTS
    with pa.memory_map(str(file)) as source:
        whole = pa.ipc.open_file(source).read_all().column("tokens").to_pylist()
    chosen = np.array([600, 3, 599])
    read = dtype_check.read_texts(file, chosen)
    assert read.tokens[1:] == [whole[3], whole[599]]
    assert len(read.tokens[0]) == 128
    assert (read.tokens[0][0], read.tokens[0][-1]) == (whole[600][0], whole[600][-1])
    assert read.spans == [(1, len(ids) - 1) for ids in read.tokens]
    assert len(read.text) == sum(len(ids) - 2 for ids in read.tokens)
    assert np.array_equal(dtype_check.read_texts(file, chosen).position, read.position)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("dtype_check_overlap", "1.5", "figures of the check of its dtype that cannot be"),
        ("dtype_check_auroc", "none", "figures of the check of its dtype that cannot be"),
        ("dtype_check_of", "bfloat16", "a check of another dtype than its own"),
    ],
)
def test_verify_finds_a_check_that_cannot_be(made, tmp_path, monkeypatch, capsys, key, value, says):
    products(monkeypatch, slightly)
    made()
    assert main(["verify", str(tmp_path / "run"), "--sample", "0"]) == 0
    with duckdb.connect(str(tmp_path / "run")) as database:
        database.execute("UPDATE meta SET value = ? WHERE key = ?", [value, key])
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "run"), "--sample", "0"]) == 1
    assert says in capsys.readouterr().err
