"""What a JSON file holds that is not one object a line, in words, and the command that makes it so."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote

from neurotui.errors import UserError
from neurotui.wording import counted

_MOST_BYTES = 1 << 28
_KINDS = (("object", dict), ("list", list), ("text", str))
_DEEPEST = 4
_NAMED = 3
_LINES = "write one object a line"
_AS_IN = _LINES + ', as in {"text": "..."}'


def not_lines(path: Path, number: int, wrong: str, line: object = None) -> UserError:
    """Return the error for the line `number` of a file, which is `wrong`; `line` is what it holds, if it is JSON.

    Where the whole file is one JSON document, the error is about that, and not about the line.
    """
    of_line = f"'{path}', line {number}: {wrong}"
    try:
        if path.stat().st_size > _MOST_BYTES:
            return UserError(of_line, _LINES)
        text = path.read_text(encoding="utf-8-sig")
        if _is_several(text):
            return UserError(of_line, _hint(path, ".", "for one object after another"))
        whole = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return UserError(of_line, hint_for(path, line))
    return UserError(f"'{path}' is {shape_of(whole)}, and not one object a line", hint_for(path, whole, _AS_IN))


def shape_of(whole: object) -> str:
    """Return what a JSON document is, in words: ``one JSON list of 40 objects``."""
    if isinstance(whole, list):
        kind = next(
            (name for name, one in _KINDS if whole and all(isinstance(part, one) for part in whole)), "value"
        )
        return f"one JSON list of {counted(len(whole), kind)}"
    if isinstance(whole, dict):
        named = ", ".join(f"'{name}'" for name in list(whole)[:_NAMED])
        more = ", ..." if len(whole) > _NAMED else ""
        return f"one JSON object with the fields {named}{more}" if whole else "one empty JSON object"
    return "one JSON value"


def _is_several(text: str) -> bool:
    """Say whether a file begins with one object after another, over several lines each or without line ends."""
    decoder = json.JSONDecoder()
    first, end = decoder.raw_decode(text)
    following = text[end:].lstrip()
    if not isinstance(first, dict) or not following.startswith("{"):
        return False
    between = text[end : len(text) - len(following)]
    return "\n" in text[:end] or "\n" not in between


def hint_for(path: Path, whole: object, otherwise: str = _LINES) -> str:
    """Return what makes JSON lines of a JSON document; `otherwise` where its shape does not tell."""
    program = _program(whole)
    if not program:
        return otherwise
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
        if all(isinstance(column, str) for column in columns):
            return "." if "text" in whole else 'to_entries[] | {"id":.key,"text":.value}'
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
