"""The public interface as a typed program uses it: checked by mypy --strict, never run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import neurotui

if TYPE_CHECKING:
    import pyarrow as pa


def look(path: Path) -> str:
    with neurotui.open_run(path, annotator="ada", read_only=True) as run:
        table: pa.Table = run.neurons("layer:3-5 score>0.4", "score")
        page: neurotui.NeuronPage = run["L3.797"]
        again = run[neurotui.Neuron(3, 797)]
        sentence: str = page.said.sentence
        state: str = again.label.state
        names: tuple[str, ...] = page.candidates
        count: int = len(run) + len(table) + len(names) + len(page.detail.exemplars)
        model: str = run.meta["model"] + run.model
    return f"{sentence} {state} {count} {model}"


def decide(path: str) -> int:
    run: neurotui.OpenRun = neurotui.open_run(path, labels="ada.jsonl", annotator="ada")
    neuron: neurotui.Neuron
    for neuron in run.queue(5, filter="layer:3"):
        run.accept(neuron)
        run.note(neuron, "certain")
    run.reject("L0.0")
    settled: list[neurotui.Neuron] = run.settle_wording(equal="meaning")
    run.skip("L0.1")
    undone: list[neurotui.Neuron] = run.undo()
    redone: list[neurotui.Neuron] = run.redo()
    labels: pa.Table = run.labels("accepted")
    descriptors: pa.Table = run.descriptors()
    written: int = run.export("labels.csv", filter="layer:3", replace=True)
    return len(settled) + written + len(undone) + len(redone) + len(labels) + len(descriptors)


def make(texts: list[Path]) -> int:
    made = neurotui.precompute(texts, "run.duckdb", neurotui.PrecomputeSettings(layers=(0, 1)), replace=True)
    found = neurotui.describe("run.duckdb", "keywords", neurotui.BackendSettings(), namer="none")
    judged = neurotui.evaluate("run.duckdb", ["ada.jsonl"], k=1)
    gold = neurotui.evaluate_by_gold("run.duckdb")
    beside = neurotui.describe("run.duckdb", "gold", as_="topics").describer
    left: tuple[str, ...] = neurotui.forget_describer(Path("run.duckdb"), beside)
    ranking = neurotui.evaluate_against("run.duckdb", "curated.csv", describers=left, equal="meaning")
    best: str = ranking.describers[0].name
    scored = neurotui.score(
        "run.duckdb",
        ["them.jsonl"],
        "ada.jsonl",
        sample=50,
        examples=10,
        settings=neurotui.BackendSettings(),
        sanity=True,
    )
    pushed = neurotui.causal("run.duckdb", "them.jsonl", filter="layer:3", sample=5, doses=(0.0, 2.0))
    two = neurotui.compare("run.duckdb", Path("other.duckdb"), labels="ada.jsonl", equal="meaning")
    names: list[str] = [one.name for one in scored.scored.sets]
    names += [one.neuron for one in pushed.each] + [one.neuron for one in two.each]
    written: int = neurotui.export("run.duckdb", Path("labels.jsonl"), state="rejected")
    counts = made.tokens + found.described_neurons + len(judged.layers) + len(gold.backend) + len(names) + written
    return counts + len(best)


def told(error: neurotui.UserError) -> str:
    return f"{error.message}: {error.hint}"
