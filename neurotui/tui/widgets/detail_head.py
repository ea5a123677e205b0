"""The top of the detail page: the neuron's description, how well it predicts, and the evidence for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.style import Style

from neurotui.cell_widths import cell_len
from neurotui.tui.styles import MARKS, state_style
from neurotui.tui.widgets.text_layout import Page, Piece, right, shown
from neurotui.wording import counted, figure, fitted, percent, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.review.description import Description
    from neurotui.tui.styles import Ink
    from neurotui.types import Detail, Label, Output, Peak, State

HELD_OUT = "on texts that played no part"
"""Where the displayed correlation was measured."""

# A terminal has one size of letters.
_LARGE = Style(bold=True)
_NOTHING = "nothing is said of it yet"
_REJECTED = "no candidate describes it"
_HIDDEN = "what the run says of it is hidden until you have decided"
_CONFLICT = "people differ on it"
_IN_WORDING = "people differ on it in wording alone"
_INSTEAD: dict[State, str] = {"rejected": _REJECTED, "conflict": _CONFLICT}
_TITLE = 12
_GAP = 3
_BETWEEN = " · "
# A part of a line that would be cut shorter says nothing.
_LEAST_PART = 12


class Head(NamedTuple):
    """What stands at the head of a page."""

    detail: Detail
    label: Label
    said: Description


def draw(page: Page, head: Head, *, focused: bool, brief: bool) -> None:
    """Add the head to a page; `brief` is for panes of few lines."""
    ink, said = page.ink, head.said
    style = _style(head, ink)
    nothing = _HIDDEN if said.grounds == "hidden" else _NOTHING
    sentence = shown(said.sentence) or _INSTEAD.get(head.label.state, nothing)
    if head.label.state == "conflict":
        sentence = _IN_WORDING if head.label.differ == "wording" else _CONFLICT
    name: list[Piece] = [
        ("▌" if focused else " ", ink.accent),
        (str(head.detail.neuron), ink.strong),
        *_state(head.label, ink),
    ]
    together = [*name[:2], ("  ", ink.text), (sentence, style)]
    if brief and _length(together) + _length(name[2:]) + _GAP < page.width:
        _spread(page, together, name[2:])
    else:
        _spread(page, name, [(figures(head.detail), ink.faint)])
        if not brief:
            page.blank()
        page.paragraph(sentence, style, 1 if brief else 2)
    if brief:
        _draw_briefly(page, head)
    else:
        _draw_sureness(page, head)
        page.blank()
    _draw_peaks(page, head, brief=brief)
    quiet = head.detail.statistics.quiet(said.side)
    _draw_outputs(
        page, head.detail.outputs, "where it is positive" if said.side < 0 and not quiet else "", brief=brief
    )
    if not brief:
        page.blank()


def draw_rest(page: Page, head: Head) -> None:
    """Add what a brief head has no room for: figures, and in full who decided, and the note."""
    page.paragraph(figures(head.detail), page.ink.faint)
    _draw_decided(page, head, 1)


def figures(detail: Detail) -> str:
    """Return a neuron's firing rate and range of activations in one line."""
    one = detail.statistics
    return (
        f"fires {percent(one.firing_rate)} · mean {figure(one.mean)} ± {figure(one.std)}"
        f" · {figure(one.minimum)} to {figure(one.maximum)}"
    )


def correlation(value: float) -> str:
    """Return a correlation as every page writes it."""
    return f"r {value:.2f}"


def _spread(page: Page, left: Sequence[Piece], right_: Sequence[Piece]) -> None:
    """Add a line with pieces at both ends; the right ones are dropped if there is no room for both."""
    room = page.width - 1
    used, wanted = _length(left), _length(right_)
    if used + wanted + _GAP <= room:
        page.line(*left, (" " * (room - used - wanted), page.ink.text), *right_)
        return
    page.line(*left)


def _length(pieces: Sequence[Piece]) -> int:
    return sum(cell_len(text) for text, _ in pieces)


def _state(label: Label, ink: Ink) -> list[Piece]:
    return [(f"  {MARKS[label.state]} {label.state}", state_style(ink, label.state))]


def _style(head: Head, ink: Ink) -> Style:
    if head.label.state == "rejected":
        return ink.faint
    large = {"label": ink.good + _LARGE, "described": ink.accent + _LARGE}
    return large.get(head.said.grounds, ink.muted)


def _draw_sureness(page: Page, head: Head) -> None:
    """Say how sure it is, and who decided."""
    if head.said.sureness:
        page.paragraph(f"{_sureness(head)} {HELD_OUT}", _sure_style(head, page.ink), 2)
    _draw_decided(page, head, 2)


def _draw_briefly(page: Page, head: Head) -> None:
    """Say in one line how sure it is, the note, and who decided, as far as there is room."""
    room, line = page.width - 2, ""
    each = head.label.each
    for part in (
        _sureness(head) if head.said.sureness and not each else "",
        *(_answer(one) for one in each),
        f"note: {shown(head.label.note)}" if head.label.note and not each else "",
        _who(head.label) if head.label.by and not each else "",
    ):
        if part and (not line or cell_len(line) + len(_BETWEEN) + _LEAST_PART <= room):
            line = f"{line}{_BETWEEN}{part}" if line else part
    if line and line == (_sureness(head) if head.said.sureness else "") and cell_len(f"{line} {HELD_OUT}") <= room:
        line = f"{line} {HELD_OUT}"
    if line:
        page.line((f" {short(line, room)}", _sure_style(head, page.ink)))


