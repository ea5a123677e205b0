"""The one table of actions.

What a key does, where it works and what to call it stands here once: the bindings, the footer, the help screen,
the command palette and the README's table are all read from ``ACTIONS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding

Place = Literal["list", "detail", "filter"]
Needs = Literal["nothing", "run", "neuron"]

_PANES: tuple[Place, ...] = ("list", "detail")
_ANYWHERE: tuple[Place, ...] = ("list", "detail", "filter")
_SPELLED = {
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "escape": "esc",
    "pageup": "page up",
    "pagedown": "page down",
    "up": "↑",
    "down": "↓",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do.

    ``handler`` is the method of the Browse screen that does it; where ``each`` is set, it is given the key.
    ``name`` is for the footer and the palette, ``help`` is the sentence for ``?`` and the README. ``works``
    says which part of the screen must have the focus. ``footer`` ranks it there, 0 keeps it out. What
    ``writes`` to the journal is offered by neither footer nor palette where the app was opened read-only.
    """

    id: str
    keys: tuple[str, ...]
    name: str
    help: str
    group: str
    handler: str
    works: tuple[Place, ...] = _PANES
    needs: Needs = "run"
    each: bool = False
    footer: int = 0
    palette: bool = True
    writes: bool = False

    @property
    def shown_keys(self) -> str:
        """The keys as a person reads them."""
        if self.each:
            return f"{spelled(self.keys[0])}-{spelled(self.keys[-1])}"
        return " ".join(spelled(key) for key in self.keys)


def _move(name: str, keys: tuple[str, ...], help_: str, works: tuple[Place, ...] = _PANES) -> Action:
    return Action(name, keys, name.replace("_", " "), help_, "move", f"do_{name}", works, palette=False)


ACTIONS: tuple[Action, ...] = (
    _move("down", ("j", "down"), "next neuron; scroll, in the detail", _ANYWHERE),
    _move("up", ("k", "up"), "previous neuron; scroll, in the detail", _ANYWHERE),
    _move("half_page_down", ("ctrl+d",), "half a page down"),
    _move("half_page_up", ("ctrl+u",), "half a page up"),
    _move("page_down", ("pagedown",), "a page down", _ANYWHERE),
    _move("page_up", ("pageup",), "a page up", _ANYWHERE),
    _move("first", ("g", "home"), "first neuron; top of the detail"),
    _move("last", ("G", "end"), "last neuron; end of the detail"),
    Action("previous_layer", ("[",), "previous layer", "previous layer", "move", "do_previous_layer"),
    Action("next_layer", ("]",), "next layer", "next layer", "move", "do_next_layer"),
    Action("previous_open", ("{",), "previous unreviewed", "previous unreviewed", "move", "do_previous_open"),
    Action("next_open", ("}",), "next unreviewed", "next unreviewed", "move", "do_next_open", footer=9),
    Action("other_pane", ("tab",), "other pane", "other pane", "move", "do_other_pane", footer=8),
    Action(
        "accept",
        ("a",),
        "accept",
        "accept the chosen candidate and go to the next neuron",
        "decide",
        "do_accept",
        needs="neuron",
        footer=1,
        writes=True,
    ),
    Action(
        "reject",
        ("x",),
        "reject",
        "reject: no candidate describes it; go to the next",
        "decide",
        "do_reject",
        needs="neuron",
        footer=2,
        writes=True,
    ),
    Action(
        "skip",
        ("space",),
        "skip",
        "skip: undecided, but seen; go to the next",
        "decide",
        "do_skip",
        needs="neuron",
        footer=3,
        writes=True,
    ),
    Action(
        "choose",
        tuple("123456789"),
        "choose",
        "choose that candidate",
        "decide",
        "do_choose",
        needs="neuron",
        each=True,
        footer=4,
        palette=False,
    ),
    Action(
        "edit",
        ("e",),
        "edit",
        "write the label yourself; Enter saves, esc leaves",
        "decide",
        "do_edit",
        needs="neuron",
        footer=5,
        writes=True,
    ),
    Action(
        "note",
        ("n",),
        "note",
        "write a note on the neuron",
        "decide",
        "do_note",
        needs="neuron",
        footer=10,
        writes=True,
    ),
    Action(
        "undo",
        ("u",),
        "undo",
        "undo your last decision, also after a restart",
        "decide",
        "do_undo",
        footer=6,
        writes=True,
    ),
    Action("redo", ("ctrl+r",), "redo", "redo what you undid", "decide", "do_redo", writes=True),
    Action(
        "filter", ("/",), "filter", "filter as you type; Enter keeps, esc clears", "find", "do_filter", footer=7
    ),
    Action("clear", ("escape",), "clear filter", "clear the filter", "find", "do_clear", _ANYWHERE),
    Action(
        "sort",
        ("o",),
        "sort",
        "sort by score, firing rate, state, evidence, layer, and begin at the top",
        "find",
        "do_sort",
        footer=11,
    ),
    Action(
        "palette",
        (":", "ctrl+p"),
        "commands",
        "command palette; L3.797 in it jumps to that neuron",
        "find",
        "do_palette",
        needs="nothing",
        footer=12,
        palette=False,
    ),
    Action(
        "yank",
        ("y",),
        "yank",
        "copy the neuron and its label to the clipboard (OSC 52)",
        "app",
        "do_yank",
        needs="neuron",
    ),
    Action(
        "theme",
        (),
        "light/dark",
        "change between the light and the dark theme",
        "app",
        "do_theme",
        needs="nothing",
    ),
    Action("reload", ("f5",), "reload", "reload the run, after another command changed it", "app", "do_reload"),
    Action("help", ("?",), "keys", "this help", "app", "do_help", needs="nothing", footer=13),
    Action(
        "quit", ("q",), "quit", "quit; nothing is ever unsaved", "app", "do_quit", needs="nothing", footer=14
    ),
)

BY_ID = {action.id: action for action in ACTIONS}
GROUPS = ("move", "decide", "find", "app")


def spelled(key: str) -> str:
    """Return a key as a person reads it: ``left_square_bracket`` is ``[``."""
    return _SPELLED.get(key, key)


def bindings() -> list[Binding]:
    """Return the bindings of the Browse screen; each carries its action's id, for a keymap to rebind."""
    return [binding for action in ACTIONS for binding in _bound(action)]


def key_table() -> list[tuple[str, str]]:
    """Return the keys and the sentence of every action, in the table's order: what the README shows."""
    return [(action.shown_keys, action.help) for action in ACTIONS]


def _bound(action: Action) -> list[Binding]:
    if not action.keys:
        return []
    if not action.each:
        return [Binding(",".join(action.keys), f"do('{action.id}')", action.name, id=action.id)]
    return [
        Binding(key, f"do('{action.id}', '{key}')", action.name, id=f"{action.id}.{key}") for key in action.keys
    ]
