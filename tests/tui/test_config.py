"""Settings of one's own: keys, theme and name are as the file says, or the file is refused in words."""

import json
from dataclasses import replace

import pytest
from textual.theme import BUILTIN_THEMES
from tui.driving import at_the_keys
from tui.terminal import Terminal
from tui.test_terminal import opening

from neurotui.cli import main
from neurotui.config_file import config_file
from neurotui.errors import UserError
from neurotui.review.saved_filters import filters_file, load_filters, remove_filter, save_filter
from neurotui.tui import themes
from neurotui.tui.actions import ACTIONS
from neurotui.tui.config import Config, load_config
from neurotui.tui.keys import canonical, spelled, why_not


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Return where one's own config file is."""
    monkeypatch.setenv("NEUROTUI_CONFIG", str(tmp_path / "own.toml"))
    return tmp_path / "own.toml"


def config(file, text):
    file.write_text(text)
    return load_config()


def test_what_the_file_says_is_read(file):
    read = config(
        file,
        'theme = "nord"\nannotator = " grace "\norder = "queue"\n[keys]\naccept = "?"\nhelp = ["f1", "H"]\njournal = "f9"\n'
        'choose.1 = "f2"\n"choose.3" = "f3"\ntheme = "T"\n',
    )
    assert (read.theme, read.annotator, read.order) == ("nord", "grace", "queue")
    assert read.keys["accept"] == ("question_mark",)
    assert read.keys["help"] == ("f1", "H")
    assert read.keys["choose"] == ("f2", "2", "f3", *"456789")
    by_id = {action.id: action for action in read.actions}
    assert by_id["accept"].shown_keys == "?"
    assert by_id["theme"].shown_keys == "T"
    assert by_id["quit"] in ACTIONS


def test_an_action_is_found_by_what_earlier_versions_called_it(file):
    assert config(file, '[keys]\nyank = "Y"\n').keys == {"copy": ("Y",)}


