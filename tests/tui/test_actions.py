"""One table of actions, from which everything that speaks of keys is read."""

import inspect
import re
from collections import Counter
from importlib import import_module
from pkgutil import iter_modules

import pytest
from rich.cells import cell_len
from textual.keys import _character_to_key, format_key
from textual.widgets._toast import Toast
from tui.driving import at_the_keys
from tui.figures import our_ink

from neurotui.tui import views
from neurotui.tui.actions import ACTIONS, BY_ID, GROUPS, bindings, key_table
from neurotui.tui.browse.screen import Browse
from neurotui.tui.config import Config
from neurotui.tui.dispatch import Moves
from neurotui.tui.places import PANES
from neurotui.tui.places import VIEWS as PLACES
from neurotui.tui.views.base import View
from neurotui.tui.views.help import Help, page
from neurotui.tui.views.jobs import JobsView
from neurotui.tui.views.journal import JournalView

VIEWS = [
    one
    for found in iter_modules(views.__path__, f"{views.__name__}.")
    for one in vars(import_module(found.name)).values()
    if inspect.isclass(one) and issubclass(one, View) and one.__module__ == found.name and hasattr(one, "PLACE")
]
SCREENS = {
    **dict.fromkeys((*PANES, "filter"), Browse),
    **{view.PLACE: view for view in VIEWS},
    "help": Help,
}
BROWSED = {place for place, screen in SCREENS.items() if screen is Browse}
IDS = [action.id for action in ACTIONS]


def handlers_of(screen):
    """Return what does each action of a view, by the action's id."""
    own = {name.removeprefix("do_"): getattr(screen, name) for name in dir(screen) if name.startswith("do_")}
    return {
        **({name: getattr(Moves, name) for name in Moves(None).handlers} if screen in {*VIEWS, Help} else {}),
        **own,
    }


def test_the_table_of_views_has_each_view_once():
    assert sorted(view.PLACE for view in VIEWS) == sorted(PLACES)


def test_every_action_has_a_name_of_its_own():
    assert len(BY_ID) == len(ACTIONS)
    assert max(Counter(action.name for action in ACTIONS).values()) == 1


@pytest.mark.parametrize("place", SCREENS)
def test_a_key_does_one_thing_a_place(place):
    keys = Counter(key for action in ACTIONS if place in action.works for key in action.keys)
    assert keys
    assert max(keys.values()) == 1


@pytest.mark.parametrize("action", ACTIONS, ids=IDS)
def test_every_handler_of_a_view_is_there_and_takes_what_it_is_given(action):
    for place in set(action.works) - BROWSED:
        handler = handlers_of(SCREENS[place])[action.id]
        assert list(inspect.signature(handler).parameters) == (["self", "key"] if action.each else ["self"])
        assert handler.__doc__


@pytest.mark.anyio
async def test_every_action_of_the_browse_screen_is_registered_by_one_controller(run, labels):
    async with at_the_keys(run, labels) as person:
        handlers = person.browse.handlers
        assert set(handlers) == {action.id for action in ACTIONS if BROWSED & set(action.works)}
        for action_id, handler in handlers.items():
            assert list(inspect.signature(handler).parameters) == (["key"] if BY_ID[action_id].each else [])
            assert handler.__doc__
        # One screen and what is done through it; no controller holds the lot.
        assert len({type(handler.__self__) for handler in handlers.values()}) >= 10


@pytest.mark.parametrize("action", ACTIONS, ids=IDS)
def test_every_action_says_what_it_does_and_where(action):
    assert action.name
    assert action.help
    assert action.help[0].islower() or action.help.startswith("L3")
    assert not action.help.endswith(".")
    assert action.group in GROUPS
    assert action.works


@pytest.mark.parametrize("screen", [*VIEWS, Help])
def test_no_handler_is_without_an_action(screen):
    places = {place for place, one in SCREENS.items() if one is screen}
    handlers = set(handlers_of(screen)) - ({"turn", "turn_back"} if screen in {JournalView, JobsView} else set())
    assert handlers == {action.id for action in ACTIONS if places & set(action.works)}


@pytest.mark.parametrize("view", VIEWS)
def test_what_stands_at_a_views_foot_works_there(view):
    place = next(place for place, screen in SCREENS.items() if screen is view)
    assert view.FOOT
    assert all(place in BY_ID[action].works for action in view.FOOT)
    # What goes on from a key that stands there is told in the help alone.
    shown = {*view.FOOT, "help", "close", "turn_back", "previous_token", "type", "amplify", "everywhere"}
    own = {action.id for action in ACTIONS if place in action.works and action.group != "move"}
    assert own <= shown


def test_every_action_can_be_reached_by_a_key_or_by_the_palette():
    for action in ACTIONS:
        assert action.keys or action.palette


def test_every_key_is_bound_once_and_carries_the_id_that_a_keymap_names():
    bound = bindings(*SCREENS)
    keys = [key for binding in bound for key in binding.key.split(",")]
    assert Counter(keys) == Counter(key for action in ACTIONS for key in action.keys)
    for place in SCREENS:
        here = {binding.id.partition(".")[0] for binding in bindings(place)}
        assert here == {action.id for action in ACTIONS if place in action.works and action.keys}
    assert max(Counter(binding.id for binding in bound).values()) == 1
    assert {binding.id.partition(".")[0] for binding in bound} == {a.id for a in ACTIONS if a.keys}
    assert not any(binding.priority for binding in bound)


