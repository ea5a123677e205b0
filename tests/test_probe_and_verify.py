"""The commands that put a run's model to the test: what probe prints, and what verify finds out."""

import json
import shutil

import duckdb
import numpy as np
import pytest
import torch
from precompute.corpora import mixed
from precompute.runs import tiny_run
from safetensors.torch import load_file, save_file
from synthetic import write_run
from transformers import AutoModelForMaskedLM

from neurotui.cli import main
from neurotui.probing.probe import Prober
from neurotui.probing.questions import Probe, Silence
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import Journal
from neurotui.store.run import Run
from neurotui.types import Neuron

TEXT = "the striker saw the harbour"
_HEADERS, _BLOCK = 3 * 4096, 256 * 1024


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a run of a tiny BERT, beside its model's folder."""
    return tiny_run("bert", tmp_path_factory.mktemp("trying"), AutoModelForMaskedLM, mixed(24))


@pytest.fixture
def run(made, tmp_path):
    """Return a run that a test may spoil."""
    return shutil.copy(made, tmp_path / "run.duckdb")


def answered(capsys, *arguments, status=0):
    assert main([*map(str, arguments), "--json"]) == status
    return json.loads(capsys.readouterr().out)


def refused(capsys, *arguments):
    """Run a command that ends with status 1; return what it says on standard error."""
    assert main([*map(str, arguments)]) == 1
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "error: " in err
    assert "hint: " in err
    return err


def spoil(run, *statements):
    with duckdb.connect(str(run)) as connection:
        for statement in statements:
            connection.execute(statement)


# probe


def test_probe_answers_what_the_prober_says(run, capsys):
    with Run(run) as opened:
        prober = Prober(opened)
        expected = prober.probe(Probe(TEXT, Neuron(1, 2), 4))
        silenced = prober.silence(Silence(TEXT, Neuron(1, 2), 4))
        Journal(journal_of(run)).append(
            expected.overall[0].neuron,
            "accept",
            by="ann",
            model=opened.model,
            weights=opened.weights,
            text="goals",
        )
    said = answered(capsys, "probe", run, TEXT, "--neuron", "l1.2", "--top", 4)
    assert [token["piece"] for token in said["tokens"]] == [token.piece for token in expected.tokens]
    for token, firing in zip(said["tokens"], expected.at, strict=True):
        assert [(one["neuron"], one["z"]) for one in token["neurons"]] == [
            (str(one.neuron), one.z) for one in firing
        ]
    assert [one["neuron"] for one in said["overall"]] == [str(one.neuron) for one in expected.overall]
    assert said["overall"][0]["says"] == "goals"
    journal_of(run).rename(run.with_name("own.jsonl"))
    assert answered(capsys, "probe", run, TEXT, "--top", 4)["overall"][0]["says"] != "goals"
    own = answered(capsys, "probe", run, TEXT, "--top", 4, "--labels", run.with_name("own.jsonl"))
    assert own["overall"] == said["overall"]
    run.with_name("own.jsonl").rename(journal_of(run))
    assert said["response"]["percentile"] == expected.response.percentile
    assert said["silenced"]["bits"] == silenced.bits
    assert said["silenced"]["head"] == "masked"
    assert said["silenced"]["others"] == silenced.others._asdict()
    more = answered(capsys, "probe", run, TEXT, "--neuron", "L1.2", "--at", "all", "--scale", 5)["silenced"]
    assert (more["scale"], more["changed"]) == (5, None)
    assert said["silenced"]["changed"] == expected.response.peak
    assert "'most' is no place" in refused(capsys, "probe", run, TEXT, "--at", "most")
    assert main(["probe", str(run), TEXT, "--neuron", "L1.2"]) == 0
    shown = capsys.readouterr().out
    for part in (
        f"{expected.overall[0].z:.3f}",
        "L1.2 on the text",
        f"diverges by {silenced.bits:.3g} bits",
        f"{silenced.others.below} of 20 random neurons",
        "goals",
    ):
        assert part in shown


