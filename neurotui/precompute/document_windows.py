"""Windows of a document: texts of so many tokens each, in the order in which they stand in it.

Splits go by document, and a list of a neuron's best texts has at most one window of each (``one_per_document``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurotui.models.tokens import TokenizedText

WHOLE = 1 << 30
"""More tokens than any document has: where it is cut that is to be divided."""


class DocumentWindow(NamedTuple):
    """A window: the ``number``-th, from 0, of the ``total`` of its document, at character ``begins`` of it."""

    tokens: TokenizedText
    number: int
    total: int
    begins: int


def divide(whole: TokenizedText, size: int, stride: int) -> Iterator[DocumentWindow]:
    """Yield the windows of a document: `size` of its tokens, the last one fewer, each `stride` after the last.

    Every window has the special tokens that the document has at its ends.
    """
    counted = whole.end - whole.first
    total = 1 + max(0, -(-(counted - size) // stride))
    before, after = whole.ids[: whole.first], whole.ids[whole.end :]
    for number in range(total):
        first = whole.first + number * stride
        end = min(first + size, whole.end)
        begins = whole.ends[first - 1] if number else 0
        stops = whole.ends[end - 1] if number < total - 1 else len(whole.body)
        body = whole.body[begins:stops]
        if not body.strip():
            continue
        ends = [stop - begins for stop in whole.ends[first:end]]
        tokens = whole._replace(
            body=body,
            ids=[*before, *whole.ids[first:end], *after],
            ends=[*[0] * len(before), *ends, *ends[-1:] * len(after)],
            end=whole.first + end - first,
        )
        yield DocumentWindow(tokens, number, total, begins)


def one_per_document(keys: torch.Tensor, documents: torch.Tensor, nobody: int) -> torch.Tensor:
    """Return the keys with all but the greatest of each document replaced by `nobody`; all are (units, texts)."""
    by_key = keys.argsort(dim=1, descending=True)
    ordered, place = documents.gather(1, by_key).sort(dim=1, stable=True)
    repeats = torch.zeros_like(ordered, dtype=torch.bool)
    repeats[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    column = by_key.gather(1, place)
    return keys.masked_fill(torch.zeros_like(repeats).scatter_(1, column, repeats), nobody)
