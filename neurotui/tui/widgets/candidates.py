"""The candidates of a neuron as lines: each one's description, and how well it predicts the activation."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, NamedTuple

from neurotui.cell_widths import cell_len
from neurotui.review.candidates import KEYED, PEAKS
from neurotui.review.description import THIN, reading
from neurotui.store.describers import JOINS
from neurotui.tui.widgets.text_layout import Page, Piece, clickable, right, shown
from neurotui.tui.widgets.written_candidates import LEAD, in_brief, lead
from neurotui.wording import fitted, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.review.candidates import Candidate
    from neurotui.review.neuron_loader import LoadedNeuron
    from neurotui.tui.styles import Ink
    from neurotui.types import Match, Peak

_FEWEST, _LEAST_NAME, _MOST_NAME = 4, 12, 52
_LEAST_SCALE, _MOST_SCALE, _BRIEF_SCALE = 11, 41, 6
_GAP = 2
_FIGURE, _INTERVAL = 5, 11
_LEAST, _MOST = 0.5, 1.0
# As many as are shown whatever they are worth.
_BEST = 3
_LEAST_BESIDE = 20
# The cells before each of several beside one another: a gap and its key.
_KEYED_BY = len("   1 ")
_OTHERS = " others: "


class _Row(NamedTuple):
    """A candidate to be drawn: its place among all, what it says, and its match or the peak that it is.

    ``whose`` names who found it, where describers beside the run's own did; ``theirs`` tells that they alone did.
    """

    place: int
    text: str
    match: Match | None
    peak: Peak | None
    whose: str = ""
    theirs: bool = False

    @property
    def strong(self) -> bool:
        """Whether there is enough evidence to say it."""
        return self.match is None or self.match.described

    @property
    def after(self) -> str:
        """What stands after what it says: who found it."""
        return f" · {self.whose}" if self.whose else ""

    @property
    def cells(self) -> int:
        """How many cells it takes with who found it."""
        return cell_len(self.text + self.after)


def sentence(candidate: Candidate, match: Match | None, *, quiet: bool = False) -> str:
    """Return what a candidate says, as people say it; `quiet`, where the side that it speaks of is."""
    if not candidate.text.strip():
        return "—"
    word = "word" if candidate.text[:1].isalnum() else "sign"
    kind = match.kind if match else word if candidate.origin == PEAKS else ""
    return shown(reading(candidate.text, candidate.scope, kind, candidate.side, quiet=quiet))


def draw(
    page: Page,
    loaded: LoadedNeuron,
    candidates: Sequence[Candidate],
    chosen: int,
    room: int,
    *,
    told: str = "",
    brief: bool = False,
    figures_too: bool = False,
) -> None:
    """Add the candidates that the run proposes to a page; the chosen one's evidence is spelled out below it.

    `figures_too` adds its figures.

    Those that chance would explain are counted, not drawn, but for the best and the chosen one; so are those
    without a key, and those that go beyond the `room`, which is so many lines. In a `brief` page all but the
    chosen one share a line. What is cut is spelled out too, unless it was `told` above.
    """
    proposed = _proposed(loaded, candidates)
    beyond_chance = sum(row.match is None or row.match.lower > _LEAST for row in proposed)
    shown_best = max(_BEST, min(beyond_chance, room))
    drawn = [
        row
        for number, row in enumerate(proposed)
        if row.place == chosen
        or (number < shown_best and row.place < KEYED)
        or ((row.peak or row.theirs) and row.place < KEYED)
    ]
    if not brief:
        page.heading("candidates", "━ correlation with the activation, on texts that played no part")
    if not proposed:
        page.line((" none yet", page.ink.muted))
    name, bar = _widths(page.width, [row for row in drawn if not brief or row.place == chosen])
    for row in drawn:
        here, in_full = row.place == chosen, row.text != shown(told)
        if brief and here and _draw_in_a_line(page, row, loaded, cut_to=_LEAST_NAME if not in_full else 0):
            continue
        if here or not brief:
            pieces = _pieces(page.ink, row, name, bar, here=here)
            page.line(*clickable(pieces, f"do('choose', '{row.place + 1}')"))
        if here:
            cut = row.cells > name and in_full
            _spell_out(page, row, loaded, cut=cut, brief=brief, figures_too=figures_too)
    if brief:
        _draw_others(page, [row for row in drawn if row.place != chosen], in_brief(candidates, chosen))
    elif len(drawn) < len(proposed):
        why = " that chance would explain" if beyond_chance <= shown_best else ""
        page.paragraph(f"{len(proposed) - len(drawn)} more{why}", page.ink.faint, LEAD)


def figures(match: Match) -> str:
    """Return how well a descriptor separates the texts, or tokens, for which it holds from the others."""
    return (
        f"AUROC {match.auroc_calibration:.2f} ({match.lower:.2f}-{match.upper:.2f})"
        f" · valid {match.auroc_validation:.2f} · AP {match.average_precision:.2f}"
        f" · score {match.correlation_calibration:.2f} · by {shown(match.backend)}"
    )


def _proposed(loaded: LoadedNeuron, candidates: Sequence[Candidate]) -> list[_Row]:
    peaks = {(peak.word, peak.side): peak for peak in loaded.detail.peaks}
    rows = []
    for place, one in enumerate(candidates):
        match = loaded.match(one)
        peak = peaks.get((one.text, one.side)) if one.origin == PEAKS else None
        if match is not None or peak is not None:
            said = sentence(one, match, quiet=loaded.detail.statistics.quiet(one.side))
            whose = shown(one.origin) if one.describer or JOINS in one.origin else ""
            rows.append(_Row(place, said, match, peak, whose, bool(one.describer)))
    return rows


def _widths(width: int, rows: Sequence[_Row]) -> tuple[int, int]:
    """Return the cells of what candidates say and of the bar, 0 where there is no room for one."""
    longest = max((row.cells for row in rows), default=_LEAST_NAME)
    wanted = max(_LEAST_NAME, min(_MOST_NAME, longest))
    room = width - LEAD - _GAP - _FIGURE - 1
    bar = min(_MOST_SCALE, room - wanted - _GAP)
    if bar < _LEAST_SCALE:
        return max(_FEWEST, min(room, longest)), 0
    return wanted, bar


def _pieces(ink: Ink, row: _Row, name: int, bar: int, *, here: bool) -> list[Piece]:
    text = ink.text if row.strong else ink.faint
    if row.match is None:
        figure: list[Piece] = [(" " * (_GAP + bar), ink.text), (right("", _FIGURE), ink.text)]
    else:
        value = row.match.correlation_validation
        figure = [
            *_bar(ink, value, bar, strong=row.strong),
            (right("—" if isnan(value) else f"{value:.2f}", _FIGURE + _GAP), text),
        ]
    # Who found it goes where there is no room for both.
    room = name - cell_len(row.after)
    after = row.after if room >= min(cell_len(row.text), _LEAST_BESIDE) else ""
    said = min(cell_len(row.text), room) if after else name
    return [
        *lead(ink, row.place, here=here),
        (fitted(row.text, said), ink.strong if here and row.strong else text),
        (fitted(after, name - said), ink.muted if row.strong else ink.faint),
        (" " * _GAP * bool(bar), ink.text),
        *figure,
    ]


def _bar(ink: Ink, value: float, cells: int, *, strong: bool) -> list[Piece]:
    """Return a correlation as a bar from 0 to 1; it is empty for NaN and below 0."""
    filled = round(max(0.0, min(1.0, value)) * cells) if value == value else 0  # noqa: PLR0124 - NaN is not itself
    return [("━" * filled, ink.accent if strong else ink.faint), ("─" * (cells - filled), ink.rule)]


def _draw_in_a_line(page: Page, row: _Row, loaded: LoadedNeuron, *, cut_to: int) -> bool:
    """Add the selected candidate with its bar and its evidence in one line; False if there is no room for it.

    What it says may be cut to `cut_to` cells, unless that is 0.
    """
    said = evidence(row.match, row.peak, loaded, brief=True)
    style = page.ink.muted if row.strong else page.ink.faint
    room = page.width - LEAD - _GAP - _FIGURE - _GAP - cell_len(said) - 1
    name = min(row.cells, room)
    if name < (min(cut_to, row.cells) if cut_to else row.cells):
        return False
    bar = min(_MOST_SCALE, room - name - _GAP)
    pieces = _pieces(page.ink, row, name, bar if bar >= _BRIEF_SCALE else 0, here=True)
    page.line(*clickable([*pieces, (f"  {said}", style)], f"do('choose', '{row.place + 1}')"))
    return True


def _spell_out(page: Page, row: _Row, loaded: LoadedNeuron, *, cut: bool, brief: bool, figures_too: bool) -> None:
    """Add the selected candidate's evidence in words, and on demand its figures."""
    ink = page.ink
    if cut:
        page.paragraph(row.text + row.after, ink.strong, LEAD)
    said = evidence(row.match, row.peak, loaded)
    if brief and cell_len(said) > page.width - LEAD - 1:
        said = evidence(row.match, row.peak, loaded, brief=True)
    page.paragraph(said, ink.muted if row.strong else ink.faint, LEAD)
    if row.match is not None and figures_too:
        page.paragraph(figures(row.match), ink.faint, LEAD)


