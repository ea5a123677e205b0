"""Who decides is found by one rule, wherever somebody decides."""

import json

import pytest
from synthetic import write_run

import neurotui
from neurotui.annotator_name import annotator_name
from neurotui.cli import main
from neurotui.errors import UserError


@pytest.fixture
def config(tmp_path, monkeypatch):
    file = tmp_path / "config.toml"
    monkeypatch.setenv("NEUROTUI_CONFIG", str(file))
    monkeypatch.delenv("NEUROTUI_ANNOTATOR", raising=False)
    file.write_text('annotator = " grace "\n')
    return file


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run.duckdb")


def test_what_is_given_comes_before_the_environment_that_before_the_configuration_and_the_login_is_last(
    config, monkeypatch
):
    monkeypatch.setattr("getpass.getuser", lambda: "login")
    environment = {"NEUROTUI_CONFIG": str(config), "NEUROTUI_ANNOTATOR": " hopper"}
    assert annotator_name(" ada ", environment) == "ada"
    assert annotator_name("  ", environment) == "hopper"
    environment["NEUROTUI_ANNOTATOR"] = " "
    assert annotator_name("", environment) == "grace"
    config.write_text('theme = "nord"\n')
    assert annotator_name("", environment) == "login"


@pytest.mark.parametrize("name", ["ada\u200b", "\u202eada", "a\x1b[31mda", "ada\nbob"])
def test_nobody_decides_under_a_name_that_looks_like_anothers(config, name):
    for given, environment in ((name, {}), ("", {"NEUROTUI_ANNOTATOR": name})):
        with pytest.raises(UserError, match="cannot be seen"):
            annotator_name(given, {"NEUROTUI_CONFIG": str(config), **environment})
    assert annotator_name("\u0646\u0627\u0645\u200c\u0645\u0646") == "\u0646\u0627\u0645\u200c\u0645\u0646"


def decides_in_python(run, unit):
    with neurotui.open_run(run) as opened:
        opened.skip(f"L0.{unit}")
        return opened.annotators()


def imports(run, unit):
    file = run.with_name("labels.jsonl")
    file.write_text(json.dumps({"layer": 0, "unit": unit, "label": "dogs"}) + "\n")
    assert main(["import", str(run), str(file), "--as-decisions"]) == 0
    with neurotui.open_run(run) as opened:
        return opened.annotators()


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize("decides", [decides_in_python, imports])
def test_python_and_an_import_ask_the_environment_and_the_configuration_like_the_app(run, monkeypatch, decides):
    assert decides(run, 0) == ["grace"]
    monkeypatch.setenv("NEUROTUI_ANNOTATOR", "hopper")
    assert decides(run, 1) == ["grace", "hopper"]


@pytest.mark.parametrize(
    ("text", "says"), [("annotator = 3", "annotator: 3 is no text"), ("annotator = ", "not TOML")]
)
def test_an_invalid_configuration_is_nobodys_name(run, config, capsys, text, says):
    config.write_text(text)
    with pytest.raises(UserError, match=says):
        neurotui.open_run(run)
    file = run.with_name("labels.jsonl")
    file.write_text(json.dumps({"layer": 0, "unit": 0, "label": "dogs"}) + "\n")
    assert main(["import", str(run), str(file)]) == 1
    assert says in capsys.readouterr().err
    assert not run.with_name("run.labels.jsonl").exists()
