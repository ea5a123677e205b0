"""Who imports whom, and what a command loads: the house as CONTRIBUTING draws it."""

import ast
import re
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import neurotui
from neurotui.backends import registry
from neurotui.backends.namer_registry import NAMERS, NONE
from neurotui.review.terms import KEYED, TERMS

PACKAGE = Path(neurotui.__file__).parent
LEVELS = (
    {
        "byte_order_marks",
        "errors",
        "cell_widths",
        "firing",
        "sanitize",
        "segmentation",
        "safe_subprocess",
        "spelling",
    },
    {"types", "worker_question", "wording", "same_words", "plugins", "pooling", "function_words"},
    {"exemplar_kinds"},
    {"models", "store"},
    {"config_file"},
    {"annotator_name"},
    {"backends", "precompute"},
    {"describe"},
    {"labelling", "probing"},
    {"workers"},
    {"review"},
    {"evaluate", "demo"},
    {"exchange"},
    {"api_tables"},
    {"api_run"},
    {"web"},
    {"cli", "tui", "api"},
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
# The commands that open, serve and list the keys of the app.
APP_COMMANDS = {"app_launcher.py", "serve.py", "keys.py"}
ONLY_IN = {
    "torch": {"models", "precompute", "pooling"},
    "transformers": {"models", "precompute"},
    "duckdb": {"store"},
    "_duckdb": {"store"},
    "openai": {"backends"},
    "httpx2": {"backends"},
    "ray": {"precompute"},
    "sqlite3": {"backends"},
    "textual": {"tui"},
    "textual_serve": {"web"},
    "aiohttp": {"web"},
}
# Who must not be known within the app: by widgets no view, by views no Browse, by none of them the app.
STRANGERS = {
    "neurotui.tui.widgets": ("neurotui.tui.views", "neurotui.tui.browse", "neurotui.tui.app"),
    "neurotui.tui.views": ("neurotui.tui.browse", "neurotui.tui.app"),
    "neurotui.tui.browse": ("neurotui.tui.app",),
}
# What several rooms have, each its own: of these alone a name says nothing without its folder.
SAME_IN_SEVERAL_ROOMS = {
    *("__init__", "__main__", "protocol", "registry", "spec", "settings", "types"),
    *("backend", "judge", "namer", "pipeline", "server", "record"),
}
MOST_LINES, MOST_BASES, MOST_METHODS = 300, 2, 40


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


def name(file):
    """Return a module's name."""
    return ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name(file): file for file in sorted(PACKAGE.rglob("*.py"))}


def module_of(imported_name):
    """Return the module that something is imported from, or that is imported itself."""
    return imported_name if imported_name in MODULES else imported_name.rpartition(".")[0]


