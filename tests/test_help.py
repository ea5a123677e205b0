"""The help of every command: plain words, examples that are understood, and nothing cut at 80 columns."""

import re
import shlex

import pytest
import typer

from neurotui.cli.application import COMMANDS, GROUPS, application
from neurotui.cli.entry import main
from neurotui.cli.examples import EXAMPLES

# What a reader should never have to know: Python's types, and a parser's grammar.
FOREIGN = re.compile(
    r"list\[|\b(int|str|float|Path|bool)\b>|range>|x[<>]=|<=x|\{\w+|\}\.\.\.|\[\[|Input should|argument\(s\)"
)


@pytest.fixture(autouse=True)
def at_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")


def helped(capsys, *command):
    assert main([*command, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_a_commands_help_is_in_plain_words_with_examples_and_fits_80_columns(capsys, command):
    told = helped(capsys, command)
    assert not FOREIGN.search(told), FOREIGN.search(told)
    assert "\nExamples:\n" in told
    for example in EXAMPLES[command]:
        assert f"\n  {example}\n" in f"{told}\n"
    assert max(map(len, told.splitlines())) <= 80


def test_the_help_groups_every_command_says_where_to_start_and_cuts_no_summary(capsys):
    told = helped(capsys)
    assert [title for title in GROUPS if f"\n{title}:\n" in told] == list(GROUPS)
    assert "\nStart here:\n  neurotui demo\n" in told
    commands = typer.main.get_command(application()).commands
    for name in COMMANDS:
        assert commands[name].get_short_help_str(1000) in " ".join(told.split())
    assert max(map(len, told.splitlines())) <= 80
    assert not FOREIGN.search(told)


@pytest.mark.parametrize("example", [one for lines in EXAMPLES.values() for one in lines])
def test_every_example_is_understood(example):
    words = shlex.split(example)
    group = typer.main.get_command(application())
    assert words[0] == "neurotui"
    group.commands[words[1]].make_context(words[1], words[2:])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["evaluate", "run", "--k", "0"], "invalid value for '--k': '0', but at least 1 is needed"),
        (["evaluate", "run", "--k=11"], "invalid value for '--k': '11', but at most 10 is possible"),
        (["evaluate", "run", "--k", "two"], "invalid value for '--k': 'two', but a whole number is needed"),
        (
            ["describe", "run", "--timeout", "soon"],
            "invalid value for '--timeout': 'soon', but a number is needed",
        ),
        (["similar", "run", "L1.1", "--top", "1.5"], "invalid value for '--top': '1.5', but a whole number"),
        (["journal", "run", "--last", "-3"], "invalid value for '--last': '-3', but at least 1 is needed"),
        (["info", "a", "b", "c"], "more is given than it takes: b c"),
    ],
)
def test_a_wrong_value_is_refused_in_our_words(capsys, given, told):
    assert main(given) == 2
    said = capsys.readouterr().err
    assert told in said
    assert not FOREIGN.search(said)