def test_no_key_is_one_that_terminals_or_shells_keep_for_themselves():
    keys = {key for action in ACTIONS for key in action.keys}
    assert not keys & {f"ctrl+{letter}" for letter in "cijhmqsz"}


def test_the_table_of_keys_holds_every_action_and_every_key():
    table = key_table()
    assert [help_ for _, help_ in table] == [action.help for action in ACTIONS]
    for (shown, _), action in zip(table, ACTIONS, strict=True):
        assert bool(shown) == bool(action.keys)
        assert not re.search(r"bracket|_|slash|colon|question|escape|pageup", shown)
        if action.each:
            assert shown == "1-9"
        else:
            assert len(shown.replace("page ", "page").split()) == len(action.keys)


def test_keys_are_shown_as_they_are_pressed():
    for key_sequence, shown in (("[", "["), ("]", "]"), ("{", "{"), ("/", "/"), (":", ":"), ("?", "?")):
        action = next(a for a in ACTIONS if {key_sequence, _character_to_key(key_sequence)} & set(a.keys))
        assert shown in action.shown_keys.split()
        assert format_key(_character_to_key(key_sequence)) == shown


def test_the_footers_ranks_are_all_different_and_end_with_help_and_quit():
    ranked = sorted((action for action in ACTIONS if action.footer), key=lambda action: action.footer)
    assert len({action.footer for action in ranked}) == len(ranked)
    assert [action.id for action in ranked[-2:]] == ["help", "quit"]


@pytest.mark.anyio
@pytest.mark.parametrize("width", [80, 85, 93, 140])
async def test_at_every_usual_width_the_footer_has_what_a_beginner_needs(run, labels, width):
    async with at_the_keys(run, labels, (width, 24)) as person:
        for needed in ("a accept", "x reject", "space skip", "1-9 choose", "e edit", "u undo", "/ filter"):
            assert f" {needed} " in person.keys
        assert person.keys.rstrip().endswith("q quit")
        assert cell_len(person.keys) == width


@pytest.mark.anyio
async def test_the_palette_says_what_there_is_none_of(run, labels, monkeypatch, tmp_path):
    monkeypatch.setenv("NEUROTUI_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").touch()
    async with at_the_keys(run, labels) as person:
        await person.press(":", *"L99.1")
        assert "the run has no neuron L99.1" in person.text
        await person.press("x")
        assert "no such command" in person.text
        await person.press("escape", "F")
        assert person.app.screen is person.browse
        assert person.tells("no filter has been saved yet S saves")
        await person.press("/", *"layer:0", "enter", "S", "enter", "F", *"zebra")
        assert "no such filter" in person.text


@pytest.mark.anyio
async def test_the_palette_says_nothing_twice(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press(":", *"previous layer")
        line = next(line for line in person.lines if "▌ previous layer" in line)
        assert line.count("previous layer") == 1


@pytest.mark.anyio
async def test_toasts_neither_repeat_themselves_nor_pile_up(run, labels):
    def told(person):
        return [toast._notification.message for toast in person.app.screen.query(Toast)]

    async with at_the_keys(run, labels) as person:
        await person.type("9" * 20)
        assert len(told(person)) == 1
        # However fast they come.
        await person.type("98" + "y" * 10 + "Sy9")
        assert told(person)[-2].startswith("sent to the clipboard: L0.0 in texts about pet animals\n")
        assert told(person)[-1].startswith("L0.0 has 4 candidates")
        assert len(told(person)) == len(set(told(person))) == 3
        for number in range(20):
            person.app.say(f"number {number}")
        await person.settle()
        assert told(person) == ["number 17", "number 18", "number 19"]


@pytest.mark.parametrize("width", [30, 60, 95, 96, 118, 160])
def test_the_help_page_holds_every_key_and_sentence_at_every_width(width):
    strips = page(width, our_ink())
    assert {strip.cell_length for strip in strips} == {width}
    columns = 1 if width < 96 else 2
    half = width if columns == 1 else width // 2
    text = " ".join(" ".join(strip.text[:half] for strip in strips).split())
    text += " " + " ".join(" ".join(strip.text[half:] for strip in strips).split())
    for action in ACTIONS:
        assert f"{action.shown_keys} {action.help}".strip() in text
    for term in ("layer:3-5", "state:open", "score>0.5", "fires<1%", '"two words"', "!word", "L3.797"):
        assert term in text


@pytest.mark.anyio
@pytest.mark.parametrize("size", [(80, 24), (140, 45)], ids=["narrow", "wide"])
async def test_the_help_cuts_none_of_ones_own_keys_however_many_and_long(run, labels, size):
    own = ("f1", "f2", "f3", "f4", "f6", "ctrl+shift+pageup")
    async with at_the_keys(run, labels, size, config=Config(keys={"accept": own})) as person:
        await person.press("?")
        shown = person.app.screen.query_one("#help")
        words = " ".join(strip.text for strip in shown._strips).split()
        assert not [word for word in words if word[-1] == "…" and len(word) > 1]
        assert {"f1", "f2", "f3", "f4", "f6", "ctrl+shift+pa", "ge"} <= set(words)
