"""The README's tables and links, and the index of the code, say what the code says."""

import ast
import re
from pathlib import Path

import pytest
import typer

from neurotui.cli.application import application
from neurotui.review.filters import LANGUAGE
from neurotui.review.terms import KEYED
from neurotui.tui.actions import key_table

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
INDEX = (ROOT / "docs" / "where.md").read_text(encoding="utf-8")
OUTSIDE = ("neurotui/", "queries/", "tests/", "docs/", "studies/", "examples/", "sample_data/", ".github/")


def rows(heading):
    """Return the rows of the README's table under a heading, as cells."""
    return rows_of(README, heading)


def rows_of(document, heading):
    """Return the rows of a document's table under a heading, as cells."""
    section = document.partition(f"\n## {heading}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines]


def test_the_table_of_keys_is_the_table_of_actions():
    assert rows("The keys") == [(f"`{keys}`", help_) for keys, help_ in key_table() if keys]


def test_the_table_of_commands_is_that_of_the_help():
    commands = typer.main.get_command(application()).commands
    said = {
        f"`neurotui {name}`": command.get_short_help_str(200).rstrip(".").lower()
        for name, command in commands.items()
    }
    assert {command: does.lower() for command, does in rows("The commands")} == said


def test_every_filter_term_is_in_the_readme_and_the_help():
    written = " ".join(term for term, _ in LANGUAGE)
    for key, kind in KEYED.items():
        begins = re.compile(rf"\b{key}[{kind.signs}]")
        assert begins.search(README), key
        assert begins.search(written), key


def test_every_option_that_the_readme_names_is_there():
    commands = typer.main.get_command(application()).commands
    there = {option for command in commands.values() for one in command.params for option in one.opts}
    # What pip is told is its own option.
    ours = re.sub(r"pip install.*", "", README)
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours)) <= there | {"--help"}


def test_every_file_and_table_that_a_recipe_names_is_there():
    package = {file: file.read_text(encoding="utf-8") for file in (ROOT / "neurotui").rglob("*.py")}
    recipes = CONTRIBUTING.partition("\n## A new sort")[2].partition("\n## Habits")[0]
    named = re.findall(r"`([\w./@]+)`", recipes)
    files = [one for one in named if one.endswith((".py", ".sql"))]
    tables = [one for one in named if re.fullmatch(r"_?[A-Z][A-Z_]+", one)]
    assert len(files) > 20
    assert len(tables) > 8
    assert [one for one in files if not any((base / one).exists() for base in (ROOT, ROOT / "neurotui"))] == []
    sources = "\n".join([*package.values(), *(file.read_text(encoding="utf-8") for file in TESTS.rglob("*.py"))])
    assert [
        one for one in tables if not re.search(rf"^(    )?{one}\b.* = |, {one} = ", sources, re.MULTILINE)
    ] == []


def in_the_index():
    """Return the path and the symbol ("" for none) of each thing that the index names."""
    named = re.findall(
        r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|sql|md|toml|txt|yml|ipynb)|(?:[\w.]+/)+)(?::([\w.]+))?`", INDEX
    )
    files = {path.name for path in ROOT.iterdir()}
    for name, symbol in named:
        outside = name.startswith(OUTSIDE) or name in files
        yield (ROOT if outside else ROOT / "neurotui") / name, symbol


def defined_in(path):
    """Return the names that a module defines, those of a class behind its name and a dot."""
    found = set()
    places = [("", ast.parse(path.read_text(encoding="utf-8")).body)]
    for before, body in places:
        for one in body:
            if isinstance(one, ast.ClassDef):
                places.append((f"{before}{one.name}.", one.body))
            if isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(before + one.name)
            elif isinstance(one, ast.Assign | ast.AnnAssign):
                targets = one.targets if isinstance(one, ast.Assign) else [one.target]
                found |= {
                    before + name.id for part in targets for name in ast.walk(part) if isinstance(name, ast.Name)
                }
    return found


def test_every_file_and_name_in_the_index_is_there():
    named = list(in_the_index())
    assert len(named) > 300
    # What a command writes, and no file of the project.
    assert [
        str(path) for path, _ in named if not path.exists() and path.name not in {"filters.txt", "config.toml"}
    ] == []
    missing = [f"{path.name}:{symbol}" for path, symbol in named if symbol and symbol not in defined_in(path)]
    assert missing == []


@pytest.mark.parametrize("name", ["nowhere.py", "firing.py:NOTHING", "store/undo.py:UndoHistory.nothing"])
def test_the_index_would_be_found_out(monkeypatch, name):
    monkeypatch.setitem(globals(), "INDEX", f"{INDEX}\n| `{name}` |")
    with pytest.raises(AssertionError):
        test_every_file_and_name_in_the_index_is_there()


def test_every_module_is_in_the_index_or_told_by_its_folder():
    package = ROOT / "neurotui"
    named = {path for path, _ in in_the_index() if path.is_file()}
    # A name says what these hold: a command, a view, a filter term, a token feature each.
    told = [package / folder for folder in ("cli/commands", "tui/views", "review/terms", "describe/features")]
    rest = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if path.name != "__init__.py" and path not in named and path.parent not in told
    }
    assert rest == set()


def test_every_recipe_that_the_index_names_is_in_contributing():
    recipes = [cells[2] for cells in rows_of(INDEX, "To add something")]
    assert len(recipes) > 30
    assert [one for one in recipes if f"\n## {one}\n" not in CONTRIBUTING] == []


@pytest.mark.parametrize(
    "document",
    sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]),
)
def test_every_link_within_the_project_leads_somewhere(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / document).parent / target).exists(), target
    for room in re.findall(r"`((?:neurotui|tests|queries|sample_data)/[\w./]*)`", text):
        assert (ROOT / room).exists() or "NAME" in room, room
