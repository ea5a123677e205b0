"""Make any text safe to show in a terminal.

Texts of a data set, labels, file names and models' replies can hold escape sequences, controls that reorder a
line, or invisible characters. ``visible`` replaces each by one visible character, so that offsets into the text
stay valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

_UNSEEN = "\N{REPLACEMENT CHARACTER}"
_DELETE_PICTURE = "\N{SYMBOL FOR DELETE}"
_FIRST_PICTURE = ord("\N{SYMBOL FOR NULL}")
_FIRST_PRINTABLE = ord(" ")

# Left alone: the joiners U+200C and U+200D, which Persian, Hindi and many emoji need and which reorder nothing.
_HARMFUL = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, delete and C1: escape sequences begin here
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # bidirectional controls: reorder what follows
    "\u2028\u2029"  # line and paragraph separators
    "\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb"  # zero width: hide in what one reads
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
    "\ud800-\udfff"  # lone surrogates cannot be written to a terminal
    "]"
)


def visible(text: str) -> str:
    """Return `text` with every control, hidden or reordering character replaced by a harmless one.

    The result has as many characters as `text`. C0 controls become their pictures (ESC is ``␛``), others ``�``.
    """
    return _HARMFUL.sub(_picture, text)


def is_visible(text: str) -> bool:
    """Return whether ``visible`` leaves `text` as it is."""
    return _HARMFUL.search(text) is None


# What text of several lines is laid out by: line ends, also as spreadsheets want them, and tabs.
_LAYOUT = re.compile(r"(\r?\n|\t)")


def visible_lines(text: str) -> str:
    """Return `text` as ``visible`` does, but with its line ends and tabs as they are."""
    parts = _LAYOUT.split(text)
    parts[::2] = map(visible, parts[::2])
    return "".join(parts)


class VisibleStream:
    """A text stream that shows every control written to it, but line ends and tabs, as a visible character.

    It stands for standard output or standard error, so that nothing that is printed, by us or by a library,
    steers the terminal. Whoever has sequences of their own to write, writes them to ``beneath``.
    """

    def __init__(self, stream: TextIO) -> None:
        self.beneath = stream

    def write(self, text: str) -> int:
        """Write `text`, sanitised; return its length."""
        self.beneath.write(visible_lines(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write lines, sanitised."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self.beneath, name)


def restored(edited: str, original: str) -> str:
    """Return a text that was edited as ``visible(original)``, with the original's own characters where it was not.

    What somebody left as it was is then kept byte for byte: line ends, tabs, characters that cannot be seen.
    """
    shown = visible(original)
    if edited == shown:
        return original
    if shown == original:
        return edited
    from difflib import SequenceMatcher  # noqa: PLC0415 - hardly ever needed

    kept = list(edited)
    for block in SequenceMatcher(None, shown, edited, autojunk=False).get_matching_blocks():
        kept[block.b : block.b + block.size] = original[block.a : block.a + block.size]
    return "".join(kept)


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < _FIRST_PRINTABLE:
        return chr(_FIRST_PICTURE + code)
    return _DELETE_PICTURE if found[0] == "\x7f" else _UNSEEN
