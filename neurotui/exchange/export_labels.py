"""Labels to a file, in whichever format its name says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.exchange.registry import PACKED, STANDARD_OUTPUT, format_of, named_as, spec_of
from neurotui.exchange.rows import UNNAMED, LabelRows
from neurotui.exchange.write_file import refuse_folder_there, write_to, writer_of
from neurotui.store.atomic import refuse_overwriting
from neurotui.store.beside_run import journal_of, replies_of

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from neurotui.exchange.rows import SetName
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run
    from neurotui.types import Neuron, State


# Programs that open files with these suffixes expect none of our formats.
_OTHERS = {"xlsx", "duckdb", "wal", "sqlite"}


def export(  # noqa: PLR0913 - one argument an option of the command
    run: Run,
    labels: Labels,
    state: State,
    path: Path,
    *,
    form: str | None,
    replace: bool,
    journal: Path | None = None,
    chosen: Container[Neuron] | None = None,
    called: SetName = UNNAMED,
    everyone: bool = False,
) -> int:
    """Write the labels in a state to a file, whole or not at all; return how many. ``-``: standard output.

    With some neurons `chosen`, only theirs; for `everyone`, each person's own labels instead of what stands.
    What the set is `called` stands in the formats that have room for it. ``UserError`` where `refuse_target` has
    one, if the file is there already (unless `replace`) or cannot be written.
    """
    writer = format_of(path, form)
    if everyone and (writer.read is None or writer.of_others):
        raise UserError(
            f"--everyone writes a row a person, and {writer.name} has none",
            "write jsonl, csv or parquet, or leave out --everyone",
        )
    if everyone and state == "open":
        raise UserError(
            "nobody has a label of their own of an open neuron", "leave out --everyone, or --state open"
        )
    found = LabelRows(run, labels, state, chosen, called, everyone=everyone)
    if path != STANDARD_OUTPUT:
        refuse_target(run, path, form=form, journal=journal)
    return write_to(path, writer, found, replace=replace)


def refuse_target(run: Run, path: Path, *, form: str | None, journal: Path | None = None) -> None:
    """Raise ``UserError`` if labels may not go to `path`, or if its name says another format than was asked for.

    Neither the run, nor the `journal` that the labels come from (by default the run's own), nor what was paid
    for is ever replaced.
    """
    if form:
        writer_of(spec_of(form))
    if path.is_dir() and (form or named_as(path)) and format_of(path, form).mode == "folder":
        refuse_folder_there(path)
    replies = replies_of(run.path)
    if path.exists() and replies.exists() and path.samefile(replies):
        raise UserError(f"'{path}' holds the replies that were paid for", "choose another name")
    refuse_overwriting(path, replace=True, needed=[run.path, journal or journal_of(run.path)])
    if not form:
        return
    named, ending = named_as(path), path.suffix.lower().lstrip(".")
    unpacked = path.name.lower().removesuffix(PACKED)
    if unpacked.endswith(spec_of(form).suffixes):
        return
    if (named is not None and named.name != form) or (named is None and ending in _OTHERS):
        other = named.name if named is not None else ending
        hint = f"end its name in {spec_of(form).suffixes[0]}" + (
            f", or choose {other}" if named is not None else ""
        )
        raise UserError(f"'{path}' is named as {other}, but {form} is to be written", hint)