def test_probe_says_what_it_cannot_do_and_what_it_leaves_out(run, capsys, tmp_path):
    assert "no token besides special ones" in refused(capsys, "probe", run, "  ")
    assert "'L1' is not a neuron" in refused(capsys, "probe", run, TEXT, "--neuron", "L1")
    assert "there is no journal" in refused(capsys, "probe", run, TEXT, "--labels", tmp_path / "no.jsonl")
    assert "no neuron L9.0" in refused(capsys, "probe", run, TEXT, "--neuron", "L9.0")
    assert "--model" in refused(capsys, "probe", run, TEXT, "--model", tmp_path / "nothing")
    assert main(["probe", str(run), "goal " * 60]) == 0
    assert "the model reads 40 tokens" in capsys.readouterr().err


def test_nothing_that_is_probed_steers_the_terminal(run, capsys):
    assert main(["probe", str(run), "goal \x1b]0;owned\x07 [/] [bold]x", "--neuron", "L0.1"]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x07" not in shown


# verify


def test_a_whole_run_holds_what_its_model_computes(run, capsys):
    said = answered(capsys, "verify", run)
    with Run(run) as opened:
        counts, pooled_texts = opened.counts(), int(opened.texts().pooled.sum())
    assert pooled_texts < counts["texts"]
    assert said["rows"]["neurons"] == counts["neurons"]
    assert said["rows"]["exemplars"] == counts["exemplars"]
    assert said["disagreements"] == []
    assert said["recomputed"]["holds"]
    # Of a text that stands there twice, the run keeps nothing but the first copy's.
    assert said["recomputed"]["texts"] == pooled_texts
    trace, peak, pooled, token = said["recomputed"]["figures"]
    # Half a step is what quantisation leaves open; what is beyond it is the rounding of float32.
    for figure in (trace, pooled):
        assert 0.4 < figure["steps"] < 0.6
    assert max(figure["beyond"] for figure in (trace, peak, pooled)) < 1e-5
    # Activations at single tokens were rounded to eight bits on the way.
    assert token["beyond"] < 2**-8 < token["allowed"] < 0.06
    assert peak["count"] == counts["exemplars"]
    assert pooled["count"] == counts["neurons"] * pooled_texts
    assert token["count"] == counts["neurons"] * said["rows"]["token_sample"]
    assert trace["count"] > 3 * peak["count"]
    assert main(["verify", str(run), "--sample", "3"]) == 0
    assert "3 texts run through the model again" in capsys.readouterr().out


CHANGED = {
    "trace": "UPDATE exemplars SET trace = list_transform(trace, lambda code: if(code = 255, code, code // 2))"
    " WHERE neuron_id = 5 AND kind = 'top' AND rank = 0",
    "peak": "UPDATE exemplars SET value = (value + lowest) / 2 WHERE neuron_id = 7 AND kind = 'top' AND rank = 1",
    # Of a text that is no pooled exemplar, and does not become one.
    "pooled": "UPDATE pooled SET codes = list_transform(codes, lambda code: if(code = list_min(codes), code + 1000, code))"
    " WHERE neuron_id = 9",
    "token": "UPDATE token_activations SET codes = list_concat(codes[:20], [(codes[21]::INTEGER + 128) % 256], codes[22:])"
    " WHERE neuron_id = 11",
}


@pytest.mark.parametrize("figure", CHANGED)
def test_one_changed_activation_is_found(run, capsys, figure):
    spoil(run, CHANGED[figure])
    said = refused(capsys, "verify", run, "--sample", 1000)
    assert f"does not hold what its model computes: a {figure} lies" in said
    recomputed = answered(capsys, "verify", run, "--sample", 1000, status=1)["recomputed"]
    assert not recomputed["holds"]
    wrong = [one["name"] for one in recomputed["figures"] if one["beyond"] > one["allowed"]]
    assert wrong == [figure]


@pytest.mark.parametrize("codes_apart", [1, 2])
def test_texts_a_code_apart_may_be_in_either_order_as_codes_were_rounded_twice(run, capsys, codes_apart):
    with Run(run) as opened:
        neurons, texts = opened.texts_of_kind("pooled")
        second, third = np.searchsorted(np.flatnonzero(opened.texts().pooled), texts[neurons == 5][1:3])
        codes = opened.pooled_codes()
        worse = int(next(block for first, block in codes if first == 0)[5, third]) - codes_apart
    spoil(
        run,
        f"UPDATE pooled SET codes = list_concat(codes[:{second}], [{worse}], codes[{second + 2}:]) WHERE neuron_id = 5",
    )
    if codes_apart == 1:
        assert answered(capsys, "verify", run, "--sample", 0)["disagreements"] == []
    else:
        assert "exemplars: pooled ones that are not the highest" in refused(capsys, "verify", run)


@pytest.mark.parametrize("codes_above", [1, 2])
def test_a_text_that_is_no_exemplar_may_lie_a_code_above_the_last_that_is(run, capsys, codes_above):
    with Run(run) as opened:
        neurons, texts = opened.texts_of_kind("pooled")
        exemplars = np.searchsorted(np.flatnonzero(opened.texts().pooled), texts[neurons == 5])
        own = next(block for first, block in opened.pooled_codes() if first == 0)[5]
        last = int(own[exemplars].min())
        other = int(np.setdiff1d(np.arange(len(own)), exemplars)[0])
    spoil(
        run,
        f"UPDATE pooled SET codes = list_concat(codes[:{other}], [{last + codes_above}], codes[{other + 2}:])"
        " WHERE neuron_id = 5",
    )
    if codes_above == 1:
        assert answered(capsys, "verify", run, "--sample", 0)["disagreements"] == []
    else:
        assert "exemplars: pooled ones that are not the highest" in refused(capsys, "verify", run)


def test_other_tokens_than_the_tokenizer_makes_are_found(run, capsys):
    spoil(
        run,
        "UPDATE texts SET tokens = list_concat(tokens[:1], [tokens[2] + 1], tokens[3:]) WHERE text_id = (SELECT min(text_id) FROM texts WHERE len(tokens) BETWEEN 8 AND 30)",
    )
    assert "1 of 35 texts have other tokens than" in refused(capsys, "verify", run, "--sample", 1000)


def test_another_model_is_refused_and_the_file_alone_can_be_checked(run, made, capsys, tmp_path):
    model = shutil.copytree(made.parent / "model", tmp_path / "model")
    weights = load_file(model / "model.safetensors")
    with torch.no_grad():
        weights["bert.encoder.layer.0.output.dense.weight"][0, 0] += 1e-3
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})
    assert "--sample 0" in refused(capsys, "verify", run, "--model", model)
    assert answered(capsys, "verify", run, "--sample", 0)["recomputed"] is None


