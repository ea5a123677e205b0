"""Who imports whom, and what a command loads: the house as CONTRIBUTING draws it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import neurotui

PACKAGE = Path(neurotui.__file__).parent
LEVELS = (
    {"errors", "sanitize", "segmentation"},
    {"types", "wording", "user_config"},
    {"models", "store"},
    {"backends", "precompute"},
    {"describe"},
    {"labelling", "probing"},
    {"workers"},
    {"review"},
    {"evaluate", "exchange", "demo"},
    {"web"},
    {"cli", "tui"},
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
# The commands that open, serve and list the keys of the app.
APP_COMMANDS = {"app_launcher.py", "serve.py", "keys.py"}
ONLY_IN = {
    "torch": {"models", "precompute"},
    "transformers": {"models", "precompute"},
    "duckdb": {"store"},
    "openai": {"backends"},
    "httpx2": {"backends"},
    "sqlite3": {"backends"},
    "textual": {"tui"},
    "textual_serve": {"web"},
    "aiohttp": {"web"},
}


def modules():
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] not in {"__init__", "__main__"}:
            yield parts[0], file


def imported(file):
    """Yield every module that a file imports, inside functions and for types too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file} imports by a relative name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_room_has_its_level():
    assert {room for room, _ in modules()} == set(LEVEL)


def test_no_room_imports_one_above_it():
    for room, file in modules():
        for name in imported(file):
            parts = name.split(".")
            if parts[0] == "neurotui" and parts[1] in LEVEL and parts[1] != room:
                opens_it = (room, parts[1]) == ("cli", "tui") and file.name in APP_COMMANDS
                assert LEVEL[parts[1]] < LEVEL[room] or opens_it, f"{file}: {name}"


def test_each_heavy_library_is_known_to_its_rooms_alone():
    for room, file in modules():
        for name in imported(file):
            library = name.partition(".")[0]
            assert room in ONLY_IN.get(library, {room}), f"{file}: {name}"


def test_statements_stand_in_queries_or_the_store():
    for room, file in modules():
        # The cache's four are SQLite's, and no business of those who query a run.
        if room != "store" and file != PACKAGE / "backends" / "llm" / "reply_cache.py":
            assert not re.search(r"\b(SELECT|INSERT|CREATE|ATTACH) ", file.read_text(encoding="utf-8")), file


def test_no_module_is_two_rooms():
    for _, file in modules():
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 400, file


@pytest.mark.parametrize(
    ("statement", "strangers"),
    [
        ("import neurotui.cli", "torch transformers textual duckdb numpy pyarrow"),
        ("import neurotui.tui.app", "torch transformers pyarrow sklearn scipy openai typer"),
        (
            "import neurotui.workers.requests, neurotui.workers.client",
            "torch transformers textual duckdb numpy openai sqlite3",
        ),
        ("import neurotui.backends.registry", "torch transformers openai httpx2 numpy sklearn sqlite3"),
        ("import neurotui.exchange.files", "torch transformers textual pyarrow sklearn"),
        ("import neurotui.evaluate.by_labels", "torch transformers textual pyarrow sklearn"),
        ("import neurotui.describe.match, neurotui.describe.cluster", "torch textual duckdb"),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(statement, strangers):
    code = f"import sys; {statement}; print(*sorted(set({strangers.split()!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
