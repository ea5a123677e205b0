"""Examples of each command for its help; a test holds that every one of them is understood."""

from __future__ import annotations

START_HERE = ("neurotui demo", "neurotui COMMAND --help tells more, with examples")

EXAMPLES: dict[str, tuple[str, ...]] = {
    "demo": ("neurotui demo", "neurotui demo -o ~/neurons"),
    "precompute": (
        "neurotui precompute texts.jsonl -o run.duckdb",
        "neurotui precompute 'reviews/*.csv' -o run.duckdb --text-field review",
        "neurotui precompute texts.jsonl -o run.duckdb --model smollm2 --layers 0,4-5",
        "neurotui precompute books.jsonl -o run.duckdb --window 256 --stride 128",
        "neurotui precompute texts.jsonl -o run.duckdb --print-slurm 8 | sh",
    ),
    "merge": (
        "neurotui precompute texts.jsonl -o run.duckdb --shards parts --shard 1/2",
        "neurotui precompute texts.jsonl -o run.duckdb --shards parts --shard 2/2",
        "neurotui merge parts -o run.duckdb",
    ),
    "describe": (
        "neurotui describe run.duckdb",
        "neurotui describe run.duckdb --backend openai --llm gpt-x --dry-run",
        "neurotui describe run.duckdb --backend gold --as topics",
    ),
    "open": (
        "neurotui open run.duckdb",
        "neurotui open run.duckdb --annotator ada --labels ada.jsonl",
        "neurotui open run.duckdb --read-only",
    ),
    "serve": ("neurotui serve run.duckdb", "neurotui serve run.duckdb --port 9000 --read-only"),
    "keys": ("neurotui keys", "neurotui keys --json"),
    "label": (
        "neurotui label run.duckdb L3.797 music 'the word \"away\"'",
        "neurotui label run.duckdb L3.797",
    ),
    "similar": ("neurotui similar run.duckdb L3.797", "neurotui similar run.duckdb L3.797 --top 20"),
    "journal": ("neurotui journal run.duckdb", "neurotui journal run.duckdb --last 10"),
    "settle": (
        "neurotui settle run.duckdb --dry-run",
        "neurotui settle run.duckdb --equal meaning --annotator ada",
    ),
    "evaluate": (
        "neurotui evaluate run.duckdb",
        "neurotui evaluate run.duckdb --labels ada.jsonl --labels bob.jsonl",
        "neurotui evaluate run.duckdb --gold",
        "neurotui evaluate run.duckdb --against curated.csv --describer them.jsonl",
    ),
    "score": (
        "neurotui score run.duckdb",
        "neurotui score run.duckdb --describer explanations.jsonl.gz --sanity",
        "neurotui score run.duckdb --judge openai --llm gpt-x --dry-run",
    ),
    "causal": (
        "neurotui causal run.duckdb",
        "neurotui causal run.duckdb --filter music --sample 100",
        "neurotui causal run.duckdb --describer them.jsonl --dry-run",
    ),
    "compare": (
        "neurotui compare run.duckdb other.duckdb",
        "neurotui compare run.duckdb other.duckdb --equal meaning --top 20",
    ),
    "export": (
        "neurotui export run.duckdb -o labels.csv",
        "neurotui export run.duckdb -o - --format jsonl",
        "neurotui export run.duckdb -o labels.dataset",
    ),
    "import": (
        "neurotui import run.duckdb labels.csv",
        "neurotui import run.duckdb them.csv --map neuron=id --map label=text",
        "neurotui import run.duckdb explanations.jsonl.gz",
    ),
    "probe": (
        "neurotui probe run.duckdb 'The band played a slow tune.'",
        "neurotui probe run.duckdb 'The band played a slow tune.' --neuron L3.797",
    ),
    "verify": ("neurotui verify run.duckdb", "neurotui verify run.duckdb --sample 0"),
    "info": ("neurotui info run.duckdb", "neurotui info run.duckdb --json"),
}
