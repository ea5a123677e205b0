"""The results of ``neurotui evaluate`` for the open run and journal, with intervals, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from textual import on
from textual.message import Message
from textual.worker import get_current_worker

from neurotui.errors import UserError
from neurotui.evaluate.agreement import COMPARED, Agreement
from neurotui.evaluate.by_gold import GoldJudgement, judge_by_gold
from neurotui.evaluate.by_labels import Judgement, judge
from neurotui.evaluate.headline import headline
from neurotui.evaluate.measures import BY_HIDDEN, meaning, title
from neurotui.evaluate.predictive import predictive, sentences
from neurotui.store.labels import Labels
from neurotui.store.table_faults import blaming
from neurotui.tui.actions import bindings
from neurotui.tui.views.base import View, same_command
from neurotui.tui.widgets.page_view import PageView
from neurotui.tui.widgets.text_layout import Piece, right
from neurotui.wording import counted, fitted, together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from neurotui.evaluate.bootstrap import Figure
    from neurotui.review.session import Session
    from neurotui.store.run import Run
    from neurotui.tui.widgets.text_layout import Page
    from neurotui.types import Event

Judge = Literal["people", "gold"]

K = 2
"""How many descriptors of a neuron are evaluated: the default of the command too."""

_NAME, _VALUE, _RANGE, _OF = 24, 7, 16, 12
_LONGEST_BAR = 50


class _Closed(Exception):  # noqa: N818 - nothing went wrong: nobody waits for the answer any more
    """The view was closed while it was judging."""


class _ByPeople(NamedTuple):
    """The figures by people's labels, and how well first descriptions predict, in sentences.

    ``settle`` is the command that settles what they differ on in wording alone.
    """

    judged: Judgement
    predictive: list[str]
    settle: str


class Evaluation(View[None]):
    """By people's labels and the other split or, after tab, by the texts' gold labels."""

    PLACE = "evaluation"
    BINDINGS: ClassVar[list[BindingType]] = bindings(PLACE)
    FOOT = ("turn",)

    @dataclass
    class Judged(Message):
        """All figures have been computed, or could not be."""

        by: Judge
        found: _ByPeople | GoldJudgement | UserError

    @dataclass
    class Progressed(Message):
        """The share of a stage that is done, from 0 to 1."""

        by: Judge
        stage: str
        share: float

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._by: Judge = "people"
        self._found: dict[Judge, _ByPeople | GoldJudgement | UserError] = {}
        self._asked: set[Judge] = set()

    def body(self) -> ComposeResult:
        """Yield the page."""
        yield PageView()

    def on_mount(self) -> None:
        """Begin to judge."""
        super().on_mount()
        self._show()

    def turn(self, step: int) -> None:  # noqa: ARG002 - there are two judges
        """Judge by the other labels."""
        self._by = "gold" if self._by == "people" else "people"
        self.show_keys()
        self._show()

    def key_name(self, action_id: str) -> str:
        """Say what turning shows."""
        if action_id == "turn":
            return "by gold labels" if self._by == "people" else "by people's labels"
        return super().key_name(action_id)

    def move(self, steps: int) -> None:
        """Scroll."""
        self.query_one(PageView).scroll_by(steps)

    def page_size(self) -> int:
        """Return how many lines are in sight."""
        return self.query_one(PageView).scrollable_content_region.height

    def extent(self) -> int:
        """Return how many lines there are."""
        return self.query_one(PageView).virtual_size.height

    def _show(self) -> None:
        gold = self._by == "gold"
        means = "by the texts' gold labels" if gold else "by people's labels and by the other split"
        self.show_title("evaluation", means, right="95 % intervals from drawing neurons again")
        self.show_note(same_command(self._session, "evaluate", *(["--gold"] if gold else []), by_labels=not gold))
        paper = self.query_one(PageView)
        found = self._found.get(self._by)
        if isinstance(found, UserError):
            paper.say(found.message, found.hint)
        elif isinstance(found, GoldJudgement):
            paper.show(partial(_draw_gold, found))
        elif isinstance(found, _ByPeople):
            paper.show(partial(_draw_people, found))
        else:
            paper.say("judging", "")
            if self._by not in self._asked:
                self._asked.add(self._by)
                events = list(self._session.journal.events)
                self.run_worker(partial(self._judge, self._by, self._session.run, events), thread=True)

    def _judge(self, by: Judge, run: Run, events: Sequence[Event]) -> None:
        """Compute the figures; runs in a thread, and so on labels of its own."""
        worker = get_current_worker()

        def progress(stage: str, done: int, total: int) -> None:
            if worker.is_cancelled:
                raise _Closed
            self.post_message(self.Progressed(by, stage, done / total))

        try:
            with blaming(run.reader):
                if by == "gold":
                    found: _ByPeople | GoldJudgement | UserError = judge_by_gold(run, K, progress)
                else:
                    labels = Labels(run.weights, events)
                    judged = judge(run, {str(run.path): labels}, K, progress)
                    found = _ByPeople(judged, sentences(predictive(run)), same_command(self._session, "settle"))
        except _Closed:
            return
        except UserError as refusal:
            found = refusal
        self.post_message(self.Judged(by, found))

    @on(Progressed)
    def _progressed(self, message: Progressed) -> None:
        if message.by == self._by and message.by not in self._found:
            self.query_one(PageView).say(message.stage, f"{message.share:.0%}")

    @on(Judged)
    def _judged(self, message: Judged) -> None:
        self._found[message.by] = message.found
        self._show()


def _draw_people(found: _ByPeople, page: Page) -> None:
    judged = found.judged
    _draw_heading(
        page,
        "all layers",
        f"{counted(judged.neurons, 'neuron')} accepted or rejected",
        headline(judged, found.settle),
    )
    _draw_figures(page, judged.figures(), gold=False, told=True)
    if not judged.neurons:
        page.paragraph("precision, recall and hit come once something is accepted or rejected", page.ink.muted)
    for one in judged.layers:
        page.blank()
        _draw_heading(page, f"L{one.layer}", f"{one.described:,} described, {one.neurons:,} judged")
        _draw_figures(page, one.figures(), gold=False)
    if judged.by_hidden:
        page.blank()
        page.heading("by what was hidden from people", "hit@1")
        _draw_rows(page, [(f"hidden: {one.hidden}", one.first.hit, "") for one in judged.by_hidden])
        page.paragraph(BY_HIDDEN, page.ink.muted, 3)
    for people, levels in groupby(judged.agreement, lambda one: one.annotators):
        page.blank()
        _draw_agreement(page, together(people), list(levels))
    page.blank()
    page.heading("what is said first")
    for sentence in found.predictive:
        page.paragraph(sentence, page.ink.text)


def _draw_agreement(page: Page, people: str, levels: Sequence[Agreement]) -> None:
    """Add how far some annotators agree, level by level, and why figures mean little."""
    page.heading(f"agreement of {people}")
    for one in levels:
        page.paragraph(COMPARED[one.level], page.ink.text, 1)
        _draw_rows(page, [(title(name), figure, meaning(name)) for name, figure in one.figures()])
        for remark in one.remarks:
            page.paragraph(remark, page.ink.muted, 3)


def _draw_gold(judged: GoldJudgement, page: Page) -> None:
    for number, row in enumerate(judged.rows):
        if number:
            page.blank()
        _draw_heading(
            page, "all layers" if row.layer == "all" else f"L{row.layer}", f"{row.described:,} described"
        )
        _draw_figures(page, list(row.figures.items()), gold=True, told=not number)
        if not number:
            _draw_figures(page, judged.of_descriptors(), gold=True, told=True)


def _draw_heading(page: Page, title: str, note: str, said: str = "") -> None:
    first = not len(page)
    page.heading(title, note)
    if said:
        page.paragraph(said, page.ink.strong)
        page.blank()
    if first:
        titles = (
            (fitted(" figure", _NAME), page.ink.faint),
            (right("value", _VALUE), page.ink.faint),
            (right("interval", _RANGE), page.ink.faint),
            (right("of", _OF), page.ink.faint),
        )
        page.line(*titles)


def _draw_figures(page: Page, figures: Sequence[tuple[str, Figure]], *, gold: bool, told: bool = False) -> None:
    """Add figures; where they are `told`, each with what it says and what is good."""
    _draw_rows(page, [(title(name), one, meaning(name, gold=gold) if told else "") for name, one in figures])


def _draw_rows(page: Page, rows: Sequence[tuple[str, Figure, str]]) -> None:
    """Add figures that are of something, each with its title and, unless that is empty, what it says."""
    bar = min(_LONGEST_BAR, page.width - _NAME - _VALUE - _RANGE - _OF - 4)
    for name, figure, told in rows:
        if figure.of:
            page.line(*_figure(page, name, figure, bar))
            if told:
                page.paragraph(told, page.ink.muted, 3)


def _figure(page: Page, name: str, figure: Figure, bar: int) -> list[Piece]:
    """Return a figure with its interval, in numbers and on a scale from 0 to 1."""
    ink = page.ink
    value, lower, upper = figure.value, figure.lower, figure.upper
    span = "" if lower is None or upper is None else f"{lower:.3f} to {upper:.3f}"
    pieces: list[Piece] = [
        (fitted(f" {name}", _NAME), ink.text),
        (right("—" if value is None else f"{value:.3f}", _VALUE), ink.strong),
        (right(span, _RANGE), ink.muted),
        (right(f"{figure.of:,}", _OF), ink.faint),
    ]
    if bar < 10 or value is None or lower is None or upper is None:  # noqa: PLR2004 - too short to tell apart
        return pieces
    first, here, last = (round(max(0.0, min(1.0, place)) * (bar - 1)) for place in (lower, value, upper))
    return [
        *pieces,
        ("   ", ink.text),
        ("·" * min(first, here), ink.rule),
        ("─" * (here - first), ink.soft),
        ("●", ink.accent),
        ("─" * (last - here), ink.soft),
        ("·" * (bar - 1 - max(last, here)), ink.rule),
    ]
