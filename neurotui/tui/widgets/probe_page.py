"""A probed text as a page: its tokens with one neuron's heat, and that neuron's response to the text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from neurotui.probing.sentences import bare, beside_others, compared, condition, diverged
from neurotui.tui import colormap
from neurotui.tui.widgets.exemplars import HERE, PEAK, parts_of
from neurotui.tui.widgets.text_layout import Page, Piece, right, shown
from neurotui.tui.widgets.token_rows import rows
from neurotui.wording import figure, fitted

if TYPE_CHECKING:
    from neurotui.probing.questions import Firing, Prediction, Probed, Response, Silenced
    from neurotui.tui.styles import Ink

_NEURON, _NUMBER, _TOKEN = 12, 9, 16
_WORDS = 5
_WORD, _CHANGE = 14, 13


def draw(page: Page, probed: Probed, here: int | None, silenced: Silenced | None) -> int:
    """Add a text with the token `here` marked, how the neuron's response compares, and what silencing it does.

    Return the line in which that token stands, 0 without one.
    """
    response, line_of_here = probed.response, 0
    if response is None:
        return line_of_here
    page.heading(f"{response.neuron} on this text", "the model reads no further" if probed.cut else "")
    for line in rows(_tokens(probed, response, here, page.ink), page.width - 2):
        if any(style.reverse for _, style in line):
            line_of_here = len(page)
        page.line((" ", page.ink.text), *line)
    page.blank()
    for sentence in compared(response):
        page.paragraph(sentence, page.ink.muted)
    if silenced is not None:
        page.blank()
        page.heading(condition(silenced))
        page.paragraph(shown(diverged(probed, silenced)), page.ink.text)
        if silenced.others is not None:
            page.paragraph(beside_others(silenced), page.ink.muted)
        _draw_said(page, "was likely", silenced.before)
        _draw_said(page, "rises", silenced.rises)
        _draw_said(page, "falls", silenced.falls)
    return line_of_here


def header(ink: Ink) -> list[Piece]:
    """Return the column titles of the neurons that fire."""
    return [
        (fitted("neuron", _NEURON), ink.faint),
        (right("z ▾", _NUMBER), ink.accent),
        (right("activation", _NUMBER + 3), ink.faint),
        (f"  {fitted('at', _TOKEN)}", ink.faint),
        ("what is said of it", ink.faint),
    ]


def row(firing: Firing, token: str, says: Piece, width: int, ink: Ink, *, own: bool) -> list[Piece]:
    """Draw a neuron that fires at a token, with what is said of it; the probed neuron's own row stands out."""
    label = max(4, width - _NEURON - 2 * _NUMBER - 5 - _TOKEN - 1)
    return [
        (fitted(str(firing.neuron), _NEURON), ink.strong if own else ink.text),
        (right(figure(firing.z), _NUMBER), ink.strong),
        (right(figure(firing.activation), _NUMBER + 3), ink.muted),
        (f"  {fitted(token, _TOKEN - 1)} ", ink.muted),
        (fitted(shown(says[0]) or "—", label), says[1]),
    ]


def _tokens(probed: Probed, response: Response, here: int | None, ink: Ink) -> list[Piece]:
    """Return the tokens with their heat; tokens that do not count have none."""
    scale = max(abs(response.highest), abs(response.lowest))
    pieces: list[Piece] = []
    for position, (token, activation) in enumerate(zip(probed.tokens, response.trace, strict=True)):
        hot, level = activation >= 0, colormap.level(abs(activation), scale)
        style = (ink.hot[level] if hot else ink.cold[level]) if token.counts else ink.faint
        if position == here:
            style += HERE
        parts = parts_of(token.piece, peak=position == response.peak)
        pieces.extend((text, style + PEAK if marked else style) for text, marked in parts)
    return pieces


def _draw_said(page: Page, name: str, said: tuple[Prediction, ...]) -> None:
    """Add a few tokens that the model might predict, each with its probability with and without the neuron."""
    if not said:
        return
    row: list[Piece] = [(fitted(f" {name}", 12), page.ink.faint)]
    for one in said[: max(1, min(_WORDS, (page.width - 12) // (_WORD + _CHANGE)))]:
        change = f"{_share(one.before)} → {_share(one.after)}"
        row += [
            (fitted(shown(bare(one.piece)), _WORD - 2) + " ", page.ink.text),
            (fitted(change, _CHANGE + 1), page.ink.muted),
        ]
    page.line(*row)


def _share(log_probability: float) -> str:
    """Return a probability in three digits: ``.042``."""
    return f"{math.exp(log_probability):.3f}".removeprefix("0")
