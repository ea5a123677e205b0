"""Laying tokens out in rows: broken before words, or in one row around a token."""

from __future__ import annotations

from typing import TypeVar

from neurotui.cell_widths import cell_len
from neurotui.tui.widgets.text_layout import chopped

Mark = TypeVar("Mark")
"""What goes with a part of a line: its style, or where it belongs."""


def centred(parts: list[tuple[str, Mark]], middle: int, width: int) -> tuple[int, list[tuple[str, Mark]]]:
    """Return one row in which part number `middle` begins at half the width, and the empty cells before it.

    What comes before is cut at its beginning; what comes after is for the page to cut.
    """
    room = width // 2
    row: list[tuple[str, Mark]] = []
    for text, mark in reversed(parts[:middle]):
        kept = ""
        for character in reversed(text):
            if cell_len(character + kept) > room:
                break
            kept = character + kept
        room -= cell_len(kept)
        row.insert(0, (kept, mark))
        if kept != text:
            break
    return room, [*row, *parts[middle:]]


def rows(pieces: list[tuple[str, Mark]], width: int) -> list[list[tuple[str, Mark]]]:
    """Lay tokens out in rows of at most `width` cells, broken before words where that is possible."""
    done: list[list[tuple[str, Mark]]] = []
    row: list[tuple[str, Mark]] = []
    used = 0
    for word in _words(pieces):
        length = sum([cell_len(text) for text, _ in word])
        if row and used + length > width:
            done.append(row)
            row, used = [], 0
        if not row:
            text, mark = word[0]
            # A token of nothing but space keeps its cell: there is its heat.
            if text.startswith(" ") and (len(text) > 1 or len(word) > 1):
                word[:1] = [(text[1:], mark)] if len(text) > 1 else []
                length -= 1
        if length > width:
            row, used = _chop(word, width, done)
        else:
            row += word
            used += length
    return [*done, row] if row or not done else done


def _chop(
    word: list[tuple[str, Mark]], width: int, done: list[list[tuple[str, Mark]]]
) -> tuple[list[tuple[str, Mark]], int]:
    """Lay out a word that is wider than a row; return the last row, which may go on, and its cells."""
    row: list[tuple[str, Mark]] = []
    used = 0
    for text, mark in word:
        for part in chopped(text, width):
            if row and used + cell_len(part) > width:
                done.append(row)
                row, used = [], 0
            if part:
                row.append((part, mark))
                used += cell_len(part)
    return row, used


def _words(pieces: list[tuple[str, Mark]]) -> list[list[tuple[str, Mark]]]:
    """Group tokens into words: one begins with every token that begins with a space."""
    words: list[list[tuple[str, Mark]]] = []
    for piece in pieces:
        if words and piece[0][:1] != " ":
            words[-1].append(piece)
        else:
            words.append([piece])
    return words
