"""The commands of docs/formats.md work as they are typed."""

import gzip
import json
import re
import shlex
from pathlib import Path

import pytest
from synthetic import write_run

from neurotui.cli import main
from neurotui.exchange import registry
from neurotui.store.journal import Journal
from neurotui.store.run import Run
from neurotui.types import Neuron

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Run(write_run(tmp_path / "run.duckdb", texts=30)) as run:
        of = {"model": run.model, "weights": run.weights}
    Path("theirs.csv").write_text("feature_id,explanation\n0-3,rain\n1-4,snow\n")
    Path("layer0.jsonl").write_text('{"id": 5, "said": {"text": "hail"}}\n')
    explanation = {"modelId": of["model"], "layer": "0-mlp", "index": "3", "description": "ice"}
    Path("explanations.jsonl.gz").write_bytes(gzip.compress(json.dumps(explanation).encode()))
    inside = Path("results/gpt2/explanations")
    inside.mkdir(parents=True)
    (inside / "h.0.mlp_latent3.txt").write_text('"fog"')
    neuron = {"layer_index": 0, "neuron_index": 3}
    Path("explanations/0").mkdir(parents=True)
    Path("explanations/0/3.jsonl").write_text(
        json.dumps({"neuron_id": neuron, "scored_explanations": [{"explanation": "dew", "scored_simulation": {}}]})
    )
    Path("annotations.jsonl").write_text(
        '{"Component": "mlp", "Layer": "0", "Feature": "6", "Annotation": "mud", "Notes": ""}\n'
    )
    return tmp_path


def test_every_command_of_the_page_works_in_its_order(home, capsys):
    assert len(COMMANDS) >= 14
    for command in COMMANDS:
        program, *arguments = shlex.split(command)
        assert program == "neurotui"
        assert main(arguments) == 0, (command, capsys.readouterr().err)
    events = Journal(home / "run.labels.jsonl").events
    decided = {(event.neuron, event.text) for event in events if event.action == "accept"}
    assert decided == {
        (Neuron(0, 3), "rain"),
        (Neuron(1, 4), "snow"),
        (Neuron(0, 5), "hail"),
        (Neuron(0, 6), "mud"),
    }
    proposed = {event.text for event in events if event.action == "propose"}
    assert proposed == {"rain", "snow", "ice", "fog", "dew"}


def test_the_page_lists_every_format_with_its_ways():
    rows = re.findall(r"^\| .*? \| (`.*?`) \| (yes|) ?\| (yes|) ?\|", PAGE, re.MULTILINE)
    for name, spec in registry.BUILT_IN.items():
        ways = {(into == "yes", out == "yes") for names, into, out in rows if f"`{name}`" in names}
        assert (spec.read is not None, spec.write is not None) in ways, name