def evidence(match: Match | None, peak: Peak | None, loaded: LoadedNeuron, *, brief: bool = False) -> str:
    """Return a sentence on how many of the exemplars that count support a candidate.

    For a descriptor those of the calibration split count, from which it was chosen.
    """
    if match is None:
        kind = "top" if peak is None or peak.side > 0 else "bottom"
        exemplars = sum(one.kind == kind for one in loaded.detail.exemplars)
        return f"{peak.exemplars if peak else 0} of {exemplars} {kind} exemplars peak there"
    thin = "" if match.described else f"{THIN} · "
    which = "top" if match.side > 0 else "bottom"
    if loaded.detail.statistics.quiet(match.side):
        return f"{thin}silent where it holds: {percent(match.prevalence)} of all {match.scope}s"
    strongest = "strongest" if match.side > 0 else "weakest"
    if match.scope == "token":
        what = f"{match.top_of} {which} cal peaks" if brief else f"{match.top_of} {which} cal exemplars peak there"
    else:
        short_of = "top" if match.side > 0 else "lowest"
        what = (
            f"{match.top_of} {short_of} cal texts"
            if brief
            else f"the {match.top_of} {strongest} cal texts are about it"
        )
    return f"{thin}{match.top_with} of {what}, {percent(match.prevalence)} by chance"