CLASSES = {
    module: {
        node.name: node
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    for module, file in MODULES.items()
}


def bases(module, one):
    """Return the classes of ours that a class stands on, directly or not."""
    known = {imported.rpartition(".")[2]: module_of(imported) for imported in imported_by(module)}
    found = []
    for base in one.bases:
        written = ast.unparse(base).partition("[")[0].rpartition(".")[2]
        home = module if written in CLASSES[module] else known.get(written, "")
        if written in CLASSES.get(home, {}):
            found += [CLASSES[home][written], *bases(home, CLASSES[home][written])]
    return list(dict.fromkeys(found))


def imported_by(module):
    """Return every name that a module imports."""
    return list(imported(MODULES[module]))


def public_methods(one):
    """Return the names of a class's own public methods and properties."""
    functions = (node for node in one.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in functions if not node.name.startswith("_")}


def test_every_room_has_its_level():
    assert {room for room, _ in modules()} == set(LEVEL)


def test_no_room_imports_one_above_it():
    for room, file in modules():
        for other in imported(file):
            parts = other.split(".")
            if parts[0] == "neurotui" and parts[1] in LEVEL and parts[1] != room:
                opens_it = (room, parts[1]) == ("cli", "tui") and file.name in APP_COMMANDS
                assert LEVEL[parts[1]] < LEVEL[room] or opens_it, f"{file}: {other}"


def test_each_heavy_library_is_known_to_its_rooms_alone():
    for room, file in modules():
        for other in imported(file):
            library = other.partition(".")[0]
            assert room in ONLY_IN.get(library, {room}), f"{file}: {other}"


def test_statements_stand_in_queries_or_the_store():
    for room, file in modules():
        # The cache's four are SQLite's, and no business of those who query a run.
        if room != "store" and file != PACKAGE / "backends" / "llm" / "reply_cache.py":
            assert not re.search(r"\b(SELECT|INSERT|CREATE|ATTACH) ", file.read_text(encoding="utf-8")), file


def test_each_module_of_terms_registers_one_filter_term():
    folder = PACKAGE / "review" / "terms"
    shared = {"__init__", "protocol", "comparison", "word"}
    kinds = [file.stem for file in sorted(folder.glob("*.py")) if file.stem not in shared]
    declared = [import_module(f"neurotui.review.terms.{kind}").TERM for kind in kinds]
    assert len(TERMS) == len(declared)
    assert {id(term) for term in TERMS} == {id(term) for term in declared}
    assert [kind for kind in kinds if kind != "neuron"] == sorted(KEYED)


def test_a_filter_term_is_written_and_read_in_its_own_module():
    """What it is called, an example, and the filters that the app makes of it: a change of a key is one file's."""
    term = re.compile(rf"(^|[\s!\"'])({'|'.join(KEYED)})(:|[<>]=?)[^\s/]")
    for _, file in modules():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
                inside = file.parent == PACKAGE / "review" / "terms"
                assert inside or not term.search(node.value), f"{file}: {node.value}"


def test_no_type_lists_the_namers_or_backends():
    """A new one is a line in its registry."""
    spelt = {name for name in NAMERS if name != NONE} | set(registry.BUILT_IN)
    for file in MODULES.values():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal":
                assert not any(f"'{name}'" in ast.unparse(node) for name in spelt), file


def test_what_scores_descriptions_reads_no_run_but_through_what_is_held_out():
    for module in ("description_scorer", "score_measures", "score", "judge_examples", "detection"):
        known = set(map(module_of, imported_by(f"neurotui.evaluate.{module}")))
        stores = {one for one in known if one.startswith("neurotui.store")}
        assert stores <= {"neurotui.store.held_out", "neurotui.store.run_tables"}, module


def test_a_modules_name_stands_for_one_thing():
    """Commands, views, widgets, filter terms and token features are called like what they show."""
    like_what_they_show = {"commands", "views", "widgets", "terms", "features"}
    names = Counter(
        file.stem for _, file in modules() if file.parent.name not in like_what_they_show | {PACKAGE.name}
    )
    assert {one for one, count in names.items() if count > 1} <= SAME_IN_SEVERAL_ROOMS


def test_no_module_is_long():
    lines = {name(file): len(file.read_text(encoding="utf-8").splitlines()) for _, file in modules()}
    assert {module for module, count in lines.items() if count > MOST_LINES} == set()


def test_widgets_know_no_screen_views_no_browse_and_nobody_the_app():
    for _, file in modules():
        module = name(file)
        for other in map(module_of, imported(file)):
            strangers = next((far for near, far in STRANGERS.items() if module.startswith(near)), ())
            assert not any(f"{other}.".startswith(f"{far}.") for far in strangers), f"{module}: {other}"
            if other.startswith("neurotui.tui.browse") and not module.startswith("neurotui.tui.browse"):
                assert module == "neurotui.tui.app", f"{module}: {other}"


def test_no_modules_import_each_other_in_a_circle():
    """Not for types either, nor inside functions."""
    graph = {name(file): set(map(module_of, imported(file))) & set(MODULES) for file in MODULES.values()}
    TopologicalSorter({module: others - {module} for module, others in graph.items()}).prepare()


def test_no_class_stands_on_more_than_two_of_ours():
    for module, classes in CLASSES.items():
        for one in classes.values():
            assert len(bases(module, one)) <= MOST_BASES, f"{module}.{one.name}"


def test_no_class_does_more_than_a_person_can_keep_in_mind():
    large = set()
    for module, classes in CLASSES.items():
        for one in classes.values():
            methods = set().union(*(public_methods(each) for each in (one, *bases(module, one))))
            large |= {f"{module}.{one.name}"} if len(methods) > MOST_METHODS else set()
    assert large == set()


def test_the_core_of_the_app_runs_without_a_screen():
    core = [module for module in MODULES if module.startswith("neurotui.review")]
    assert core
    code = f"import sys; import {', '.join(core)}; print(*{{'textual'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


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
        (
            "import neurotui.backends.registry, neurotui.exchange.registry",
            "importlib.metadata numpy pyarrow openai httpx2 sklearn duckdb",
        ),
        ("import neurotui.exchange.export_labels", "torch transformers textual pyarrow sklearn"),
        ("import neurotui.evaluate.by_labels", "torch transformers textual pyarrow sklearn"),
        ("import neurotui.describe.match_texts, neurotui.describe.cluster", "torch textual duckdb"),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(statement, strangers):
    code = f"import sys; {statement}; print(*sorted(set({strangers.split()!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_private_parts_of_textual_are_used_in_one_module():
    private = re.compile(
        r"from textual[\w.]* import [^\n]*\b_\w|from textual\._|self\._(check_bindings|notifications|exit_)"
    )
    inside = [file.name for _, file in modules() if private.search(file.read_text(encoding="utf-8"))]
    assert inside == ["textual_internals.py"]
