"""How a command line is explained and refused: usage, help and errors in plain words, not in Python's types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from typer import BadParameter
from typer.core import TyperArgument, TyperCommand, TyperGroup

from neurotui.cli.examples import EXAMPLES, START_HERE

if TYPE_CHECKING:
    from collections.abc import Sequence

_RAN_OUT = "Got unexpected extra argument(s) ("
_UNCUT = 1000
# What the library says of a wrong value, and how a colleague would.
_SAID = (
    (r"Input should be greater than or equal to (\S+)", r"at least \1 is needed"),
    (r"Input should be less than or equal to (\S+)", r"at most \1 is possible"),
    (r"Input should be a valid integer.*", "a whole number is needed"),
    (r"Input should be a valid number.*", "a number is needed"),
    (r"Input should be a valid path.*", "a path is needed"),
    (r"Input should be (?:a |an )?(.*)", r"it must be \1"),
)
_NUMBERS = {"int": "number", "float": "number", "str": "text", "Path": "path"}


class PlainCommand(TyperCommand):
    """A command whose help has examples."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401 - the library's own, which it hides
        """Return what stands behind the command's name in its usage."""
        arguments = [_usage(one) for one in self.get_params(ctx) if isinstance(one, TyperArgument)]
        return ["[OPTIONS]", *arguments]

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the arguments and the options, each with the kind of its value in plain words."""
        arguments: list[tuple[str, str]] = []
        options: list[tuple[str, str]] = []
        for one in self.get_params(ctx):
            record = one.get_help_record(ctx)
            if record is not None:
                name, told = record
                name = _plain(name)
                argument = isinstance(one, TyperArgument)
                (arguments if argument else options).append(
                    (name.split(" <")[0] if argument else name, _ranged(told))
                )
        for title, records in (("Arguments", arguments), ("Options", options)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the examples, each on a line that can be typed."""
        _write_lines(formatter, "Examples", EXAMPLES.get(str(ctx.info_name), ()))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Parse the arguments; what is wrong with one is said with its value, and in our words."""
        given = list(args)
        try:
            parsed: list[str] = super().parse_args(ctx, args)
        except BadParameter as error:
            value = _value(getattr(error.param, "opts", ()), given)
            told = _in_our_words(error.message)
            if told != error.message:
                error.message = f"'{value}', but {told}" if value else told
            raise
        except Exception as error:
            # The library's exception for this is not public; what it says is.
            message = str(getattr(error, "message", ""))
            if message.startswith(_RAN_OUT):
                error.message = "more is given than it takes: " + message[len(_RAN_OUT) : -1]  # type: ignore[attr-defined]
            raise
        return parsed


class PlainGroup(TyperGroup):
    """The command itself, whose help lists its subcommands by what they are for."""

    groups: ClassVar[dict[str, tuple[str, ...]]] = {}

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write each group of commands under its title, with summaries in full."""
        for title, names in self.groups.items():
            there = [(name, self.get_command(ctx, name)) for name in names]
            rows = [(name, command.get_short_help_str(_UNCUT)) for name, command in there if command is not None]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002
        """Write where to start."""
        _write_lines(formatter, "Start here", START_HERE)


def _write_lines(formatter: Any, title: str, lines: Sequence[str]) -> None:  # noqa: ANN401
    if lines:
        with formatter.section(title):
            for line in lines:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def _usage(argument: TyperArgument) -> str:
    name = str(argument.metavar or argument.name).strip("[].{}").upper()
    name += "..." * (argument.nargs != 1)
    return name if argument.required else f"[{name}]"


def _plain(name: str) -> str:
    """Return an option's name with the kind of its value, as people call it."""
    name = re.sub(r"<list\[(.*?)\]>", r"<\1>", name).replace(" range>", ">")
    return re.sub(r"<(\w+)>", lambda found: f"<{_NUMBERS.get(found[1], found[1])}>", name)


def _ranged(told: str) -> str:
    """Return what an option does with the range of its value in words."""
    told = re.sub(r"(-?[\d.]+)<=x<=(-?[\d.]+)", r"\1 to \2", told)
    return re.sub(r"x>=(-?[\d.]+)", r"\1 or more", re.sub(r"x<=(-?[\d.]+)", r"at most \1", told))


def _in_our_words(message: str) -> str:
    for said, ours in _SAID:
        found = re.fullmatch(said, message, re.DOTALL)
        if found:
            return found.expand(ours)
    return message


def _value(options: Sequence[str], given: Sequence[str]) -> str:
    """Return the value that was given last to one of an option's names; "" if none was."""
    value = ""
    for place, one in enumerate(given):
        name, equals, behind = one.partition("=")
        if one in options:
            value = [*given, ""][place + 1]
        elif equals and name in options:
            value = behind
    return value