def _shared_out(lengths: Sequence[int], room: int) -> list[int]:
    """Share the room of a line out between texts of these lengths: short ones are whole, long ones cut alike."""
    shares = [0] * len(lengths)
    for done, place in enumerate(sorted(range(len(lengths)), key=lambda one: lengths[one])):
        shares[place] = min(lengths[place], max(0, room) // (len(lengths) - done))
        room -= shares[place]
    return shares


def _draw_others(page: Page, rows: Sequence[_Row], written: Sequence[tuple[int, str]]) -> None:
    """Add a line with the key and the words of each candidate that is not chosen, as many as fit."""
    ink = page.ink
    told = [*((row.place, row.text + row.after, row.strong) for row in rows), *((*one, True) for one in written)]
    if not told:
        return
    # What somebody wrote, and the best of what another describer says, are nowhere else in sight.
    theirs = [row.place for row in rows if row.theirs and row.strong][:1]
    kept = {*theirs, *(place for place, _ in written)}
    pieces: list[Piece] = [(_OTHERS, ink.faint)]
    used = len(_OTHERS) + 1
    cells = _shared_out([cell_len(text) for _, text, _ in told], page.width - used - len(told) * _KEYED_BY)
    while len(told) > 1 and any(cells[n] < min(_LEAST_BESIDE, cell_len(told[n][1])) for n in range(len(told))):
        # Fewer of them say more: the worst of the run's own go first, what somebody wrote last.
        found = [one for one in told if one[0] not in kept]
        told.remove((found or told)[-1])
        cells = _shared_out([cell_len(text) for _, text, _ in told], page.width - used - len(told) * _KEYED_BY)
    for (place, text, strong), width in sorted(zip(told, cells, strict=True)):
        words = fitted(text, max(width, min(_LEAST_NAME, cell_len(text))))
        key = f"{'   ' if len(pieces) > 1 else ''}{place + 1} "
        if len(pieces) > 1 and used + cell_len(key + words) > page.width:
            break
        one: list[Piece] = [(key, ink.faint), (words, ink.muted if strong else ink.faint)]
        pieces += clickable(one, f"do('choose', '{place + 1}')")
        used += cell_len(key + words)
    page.line(*pieces)
