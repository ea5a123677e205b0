"""A day's work at the keys: much evidence in a small terminal, one's own labels at hand, a help that explains."""

import ast
import unicodedata
from pathlib import Path

import pytest
from synthetic import write_run
from tui.driving import at_the_keys

import neurotui.tui
from neurotui.review.saved_filters import load_filters, names_of_filters, save_filter
from neurotui.tui.glossary import FIGURES, LOOKS, SIGNS
from neurotui.tui.styles import ink
from neurotui.tui.widgets.layer_bar import SCALE

SMALL = pytest.mark.parametrize("size", [(80, 24), (100, 30)], ids=["80x24", "100x30"])
THEMES = pytest.mark.parametrize("theme", ["neurotui-dark", "neurotui-light"])


def exemplar_lines(person):
    """Return the lines on the screen that show an exemplar: each says which split its text is of."""
    return [line for line in person.lines if " cal " in line[-100:] or " val " in line[-100:]]


@pytest.fixture
def many_layers(tmp_path):
    def written(layers):
        return write_run(tmp_path / f"{layers}.duckdb", layers=layers, units=8, keep=20)

    return written


@pytest.mark.anyio
@SMALL
@pytest.mark.parametrize(("layers", "theme"), [(6, "neurotui-light"), (30, "neurotui-dark")])
async def test_nine_exemplars_stand_beside_the_list_candidates_layers_status_and_keys(
    many_layers, labels, size, theme, layers
):
    async with at_the_keys(many_layers(layers), labels, size, theme=theme) as person:
        top = [line for line in exemplar_lines(person) if "cal texts" not in line and "cal peaks" not in line]
        assert len(top) >= 9
        assert sum(line.startswith(("▌ ·", "  ·")) for line in person.lines) >= 4
        assert sum("▸ 1 " in line for line in person.lines) == 1
        assert sum(" others: 2 " in line for line in person.lines) == 1
        assert any(SCALE.strip() in line for line in person.lines)
        assert "all saved" in person.status
        assert person.keys.rstrip().endswith("q quit")


@pytest.mark.anyio
@pytest.mark.parametrize("layers", [1, 18, 30])
async def test_the_line_of_layers_numbers_them_and_has_a_scale_at_every_size(many_layers, labels, layers):
    async with at_the_keys(many_layers(layers), labels) as person:
        for size in ((80, 24), (100, 30), (140, 45)):
            await person.pilot.resize_terminal(*size)
            for key, numbered in (("g", 0), ("G", layers - 1)):
                await person.press(key)
                (line,) = [line for line in person.lines if SCALE.strip() in line]
                assert sum(character in "▁▂▃▄▅▆▇█" for character in line.partition(SCALE)[0]) == layers
                assert f" {numbered}" in line


@pytest.mark.anyio
async def test_the_focused_pane_of_a_small_terminal_grows(many_layers, labels):
    async with at_the_keys(many_layers(6), labels, (80, 24)) as person:
        before = person.browse.detail.size.height
        await person.press("tab")
        assert person.browse.detail.size.height > before


@pytest.mark.anyio
async def test_a_note_and_who_decided_are_told_whole_below_the_exemplars_of_a_small_terminal(run, labels):
    note = "fires in the rain and wherever somebody waits for a bus that does not come for an hour"
    async with at_the_keys(run, labels, (80, 24)) as person:
        await person.press("a", "k", "n", *note, "enter")
        assert note in person.said
        assert person.said.index("cal") < person.said.index(note)


@pytest.mark.anyio
async def test_typing_replaces_a_label_end_and_right_keep_it(run, labels):
    async with at_the_keys(run, labels) as person:
        begun = person.review_state.candidates()[0].text
        await person.press("e", *"music", "enter")
        assert person.journal[-1][2] == "music"
        for key in ("end", "right"):
            begun = person.review_state.candidates()[0].text
            await person.press("e", key, *" and more", "enter")
            assert person.journal[-1][2] == f"{begun} and more"


