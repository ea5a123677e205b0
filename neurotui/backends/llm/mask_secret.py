"""Mask every part of a secret that a text holds, in whichever of the usual ways it was written down."""

from __future__ import annotations

import base64
import re
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

MASK = "[key]"

# Fewer characters tell nothing: servers show a key's last four so that people know which it is.
_PART = 8
# One character as addresses, JSON and HTML write it, perhaps more than once over, or several as themselves.
_WRITTEN = re.compile(
    r"%(?:25)*([0-9a-f]{2})|\\+u00([0-9a-f]{2})|\\+x([0-9a-f]{2})|&(?:amp;)*#x0*([0-9a-f]{1,2});"
    r"|&(?:amp;)*#0*([0-9]{1,3});|&(?:amp;)*(amp|lt|gt|quot|apos);|\\+(.)|([^%&\\]+|.)",
    re.IGNORECASE | re.DOTALL,
)
_ESCAPING = re.compile(r"[%&\\]")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
# Not str.lower, under which some texts grow.
_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


class Secret:
    """What is masked: every part of a secret of plain ASCII.

    Fewer than eight characters open nothing, and are a word that a local server is given for a key: they are
    masked where they stand as a word.
    """

    __slots__ = ("_halves", "_length", "_parts", "_word")

    def __init__(self, value: str) -> None:
        self._word = len(value) < _PART
        forms = {value, value.replace("\\", ""), *_encoded(value)} if not self._word else {value}
        self._length = min(len(value), _PART)
        self._parts = {part for form in forms for part in _windows(form.translate(_SMALL), self._length)}
        self._halves = {half for part in self._parts for half in _windows(part, self._half)}

    def mask(self, text: str) -> str:
        """Return `text` without the secret."""
        views = [_Plain(text, None), _unescaped(text)] if _ESCAPING.search(text) else [_Plain(text, None)]
        spans = sorted(
            (plain.place(place), plain.place(place + self._length))
            for plain in views
            for place in self._found(plain.text.translate(_SMALL))
        )
        kept: list[str] = []
        done = 0
        for begin, end in spans:
            if begin > done or not kept:
                kept += [text[done:begin], MASK]
            done = max(done, end)
        return "".join([*kept, text[done:]])

    @property
    def _half(self) -> int:
        return max(1, self._length // 2)

    def _found(self, small: str) -> list[int]:
        """Return where parts begin: each holds a half at a multiple of its length, and is found by that."""
        length, half, parts, halves = self._length, self._half, self._parts, self._halves
        near = [place for place in range(0, len(small), half) if small[place : place + half] in halves]
        tried = sorted({max(0, place - back) for place in near for back in range(length - half + 1)})
        found = [place for place in tried if small[place : place + length] in parts]
        if not self._word:
            return found
        around = (
            (small[max(0, place - 1) : place], small[place + length : place + length + 1]) for place in found
        )
        return [place for place, ends in zip(found, around, strict=True) if not any(map(str.isalnum, ends))]


class _Plain(NamedTuple):
    """A text without escapes; ``begins`` says where each of its characters begins in the original."""

    text: str
    begins: list[int] | None

    def place(self, number: int) -> int:
        return number if self.begins is None else self.begins[number]


def _unescaped(text: str) -> _Plain:
    read: list[str] = []
    begins: list[int] = []
    for found in _WRITTEN.finditer(text):
        percent, u, x, hexadecimal, decimal, named, behind, itself = found.groups()
        if itself:
            read.append(itself)
            begins.extend(range(*found.span()))
            continue
        code = percent or u or x or hexadecimal
        if code or decimal:
            character = chr(int(code, 16) if code else int(decimal))
        else:
            character = _NAMED[named.lower()] if named else behind
        read.append(character)
        begins.append(found.start())
    return _Plain("".join(read), [*begins, len(text)])


def _encoded(value: str) -> set[str]:
    """Return a secret in hexadecimal and in base64, wherever in the encoded text it begins."""
    data = value.encode()
    forms = {data.hex()}
    for before in range(3):
        # What depends on the bytes around it is left out.
        coded = base64.b64encode(b"\0" * before + data)[
            -(-before * 8 // 6) : (before + len(data)) * 8 // 6
        ].decode()
        forms |= {coded, coded.replace("+", "-").replace("/", "_")}
    return forms


def _windows(form: str, length: int) -> list[str]:
    return [form[place : place + length] for place in range(len(form) - length + 1)]
