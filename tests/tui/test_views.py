"""The views beside Browse: frequency, similar neurons, comparing, evaluation."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.color import ColorSystem
from synthetic import write_run
from tui.driving import at_the_keys, harmless

from neurotui.cli import main
from neurotui.errors import UserError
from neurotui.evaluate import measures
from neurotui.store.journal import Journal
from neurotui.store.run import Run
from neurotui.tui.views import evaluation, similar
from neurotui.tui.widgets.table import RowList
from neurotui.types import Neuron

VIEWS = ("f", "s", "c", "v", "H")


@pytest.fixture(autouse=True)
def asynchronous(anyio_backend):
    """Let every test here be one that waits."""
    return anyio_backend


def figures(line):
    """Return a line's words behind its bar."""
    return line.replace("━", " ").replace("─", " ").split()


def rows(person):
    """Return what stands between the names of the columns and the foot."""
    return [line for line in person.lines[2:-2] if line.strip()]


def under_cursor(person):
    return next(line for line in person.lines if line.startswith("▌"))


def r_of(run, neuron_id):
    with Run(run) as opened:
        pooled = np.stack([opened.pooled(number) for number in range(opened.counts()["neurons"])])
    r = np.corrcoef(pooled)[neuron_id]
    r[neuron_id] = np.nan
    return r


@pytest.mark.anyio
@pytest.mark.parametrize("theme", ["neurotui-dark", "neurotui-light"])
@pytest.mark.parametrize("size", [(140, 45), (80, 24)], ids=["wide", "narrow"])
async def test_every_view_fills_the_screen_and_steers_nothing(hostile_run, labels, size, theme):
    async with at_the_keys(hostile_run, labels, size, theme=theme) as person:
        await person.press("a", "x")
        for key in VIEWS:
            await person.press(key)
            assert person.app.screen is not person.browse
            assert {cell_len(line) for line in person.lines} == {size[0]}
            assert all(map(harmless, person.lines))
            assert "esc close" in person.keys
            await person.press("tab", "j", "G", "k", "g", "ctrl+d", "pageup")
            assert {cell_len(line) for line in person.lines} == {size[0]}
            assert all(map(harmless, person.lines))
            await person.press("q")
            assert person.app.screen is person.browse


def lost(person, widget=None):
    """Return what is drawn of a widget in the very colour of its ground where a terminal has sixteen."""
    region = (person.app.screen.query_one(widget) if widget else person.app.screen).region
    strips = [strip.crop(region.x, region.right) for strip in person.strips[region.y : region.bottom]]
    segments = [segment for strip in strips for segment in strip if segment.text.strip()]
    pairs = [(text, style.color, style.bgcolor) for text, style, _ in segments]
    sixteen = [(text, *(one.downgrade(ColorSystem.STANDARD).number for one in pair)) for text, *pair in pairs]
    return [text for text, color, ground in sixteen if color == ground]


@pytest.mark.anyio
@pytest.mark.parametrize("no_color", [False, True], ids=["colour", "no-colour"])
@pytest.mark.parametrize("theme", ["neurotui-dark", "neurotui-light"])
async def test_with_sixteen_colours_nothing_has_the_colour_of_its_ground(
    run, labels, monkeypatch, theme, no_color
):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "auto")
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    async with at_the_keys(run, labels, theme=theme) as person:
        assert not lost(person)
        await person.press("m", "a", "x", "9", "S")
        assert not lost(person)
        await person.press("tab", "l")
        assert not lost(person)
        await person.press("tab", "/", *"score:")
        assert not lost(person)
        await person.press("escape")
        for key in (*VIEWS, "p"):
            await person.press(key)
            assert not lost(person)
            await person.press("escape")
        # What lies beneath these is to stand back, and may be gone.
        for key, widget in (("X", "#export"), (":", "#palette"), ("?", "#help")):
            await person.press(key)
            assert not lost(person, widget)
            await person.press("escape")