def test_without_a_file_nothing_is_set_and_a_file_that_is_named_must_be_there(tmp_path):
    elsewhere = {"NEUROTUI_CONFIG": str(tmp_path / "no.toml")}
    assert config_file({}).parts[-2:] == ("neurotui", "config.toml")
    assert config_file(elsewhere) == tmp_path / "no.toml"
    with pytest.raises(UserError, match="no such file, and NEUROTUI_CONFIG names it") as refused:
        load_config(elsewhere)
    assert refused.value.hint == "create it, or unset NEUROTUI_CONFIG"
    (tmp_path / "no.toml").write_bytes(b"\xef\xbb\xbf# nothing\r\n")
    assert load_config(elsewhere) == Config()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("theme = x", r"not TOML: invalid value \(at line 1"),
        ('theme = "nord"\n\n[keys\n', r"not TOML: .*line 3"),
        ("[" * 100_000, "not TOML"),
        ('colour = "red"', "no entry 'colour'"),
        ('theme = "mauve"', "theme: there is no theme 'mauve'"),
        ("theme = 3", "theme: 3 is no text"),
        ('order = "worth"', "order: there is no order 'worth'"),
        ('annotator = ""', "annotator: '' is no text"),
        ("keys = 3", "keys: 3 is no table"),
        ('[keys]\nacept = "A"', "keys: there is no action 'acept'"),
        ('[keys.accept]\nfirst = "A"', "keys: there is no action 'accept.first'"),
        ('[keys]\nchoose = "f1"', "keys: there is no action 'choose'"),
        ('[keys]\nchoose.10 = "f1"', "keys: there is no action 'choose.10'"),
        ('[keys]\nchoose.1 = ["f1", "f2"]', "keys: choose.1 has 2 keys"),
        ("[keys]\naccept = []", "keys: accept has no key"),
        ("[keys]\naccept = 5", "keys: accept: 5 is no key"),
        ('[keys]\naccept = "enterr"', "keys: accept: 'enterr' is no key"),
        ('[keys]\naccept = ""', "keys: accept: '' is no key"),
        ('[keys]\naccept = "\\u001b"', "is no key"),
        ('[keys]\naccept = "ctrl+i"', "keys: accept: 'ctrl.i' is kept by terminals"),
        ('[keys]\naccept = "shift+b"', "keys: accept: 'shift.b' is sent as 'B'"),
        ('[keys]\naccept = "x"', "keys: x would be bound to accept and reject"),
        ('[keys]\naccept = ["f1", "f1"]', "keys: f1 would be bound to accept twice"),
        ('[keys]\nchoose.1 = "2"', "keys: 2 would be bound to choose twice"),
        ('[keys]\naccept = "/"', "keys: / would be bound to accept and filter"),
        ('[keys]\nrevert = "j"', "keys: j would be bound to down and revert"),
        ('[keys]\nup = "z"', "keys: z would be bound to up and silence"),
        ('[keys]\nclose = "?"', "keys: . would be bound to help and close"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_file_and_entry(file, text, says):
    with pytest.raises(UserError, match=says) as refused:
        config(file, text)
    assert str(file) in refused.value.message
    assert refused.value.hint


def test_bytes_that_are_no_text_folders_and_floods_are_refused(file):
    for data, says in ((b"theme = '\xff'", "not TOML"), (b"#" * (2 << 20), "too large")):
        file.write_bytes(data)
        with pytest.raises(UserError, match=says):
            load_config()
    file.unlink()
    file.mkdir()
    with pytest.raises(UserError, match="is a folder"):
        load_config()


def test_every_theme_that_the_file_may_name_is_one_of_the_apps(file):
    assert {*BUILTIN_THEMES, "neurotui-dark", "neurotui-light"} <= set(themes.names())
    for theme in themes.names():
        assert config(file, f'theme = "{theme}"').theme == theme


@pytest.mark.anyio
async def test_a_new_theme_is_one_record(run, labels, file, monkeypatch):
    dusk = replace(themes.DARK, name="neurotui-dusk")
    monkeypatch.setattr(themes, "OURS", (*themes.OURS, dusk))
    assert config(file, 'theme = "neurotui-dusk"').theme == dusk.name
    async with at_the_keys(run, labels, theme=dusk.name) as person:
        assert person.app.current_theme is dusk


def test_every_key_is_read_as_it_is_shown_and_as_textual_names_it():
    for action in ACTIONS:
        for key in action.keys:
            assert canonical(spelled(key)) == canonical(key) == canonical(canonical(key))
            assert not why_not(canonical(key))
    shown = {
        "esc": "escape",
        "page up": "pageup",
        "↑": "up",
        "+": "plus",
        "Ctrl++": "ctrl+plus",
        "é": "é",
        "-": "minus",
    }
    for read, name in shown.items():
        assert canonical(read) == name
        assert spelled(name).casefold() == read.casefold()


# in the app


@pytest.mark.anyio
async def test_keys_as_bound_work_and_are_shown_wherever_keys_are(run, labels, file):
    mine = config(
        file,
        '[keys]\naccept = "x"\nreject = "a"\nskip = ["Z", "f9"]\nhelp = "f1"\nquit = "f12"\ntheme = "T"\nchoose.1 = "f2"\n'
        'edit = "+"\n',
    )
    async with at_the_keys(run, labels, (240, 80), config=mine) as person:
        assert person.keys.startswith(" x accept   a reject   Z skip   f2 2 3 4 5 6 7 8 9 choose   + edit")
        await person.press("x", "a", "Z", "f9", "space", "e")
        assert [action for _, action, _ in person.journal] == ["accept", "reject", "skip", "skip"]
        assert not person.browse.prompt.is_open
        await person.press("2", "f2")
        assert person.review_state.chosen == 0
        await person.press("9")
        assert person.tells("+ writes a label of your own")
        before = person.app.theme
        await person.press("T")
        assert person.app.theme != before
        await person.press("f1")
        helped = " ".join(person.text.split())
        for said in (
            "x accept the chosen",
            "a reject: no",
            "Z f9 skip",
            "f2 2 3 4 5 6 7 8 9 choose",
            "T change between",
        ):
            assert said in helped
        await person.press("escape", ":")
        await person.type("skip")
        assert any("skip" in line and "Z f9" in line for line in person.lines)
        await person.press("escape", "q")
        assert person.app.is_running
        await person.press("ctrl+c")
        assert person.tells("f12 quits")
        await person.press("f12")
        assert not person.app.is_running


@pytest.mark.anyio
async def test_keys_as_bound_work_in_views_too_and_stand_at_their_foot(run, labels, file):
    mine = config(
        file,
        '[keys]\ndown = "Z"\nup = "U"\nrevert = "D"\nclose = "C"\nturn = "f2"\nsort = "f3"\ngo = "f4"\n',
    )
    async with at_the_keys(run, labels, config=mine) as person:
        await person.press("a", "x", "H")
        assert person.keys.split("   ")[:3] == [" f4 go there", "D undo this one", "C close"]
        await person.press("j", "x", "escape")
        assert person.app.screen is not person.browse
        await person.press("Z", "D")
        assert person.journal[-1][:2] == ("L0.0", "undo")
        await person.press("C", "f", "f2", "f3")
        assert "by layer" in person.lines[0]
        assert person.lines[0].rstrip().endswith("by name")
        await person.press("C", "Z", "c")
        assert "Z U scroll both" in person.text
        await person.press("?")
        assert "Z U scroll, / searches, C closes" in person.text


@pytest.mark.anyio
async def test_a_key_that_works_everywhere_does_nothing_where_its_action_does_not(run, labels, file):
    mine = config(file, '[keys]\ntheme = "f6"\n')
    async with at_the_keys(run, labels, config=mine) as person:
        before = person.app.theme
        for key in ("f", "s", "H", "J", "v", "?", ":", "X"):
            await person.press(key, "f6", "escape")
            assert person.app.screen is person.browse
        await person.press("j", "c", "f6", "escape")
        assert person.app.theme == before
        await person.press("f6")
        assert person.app.theme != before


@pytest.mark.anyio
async def test_letters_that_are_bound_anew_are_still_typed_where_one_types(run, labels, file):
    mine = config(file, '[keys]\nreload = "r"\nclear = "k"\nup = "Z"\n')
    async with at_the_keys(run, labels, config=mine) as person:
        await person.press("/")
        await person.type("rkZ")
        assert person.browse.prompt.field.value == "rkZ"
        await person.press("enter", "k")
        assert not person.review_state.filter.terms


def test_the_file_is_refused_before_the_terminal_is_touched_and_names_the_annotator(run, labels, file):
    def ends(text, *options):
        file.write_text(text)
        with Terminal(opening(run, labels)[:-2] + list(options)) as app:
            if 'annotator = "' in text:
                app.until("▸ 1")
                seen = app.text
                app.send(b"q")
                return app.ends(), seen
            return app.ends(), app.raw.decode()

    status, said = ends("theme = ")
    assert status == 1
    assert "error: " in said
    assert "not TOML" in said
    assert "hint: " in said
    assert "\x1b[?1049h" not in said
    assert " grace\n" in ends('annotator = "grace"')[1] + "\n"
    assert " hopper" in ends('annotator = "grace"', "--annotator", "hopper")[1]


def test_neurotui_keys_prints_the_table_as_bound(file, capsys):
    file.write_text('[keys]\naccept = "Z"\n')
    assert main(["keys", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["config"] == str(file)
    assert [action["id"] for action in told["actions"]] == [action.id for action in ACTIONS]
    assert next(action["keys"] for action in told["actions"] if action["id"] == "accept") == ["Z"]
    assert main(["keys"]) == 0
    shown = capsys.readouterr().out
    assert all(action.id in shown for action in ACTIONS)
    assert str(file) in shown
    file.write_text('[keys]\nacept = "A"\n')
    assert main(["keys"]) == 1
    told = capsys.readouterr()
    assert "previous_open" in told.out
    assert "do you mean accept?" in told.err


# filters


def test_filters_are_kept_a_line_each_beside_the_config_file(file):
    assert load_filters() == ()
    assert save_filter(" state:open score>0.8 ") == ("state:open score>0.8",)
    assert save_filter('"night sky"') == save_filter('"night sky"') == ("state:open score>0.8", '"night sky"')
    assert filters_file() == file.with_name("filters.txt")
    assert filters_file().read_text() == 'state:open score>0.8\n"night sky"\n'
    assert remove_filter("state:open score>0.8") == ('"night sky"',)
    assert remove_filter("not there") == ('"night sky"',)
    assert [path.name for path in file.parent.iterdir()] == ["filters.txt"]


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize("text", ["", "  ", "a\nb", "\x1b[2J", "a\u202eb", "score>", "x" * 1001, "\ud800"])
def test_what_is_no_filter_is_not_kept(text):
    save_filter("rain")
    with pytest.raises(UserError, match="not a filter that can be saved"):
        save_filter(text)
    assert load_filters() == ("rain",)


@pytest.mark.usefixtures("file")
def test_what_others_wrote_into_the_file_is_passed_over_and_left_there():
    hostile = b"rain\r\n\x1b]52;c;AAAA\x07\n\n\xff\xfe\nscore>\n" + b"x" * 5000 + b"\nrain\n  layer:3 \n"
    filters_file().write_bytes(hostile)
    assert load_filters() == ("rain", "layer:3")
    assert save_filter("sun") == ("rain", "layer:3", "sun")
    kept = filters_file().read_bytes()
    assert b"\xff\xfe\n" in kept
    assert b"\x1b]52" in kept
    assert remove_filter("rain") == ("layer:3", "sun")
    filters_file().write_bytes(b"a\n" * (1 << 20))
    with pytest.raises(UserError, match="too large"):
        load_filters()


def test_filters_that_cannot_be_written_stay_as_they_were(file, monkeypatch):
    save_filter("rain")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("neurotui.store.atomic.os.fsync", full)
    with pytest.raises(UserError, match="could not be written: No space left"):
        save_filter("sun")
    assert load_filters() == ("rain",)
    assert [path.name for path in file.parent.iterdir()] == ["filters.txt"]


def test_the_folder_is_made_when_the_first_filter_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROTUI_CONFIG", str(tmp_path / "new" / "folder" / "config.toml"))
    assert save_filter("rain") == ("rain",)