def blocks(run):
    """Return which tables have data in each of a file's blocks."""
    found = {}
    with duckdb.connect(str(run), read_only=True) as connection:
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            rows = connection.execute(f"SELECT block_id FROM pragma_storage_info('{table}')").fetchall()
            for (block,) in rows:
                found.setdefault(block, set()).add(table)
    return {block: tables for block, tables in found.items() if block is not None and block >= 0}


def test_damage_anywhere_is_named_by_a_table_that_lies_there(made, tmp_path, capsys):
    used = blocks(made)
    assert set().union(*used.values()) >= {"texts", "neurons", "exemplars", "pooled", "vocabulary"}
    for block, tables in used.items():
        run = shutil.copy(made, tmp_path / "run.duckdb")
        with run.open("r+b") as file:
            file.seek(_HEADERS + block * _BLOCK + 1000)
            (byte,) = file.read(1)
            file.seek(-1, 1)
            file.write(bytes([byte ^ 0xFF]))
        said = refused(capsys, "verify", run)
        # What the run says of itself is read already when it is opened.
        opens = "meta" not in tables
        assert any(f"the table '{table}' in '{run}' is damaged" in said for table in tables) is opens
        assert opens or f"'{run}' cannot be read" in said


# Against each thing that is checked, what breaks it.
BROKEN = {
    "meta: says another": "UPDATE meta SET value = '7' WHERE key = 'texts_validation'",
    "texts: ids": "UPDATE texts SET text_id = 900 WHERE text_id = 3",
    "texts: a split": "UPDATE texts SET split = 'test' WHERE text_id = 3",
    "texts: tokens that do not end": "UPDATE texts SET ends = list_reverse(ends) WHERE text_id = 3",
    "texts: a token": "DELETE FROM vocabulary WHERE token_id = 5",
    "vocabulary: a token twice": "INSERT INTO vocabulary SELECT * FROM vocabulary WHERE token_id = 5",
    "neurons: ids": "UPDATE neurons SET neuron_id = -1 WHERE neuron_id = 3",
    "neurons: a unit": "UPDATE neurons SET unit = 4 WHERE neuron_id = 3",
    "neurons: a histogram": "UPDATE neurons SET histogram = histogram[2:] WHERE neuron_id = 3 AND histogram[1] > 0"
    " OR neuron_id = 4",
    "pooled: not one row": "DELETE FROM pooled WHERE neuron_id = 3",
    "pooled: not one code": "UPDATE pooled SET codes = codes[2:] WHERE neuron_id = 3",
    "exemplars: of a neuron": "UPDATE exemplars SET text_id = 900 WHERE neuron_id = 3 AND rank = 0",
    "exemplars: a kind": "UPDATE exemplars SET kind = 'best' WHERE neuron_id = 3 AND kind = 'top'",
    "exemplars: a window": "UPDATE exemplars SET start = 60 WHERE neuron_id = 3 AND rank = 0",
    "exemplars: a value": "UPDATE exemplars SET value = 40 WHERE neuron_id = 3 AND rank = 0",
    "exemplars: ranks": "UPDATE exemplars SET rank = 1 WHERE neuron_id = 3 AND rank = 0",
    "phrases: of a text": "INSERT INTO phrases VALUES (900, 'sky', NULL)",
    "exemplars: pooled ones": "UPDATE exemplars SET kind = 'pooled' WHERE neuron_id = 3 AND kind = 'quantile'",
    "descriptors: another number": "UPDATE descriptors SET validation = 1 WHERE descriptor_id = 3",
    "descriptors: ids": "UPDATE descriptors SET descriptor_id = 900 WHERE descriptor_id = 8",
    "descriptors: a scope": "UPDATE descriptors SET scope = 'word' WHERE descriptor_id = 8",
    "token_sample: places": "UPDATE token_sample SET place = 900 WHERE place = 3",
    "token_sample: a token that its text": "UPDATE token_sample SET position = 900 WHERE place = 3",
    "token_sample: a token that its text does not have, or a split": "UPDATE token_sample SET split = 'test' WHERE place = 3",
    "token_sample: a token that its text does not have, or a split or weight": "UPDATE token_sample SET weight = 0 WHERE place = 3",
    "token_sample: a token twice": "UPDATE token_sample SET text_id = 0, position = 1, split = 'calibration'"
    " WHERE place IN (0, 1)",
    "token_activations: not one row": "DELETE FROM token_activations WHERE neuron_id = 3",
    "token_activations: not one code": "UPDATE token_activations SET codes = codes[2:] WHERE neuron_id = 3",
    "peaks: of a neuron": "UPDATE peaks SET side = 0 WHERE neuron_id = 3",
    "peaks: ranks": "INSERT INTO peaks SELECT neuron_id, side, 1, 'x', exemplars + 1 FROM peaks WHERE neuron_id = 3",
    "peaks: more exemplars": "UPDATE peaks SET exemplars = 7 WHERE neuron_id = 3",
    "outputs: of a neuron": "INSERT INTO outputs VALUES (3, 'promoted', 0, 9000, 1.0)",
    "outputs: of a neuron or a token that is not there, or a kind": "INSERT INTO outputs VALUES (3, 'raised', 0, 5, 1.0)",
    "outputs: ranks": "INSERT INTO outputs VALUES (3, 'promoted', 1, 5, 1.0)",
    "token_descriptors: of a place": "INSERT INTO token_descriptors VALUES (900, 8)",
    "token_descriptors: a descriptor of a place": "INSERT INTO token_descriptors SELECT * FROM token_descriptors LIMIT 1",
    "token_descriptors: a descriptor of another": "INSERT INTO token_descriptors VALUES (3, 2)",
    "text_descriptors: a descriptor of another": "INSERT INTO text_descriptors VALUES (3, 8)",
    "matches: a side": "UPDATE matches SET side = 0 WHERE neuron_id = 3 AND rank = 0",
    "matches: a correlation": "UPDATE matches SET correlation_validation = 1.5 WHERE neuron_id = 3 AND rank = 0",
    "matches: more exemplars": "UPDATE matches SET top_with = 5 WHERE neuron_id = 3 AND rank = 0",
    "matches: a descriptor": "UPDATE matches SET descriptor_id = (SELECT descriptor_id FROM matches WHERE neuron_id = 3 AND rank = 1)"
    " WHERE neuron_id = 3 AND rank = 0",
    "text_descriptors: of a text": "INSERT INTO text_descriptors VALUES (3, 900)",
    "text_descriptors: a descriptor": "INSERT INTO text_descriptors SELECT * FROM text_descriptors LIMIT 1",
    "matches: of a neuron": "UPDATE matches SET descriptor_id = 900 WHERE neuron_id = 3 AND rank = 0",
    "matches: bounds": "UPDATE matches SET upper = lower WHERE neuron_id = 3 AND rank = 0",
    "matches: ranks": "DELETE FROM matches WHERE neuron_id = 3 AND rank = 0",
}


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    path = write_run(tmp_path_factory.mktemp("described") / "run.duckdb", units=8, texts=40)
    spoil(
        path,
        # Those of a synthetic run are any texts, not the best.
        "DELETE FROM exemplars WHERE kind = 'pooled'",
        "UPDATE exemplars SET value = maximum, highest = maximum FROM neurons"
        " WHERE neurons.neuron_id = exemplars.neuron_id AND kind = 'top' AND rank = 0",
        "UPDATE exemplars SET value = minimum, lowest = minimum FROM neurons"
        " WHERE neurons.neuron_id = exemplars.neuron_id AND kind = 'bottom' AND rank = 0",
        "INSERT INTO descriptors SELECT 8, 'token', 'word', 'rain', 'texts',"
        " count(*) FILTER (split = 'calibration'), count(*) FILTER (split = 'validation') FROM token_sample WHERE place < 9",
        "INSERT INTO token_descriptors SELECT place, 8 FROM token_sample WHERE place < 9",
        "UPDATE matches SET descriptor_id = 8, side = -1 WHERE neuron_id = 4 AND rank = 2",
        "INSERT INTO outputs VALUES (0, 'promoted', 0, 5, 2.5), (0, 'suppressed', 0, 6, -2.5)",
    )
    return path


def test_a_run_that_adds_up_is_told_to(described, capsys):
    said = answered(capsys, "verify", described, "--sample", 0)
    assert said["disagreements"] == []
    assert said["rows"]["matches"] == 48


@pytest.mark.parametrize("broken", BROKEN)
def test_tables_that_do_not_add_up_are_named(described, tmp_path, capsys, broken):
    run = shutil.copy(described, tmp_path / "run.duckdb")
    spoil(run, BROKEN[broken])
    assert f"{broken}" in refused(capsys, "verify", run)
    assert answered(capsys, "verify", run, status=1)["disagreements"]
