"""The README's tables and links say what the code says."""

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


def rows(heading):
    """Return the rows of the table under a heading, as cells."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
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
    recipes = CONTRIBUTING.partition("\n## Where a rule")[2].partition("\n## Habits")[0]
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


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_every_link_within_the_project_leads_somewhere(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target
    for room in re.findall(r"`((?:neurotui|tests|queries|sample_data)/[\w./]*)`", text):
        assert (ROOT / room).exists(), room
