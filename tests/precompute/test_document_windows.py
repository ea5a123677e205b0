"""``--window``: a long document becomes texts, of which it fills no list and stands on one side of the split."""

import json
import re
import shutil
from collections import defaultdict

import duckdb
import numpy as np
import pytest
import torch
from precompute.corpora import quiet, sentence, write_lines
from precompute.runs import same

import neurotui
from neurotui.cli import main
from neurotui.errors import UserError
from neurotui.models.activations import Model
from neurotui.models.tokens import TokenizedText
from neurotui.precompute.document_windows import divide, one_per_document
from neurotui.precompute.pipeline import PrecomputeSettings, merge, precompute
from neurotui.precompute.verify import recompute
from neurotui.store.check import RunCheck
from neurotui.store.held_out import HeldOut
from neurotui.store.overlapping_texts import Overlaps
from neurotui.store.run import Run

SIZE, STRIDE, KEPT = 14, 6, 20
ROOM = SIZE - 2
LONG = 3


def documents():
    """Return sixty documents, five of them of hundreds of windows and the others of few, one of them twice."""
    chance = np.random.default_rng(5)
    bodies = [sentence(chance, 500 if number % 12 == LONG else 4 + number % 8) for number in range(60)]
    return [*bodies, bodies[7]]


def settings_of(model, **more):
    return PrecomputeSettings(
        str(model), window=SIZE, stride=STRIDE, exemplars=KEPT, dtype="float32", device="cpu", workers=1, **more
    )


@pytest.fixture(scope="module")
def windowed(bert, tmp_path_factory):
    """Return a run of windows, with the shards it was made of, and its texts' file."""
    folder = tmp_path_factory.mktemp("windowed")
    texts = write_lines(folder / "texts.jsonl", documents())
    told = precompute(
        [str(texts)], folder / "run.duckdb", settings_of(bert), progress=quiet, shards=folder / "shards"
    )
    assert (told.documents, told.texts_cut) == (61, 0)
    assert told.shards > 2
    return folder