@pytest.mark.anyio
async def test_a_note_is_replaced_by_typing_and_untouched_it_changes_nothing(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("n", *"odd", "enter", "n", "enter")
        assert [action for _, action, _ in person.journal] == ["note"]
        await person.press("n", *"plain", "enter")
        assert person.journal[-1] == ("L0.0", "note", "plain")


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["tab", "right"])
async def test_ones_own_labels_are_completed_the_latest_first(run, labels, key):
    async with at_the_keys(run, labels) as person:
        await person.press("e", *"football (American)", "enter", "e", *"football (soccer)", "enter")
        await person.press("e", *"foot", key, "enter")
        assert person.journal[-1] == ("L0.2", "accept", "football (soccer)")
    async with at_the_keys(run, labels) as person:
        await person.press("G", "e", *"football (a", key, "enter")
        assert person.journal[-1][2] == "football (american)"[: len("football (a")] + "merican)"


@pytest.mark.anyio
async def test_a_label_of_somebody_else_is_not_completed_as_ones_own(run, labels):
    async with at_the_keys(run, labels, annotator="bob") as person:
        await person.press("e", *"zeppelins", "enter")
    async with at_the_keys(run, labels, annotator="ada") as person:
        await person.press("j", "e", *"zepp", "tab", "enter")
        assert person.journal[-1][2] == "zepp"


@pytest.mark.anyio
@pytest.mark.parametrize("size", [(140, 45), (80, 24)], ids=["wide", "narrow"])
async def test_ones_own_labels_have_keys_beside_other_neurons(run, labels, size):
    async with at_the_keys(run, labels, size) as person:
        await person.press("e", *"zeppelins", "enter")
        place = [one.text for one in person.review_state.candidates()].index("zeppelins")
        assert f"{place + 1} zeppelins" in person.said.replace("yours elsewhere: ", "")
        assert "yours elsewhere: " in person.said
        await person.press("a")
        assert person.journal[-1][2] != "zeppelins"
        place = [one.text for one in person.review_state.candidates()].index("zeppelins")
        await person.press(str(place + 1))
        assert f"▸ {place + 1} zeppelins" in person.said
        await person.press("a")
        assert person.journal[-1] == ("L0.2", "accept", "zeppelins")
        assert person.session.journal.events[-1].origin == "person"
        await person.press("u")
        assert person.review_state.says(2).text != "zeppelins"


@pytest.mark.anyio
async def test_nothing_accepts_ones_own_label_where_there_is_no_other_candidate(tmp_path, labels):
    bare = write_run(tmp_path / "bare.duckdb", names=(), keep=0)
    async with at_the_keys(bare, labels) as person:
        await person.press("e", *"zeppelins", "enter", "a", "m", "j", "m", "a")
        assert [text for _, _, text in person.journal].count("zeppelins") == 1


