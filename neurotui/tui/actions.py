"""The one table of actions.

What each key does, where it works and what it is called is defined here once: the bindings of all screens except
the dialogues, their footers, the help screen, the command palette and the README's table are all derived from
``ACTIONS``, or from the table that ``keymap.rebound`` returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from textual.binding import Binding

from neurotui.tui.keys import spelled
from neurotui.tui.places import GOING, PANES, TURNING, VIEWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from neurotui.tui.places import Place

Needs = Literal["nothing", "run", "neuron"]

_READ: tuple[Place, ...] = (*PANES, "help")
_ANYWHERE: tuple[Place, ...] = (*PANES, "filter")


class Action(NamedTuple):
    """One thing that the user can do.

    ``name`` is for the palette and a screen's footer, ``help`` is the sentence for ``?`` and the README. ``works``
    says in which view it works, or which part of the Browse screen must have the focus. What it ``needs``, whether
    it is in the ``palette``, and its rank in the ``footer`` (0 leaves it out) only matter on Browse. If ``each``
    is set, its handler is given the key. An action that ``writes`` to the journal is not offered if the app was
    opened read-only.
    """

    id: str
    keys: tuple[str, ...]
    name: str
    help: str
    group: str
    works: tuple[Place, ...] = PANES
    needs: Needs = "run"
    each: bool = False
    footer: int = 0
    palette: bool = True
    writes: bool = False

    @property
    def handler(self) -> str:
        """The name of the method of a view that performs it."""
        return f"do_{self.id}"

    @property
    def shown_keys(self) -> str:
        """The keys as shown to users."""
        if self.each and self.keys == BY_ID[self.id].keys:
            return f"{spelled(self.keys[0])}-{spelled(self.keys[-1])}"
        return " ".join(spelled(key) for key in self.keys)

    @property
    def shown_key(self) -> str:
        """The key to show if there is room for one only; without a key, how to find the action in the palette."""
        if self.each:
            return self.shown_keys
        return spelled(self.keys[0]) if self.keys else f": {self.name}"


def _move(name: str, keys: tuple[str, ...], help_: str, works: tuple[Place, ...]) -> Action:
    return Action(name, keys, name.replace("_", " "), help_, "move", works, palette=False)


def _view(name: str, keys: tuple[str, ...], say: str, help_: str, *works: Place, writes: bool = False) -> Action:
    return Action(name, keys, say, help_, "views", works, needs="nothing", palette=False, writes=writes)


def _decide(
    id_: str, keys: tuple[str, ...], help_: str, *, name: str = "", needs: Needs = "neuron", footer: int = 0
) -> Action:
    """Return an action that writes to the journal."""
    return Action(id_, keys, name or id_, help_, "decide", needs=needs, footer=footer, writes=True)


def _ask(id_: str, keys: tuple[str, ...], help_: str, *also: Place, needs: Needs = "neuron") -> Action:
    """Return an action that opens a view of the current neuron, or of all neurons."""
    return Action(id_, keys, id_, help_, "find", works=(*PANES, *also), needs=needs)


ACTIONS: tuple[Action, ...] = (
    _move("down", ("j", "down"), "next neuron; scroll, in the detail", (*_ANYWHERE, *VIEWS, "help")),
    _move("up", ("k", "up"), "previous neuron; scroll, in the detail", (*_ANYWHERE, *VIEWS, "help")),
    _move("half_page_down", ("ctrl+d",), "half a page down", (*PANES, *VIEWS, "help")),
    _move("half_page_up", ("ctrl+u",), "half a page up", (*PANES, *VIEWS, "help")),
    _move("page_down", ("pagedown",), "a page down", (*_ANYWHERE, *VIEWS, "help")),
    _move("page_up", ("pageup",), "a page up", (*_ANYWHERE, *VIEWS, "help")),
    _move("first", ("g", "home"), "first neuron; top of the detail", (*PANES, *VIEWS, "help")),
    _move("last", ("G", "end"), "last neuron; end of the detail", (*PANES, *VIEWS, "help")),
    Action("previous_layer", ("[",), "previous layer", "previous layer", "move"),
    Action("next_layer", ("]",), "next layer", "next layer", "move"),
    Action("previous_open", ("{",), "previous unreviewed", "previous unreviewed", "move"),
    Action("next_open", ("}",), "next unreviewed", "next unreviewed", "move", footer=11),
    Action("other_pane", ("tab",), "other pane", "other pane", "move", footer=8),
    _decide("accept", ("a",), "accept the chosen candidate and go to the next neuron", footer=1),
    _decide("also", ("A",), "accept the chosen candidate beside what you accepted", name="accept also"),
    _decide("reject", ("x",), "reject: no candidate describes it; go to the next", footer=2),
    _decide("skip", ("space",), "skip: undecided, but seen; go to the next", footer=3),
    Action(
        "choose",
        tuple("123456789"),
        "choose",
        "choose that candidate",
        "decide",
        needs="neuron",
        each=True,
        footer=4,
        palette=False,
    ),
    _decide(
        "edit", ("e",), "write the label yourself: → keeps what is there, tab completes; Enter saves", footer=5
    ),
    _decide("note", ("n",), "write a note on the neuron", footer=12),
    _decide("undo", ("u",), "undo your last decision, also after a restart", needs="run", footer=6),
    Action(
        "mark",
        ("m",),
        "mark",
        "mark the neuron, or unmark it: a decision then applies to every marked neuron in the list",
        "decide",
        needs="neuron",
        footer=15,
    ),
    Action(
        "mark_range", ("M",), "mark range", "mark every row from the last mark to here", "decide", needs="neuron"
    ),
    _decide(
        "regenerate",
        ("R",),
        "ask the backend for labels of this neuron (says the cost first); esc cancels",
        footer=9,
    ),
    _decide("settle", ("=",), "where people differ: let the chosen candidate stand"),
    _decide("settle_none", ("-",), "where people differ: let none of their labels stand", name="settle: none"),
    _decide(
        "settle_wording",
        (),
        "settle every conflict of wording alone: the wording that most gave stands, else the first given",
        name="settle same",
        needs="run",
    ),
    _decide("editor", ("E",), "write the label in $EDITOR", name="in $EDITOR"),
    _decide("redo", ("ctrl+r",), "redo what you undid", needs="run"),
    Action("filter", ("/",), "filter", "filter as you type; Enter keeps, esc clears", "find", _READ, footer=7),
    Action(
        "clear",
        ("escape",),
        "clear",
        "cancel the neuron's job, else clear the marks, else the filter",
        "find",
        works=_ANYWHERE,
    ),
    Action("conflicts", ("C",), "conflicts", "the neurons that people differ on; again: all neurons", "find"),
    Action("keep_filter", ("S",), "save filter", "save the present filter by a name", "find"),
    Action("filters", ("F",), "saved filters", "choose a saved filter, or forget one", "find"),
    Action(
        "sort",
        ("o",),
        "sort",
        "the next order: score, queue (what is worth deciding first), firing rate, state, label, layer",
        "find",
        works=(*PANES, "frequency"),
        footer=10,
    ),
    _ask(
        "frequency",
        ("f",),
        "count neurons by descriptor, label, layer and state; Enter there filters",
        needs="run",
    ),
    _ask("similar", ("s",), "neurons that respond to the same texts, or to the opposite"),
    _ask("compare", ("c",), "side by side with the neuron that was looked at before", "similar"),
    _ask("probe", ("p",), "probe: which neurons fire on your own words, and what this one does there"),
    Action(
        "kind",
        ("t",),
        "kind",
        "go through the kinds of exemplars: all, top, bottom, strongest texts, over the range, at random",
        "read",
        footer=13,
    ),
    Action(
        "centre",
        ("w",),
        "whole texts",
        "exemplars as whole texts, or one line each with the peak in the middle",
        "read",
        footer=14,
    ),
    Action(
        "figures",
        ("i",),
        "figures",
        "show the figures of the chosen candidate (AUROC, its interval, score), or hide them",
        "read",
    ),
    Action("apart", ("W",), "pieces", "show the pieces of words joined, or apart", "read"),
    Action(
        "next_token",
        ("l", "right"),
        "next token",
        "the activation at the next token of an exemplar",
        "read",
        works=(*PANES, "probe"),
        palette=False,
    ),
    Action(
        "previous_token",
        ("h", "left"),
        "previous token",
        "the activation at the token before",
        "read",
        works=(*PANES, "probe"),
        palette=False,
    ),
    Action(
        "palette",
        (":", "ctrl+p"),
        "commands",
        "command palette; L3.797 in it jumps to that neuron",
        "find",
        needs="nothing",
        footer=16,
        palette=False,
    ),
    Action(
        "copy", ("y",), "copy", "copy the neuron and its label to the clipboard (OSC 52)", "app", needs="neuron"
    ),
    Action("evaluation", ("v",), "evaluation", "how good the descriptors are, with intervals", "app"),
    Action("export", ("X",), "export", "write labels to a file", "app"),
    Action("journal", ("H",), "journal", "every decision, newest first; any of them can be undone there", "app"),
    Action("jobs", ("J",), "jobs", "what has been asked of the backend: cancel it, or try again", "app"),
    Action("theme", (), "light/dark", "change between the light and the dark theme", "app", needs="nothing"),
    Action(
        "reload", ("f5",), "reload", "reload the run, after another command changed it", "app", needs="nothing"
    ),
    Action("help", ("?",), "keys", "this help", "app", works=(*PANES, *VIEWS, "help"), needs="nothing", footer=98),
    Action("quit", ("q",), "quit", "quit; nothing is ever unsaved", "app", needs="nothing", footer=99),
    _view("go", ("enter",), "go there", "in a view: go to what stands under the cursor", *GOING),
    _view("turn", ("tab",), "turn", "in a view: show its other side, as the footer says", *TURNING),
    _view("turn_back", ("shift+tab",), "turn back", "in a view: the side before", *TURNING),
    _view(
        "revert",
        ("x",),
        "undo this one",
        "in the journal: undo that decision, whoever took it",
        "journal",
        writes=True,
    ),
    _view("cancel", ("x",), "cancel", "in the jobs: cancel that one", "jobs"),
    _view("retry", ("r",), "try again", "in the jobs: try it again, or ask for what has its price", "jobs"),
    _view("silence", ("z",), "without it", "in the probe: what the model says without the neuron", "probe"),
    _view(
        "amplify", ("a",), "amplify", "in the probe: what it says with the neuron five times as active", "probe"
    ),
    _view("everywhere", ("e",), "peak/all", "in the probe: change it where it peaks, or at every token", "probe"),
    _view("type", ("/",), "type", "in the probe: type on", "probe"),
    _view("close", ("escape", "q"), "close", "close a view", *VIEWS, "help"),
)

BY_ID = {action.id: action for action in ACTIONS}
GROUPS = ("move", "decide", "find", "read", "app", "views")


def bindings(*places: Place) -> list[BindingType]:
    """Return the bindings for some places, with ids by which a keymap can rebind them."""
    return [binding for action in ACTIONS if set(places) & set(action.works) for binding in _bound(action)]


def key_table(actions: Sequence[Action] = ACTIONS) -> list[tuple[str, str]]:
    """Return the keys and help of every action, in the table's order, as shown in the README."""
    return [(action.shown_keys, action.help) for action in actions]


def _bound(action: Action) -> list[BindingType]:
    if not action.keys:
        return []
    if not action.each:
        return [Binding(",".join(action.keys), f"do('{action.id}')", action.name, id=action.id)]
    return [
        Binding(key, f"do('{action.id}', '{key}')", action.name, id=f"{action.id}.{key}") for key in action.keys
    ]