@pytest.mark.anyio
async def test_frequency_counts_by_best_descriptor_and_enter_filters_by_it(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("a", "f")
        overview, accepted = person.review_state.overview, person.review_state.state == 1
        described = np.bincount(overview.matched[overview.described, 0], minlength=8)
        name = overview.names[described.argmax()]
        own = overview.matched[:, 0] == described.argmax()
        first = under_cursor(person)
        assert first.startswith(f"▌ {name} ")
        assert figures(first)[-3:] == [
            str(own.sum()),
            f"{100 * overview.described[own].mean():.1f}%",
            f"{100 * accepted[own].mean():.1f}%",
        ]
        assert len(rows(person)) == len(set(overview.matched[:, 0]))
        count = int(next(word for word in person.lines[-2].split() if word.isdigit()))
        await person.press("enter")
        assert person.review_state.filter.text == f'best:"{name}"'
        assert len(person.review_state) == count == own.sum()


@pytest.mark.anyio
async def test_frequency_goes_through_layers_and_states_and_orders_by_name(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("x", "f", "tab")
        assert [figures(line)[:2] for line in rows(person)] == [["▌", "L0"], ["L1", "48"]]
        await person.press("j", "enter")
        assert (person.review_state.filter.text, len(person.review_state)) == ("layer:1", 48)
        await person.press("escape", "f", "tab", "tab")
        assert [figures(line)[-3:] for line in rows(person)][1] == ["1", figures(rows(person)[1])[-2], "0.0%"]
        await person.press("j", "enter")
        assert (person.review_state.filter.text, len(person.review_state)) == ("state:rejected", 1)
        await person.press("escape", "f", "o")
        names = [line[2:].split("  ")[0] for line in rows(person)]
        assert names == sorted(person.review_state.overview.names)


@pytest.mark.anyio
async def test_frequency_counts_within_the_filter_and_narrows_it(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("x", "/", *"layer:0", "enter", "f", "tab", "tab")
        assert "48 of 96 neurons: layer:0" in person.lines[0]
        assert [figures(line)[-3] for line in rows(person)] == ["47", "1"]
        await person.press("j")
        assert "layer:0 state:rejected shows 1 neuron " in person.lines[-2]
        await person.press("enter")
        assert (person.review_state.filter.text, len(person.review_state)) == ("layer:0 state:rejected", 1)
        await person.press("/", *"x", "enter", "f")
        assert "no neuron passes the filter" in person.text


@pytest.mark.anyio
async def test_a_run_without_descriptors_says_how_to_get_some_wherever_it_is(tmp_path, labels, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my runs").mkdir()
    write_run(tmp_path / "my runs" / "bare.duckdb", names=())
    command = "neurotui describe 'my runs/bare.duckdb' gives"
    async with at_the_keys(Path("my runs/bare.duckdb"), labels) as person:
        assert command in person.said
        await person.press("f")
        assert "the run is not described" in person.text
        assert command in person.text
        await person.press("enter", "tab")
        assert len(rows(person)) == 2


@pytest.mark.anyio
async def test_similar_lists_the_nearest_and_the_most_opposed_and_goes_there(run, labels):
    r = r_of(run, 2)
    async with at_the_keys(run, labels) as person:
        await person.press("j", "j", "s")
        name = person.review_state.overview.neuron
        assert "over 80 texts" in person.text
        best = int(np.nanargmax(r))
        assert figures(under_cursor(person))[2:4] == [str(name(best)), f"{r[best]:+.2f}"]
        assert person.review_state.says(best).sentence in under_cursor(person)
        order = [str(name(int(one))) for one in np.argsort(-np.nan_to_num(r))]
        listed = [figures(line.removeprefix("▌"))[1] for line in rows(person)]
        assert listed == order[: len(listed)]
        await person.press("G")
        assert order[min(50, int((r > 0).sum())) - 1] in under_cursor(person)
        await person.press("tab")
        worst = int(np.nanargmin(r))
        assert figures(under_cursor(person))[2:4] == [str(name(worst)), f"{r[worst]:+.2f}"]
        await person.press("j", "enter")
        assert person.review_state.current == np.argsort(np.nan_to_num(r))[1]


async def close_early(person, key, done, *said):
    """Open a view that never comes to an end, see what it says, close it, and see that it works no longer."""
    person._send(key)
    while len(done) < 5:
        await person.pilot.pause(0.01)
    person._strips = []
    for text in said:
        assert text in person.text
    person._send("escape")
    while person.app.screen is not person.browse:
        await person.pilot.pause(0.01)
    await person.pilot.pause(0.1)
    there = len(done)
    await person.pilot.pause(0.1)
    assert len(done) == there


@pytest.mark.anyio
async def test_similar_tells_how_far_it_is_and_stops_when_it_is_closed(run, labels, monkeypatch):
    blocks = []

    def endless(_, __):
        while True:
            time.sleep(0.01)
            blocks.append(1)
            yield 47, np.zeros(1, np.float32)

    monkeypatch.setattr(similar, "correlations", endless)
    async with at_the_keys(run, labels) as person:
        await close_early(person, "s", blocks, "comparing L0.0 with 96 neurons", "50%")


@pytest.mark.anyio
async def test_similar_says_why_there_is_nothing(run, labels, monkeypatch):
    def damaged(_, __):
        raise UserError("'run.duckdb' cannot be read: torn", "copy it again")
        yield

    monkeypatch.setattr(similar, "correlations", damaged)
    async with at_the_keys(run, labels) as person:
        await person.press("s")
        assert "cannot be read: torn" in person.text
        assert "copy it again" in person.text
        await person.press("enter", "c", "tab", "escape")
        assert person.app.screen is person.browse
        assert person.review_state.current == 0


@pytest.mark.anyio
@pytest.mark.parametrize("size", [(140, 30), (80, 24)], ids=["wide", "narrow"])
async def test_comparing_shows_both_and_what_they_share(run, labels, size):
    with Run(run) as opened:
        tops = [{e.text_id for e in opened.detail(n).exemplars if e.kind == "top"} for n in (5, 0)]
    async with at_the_keys(run, labels, size) as person:
        await person.press("c")
        assert person.tells("no other neuron was looked at yet")
        await person.press(*"jjjjj", "g", "c")
        view = person.app.screen
        assert person.lines[0].startswith(" L0.0 and L0.5")
        assert f"r = {r_of(run, 0)[5]:+.2f} over 80 texts" in person.lines[1]
        shared = len(tops[0] & tops[1])
        assert f"{shared} of {min(map(len, tops))} top texts shared" in person.lines[1]
        first, second = view.panes
        assert [str(pane.loaded.detail.neuron) for pane in view.panes] == ["L0.0", "L0.5"]
        assert (first.region.x == second.region.x) == (size[0] < 100)
        await person.press("j", "j")
        assert [pane.scroll_offset.y for pane in view.panes] == [2, 2]
        await person.press("tab", "j", "tab", "k", "k")
        assert [pane.scroll_offset.y for pane in view.panes] == [3, 0]
        await person.press("tab", "enter")
        assert person.current == "L0.5"


@pytest.mark.anyio
async def test_a_similar_neuron_is_compared_and_esc_comes_back_to_the_list(run, labels):
    best = int(np.nanargmax(r_of(run, 0)))
    async with at_the_keys(run, labels) as person:
        await person.press("s", "c")
        assert person.lines[0].startswith(f" L0.0 and {person.review_state.overview.neuron(best)}")
        await person.press("escape")
        assert "most alike" in person.lines[0]
        await person.press("c", "enter")
        assert person.review_state.current == best
        assert person.app.screen is person.browse


@pytest.mark.anyio
async def test_what_others_decide_is_shown_in_a_view_that_is_open(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("j", "k", "c")
        session = person.session
        Journal(labels).append(
            Neuron(0, 1), "accept", by="bob", model=session.run.model, weights=session.run.weights, text="trams"
        )
        await person.until(lambda: "trams" in person.text)
        await person.press("escape", "f", "tab")
        assert figures(under_cursor(person))[-1] == "2.1%"
        Journal(labels).append(
            Neuron(0, 2), "accept", by="bob", model=session.run.model, weights=session.run.weights, text="buses"
        )
        await person.until(lambda: figures(under_cursor(person))[-1] == "4.2%")


@pytest.mark.anyio
@pytest.mark.parametrize("gold", [False, True], ids=["people", "gold"])
async def test_evaluation_shows_every_figure_that_the_command_prints(run, labels, capsys, gold):
    async with at_the_keys(run, labels, (140, 200)) as person:
        await person.press("a", "a", "x", "v", *(["tab"] if gold else []))
        shown = [" ".join(line.split()) for line in person.lines]
    chosen = ["--gold"] if gold else ["--labels", str(labels)]
    assert main(["evaluate", str(run), *chosen, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    said = record.pop("predictive", None)
    if said is not None:
        # The view says in sentences what the command prints in sentences too.
        share = said["at_least"][0]["share"]["value"]
        assert any(line.startswith(f"{100 * share:.1f} % ") for line in shown)
        assert any(line.startswith("By kind: ") for line in shown)
    wanted = list(named(record))
    assert len(wanted) > 10
    for name, figure in wanted:
        if figure["of"]:
            value, lower, upper = (f"{figure[key]:.3f}" for key in ("value", "lower", "upper"))
            line = f"{measures.title(name)} {value} {lower} to {upper} {figure['of']:,} "
            assert any(one.startswith(line) for one in shown), line


@pytest.mark.anyio
async def test_evaluation_shows_how_far_the_people_of_the_journal_agree(run, labels):
    async with at_the_keys(run, labels, (140, 200)) as person:
        session = person.session
        await person.press("a", "x")
        mine = [event for event in session.journal.events if event.action in {"accept", "reject"}]
        other = {"by": "bob", "action": "accept", "blind": "both", "time": "", "order": ""}
        theirs = [event._replace(id=f"b{event.id}", text=event.text or "other", **other) for event in mine]
        Journal(labels).extend(theirs)
        session.refresh()
        await person.press("v")
        shown = [" ".join(line.split()) for line in person.lines]
    # What figures by what was hidden mean is said, as by the command.
    assert "hidden: both" in " ".join(shown)
    assert measures.BY_HIDDEN in " ".join(shown)
    heading = next(line for line in shown if line.startswith("agreement of "))
    assert {"bob", mine[0].by} <= set(heading.split())
    at = shown.index(heading)
    assert shown[at + 1] == "accepted or rejected"
    assert shown[at + 2].startswith("raw 0.500 0.000 to 1.000 2 ")
    assert "only 2 neurons in common: with fewer than 100, go by the intervals" in shown[at:]
    assert any(line.startswith("AC1 ") for line in shown[at:])


def named(record):
    """Yield every figure of the command's answer with its name, layers' too."""
    if isinstance(record, list):
        for part in record:
            yield from named(part)
    elif isinstance(record, dict):
        for key, value in record.items():
            if isinstance(value, dict) and "of" in value:
                yield f"{key}@{record['k']}" if "k" in record else key, value
            else:
                yield from named(value)


@pytest.mark.anyio
async def test_evaluation_of_a_run_that_nobody_judged_says_what_is_missing(tmp_path, labels):
    async with at_the_keys(write_run(tmp_path / "bare.duckdb", names=()), labels) as person:
        await person.press("v")
        assert "once something is accepted or rejected" in person.text
        await person.press("tab")
        assert "the run's texts have no gold labels" in person.text
        assert "--gold-field" in person.text


@pytest.mark.anyio
async def test_a_click_moves_the_cursor_of_a_view(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("s")
        await person.pilot.click(RowList, offset=(9, 4))
        await person.settle()
        assert person.lines[5].startswith("▌")
        await person.pilot.click(RowList, offset=(9, 0))
        await person.settle()
        assert person.lines[5].startswith("▌")


@pytest.mark.anyio
async def test_evaluation_tells_how_far_it_is_and_stops_when_it_is_closed(run, labels, monkeypatch):
    told = []

    def endless(_, __, ___, progress):
        while True:
            time.sleep(0.01)
            told.append(1)
            progress("ranking", 1, 4)

    monkeypatch.setattr(evaluation, "judge", endless)
    async with at_the_keys(run, labels) as person:
        await close_early(person, "v", told, "ranking", "25%")


async def test_the_titles_of_the_evaluations_columns_stand_right_above_them(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("a", "x", "v")
        titles = next(
            number for number, line in enumerate(person.lines) if line.split()[:2] == ["figure", "value"]
        )
        assert person.lines[titles + 1].startswith(" precision@1")