def _sureness(head: Head) -> str:
    return f"{head.said.sureness} · {correlation(head.said.correlation_validation)}"


def _sure_style(head: Head, ink: Ink) -> Style:
    return ink.text if head.said.grounds != "thin" else ink.faint


def _draw_decided(page: Page, head: Head, indent: int) -> None:
    ink = page.ink
    for one in head.label.each:
        page.paragraph(_answer(one), state_style(ink, one.state), indent)
    if head.label.by and (not head.label.each or head.label.settled):
        page.paragraph(_who(head.label), ink.faint, indent)
    if head.label.note and not head.label.each:
        page.paragraph(f"note: {shown(head.label.note)}", ink.muted, indent)


def _draw_peaks(page: Page, head: Head, *, brief: bool) -> None:
    """Add the words at which most exemplars peak, and before them the lowest, where it is spoken of those."""
    statistics, side = head.detail.statistics, head.said.side
    if side < 0 and not statistics.quiet(side):
        _draw_side(page, head.detail, side)
        if brief:
            return
    _draw_side(page, head.detail, 1)


def _draw_side(page: Page, detail: Detail, side: int) -> None:
    peaks = [peak for peak in detail.peaks if peak.side == side]
    if not peaks:
        return
    kind = "top" if side > 0 else "bottom"
    exemplars = sum(exemplar.kind == kind for exemplar in detail.exemplars)
    title = "peaks" if side > 0 else "lowest at"
    _draw_words(page, title, [_peak(peak) for peak in peaks], f"in {counted(exemplars, f'{kind} exemplar')}")


def _peak(peak: Peak) -> tuple[str, str]:
    return shown(peak.word), f" {peak.exemplars}"


def _draw_outputs(page: Page, outputs: Sequence[Output], aside: str, *, brief: bool) -> None:
    """Add the words whose logit the neuron raises and lowers most, where the run knows them.

    A vocabulary spells a word in several ways, with a space or a capital before it: each is shown once. `aside`
    says on which side, where it is spoken of the other. In a `brief` page both share a line.
    """
    both: list[tuple[str, list[tuple[str, str]]]] = []
    for title, kind in (("promotes", "promoted"), ("suppresses", "suppressed")):
        words = [shown(one.piece.strip()) or "␣" for one in outputs if one.kind == kind]
        first = {word.casefold(): word for word in reversed(words)}
        distinct = list(dict.fromkeys(first[word.casefold()] for word in words))
        if distinct:
            both.append((title, [(word, "") for word in distinct]))
    if not brief:
        for title, pairs in both:
            _draw_words(page, title, pairs, aside)
    elif both:
        half = (page.width - 1) // len(both)
        page.line(*(piece for title, pairs in both for piece in _words(page.ink, title, pairs, "", half)))


def _draw_words(page: Page, title: str, words: Sequence[tuple[str, str]], aside: str) -> None:
    """Add a line of words, as many as there is room for, each with what belongs to it; last an aside."""
    page.line(*_words(page.ink, title, words, aside, page.width))


def _words(ink: Ink, title: str, words: Sequence[tuple[str, str]], aside: str, width: int) -> list[Piece]:
    line: list[Piece] = [(f" {fitted(title, _TITLE)}", ink.faint)]
    used = 1 + _TITLE
    for place, (word, count) in enumerate(words):
        separator = " · " if place else ""
        if place and used + cell_len(separator + word + count) >= width:
            break
        line += [(separator, ink.faint), (word, ink.strong if not place else ink.text), (count, ink.muted)]
        used += cell_len(separator + word + count)
    if aside and used + cell_len(aside) + 2 < width:
        line.append((right(aside, cell_len(aside) + 2), ink.faint))
        used += cell_len(aside) + 2
    return [*line, (" " * max(0, width - used), ink.text)]


def _answer(label: Label) -> str:
    """Say what one of several people decided, and their note."""
    texts = ", ".join(f"“{one.text}”{' (negative)' if one.side < 0 else ''}" for one in label.accepted)
    said = f"{label.by} {MARKS[label.state]} {texts or label.state}"
    return shown(f"{said} ({label.note})" if label.note else said)


def _who(label: Label) -> str:
    """Say who decided, when, and who proposed the label."""
    parts = [f"{'settled ' if label.settled else ''}by {label.by}", f"{label.time[:16].replace('T', ' ')} UTC"]
    if label.also:
        parts.insert(0, "also " + ", ".join(f"“{one.text}”" for one in label.also))
    if label.origin:
        parts.append("own words" if label.origin == "person" else f"proposed by {label.origin}")
    if label.history > 1:
        parts.append(f"{label.history} decisions")
    return shown(" · ".join(parts))
