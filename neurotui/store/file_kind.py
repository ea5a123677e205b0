"""What a file is that was given as a journal and is none, and which command takes it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from neurotui.errors import UserError, command_line
from neurotui.store.journal_path import journal_of

_BEGINNING = 4096
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_ANY_RUN = Path("run.duckdb")
_EXPORTED = {"neuron", "layer", "unit", "state", "label", "annotator", "weights"}
_FEWEST = 3


def not_a_journal(path: Path, data: bytes, run: Path | None, why: str) -> UserError:
    """Return the error for a file of which no line is a decision; `why` its first line is none."""
    file = shlex.quote(f"./{path}" if str(path).startswith("-") else str(path))
    run = run or _ANY_RUN
    if path == journal_of(run):
        own = f"move it away, and a new journal is begun: mv {file} {shlex.quote(f'{path}.other')}"
    else:
        own = f"leave out --labels for the journal of the run: {command_line('open', run)}"
    if data.startswith(b"PAR1") or _is_export(data):
        return UserError(f"'{path}' is an export of labels, not a journal", command_line("import", run, str(path)))
    if is_utf16(data):
        old, named = shlex.quote(f"{path}.utf16"), "UTF-16" if data.startswith(_UTF16) else "UTF-16LE"
        return UserError(
            f"'{path}' is UTF-16 text, as PowerShell writes it; a journal is UTF-8",
            f"mv {file} {old} && iconv -f {named} -t UTF-8 {old} > {file}",
        )
    if data[8:12] == b"DUCK":
        return UserError(f"'{path}' is a run, not a journal", own)
    if b"\0" in data[:_BEGINNING] or _undecodable(data):
        return UserError(f"'{path}' is not a journal, and no text", own)
    if _is_text(data) or path.suffix.lower() in {".txt", ".csv", ".tsv", ".md"}:
        # A whole command: a run that is made of it, and not changed by it.
        made = command_line("precompute", path, "-o", f"{path.stem}.duckdb")
        return UserError(f"'{path}' holds texts, not decisions", f"{own}; a run is made of texts by: {made}")
    return UserError(f"'{path}' is not a journal: of line 1, {why}", own)


def is_utf16(data: bytes) -> bool:
    """Return whether a file begins as UTF-16, with its mark or with two letters of which each has a zero."""
    begun = data[:4]
    return begun.startswith(_UTF16) or (begun[1::2] == b"\0\0" and b"\0" not in begun[::2])


def is_export_row(line: bytes) -> bool:
    """Return whether a line is a row of an export."""
    return _is_export(line.strip())


def _is_export(data: bytes) -> bool:
    """Return whether a file begins with the names of an export's columns: keys of an object, or a header."""
    text = data[:_BEGINNING].decode("utf-16" if is_utf16(data) else "utf-8", "replace").lstrip("\ufeff \r\n")
    first, *rest = text.splitlines() or [""]
    line = rest[0] if first.lower().lstrip('"').startswith("sep=") and rest else first
    if line.startswith("{"):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return False
        return "action" not in record and len(_EXPORTED & record.keys()) >= _FEWEST
    names = {name.strip(' "').casefold() for separator in ",;\t|" for name in line.split(separator)}
    return len(_EXPORTED & names) >= _FEWEST


def _is_text(data: bytes) -> bool:
    """Return whether a file is lines of words, or of objects with a text."""
    line = data.partition(b"\n")[0].strip()
    if not line.startswith((b"{", b"[")):
        return True
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and "text" in record and "action" not in record


def _undecodable(data: bytes) -> bool:
    try:
        data[:_BEGINNING].decode()
    except UnicodeDecodeError as error:
        return error.start < min(len(data), _BEGINNING) - 4
    return False
