"""`neurotui label` prints what the app shows, and `neurotui open` takes whom to ask with it."""

import json

import pytest
from labelling.planted import write_planted
from lying_server import lying_server, says

from neurotui.backends.settings import BackendSettings
from neurotui.cli import main
from neurotui.labelling.topic_fit import Scorer
from neurotui.labelling.types import LabelBackend
from neurotui.models.encoder import MiniLM
from neurotui.store.run import Run
from neurotui.types import Detail, Neuron

REPLY = '{"labels": ["\\u001b[31mbattery", "football"]}'


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_planted(tmp_path_factory.mktemp("planted") / "run.duckdb")


def answered(capsys, *arguments):
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_typed_labels_stand_beside_the_runs_own_with_the_figures_of_the_app(run, capsys):
    record = answered(capsys, "label", run, "L0.0", "a battery", "football")
    with Run(run) as opened:
        own = [match.name for match in opened.detail(0).matches]
        labels = ["a battery", "football", *own]
        judged = Scorer(opened, MiniLM).score(Neuron(0, 0), labels, lambda *_: None)
    rows = record["labels"]
    assert [(row["label"], row["by"]) for row in rows] == [
        (label, by) for label, by in zip(labels, ["you", "you", *["run"] * len(own)], strict=True)
    ]
    for scope, prefix in (("topic", "fit"), ("word", "token_fit")):
        shown = [tuple(row[f"{prefix}{end}"] for end in ("", "_lower", "_upper")) for row in rows]
        assert shown == [getattr(fit, scope).figures or (None, None, None) for fit in judged.fits]
    assert [row["correlation"] for row in rows[:2]] == [judged.fits[0].correlation, None]
    assert [(row["understood"], row["missing"]) for row in rows[:2]] == [(["battery"], []), ([], ["football"])]
    assert (record["active"], record["quiet"]) == (judged.active, judged.quiet)
    assert main(["label", str(run), "l0.0", "a battery", "football"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    told = " ".join(out.split())
    assert f"{judged.fits[0].topic.auroc:.3f}" in told
    assert f"{judged.fits[0].word.auroc:.3f}" in told
    assert "· understood: battery" in told
    assert "· not in the sample: football" in told


def test_a_label_that_speaks_of_tokens_alone_needs_no_encoder(run, capsys, monkeypatch):
    monkeypatch.setattr("neurotui.cli.commands.label._encoder", lambda: pytest.fail("an encoder was asked for"))
    monkeypatch.setattr(Run, "detail", lambda _, number: Detail(number, Neuron(0, 0), None, (), ()))
    record = answered(capsys, "label", run, "L0.0", '"battery"', "bat-")
    assert [row["fit"] for row in record["labels"]] == [None, None]
    assert min(row["token_fit"] for row in record["labels"]) > 0.9


def test_without_a_label_a_backend_writes_them_and_a_dry_run_asks_nothing(run, capsys):
    with lying_server(says(REPLY)) as server:
        chosen = ["--backend", "openai", "--llm", "liar", "--base-url", server.url, "--api-key-env", "NO_KEY"]
        prices = ["--price-in", "1", "--price-out", "2"]
        price = answered(capsys, "label", run, "L0.0", *chosen, *prices, "--dry-run")
        assert (price["calls"], server.asked) == (1, [])
        assert price["cost"] > 0
        record = answered(capsys, "label", run, "L0.0", *chosen)
        assert [row["by"] for row in record["labels"][:3]] == ["openai", "openai", "run"]
        assert "battery" in record["labels"][0]["label"]
        assert record["server"] == f"'liar' at '{server.url}'"
        assert main(["label", str(run), "L0.0", *chosen]) == 0
        said = capsys.readouterr().out
        assert "\x1b[31m" not in said
        assert said.startswith(f"Labels by 'liar' at '{server.url}'")
        assert len(server.asked) == 1
        answered(capsys, "label", run, "L0.0", *chosen, "--draw", "1")
        assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["L0.0", " "], "an empty label"),
        (["L0.77", "x"], "no neuron L0.77"),
        (["797", "x"], "'797' is not a neuron"),
        (["L0.0", "x", "--dry-run"], "costs nothing"),
        (["L0.0", "--backend", "openai"], "no model is named"),
        (["L0.0", "--backend", "transformers", "--llm", "no such/model at all"], "cannot be loaded"),
    ],
)
def test_what_cannot_be_is_refused(arguments, says, run, capsys):
    assert main(["label", str(run), *arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert "hint: " in err
    assert "Traceback" not in err


def test_a_neuron_without_a_fit_is_told_so(run, capsys):
    record = answered(capsys, "label", run, "L0.1", "a battery")
    assert record["labels"][0]["fit"] is None
    assert "no exemplars of L0.1" in record["notes"][0]


def test_open_hands_on_whom_to_ask_and_looks_for_no_key(run, monkeypatch):
    opened = []
    monkeypatch.setattr("neurotui.cli.app_launcher.at_a_terminal", lambda: True)
    monkeypatch.setattr("neurotui.tui.open_app.open_app", lambda *_, **named: opened.append(named["asking"]))
    # An app that ends at once leaves the run to a thread that still reads it.
    monkeypatch.setattr("neurotui.tui.threads.leave", lambda _: None)
    monkeypatch.delenv("SOME_KEY", raising=False)
    assert main(["open", str(run)]) == 0
    assert main(["open", str(run), "--backend", "openai", "--llm", "m", "--api-key-env", "SOME_KEY"]) == 0
    assert opened == [LabelBackend(), ("openai", BackendSettings(llm="m", api_key_env="SOME_KEY"))]
