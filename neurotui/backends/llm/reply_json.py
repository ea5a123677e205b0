"""Find the JSON in a reply: whole, nearly JSON, or cut off at its end.

No library reads it for us: those that mend JSON also end what was cut in the middle of a string, and half a phrase
was never said. Whatever the reply is, the result is a list of values and never an exception.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from neurotui.backends.llm.reasoning import without_reasoning

_MOST_CHARACTERS = 2_000_000
# How deep the brackets of what is mended may stand: ours stand three deep.
_DEEPEST = 16
# At how many brackets reading may fail; how long what is mended may be, and all that is read again for it.
_MOST_STARTS, _MOST_MENDED, _MOST_REREAD = 200, 200_000, 2_000_000
_START = re.compile(r"[\[{]")
# What an answer begins with, in contrast to a bracket in prose.
_ANSWER = re.compile(r"[\[\s]*\{\s*[\"'\N{LEFT DOUBLE QUOTATION MARK}]?\w+[^\w\s]?\s*:")
# What follows the quote that ends a string; any other quote stands inside it.
_AFTER = r"\s*+(?:[,:\]}]|\Z|//|/\*|\#)"
_TOKEN = re.compile(
    r"(?P<nothing>\s++|//[^\n]*+|/\*.*?\*/|\#[^\n]*+|\.\.\.|\N{HORIZONTAL ELLIPSIS})"
    rf'|"(?P<double>[^"\\]*+(?:(?:\\.|"(?!{_AFTER}))[^"\\]*+)*+)"'
    rf"|'(?P<single>[^'\\]*+(?:(?:\\.|'(?!{_AFTER}))[^'\\]*+)*+)'"
    r"|[\N{LEFT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}]"
    r"(?P<smart>[^\N{RIGHT DOUBLE QUOTATION MARK}\N{LEFT DOUBLE QUOTATION MARK}]*+)"
    r"[\N{RIGHT DOUBLE QUOTATION MARK}\N{LEFT DOUBLE QUOTATION MARK}]"
    r"|\N{LEFT SINGLE QUOTATION MARK}"
    rf"(?P<curly>[^\N{{RIGHT SINGLE QUOTATION MARK}}]*+"
    rf"(?:\N{{RIGHT SINGLE QUOTATION MARK}}(?!{_AFTER})[^\N{{RIGHT SINGLE QUOTATION MARK}}]*+)*+)"
    r"\N{RIGHT SINGLE QUOTATION MARK}"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))"
    r"|(?P<word>[^\W\d][\w-]*+)"
    r"|(?P<mark>[\[\]{},:])",
    re.DOTALL,
)
_WORDS = {"true": "true", "false": "false", "null": "null", "none": "null", "undefined": "null", "nan": "null"}
_ESCAPES = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\(.)|"', re.DOTALL)
_COLON = re.compile(r"\s*:")
_STRINGS = {"double", "single", "smart", "curly"}
# Where a text ends in the middle of a value: nothing more, or a string that is never closed.
_OPEN_AT_THE_END = ("", '"', "'", "\N{LEFT DOUBLE QUOTATION MARK}", "\N{LEFT SINGLE QUOTATION MARK}")
_OPEN, _CLOSE = frozenset("[{"), frozenset("]}")
_DECODER = json.JSONDecoder(strict=False)


class _Mended(NamedTuple):
    """What can be read from one bracket on.

    ``end`` is where the bracket is closed, -1 where it is not; ``cut``: the text ends before it is.
    """

    value: object
    end: int
    cut: bool


def json_values(reply: str) -> list[object]:
    """Return the outermost JSON values of a reply, outside of reasoning, in the order in which they stand.

    Where the last one is cut off, those that are whole within it, or else it itself, closed after its last whole
    element: what stands before it, it was to replace.
    """
    text = reply[:_MOST_CHARACTERS]
    text = without_reasoning(text, [(start, end) for start, end, _ in _strictly(text)])
    return _read(text)


def _strictly(text: str) -> list[tuple[int, int, object]]:
    """Return the valid JSON values of a text, with where each begins and ends."""
    found: list[tuple[int, int, object]] = []
    place = failed = 0
    while failed < _MOST_STARTS and (start := _START.search(text, place)):
        try:
            value, place = _DECODER.raw_decode(text, start.start())
            found.append((start.start(), place, value))
        except (ValueError, RecursionError):
            place, failed = start.end(), failed + 1
    return found


def _read(text: str) -> list[object]:
    found: list[tuple[int, object]] = []
    partial: list[tuple[int, object]] = []
    cut_at = -1
    place = failed = reread = 0
    while failed < _MOST_STARTS and (start := _START.search(text, place)):
        at = start.start()
        try:
            value, place = _DECODER.raw_decode(text, at)
            found.append((at, value))
            continue
        except (ValueError, RecursionError):
            place, failed = start.end(), failed + 1
        reread += len(text) - at
        if len(text) > _MOST_MENDED or reread > _MOST_REREAD:
            continue
        mended = _mended(text, at)
        if mended.end >= 0:
            found.append((at, mended.value))
            place = mended.end
            continue
        if mended.cut and cut_at < 0 and _ANSWER.match(text, at):
            cut_at = at
        if mended.value is not None:
            partial.append((at, mended.value))
    inside = [value for at, value in found if at >= cut_at] if cut_at >= 0 else [value for _, value in found]
    return inside or [value for at, value in partial if at >= cut_at][:1]


class _Writing:
    """JSON as it is written, with the brackets that are open; ``whole``: how much of it is whole elements."""

    def __init__(self) -> None:
        self.closers: list[str] = []
        self._written: list[str] = []
        self._whole, self._kept = 0, ""

    def add(self, said: str) -> bool:
        """Take in a token; tell whether it may stand here."""
        if said in _CLOSE:
            if not self.closers or self.closers.pop() != said:
                return False
            while self._written[-1] == ",":
                self._written.pop()
        elif said in _OPEN:
            self.closers.append("]" if said == "[" else "}")
        elif said == "," and self._written[-1] in {*_OPEN, ","}:
            return True
        self._written.append(said)
        # In an object a string may be a key; only in a list is it a whole value.
        if said in _CLOSE or (said.startswith('"') and self.closers[-1] == "]"):
            self._whole, self._kept = len(self._written), "".join(reversed(self.closers))
        return len(self.closers) <= _DEEPEST

    def value(self) -> object:
        """Return what is whole of it, the brackets closed; None where that is nothing."""
        return _loaded("".join(self._written[: self._whole]) + self._kept)


def _mended(text: str, start: int) -> _Mended:
    """Read what is nearly JSON: other quotes, comments, commas too many, keys without quotes."""
    writing = _Writing()
    place = start
    while True:
        token = _TOKEN.match(text, place)
        said = _written(text, token) if token else None
        if token is None or said is None:
            ended = token.end() == len(text) if token else text[place : place + 1] in _OPEN_AT_THE_END
            return _Mended(writing.value(), -1, ended)
        place = token.end()
        if said and not writing.add(said):
            return _Mended(writing.value(), -1, cut=False)
        if not writing.closers:
            value = writing.value()
            return _Mended(value, -1 if value is None else place, cut=False)


def _written(text: str, token: re.Match[str]) -> str | None:
    """Return a token as JSON has it, nothing for a space or a comment, None for a word that has no place."""
    kind, said = token.lastgroup, token[0]
    if kind == "nothing":
        return ""
    if kind == "word":
        if _COLON.match(text, token.end()):
            return f'"{said}"'
        return _WORDS.get(said.lower())
    if kind in _STRINGS:
        return f'"{_ESCAPES.sub(_escaped, token[kind])}"'
    return said


def _escaped(found: re.Match[str]) -> str:
    """Return what stands in a string as JSON escapes it: a quote is, what needs no escape is not."""
    if found[1]:
        return found[0]
    said = found[2] or found[0]
    return '\\"' if said == '"' else said


def _loaded(text: str) -> object:
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
