"""Each key does what its help says, on the screen and in the journal, on every terminal."""

from itertools import product

import pytest
from textual.geometry import Size
from textual.widgets import Input
from tui.driving import at_the_keys, decisions, harmless

from neurotui.tui.actions import ACTIONS
from neurotui.tui.config import Config

DARK, LIGHT = "neurotui-dark", "neurotui-light"


def on(*terminals):
    """Run a test on each of these terminals."""
    ids = [f"{size[0]}x{size[1]}-{theme.removeprefix('neurotui-')}" for size, theme in terminals]
    return pytest.mark.parametrize(("size", "theme"), terminals, ids=ids)


# Narrow and wide, small and large, in both themes; what fills the screen is shown on every pair of these.
on_every_terminal = on(((80, 24), DARK), ((100, 30), LIGHT), ((140, 45), LIGHT), ((200, 60), DARK))


@pytest.fixture(autouse=True)
def asynchronous(anyio_backend):
    """Let every test here be one that waits."""
    return anyio_backend


@pytest.mark.anyio
@on_every_terminal
async def test_deciding_is_saved_shown_and_goes_to_the_next_neuron(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        assert "all saved" in person.status
        assert not labels.exists()
        best = person.review_state.candidate().text
        await person.press("a")
        assert person.journal == [("L0.0", "accept", best)]
        assert "saved: L0.0 accepted" in person.status
        assert person.row("L0.0").startswith("  ✓ L0.0")
        assert person.row("L0.1").startswith("▌ · L0.1")
        await person.press("x")
        assert person.journal[1:] == [("L0.1", "reject", "")]
        assert "saved: L0.1 rejected" in person.status
        assert person.row("L0.1").startswith("  ✗ L0.1")
        await person.press("space")
        assert person.journal[2:] == [("L0.2", "skip", "")]
        assert "saved: L0.2 skipped" in person.status
        assert person.row("L0.2").startswith("  » L0.2")
        assert person.current == "L0.3"
        assert "L0.3" in person.page
        for mark in ("✓ 1", "✗ 1", "» 1", "· 93"):
            assert mark in person.status
        await person.press("k", "k", "k")
        assert "✓ accepted" in person.page
        assert "by ada · " in person.said
        assert "proposed by keywords" in person.said


@pytest.mark.anyio
@on_every_terminal
async def test_a_number_chooses_the_candidate_that_accepting_speaks_of(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        names = [one.text for one in person.review_state.candidates()]
        for key in "321":
            await person.press(key)
            chosen = next(line for line in person.page.splitlines() if line.startswith("▸"))
            assert chosen.startswith(f"▸ {key} in texts about {names[int(key) - 1]} ")
            assert f"texts with {names[int(key) - 1]}" in person.page
            # Where there is little room the name is cut, and left out where less.
            if size != (100, 30):
                assert f"◆ in texts about {names[int(key) - 1][:8]}" in person.page
        assert person.journal == []
        await person.press("2", "a")
        assert person.journal == [("L0.0", "accept", names[1])]
        assert names[1] in person.row("L0.0")
        await person.press("9")
        assert "L0.1 has 3 candidates" in person.text
        assert person.review_state.chosen == 0


@pytest.mark.anyio
@on_every_terminal
async def test_a_label_and_a_note_of_ones_own_are_typed_in_one_line(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        begun = person.review_state.candidate().text
        await person.press("e")
        assert "label L0.0" in person.text
        assert begun in person.typed
        await person.type(["backspace"] * len(begun))
        await person.type("a: x[/]?q")
        assert person.journal == []
        await person.press("enter")
        assert person.journal == [("L0.0", "accept", "a: x[/]?q")]
        assert "a: x[/]?q" in person.row("L0.0")
        assert person.current == "L0.1"
        await person.press("n")
        assert "note on L0.1" in person.text
        await person.type("fires at commas")
        await person.press("enter")
        assert person.journal[1:] == [("L0.1", "note", "fires at commas")]
        assert "saved: L0.1 noted" in person.status
        assert person.current == "L0.1"
        assert "note: fires at commas" in person.page
        await person.press("e")
        await person.type("!")
        await person.press("escape")
        await person.press("n")
        assert "fires at commas" in person.typed
        await person.press("escape")
        assert len(person.journal) == 2
        await person.press("x")
        assert person.journal[2:] == [("L0.1", "reject", "")]


@pytest.mark.anyio
@on_every_terminal
async def test_undo_and_redo_go_back_and_forth_over_ones_own_decisions(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        await person.press("u")
        assert "there is nothing of ada to undo" in person.text
        await person.press("ctrl+r")
        assert "there is nothing of ada to redo" in person.text
        assert person.journal == []
        await person.press("a", "x", "G", "u")
        assert person.journal[2:] == [("L0.1", "undo", "")]
        assert "saved: L0.1 undone" in person.status
        assert person.row("L0.1").startswith("▌ · L0.1")
        await person.press("u")
        assert person.row("L0.0").startswith("▌ · L0.0")
        assert "· 96" in person.status
        await person.press("ctrl+r")
        assert person.journal[4:] == [("L0.0", "redo", "")]
        assert "saved: L0.0 redone" in person.status
        assert person.row("L0.0").startswith("▌ ✓ L0.0")
        await person.press("ctrl+r", "ctrl+r")
        assert person.row("L0.1").startswith("▌ ✗ L0.1")
        assert len(person.journal) == 6
        await person.press("u", "space")
        assert person.row("L0.1").startswith("  » L0.1")
        await person.press("ctrl+r")
        assert person.row("L0.1").startswith("  » L0.1")
        assert "there is nothing of ada to redo" in person.text


@pytest.mark.anyio
@on_every_terminal
async def test_moving_reaches_every_neuron_and_keeps_it_in_sight(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:

        async def after(*keys):
            await person.press(*keys)
            assert person.row(person.current).startswith("▌")
            assert f" {person.current}  " in person.page.splitlines()[0]
            return person.current

        assert await after("j", "down") == "L0.2"
        assert await after("k", "up") == "L0.0"
        assert await after("k") == "L0.0"
        assert await after("G") == await after("end") == "L1.47"
        assert await after("j") == "L1.47"
        assert await after("g") == await after("home") == "L0.0"
        assert await after("]") == "L1.0"
        assert await after("]") == "L1.0"
        assert await after("j", "[") == "L0.0"
        assert await after("[") == "L0.0"
        rows = person.browse.list.rows_shown
        for down, up, step in (("pagedown", "pageup", rows - 1), ("ctrl+d", "ctrl+u", rows // 2)):
            assert await after(down) == str(person.review_state.overview.neuron(step))
            assert await after(up) == "L0.0"
        assert await after("a", "x", "k", "k", "}") == "L0.2"
        assert await after("j", "{") == "L0.2"
        assert await after("{") == "L0.2"
        assert "nothing unreviewed above" in person.text
        assert await after("G", "space", "}") == "L1.47"
        assert "nothing unreviewed below" in person.text


@pytest.mark.anyio
@on_every_terminal
async def test_tab_gives_the_keys_to_the_other_pane_and_back(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        detail = person.browse.detail
        await person.press("tab", "j", "down")
        assert detail.has_focus
        assert person.current == "L0.0"
        assert detail.scroll_offset.y == min(2, detail.max_scroll_y)
        await person.press("G")
        assert detail.scroll_offset.y == detail.max_scroll_y
        assert person.page.splitlines()[-2][:70].strip() in person.text
        await person.press("pageup", "ctrl+u", "k")
        assert detail.scroll_offset.y < detail.max_scroll_y or not detail.max_scroll_y
        await person.press("g")
        assert detail.scroll_offset.y == 0
        await person.press("2", "a")
        assert detail.has_focus
        assert person.journal[0][:2] == ("L0.0", "accept")
        assert person.current == "L0.1"
        await person.press("tab", "j")
        assert person.current == "L0.2"


@pytest.mark.anyio
@on_every_terminal
async def test_leaving_a_filter_puts_the_cursor_back_and_keeping_it_does_not(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        await person.press("j", "j", "/")
        await person.type("layer:1")
        assert person.current == "L1.0"
        await person.press("escape")
        assert person.row("L0.2").startswith("▌")
        await person.press("/")
        await person.type("layer:1")
        await person.press("enter", "escape")
        assert person.row("L1.0").startswith("▌")


@pytest.mark.anyio
@on_every_terminal
async def test_a_filter_is_typed_kept_and_cleared(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        await person.press("j", "/")
        await person.type("layer:1 football")
        names = person.review_state.overview.names
        shown = list(person.review_state.rows)
        assert 0 < len(shown) < 48
        assert all(person.review_state.overview.layer[row] == 1 for row in shown)
        assert all(
            any(names[d] == "football match" for d in person.review_state.overview.matched[row] if d >= 0)
            for row in shown
        )
        assert f"{len(shown)} of 96" in person.told
        await person.press("down")
        assert person.review_state.cursor == 1
        await person.press("enter")
        assert "/ layer:1 football" in person.status
        assert f"2 / {len(shown)} of 96" in person.status
        await person.press("a")
        assert person.journal[0][0].startswith("L1.")
        await person.press("/")
        await person.type("layer:x")
        assert "'x' is no layer" in person.told
        await person.press("enter")
        assert "'x' is no layer" in person.told
        await person.press("escape")
        assert len(person.review_state) == 96
        assert "/ " not in person.status.replace(" / ", "")
        await person.press("/")
        await person.type("submarine")
        await person.press("enter")
        assert "no neuron is called" in person.text
        assert "“submarine”" in person.text
        assert "esc clears it" in person.text
        await person.press("a", "x", "e", "j", "y", "}")
        assert len(person.journal) == 1
        await person.press("escape")
        assert len(person.review_state) == 96
        assert person.row(person.current).startswith("▌")


@pytest.mark.anyio
@on_every_terminal
async def test_sorting_goes_round_and_begins_at_the_top(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        await person.press("a", "j")
        marks = {"queue": "queue", "layer": "neuron ▾", "score": "score r ▾", "fires": "fires ▾"}
        for sort in ("score", "queue", "fires", "state", "label", "layer"):
            await person.press("o")
            assert person.review_state.sort == sort
            assert marks.get(sort, "▾") in person.lines[0]
            assert person.lines[0][: person.browse.list.size.width].count("▾") == 1
            assert person.review_state.cursor == 0
            assert person.row(person.current).startswith("▌")
        await person.press("o", "o")
        assert "by queue" in person.status or size[0] <= 100
        score = person.review_state.overview.score
        await person.press(*"ooooo")
        assert score[person.review_state.current] == score.max()


@pytest.mark.anyio
@on_every_terminal
async def test_a_run_opens_with_what_can_be_said_best(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme, order=Config().order) as person:
        overview = person.review_state.overview
        assert person.review_state.sort == "score"
        assert overview.score[person.review_state.current] == overview.score[overview.described].max()
        assert "score r ▾" in person.lines[0]


@pytest.mark.anyio
@on_every_terminal
async def test_help_shows_every_key_and_gives_the_screen_back(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        before = person.text
        for closing in ("escape", "q", "?"):
            await person.press("?")
            await person.press(closing)
            assert person.text == before
        await person.press("?")
        page = person.app.screen.query_one("#help")
        seen = person.text
        while page.scroll_offset.y < page.max_scroll_y:
            await person.type("j" * (page.size.height - 1))
            seen += person.text
        words = " ".join(seen.split())
        for action in ACTIONS:
            assert f"{action.shown_keys} {action.help[:20]}".strip() in words
        assert "L3.797 that neuron; L3 is its layer" in words
        await person.press("k", "escape")
        assert person.journal == []


@pytest.mark.anyio
@on_every_terminal
async def test_the_palette_does_by_name_and_jumps(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        await person.press(":")
        assert "accept" in person.text
        await person.type("L1.30")
        assert "go to this neuron" in person.text
        await person.press("enter")
        assert person.row("L1.30").startswith("▌")
        await person.press("ctrl+p")
        await person.type("reject")
        await person.press("enter")
        assert person.journal == [("L1.30", "reject", "")]
        await person.press(":", "down", "down", "up", "escape")
        assert len(person.app.screen_stack) == 1
        await person.press("ctrl+p")
        await person.type("submarine")
        assert "no such command" in person.text
        await person.press("enter", "escape")
        await person.press("/")
        await person.type("layer:0")
        await person.press("enter", ":")
        await person.type("l1.2")
        await person.press("enter")
        assert person.current == "L1.2"
        assert len(person.review_state) == 96
        assert len(person.journal) == 1


@pytest.mark.anyio
@on_every_terminal
async def test_y_copies_the_neuron_and_its_label(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        await person.press("y")
        assert person.app.clipboard == f"L0.0 {person.review_state.says(0).sentence}"
        assert person.tells(f"sent to the clipboard: L0.0 {person.review_state.says(0).sentence}")
        assert person.tells("the terminal may refuse it; X writes a file")
        await person.press("e")
        await person.type(" ball")
        await person.press("enter", "k", "y")
        assert person.app.clipboard.startswith("L0.0 ")
        assert person.app.clipboard.endswith(" ball")


@pytest.mark.anyio
@on_every_terminal
async def test_quitting_ends_well_and_asks_nothing(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        await person.press("a")
        await person.press("q")
        assert not person.app.is_running
        assert person.app.return_code == 0
    assert [action for _, action, _ in decisions(labels)] == ["accept"]


@pytest.mark.anyio
@on(*product(((80, 24), (100, 30), (140, 45), (200, 60)), (DARK, LIGHT)))
async def test_every_screen_fills_the_terminal_and_is_harmless(run, labels, size, theme):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        for keys in (
            (),
            ("a", "x"),
            ("/", "s"),
            ("escape", "?"),
            ("escape", ":"),
            ("escape", "e"),
            ("escape", "9"),
        ):
            await person.press(*keys)
            assert len(person.strips) == size[1]
            for strip in person.strips:
                assert strip.cell_length == size[0]
                assert harmless(strip.text)
            assert "-0.17 to 4.00" in person.said


@pytest.mark.anyio
async def test_the_footer_shows_only_keys_that_work_now(run, labels):
    async with at_the_keys(run, labels, (200, 60)) as person:
        everywhere = person.keys
        for part in ("a accept", "x reject", "1-9 choose", "/ filter", "? keys", "q quit"):
            assert part in everywhere
        await person.press("/")
        assert "accept" not in person.keys
        await person.type("submarine")
        await person.press("enter")
        assert "accept" not in person.keys
        assert "/ filter" in person.keys
        await person.press("escape")
        assert person.keys == everywhere


@pytest.mark.anyio
async def test_a_smaller_and_a_larger_terminal_show_the_same(run, labels):
    async with at_the_keys(run, labels, (140, 45)) as person:
        await person.press("G", "a")
        for width, height in ((80, 24), (44, 10), (20, 5), (1, 1), (240, 70), (99, 30)):
            await person.pilot.resize_terminal(width, height)
            await person.settle()
            assert person.app.size == Size(width, height)
            assert {strip.cell_length for strip in person.strips} == {width}
            await person.press("k", "?")
            await person.press("escape", ":")
            await person.press("escape", "/", "escape", "o")
            if height >= 10:
                assert person.row(person.current).startswith("▌")
        assert len(person.journal) == 1


@pytest.mark.anyio
async def test_the_pointer_picks_a_neuron(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.pilot.click("#list", offset=(10, 6))
        await person.settle()
        assert person.current == "L0.5"
        await person.press("x")
        assert person.journal == [("L0.5", "reject", "")]


@pytest.mark.anyio
async def test_keys_that_come_all_at_once_have_their_effect_one_after_the_other(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.type(["/", *"layer:1"])
        assert person.browse.prompt.field.value == "layer:1"
        await person.type(["enter"])
        await person.type(["j", "a", "x"])
        assert [(neuron, action) for neuron, action, _ in person.journal] == [
            ("L1.1", "accept"),
            ("L1.2", "reject"),
        ]
        await person.type(["e", "ctrl+u", *"rain & wind"])
        assert person.browse.prompt.field.value == "rain & wind"
        await person.press("enter")
        assert person.journal[2:] == [("L1.3", "accept", "rain & wind")]
        await person.type(["n", *"seen", "escape"])
        await person.type(["tab", "j", "j"])
        assert person.browse.detail.scroll_offset.y == 2
        await person.type(["tab", "u", "u", "ctrl+r"])
        assert [action for _, action, _ in person.journal[3:]] == ["undo", "undo", "redo"]
        await person.type([":", *"L0.30"])
        assert "go to this neuron" in person.text
        await person.press("enter")
        assert person.current == "L0.30"
        await person.type(["?", "q", "g", "space"])
        assert person.journal[-1] == ("L0.0", "skip", "")


@pytest.mark.anyio
async def test_a_key_that_overtakes_enter_decides_nothing_wrong(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.type(["e", "ctrl+u", *"rain", "enter", "x"])
        assert person.journal[0] == ("L0.0", "accept", "rain")
        assert person.journal[1:] in ([], [("L0.1", "reject", "")])
        await person.type([":", *"L0.30", "enter", "x"])
        assert person.journal[-1] in (person.journal[0], ("L0.1", "reject", ""), ("L0.30", "reject", ""))
        assert person.current in ("L0.30", "L0.31")
        await person.type(["/", *"layer:1", "enter", "j", "j"])
        assert person.review_state.filter.text == "layer:1"
        assert "/ layer:1" in person.status


@pytest.mark.anyio
async def test_what_is_typed_speaks_of_the_neuron_it_was_begun_for(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("e", "ctrl+u")
        await person.type("rain")
        await person.pilot.click("#list", offset=(10, 9))
        await person.settle()
        assert person.current == "L0.8"
        assert "label L0.0 rain" in person.typed
        await person.type("y day")
        await person.press("enter")
        assert person.journal == [("L0.0", "accept", "rainy day")]
        assert person.current == "L0.8"
        await person.press("n")
        await person.pilot.click("#detail", offset=(10, 3))
        await person.settle()
        await person.type("seen")
        await person.press("enter", "x")
        assert person.journal[1:] == [("L0.8", "note", "seen"), ("L0.8", "reject", "")]


@pytest.mark.anyio
async def test_typing_gives_the_keys_back_to_the_pane_they_came_from(run, labels):
    async with at_the_keys(run, labels) as person:
        for keys in (["n", "enter"], ["e", "escape"], ["/", "escape"], ["/", "s", "enter"]):
            await person.press("tab", *keys)
            assert person.app.focused is person.browse.detail
            await person.press("tab", *keys)
            assert person.app.focused is person.browse.list


@pytest.mark.anyio
async def test_undoing_what_a_filter_hides_says_so(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("a", "/")
        await person.type("layer:1")
        await person.press("enter", "u")
        assert person.journal[1:] == [("L0.0", "undo", "")]
        assert "L0.0 is undone; the filter hides it" in person.text
        assert len(person.review_state) == 48


@pytest.mark.anyio
async def test_one_undoes_only_what_is_ones_own(run, labels):
    async with at_the_keys(run, labels, annotator="bob") as person:
        await person.press("a")
    async with at_the_keys(run, labels, annotator="ada") as person:
        assert person.row("L0.0").startswith("▌ ✓")
        await person.press("u")
        assert "there is nothing of ada to undo" in person.text
        await person.press("x", "u")
        assert person.row("L0.0").startswith("▌ ✓")
        assert [action for _, action, _ in person.journal] == ["accept", "reject", "undo"]


@pytest.mark.anyio
async def test_an_empty_label_is_refused_where_it_is_typed(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("e", "ctrl+u", "enter")
        await person.until(lambda: "an empty label; x rejects instead" in person.told)
        await person.type("rain")
        await person.press("enter")
        assert person.journal == [("L0.0", "accept", "rain")]


@pytest.mark.anyio
async def test_what_was_refused_stands_although_news_of_the_last_change_comes_late(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("e", "ctrl+u", "enter")
        await person.until(lambda: "an empty label" in person.told)
        field = person.browse.prompt.field
        field.post_message(Input.Changed(field, field.value))
        await person.settle()
        assert "an empty label; x rejects instead" in person.told
        await person.type("r")
        await person.until(lambda: "an empty label" not in person.told)


@pytest.mark.anyio
async def test_typing_a_descriptors_name_is_to_choose_it(run, labels):
    async with at_the_keys(run, labels) as person:
        names = [one.text for one in person.review_state.candidates()]
        await person.press("e", "ctrl+u")
        await person.type(names[1][:4])
        assert names[1] in person.typed
        await person.press("right", "enter")
        assert person.journal == [("L0.0", "accept", names[1])]
        assert person.session.journal.events[-1].origin == "keywords"
        await person.press("e")
        await person.type("s")
        await person.press("enter")
        assert person.session.journal.events[-1].origin == "person"


@pytest.mark.anyio
@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "nord", "textual-light"])
async def test_a_theme_of_textuals_own_serves_as_well(run, labels, theme):
    async with at_the_keys(run, labels, theme=theme) as person:
        await person.press("a", "?", "escape", ":", "escape", "e", "escape", "/")
        assert person.row("L0.0").startswith("  ✓")


@pytest.mark.anyio
async def test_light_and_dark_change_by_the_palette(run, labels):
    async with at_the_keys(run, labels) as person:
        grounds = []
        for _ in range(2):
            await person.press(":")
            await person.type("light/dark")
            await person.press("enter")
            grounds.append({segment.style.bgcolor for segment in person.strips[1]})
            assert person.app.current_theme.dark == (len(grounds) == 2)
        assert not grounds[0] & grounds[1]


@pytest.mark.anyio
async def test_keys_behind_enter_and_esc_are_for_the_panes_however_fast_they_come(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.type(["/", *"layer:1", "enter", "o", "x"])
        assert person.review_state.filter.text == "layer:1"
        assert person.review_state.sort == "score"
        assert [action for _, action, _ in person.journal] == ["reject"]
        await person.type(["e", "escape", "x", "e", *"words of mine", "enter", "x"])
        assert [action for _, action, _ in person.journal] == ["reject", "reject", "accept", "reject"]
        assert person.journal[2][2] == "words of mine"
        await person.type(["/", *"score>x", "enter", "backspace", "1", "enter", "j"])
        assert person.review_state.filter.text == "layer:1 score>1"
