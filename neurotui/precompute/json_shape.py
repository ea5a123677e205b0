"""What a JSON file holds that is not one object a line, and the command that makes it so."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote

_MOST_BYTES = 1 << 28
_DEEPEST = 4
_LINES = "write one object a line"


def json_hint(path: Path, line: object = None) -> str:
    """Return what makes JSON lines of a file, as far as its shape can be told; `line` is one that is no object."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return _LINES
        text = path.read_text(encoding="utf-8-sig")
        if _is_several(text):
            return _hint(path, ".", "for one object after another")
        whole = json.loads(text)
    except (OSError, ValueError, RecursionError):
        whole = line
    return hint_for(path, whole)


def _is_several(text: str) -> bool:
    """Say whether a file begins with one object after another, over several lines each or without line ends."""
    decoder = json.JSONDecoder()
    first, end = decoder.raw_decode(text)
    following = text[end:].lstrip()
    if not isinstance(first, dict) or not following.startswith("{"):
        return False
    between = text[end : len(text) - len(following)]
    return "\n" in text[:end] or "\n" not in between


def hint_for(path: Path, whole: object) -> str:
    """Return what makes JSON lines of a JSON document."""
    program = _program(whole)
    if not program:
        return _LINES
    return _hint(path, program, "for a list of them" if program == ".[]" else "this makes such a file")


def _hint(path: Path, program: str, what: str) -> str:
    made = quote(f"{path.stem}.lines.jsonl")
    return f"{_LINES}; {what}: jq -c {quote(program)} -- {quote(str(path))} > {made}"


def _program(whole: object) -> str:
    """Return what jq needs to be told to give one object a text; "" where that cannot be told."""
    if isinstance(whole, list) and whole and all(isinstance(one, str | int | float) for one in whole):
        return '.[] | {"text":tostring}'
    if isinstance(whole, dict) and len(whole) > 0:
        columns = list(whole.values())
        if all(isinstance(column, list) for column in columns) and not any(map(_objects, columns)):
            return ". as $c | range([.[] | length] | max) as $i | $c | map_values(.[$i])"
        if all(isinstance(column, dict) and column for column in columns) and _same_keys(columns):
            return ". as $c | [.[] | keys_unsorted] | first | .[] as $i | $c | map_values(.[$i])"
    found = _longest(whole, "", 0)
    return found[1] if found[0] else ""


def _longest(value: object, path: str, depth: int) -> tuple[int, str]:
    """Return the longest list of objects within a document: its length, and jq's path to its entries."""
    if isinstance(value, list):
        return (len(value), f"{path or '.'}[]") if _objects(value) else (0, "")
    if isinstance(value, dict) and depth < _DEEPEST:
        return max(
            (_longest(part, f"{path}.{_key(name)}", depth + 1) for name, part in value.items()), default=(0, "")
        )
    return 0, ""


def _objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _same_keys(columns: list[object]) -> bool:
    keys = [set(column) for column in columns if isinstance(column, dict)]
    return all(own == keys[0] for own in keys)


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else json.dumps(name)