@pytest.mark.anyio
async def test_neurons_are_counted_by_label_and_enter_shows_those_of_one(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("e", *"music", "enter", "e", *"Music", "enter", "e", *"dogs", "enter")
        await person.press("f", "shift+tab")
        assert " by label " in person.lines[0]
        assert [line.split()[0] for line in person.lines[2:5]] == ["▌", "music", "dogs"] or "music" in person.text
        names = [group.name for group in person.app.screen._groups]
        assert names == ["no label", "music", "dogs"]
        await person.press("j", "enter")
        assert person.review_state.filter.text == 'label:"music"'
        assert len(person.review_state) == 2


@pytest.mark.anyio
async def test_a_filter_is_saved_by_a_name_that_is_asked_for(run, labels, tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROTUI_CONFIG", str(tmp_path / "config.toml"))
    async with at_the_keys(run, labels) as person:
        await person.press("/", *"layer:1", "enter", "S")
        assert "save the filter as" in person.typed
        await person.press(*"aax", "escape")
        assert load_filters() == ()
        assert person.journal == []
        await person.press("S", "enter")
        assert (load_filters(), names_of_filters()) == (("layer:1",), {})
        await person.press("S", *"the upper half", "enter")
        assert names_of_filters() == {"layer:1": "the upper half"}
        await person.press("escape", "F")
        assert "the upper half" in person.text
        await person.press(*"upper", "enter")
        assert person.review_state.filter.text == "layer:1"


def test_a_saved_filter_keeps_its_name_until_it_is_given_another_or_forgotten(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROTUI_CONFIG", str(tmp_path / "config.toml"))
    save_filter("layer:1")
    save_filter("layer:2", "second")
    assert save_filter("layer:2") == ("layer:1", "layer:2")
    assert names_of_filters() == {"layer:2": "second"}
    save_filter("layer:2", "a\ttab\nand a line")
    assert load_filters() == ("layer:1", "layer:2")
    assert len((tmp_path / "filters.txt").read_text().splitlines()) == 2


def drawn_signs():
    """Return every sign in the strings of the app's code that is no letter of a word, with where it stands."""
    folder = Path(neurotui.tui.__file__).parent
    # Of column_anchors the signs are others': it says which of them terminals measure differently, and draws none.
    drawing = (file for file in folder.rglob("*.py") if file.name != "column_anchors.py")
    files = [*drawing, folder.parent / "wording.py", folder.parent / "review" / "description.py"]
    found = {}
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                signs = {one for one in node.value if ord(one) > 127 and unicodedata.category(one)[0] in "SP"}
                found |= dict.fromkeys(signs, file.name)
    return found


def test_the_help_explains_every_sign_that_is_drawn():
    explained = "".join(term for term, _ in SIGNS)
    assert {"◆", "▸", "±", "≈", "▌", "•", "▾"} <= set(drawn_signs())
    # Arrows on keys are keys: they stand in the list of these.
    assert {sign: file for sign, file in drawn_signs().items() if sign not in explained + "↑↓"} == {}


def test_the_help_explains_looks_and_figures():
    told = " ".join(f"{term} {meaning}" for term, meaning in (*SIGNS, *LOOKS, *FIGURES)).casefold()
    for word in (
        "fires",
        "mean ±",
        "grey row",
        "bold row",
        "amber",
        "blue",
        "underlined",
        "thin evidence",
        "line of layers",
        "nearness",
        "missing",
        "calibration",
        "auroc",
        "average precision",
        "yours",
    ):
        assert word in told


@pytest.mark.anyio
@pytest.mark.parametrize("size", [(140, 45), (80, 24)], ids=["wide", "narrow"])
async def test_the_help_moves_by_all_the_keys_that_it_lists_and_is_searched(run, labels, size):
    async with at_the_keys(run, labels, size) as person:
        await person.press("?")
        page = person.app.screen.query_one("#help")
        await person.press("G")
        bottom = page.scroll_offset.y
        assert bottom == page.max_scroll_y > 0
        await person.press("ctrl+u")
        assert page.scroll_offset.y < bottom
        await person.press("g")
        assert page.scroll_offset.y == 0
        await person.press("ctrl+d")
        assert page.scroll_offset.y > 0
        await person.press("/", *"AUROC chance")
        assert "0.5 is chance" in " ".join(person.text.split())
        assert "next neuron" not in person.text
        await person.press("enter", "j", "g", "escape")
        assert "next neuron" in person.text
        await person.press("/", *"xyzzy")
        assert "nothing here has these words" in person.text
        await person.press("escape", "escape")
        assert person.app.screen is person.browse
        assert person.journal == []


@pytest.mark.anyio
async def test_the_figures_of_a_candidate_come_and_go_by_a_key(run, labels):
    async with at_the_keys(run, labels) as person:
        assert "AUROC" not in person.page
        await person.press("i")
        assert "AUROC" in person.page
        await person.press("i")
        assert "AUROC" not in person.page


@pytest.mark.anyio
@THEMES
async def test_every_second_exemplar_stands_on_a_ground_of_its_own(run, labels, theme):
    async with at_the_keys(run, labels, theme=theme) as person:
        # As on a terminal with all colours, which this one is not.
        person.app._ink = (person.app.theme, ink(person.app.current_theme))
        person.browse.detail.look_at(person.browse.detail.look)
        strips = [strip for strip in person.browse.detail.page.strips if strip.text[8:13] in {" cal ", " val "}]
        grounds = [next(iter(strip)).style.bgcolor for strip in strips[:4]]
        assert grounds[0] == grounds[2] != grounds[1] == grounds[3]
        assert {strip.cell_length for strip in strips} == {person.browse.detail.page_width}


@pytest.mark.anyio
async def test_typing_replaces_the_text_of_the_probe_and_end_keeps_it(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("p", *"one")
        await person.until(lambda: person.app.screen._probing.text == "one")
        await person.press("escape", "p", *"two")
        assert person.app.screen.field.value == "two"
        await person.until(lambda: person.app.screen._probing.text == "two")
        await person.press("escape", "p", "end", *" more")
        assert person.app.screen.field.value == "two more"