def asked(folder, query):
    with duckdb.connect(str(folder / "run.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_windows_cover_their_document_each_a_stride_after_the_one_before(windowed):
    by_document = defaultdict(list)
    for row in asked(
        windowed,
        "SELECT document, number, total, begins, body, tokens[2:-2], ends[2:-2]"
        " FROM windows JOIN texts USING (text_id) ORDER BY text_id",
    ):
        by_document[row[0]].append(row[1:])
    bodies = documents()
    assert list(by_document) == list(range(61))
    for document, found in by_document.items():
        assert [number for number, *_ in found] == list(range(found[0][1]))
        before = []
        for number, _, begins, body, tokens, ends in found:
            assert bodies[document][begins:].startswith(body)
            assert len(tokens) == ROOM or number == len(found) - 1
            assert ends[-1] == len(body)
            if number:
                assert tokens[: ROOM - STRIDE] == before[STRIDE:]
            before = tokens
        assert found[-1][2] + len(found[-1][3]) == len(bodies[document])


def test_a_document_is_on_one_side_of_the_split_and_tells_its_id_and_labels_in_all_windows(windowed):
    rows = asked(
        windowed,
        "SELECT count(DISTINCT split), count(DISTINCT source_id), count(DISTINCT gold)"
        " FROM windows JOIN texts USING (text_id) GROUP BY document",
    )
    assert set(rows) == {(1, 1, 1)}
    splits = asked(
        windowed, "SELECT split, count(DISTINCT document) FROM windows JOIN texts USING (text_id) GROUP BY 1"
    )
    assert all(count > 15 for _, count in splits)


def test_a_long_document_fills_no_list_and_what_is_kept_is_the_best_of_each_document(windowed, bert):
    """Recomputed text by text: the best window of each of the best documents, over several shards."""
    model, best = Model(bert), defaultdict(lambda: defaultdict(lambda: -np.inf))
    seen = set()
    rows = asked(
        windowed, "SELECT document, body, tokens FROM texts JOIN windows USING (text_id) ORDER BY text_id"
    )
    for document, body, tokens in rows:
        if body.lower() in seen:
            continue
        seen.add(body.lower())
        traces = torch.cat(list(model.trace(tokens).values()), dim=1)[1:-1].amax(0)
        for neuron, value in enumerate(traces.tolist()):
            best[neuron][document] = max(best[neuron][document], value)
    kept = defaultdict(list)
    for neuron, document, value in asked(
        windowed,
        "SELECT neuron_id, document, value FROM exemplars JOIN windows USING (text_id) WHERE kind = 'top'"
        " ORDER BY neuron_id, rank",
    ):
        kept[neuron].append((document, value))
    for neuron, found in kept.items():
        assert len({document for document, _ in found}) == len(found) == KEPT
        expected = sorted(best[neuron].values(), reverse=True)[:KEPT]
        assert np.allclose([value for _, value in found], expected, atol=1e-5)
    for kind in ("bottom", "pooled"):
        (most,) = asked(
            windowed,
            "SELECT max(n) FROM (SELECT count(*) AS n FROM exemplars JOIN windows USING (text_id)"
            f" WHERE kind = '{kind}' GROUP BY neuron_id, document)",
        )
        assert most == (1,)


def test_the_random_exemplars_are_of_as_many_documents_as_there_are(windowed):
    (found,) = asked(
        windowed,
        "SELECT count(DISTINCT document), count(DISTINCT text_id) FROM exemplars JOIN windows USING (text_id)"
        " WHERE kind = 'random' AND neuron_id = 0",
    )
    assert found[0] > found[1] / 2


def test_what_a_run_of_windows_says_of_itself_adds_up_and_is_what_the_model_computes(windowed):
    with Run(windowed / "run.duckdb") as run:
        assert (run.meta["window"], run.meta["stride"], run.meta["documents"]) == ("14", "6", "61")
        check = RunCheck(run)
        assert check.table_faults() == []
        assert recompute(check, 60, progress=quiet).holds
        (first, *_) = [one for one in run.detail(3).exemplars if one.kind == "top"]
        assert (
            first.window.total
            == asked(windowed, f"SELECT total FROM windows WHERE text_id = {first.text_id}")[0][0]
        )


def test_windows_that_do_not_add_up_are_told(windowed, tmp_path):
    copy = shutil.copy(windowed / "run.duckdb", tmp_path / "run.duckdb")
    with duckdb.connect(str(copy)) as connection:
        connection.execute("UPDATE windows SET document = 3 WHERE document = 4")
        connection.execute("UPDATE windows SET number = 900 WHERE text_id = 0")
    with Run(copy) as run:
        wrong = {(one.table, one.wrong) for one in RunCheck(run).table_faults()}
    assert ("windows", "a window that its document does not have") in wrong


@pytest.mark.parametrize("seed", [1, 2])
def test_parts_of_windows_in_any_order_make_the_same_run(seed, windowed, bert, tmp_path):
    parts = list(range(1, 9))
    np.random.default_rng(seed).shuffle(parts)
    texts = str(windowed / "texts.jsonl")
    for part in parts:
        precompute(
            [texts], tmp_path / "run", settings_of(bert), progress=quiet, shards=tmp_path / "s", part=(part, 8)
        )
    merge(tmp_path / "s", tmp_path / "run", progress=quiet)
    assert same(tmp_path / "run", windowed / "run.duckdb")


@pytest.mark.parametrize(
    ("more", "says"), [({"stride": 3}, "between windows"), ({"window": 8, "stride": 9}, "stride is '9'")]
)
def test_a_stride_needs_a_window_at_least_as_long(more, says):
    with pytest.raises(UserError, match=says):
        PrecomputeSettings(**more)


def test_a_window_that_the_model_cannot_read_is_as_long_as_it_can(bert, tmp_path):
    texts = write_lines(tmp_path / "texts.jsonl", [*documents()[:3], "the goal " * 700])
    settings = PrecomputeSettings(str(bert), window=2_000, dtype="float32", device="cpu", workers=1)
    precompute([str(texts)], tmp_path / "run.duckdb", settings, progress=quiet)
    with Run(tmp_path / "run.duckdb") as run:
        assert (run.meta["window"], run.meta["stride"]) == ("512", "510")


def test_a_window_of_nothing_but_space_is_left_out():
    ids = list(range(8))
    whole = TokenizedText("ab        cd", ids, [0, 2, 4, 6, 8, 10, 12, 12], 1, 7)
    found = list(divide(whole, 2, 2))
    assert [(one.number, one.total, one.tokens.body) for one in found] == [(0, 3, "ab  "), (2, 3, "  cd")]
    assert [one.tokens.ids for one in found] == [[0, 1, 2, 7], [0, 5, 6, 7]]
    assert [one.tokens.ends for one in found] == [[0, 2, 4, 4], [0, 2, 4, 4]]


def test_of_each_document_the_greatest_key_is_left():
    keys = torch.tensor([[5, 9, 7, 1], [4, 3, 2, 8]])
    documents_ = torch.tensor([[1, 1, 2, 2], [1, 1, 2, 2]])
    assert one_per_document(keys, documents_, -1).tolist() == [[-1, 9, 7, -1], [4, -1, -1, 8]]


def test_the_commands_say_how_many_texts_were_cut_and_what_keeps_the_rest(bert, windowed, tmp_path, capsys):
    run = str(tmp_path / "run.duckdb")
    command = ["precompute", str(windowed / "texts.jsonl"), "-o", run, "--model", str(bert), "--max-tokens", "40"]
    assert main(command) == 0
    said = capsys.readouterr().out
    cut = re.search(r"texts cut +(\d+) at 40 tokens; --window 40 keeps the rest", said)
    assert int(cut[1]) >= 5
    assert main(["info", run]) == 0
    assert cut[0].split("cut")[1].strip() in capsys.readouterr().out
    assert main(["info", run, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["texts_cut"] == int(cut[1])
    assert main(["info", str(windowed / "run.duckdb"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["window"], told["stride"], told["documents"], told["texts_cut"]) == (SIZE, STRIDE, 61, 0)


def test_the_web_page_says_where_an_exemplar_stands_in_its_document(windowed, tmp_path):
    run = shutil.copy(windowed / "run.duckdb", tmp_path / "run.duckdb")
    with neurotui.open_run(run) as opened:
        opened.accept("L0.3", "weather")
        opened.export(tmp_path / "page.html")
    with Run(run) as opened:
        (first, *_) = [one for one in opened.detail(3).exemplars if one.kind == "top"]
    said = f"window {first.window.number + 1} of {first.window.total} of {first.source_id}, from character"
    assert said in (tmp_path / "page.html").read_text()


def test_what_overlaps_with_an_exemplar_is_no_held_out_text(windowed):
    """Whoever labels a neuron was shown a part of it: recomputed by what windows have in common."""
    rows = asked(windowed, "SELECT text_id, document, number FROM windows ORDER BY text_id")
    with Run(windowed / "run.duckdb") as run:
        assert run.meta["overlap"] == str(ROOM - STRIDE)
        shown = {one.text_id for one in run.detail(3).exemplars}
        where = {(rows[text][1], rows[text][2]) for text in shown}
        seen = {text for text, of, number in rows if {(of, number - 1), (of, number), (of, number + 1)} & where}
        assert set(Overlaps(run).with_overlapping(np.array(sorted(shown))).tolist()) == seen > shown
        held = HeldOut(run)
        (neuron,) = held.neurons([3])
        assert set(held.texts.text_id[np.isnan(neuron.texts)].tolist()) == seen & set(held.texts.text_id.tolist())


def test_windows_side_by_side_share_nothing(bert, windowed, tmp_path):
    settings = PrecomputeSettings(str(bert), window=SIZE, dtype="float32", device="cpu", workers=1)
    precompute([str(windowed / "texts.jsonl")], tmp_path / "run.duckdb", settings, progress=quiet)
    with Run(tmp_path / "run.duckdb") as run:
        assert (run.meta["stride"], run.meta["overlap"]) == (str(ROOM), "0")
        assert Overlaps(run).with_overlapping(np.array([5, 9])).tolist() == [5, 9]
