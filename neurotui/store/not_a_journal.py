"""Why a file that was given as a journal is none, what it is instead, and which command takes it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from neurotui.errors import UserError
from neurotui.store.beside_run import journal_of
from neurotui.store.file_signatures import UTF16, is_run, is_utf16, packed_with
from neurotui.store.run_commands import command_line

_BEGINNING = 4096
_UTF32 = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_ANY_RUN = Path("run.duckdb")
_EXPORTED = {"neuron", "layer", "unit", "state", "label", "annotator", "weights"}
_FEWEST = 3


def not_a_journal(path: Path, data: bytes, run: Path | None, why: str) -> UserError:
    """Return the error for a file of which no line is a decision; `why` its first line is none."""
    run = run or _ANY_RUN
    if path == journal_of(run):
        own = f"move it away, and a new journal is begun: mv {_quoted(path)} {shlex.quote(f'{path}.other')}"
    else:
        own = f"leave out --labels for the journal of the run: {command_line('open', run)}"
    return _can_be_read(path, data, run) or _other_kind(path, data, own, why)


def _can_be_read(path: Path, data: bytes, run: Path) -> UserError | None:
    """Return the error for a file that a command makes a journal of, or takes; None for any other."""
    file, found = _quoted(path), None
    if data.startswith(b"PAR1") or _is_export(data):
        return UserError(f"'{path}' is an export of labels, not a journal", command_line("import", run, str(path)))
    if data.startswith(b"version https://git-lfs"):
        return UserError(f"'{path}' is a pointer of Git LFS, not the journal itself", f"git lfs pull -I {file}")
    if packer := packed_with(data):
        found = f"is packed with {packer}; a journal is text", packer, f"{packer} -dc"
    elif data.startswith(_UTF32):
        found = "is UTF-32 text; a journal is UTF-8", "utf32", "iconv -f UTF-32 -t UTF-8"
    elif is_utf16(data):
        order = "" if data.startswith(UTF16) else "LE"
        told = "is UTF-16 text, as PowerShell writes it; a journal is UTF-8"
        found = told, "utf16", f"iconv -f UTF-16{order} -t UTF-8"
    elif b'"action"' in data and b'"weights"' in data and b"\0" not in data:
        found = "holds decisions, but not one a line", "spread", "jq -c 'if type == \"array\" then .[] else . end'"
    if found is None:
        return None
    says, end, made_by = found
    old = _quoted(Path(f"{path}.{end}"))
    return UserError(f"'{path}' {says}", f"mv {file} {old} && {made_by} {old} > {file}")


def _other_kind(path: Path, data: bytes, own: str, why: str) -> UserError:
    """Return the error for a file that is no journal, whatever is done with it; `own` is the way out."""
    if is_run(data):
        return UserError(f"'{path}' is a run, not a journal", own)
    if b"\0" in data[:_BEGINNING] or _undecodable(data):
        return UserError(f"'{path}' is not a journal, and no text", own)
    if _is_text(data) or path.suffix.lower() in {".txt", ".csv", ".tsv", ".md"}:
        # A whole command: a run that is made of it, and not changed by it.
        made = command_line("precompute", path, "-o", f"{path.stem}.duckdb")
        return UserError(f"'{path}' holds texts, not decisions", f"{own}; a run is made of texts by: {made}")
    return UserError(f"'{path}' is not a journal: of line 1, {why}", own)


def _quoted(path: Path) -> str:
    return shlex.quote(f"./{path}" if str(path).startswith("-") else str(path))


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
