"""The one table of actions.

What a key does, where it works and what to call it stands here once: the bindings, the footer, the help screen,
the command palette and the README's table are all read from ``ACTIONS``, or from what ``rebound`` makes of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from textual.binding import Binding

from neurotui.tui.keys import spelled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Place = Literal["list", "detail", "filter"]
Needs = Literal["nothing", "run", "neuron"]

_PANES: tuple[Place, ...] = ("list", "detail")
_ANYWHERE: tuple[Place, ...] = ("list", "detail", "filter")


class Action(NamedTuple):
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
        if self.each and self.keys == BY_ID[self.id].keys:
            return f"{spelled(self.keys[0])}-{spelled(self.keys[-1])}"
        return " ".join(spelled(key) for key in self.keys)

    @property
    def shown_key(self) -> str:
        """The key to name where there is room for one; without a key, how the palette finds the action."""
        if self.each:
            return self.shown_keys
        return spelled(self.keys[0]) if self.keys else f": {self.name}"


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
    Action("next_open", ("}",), "next unreviewed", "next unreviewed", "move", "do_next_open", footer=11),
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
        footer=12,
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
    Action(
        "mark",
        ("m",),
        "mark",
        "mark the neuron, or unmark it: deciding then speaks of all marked ones that are shown",
        "decide",
        "do_mark",
        needs="neuron",
        footer=15,
    ),
    Action(
        "mark_range",
        ("M",),
        "mark range",
        "mark every row from the last mark to here",
        "decide",
        "do_mark_range",
        needs="neuron",
    ),
    Action(
        "regenerate",
        ("R",),
        "regenerate",
        "ask the backend for labels of this neuron (says the cost first); esc cancels",
        "decide",
        "do_regenerate",
        needs="neuron",
        footer=9,
        writes=True,
    ),
    Action(
        "editor",
        ("E",),
        "in $EDITOR",
        "write the label in $EDITOR",
        "decide",
        "do_editor",
        needs="neuron",
        writes=True,
    ),
    Action("redo", ("ctrl+r",), "redo", "redo what you undid", "decide", "do_redo", writes=True),
    Action(
        "filter", ("/",), "filter", "filter as you type; Enter keeps, esc clears", "find", "do_filter", footer=7
    ),
    Action(
        "clear",
        ("escape",),
        "clear",
        "cancel the neuron's job, else clear the marks, else the filter",
        "find",
        "do_clear",
        _ANYWHERE,
    ),
    Action("keep_filter", ("S",), "save filter", "save the present filter", "find", "do_keep_filter"),
    Action("filters", ("F",), "saved filters", "choose a saved filter, or forget one", "find", "do_filters"),
    Action(
        "sort",
        ("o",),
        "sort",
        "the next order: what is worth deciding first, score, firing rate, state, evidence, label, layer",
        "find",
        "do_sort",
        footer=10,
    ),
    Action(
        "frequency",
        ("f",),
        "frequency",
        "count neurons by descriptor, layer and state; Enter there filters",
        "find",
        "do_frequency",
    ),
    Action(
        "similar",
        ("s",),
        "similar",
        "neurons that respond to the same texts, or to the opposite",
        "find",
        "do_similar",
        needs="neuron",
    ),
    Action(
        "compare",
        ("c",),
        "compare",
        "side by side with the neuron that was looked at before",
        "find",
        "do_compare",
        needs="neuron",
    ),
    Action(
        "probe",
        ("p",),
        "probe",
        "probe: which neurons fire on your own words, and what this one does there",
        "find",
        "do_probe",
        needs="neuron",
    ),
    Action(
        "kind",
        ("t",),
        "kind",
        "go through the kinds of exemplars: all, top, bottom, over the range, at random",
        "read",
        "do_kind",
        footer=13,
    ),
    Action(
        "centre",
        ("w",),
        "wrap",
        "exemplars whole, or one line each with the peak in the middle",
        "read",
        "do_centre",
        footer=14,
    ),
    Action("apart", ("W",), "pieces", "show the pieces of words joined, or apart", "read", "do_apart"),
    Action(
        "next_token",
        ("l", "right"),
        "next token",
        "the activation at the next token of an exemplar",
        "read",
        "do_next_token",
        palette=False,
    ),
    Action(
        "previous_token",
        ("h", "left"),
        "previous token",
        "the activation at the token before",
        "read",
        "do_previous_token",
        palette=False,
    ),
    Action(
        "palette",
        (":", "ctrl+p"),
        "commands",
        "command palette; L3.797 in it jumps to that neuron",
        "find",
        "do_palette",
        needs="nothing",
        footer=16,
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
        "evaluation",
        ("v",),
        "evaluation",
        "how good the descriptors are, with intervals",
        "app",
        "do_evaluation",
    ),
    Action("export", ("X",), "export", "write labels to a file", "app", "do_export"),
    Action(
        "journal",
        ("H",),
        "journal",
        "every decision, newest first; any of them can be undone there",
        "app",
        "do_journal",
    ),
    Action(
        "jobs", ("J",), "jobs", "what has been asked of the backend: cancel it, or try again", "app", "do_jobs"
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
    Action("help", ("?",), "keys", "this help", "app", "do_help", needs="nothing", footer=98),
    Action(
        "quit", ("q",), "quit", "quit; nothing is ever unsaved", "app", "do_quit", needs="nothing", footer=99
    ),
)

BY_ID = {action.id: action for action in ACTIONS}
GROUPS = ("move", "decide", "find", "read", "app")


def rebound(keys: Mapping[str, tuple[str, ...]]) -> tuple[Action, ...]:
    """Return the table with other keys for the actions that ``keys`` names by id."""
    return tuple(action._replace(keys=keys.get(action.id, action.keys)) for action in ACTIONS)


def keymap(keys: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return what Textual calls a keymap: the keys that each binding with an id is to have instead."""
    changed: dict[str, str] = {}
    for action_id, bound in keys.items():
        action = BY_ID[action_id]
        if action.each:
            changed.update({f"{action_id}.{key}": new for key, new in zip(action.keys, bound, strict=True)})
        else:
            changed[action_id] = ",".join(bound)
    return changed


def bindings() -> list[Binding]:
    """Return the bindings of the Browse screen; each carries its action's id, for a keymap to rebind."""
    return [binding for action in ACTIONS for binding in _bound(action)]


def key_table(actions: Sequence[Action] = ACTIONS) -> list[tuple[str, str]]:
    """Return the keys and the sentence of every action, in the table's order: what the README shows."""
    return [(action.shown_keys, action.help) for action in actions]


def _bound(action: Action) -> list[Binding]:
    if not action.keys:
        return []
    if not action.each:
        return [Binding(",".join(action.keys), f"do('{action.id}')", action.name, id=action.id)]
    return [
        Binding(key, f"do('{action.id}', '{key}')", action.name, id=f"{action.id}.{key}") for key in action.keys
    ]
