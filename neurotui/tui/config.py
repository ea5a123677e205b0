"""The user's configuration: keys, theme, annotator name and order, in a TOML file in the platform's usual place.

::

    theme = "neurotui-light"
    annotator = "ada"
    order = "layer"           # what the list opens with; score, if not set

    [keys]
    accept = "A"              # an action's id, as `neurotui keys` lists them, and its key
    down = ["j", "down"]      # or several
    choose.1 = "f1"
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from neurotui.annotator_name import configured
from neurotui.config_file import Table, WrongEntry, read_config, text_entry
from neurotui.review.orders import OPENING, SORTS, Sort
from neurotui.tui import themes
from neurotui.tui.actions import ACTIONS, BY_ID, Action
from neurotui.tui.keymap import rebound
from neurotui.tui.keys import canonical, spelled, why_not

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What earlier versions called an action.
_FORMER_IDS = {"yank": "copy"}
_ENTRIES = ("keys", "theme", "annotator", "order")


class Config(NamedTuple):
    """The configuration: ``keys[action_id]`` are canonical keys; texts are empty if not set.

    ``order`` is the order that the list opens with.
    """

    keys: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    theme: str = ""
    annotator: str = ""
    order: Sort = OPENING

    @property
    def actions(self) -> tuple[Action, ...]:
        """The table of actions with the keys as bound."""
        return rebound(self.keys)


def load_config(environment: Mapping[str, str] = os.environ) -> Config:
    """Read the file; raises a ``UserError`` that names the file and the entry if one is invalid.

    Without a file nothing is set; a missing file that ``NEUROTUI_CONFIG`` names is an error.
    """
    return read_config(_read, environment)


def _read(table: Table) -> Config:
    for name in table:
        if name not in _ENTRIES:
            raise WrongEntry(f"no entry '{name}'", f"there are {', '.join(_ENTRIES)}")
    theme, annotator = text_entry(table, "theme"), configured(table)
    if theme and theme not in themes.names():
        raise WrongEntry(f"theme: there is no theme '{theme}'", f"there are {', '.join(themes.names())}")
    order = text_entry(table, "order") or OPENING
    if order not in SORTS:
        raise WrongEntry(f"order: there is no order '{order}'", f"there are {', '.join(SORTS)}")
    return Config(MappingProxyType(_keys(table.get("keys", {}))), theme, annotator, order)


def _keys(said: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(said, dict):
        raise WrongEntry(f"keys: {said!r} is no table", 'write [keys] and below it, as in: accept = "A"')
    keys: dict[str, tuple[str, ...]] = {}
    for name, value in _flat(said):
        action_id, _, which = name.partition(".")
        action_id = _FORMER_IDS.get(action_id, action_id)
        action = BY_ID.get(action_id)
        if action is None or (which and which not in action.keys) or bool(which) is not action.each:
            raise WrongEntry(f"keys: there is no action '{name}'", _nearest(name))
        given = tuple(_key(name, key) for key in (value if isinstance(value, list) else [value]))
        if not given:
            raise WrongEntry(f"keys: {name} has no key", f'name one, as in: {name} = "f2"')
        if action.each:
            if len(given) > 1:
                raise WrongEntry(f"keys: {name} has {len(given)} keys", "it takes one")
            both = zip(action.keys, keys.get(action_id, action.keys), strict=True)
            given = tuple(given[0] if default == which else now for default, now in both)
        keys[action_id] = given
    _refuse_repeats(keys)
    return keys


def _flat(table: Table) -> Iterator[tuple[str, object]]:
    """Yield entries with their names; ``choose.1 = ...`` and ``"choose.1" = ...`` are the same."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", deeper) for inner, deeper in value.items())
        else:
            yield name, value


def _key(name: str, said: object) -> str:
    if not isinstance(said, str):
        raise WrongEntry(f"keys: {name}: {said!r} is no key", f'write it as in: {name} = "A"')
    key = canonical(said)
    reason = why_not(key)
    if reason:
        raise WrongEntry(f"keys: {name}: '{said}' {reason}", 'write it as in "A", "?", "f2", "ctrl+x" or "space"')
    return key


def _refuse_repeats(keys: Mapping[str, tuple[str, ...]]) -> None:
    owners: dict[tuple[str, str], str] = {}
    for action in rebound(keys):
        for place, key in product(action.works, map(canonical, action.keys)):
            if (place, key) in owners:
                first = owners[place, key]
                both = f"{first} and {action.id}" if first != action.id else f"{first} twice"
                raise WrongEntry(
                    f"keys: {spelled(key)} would be bound to {both}",
                    "give one of them another key; neurotui keys shows the table",
                )
            owners[place, key] = action.id


def _nearest(name: str) -> str:
    ids = [f"{a.id}.{key}" if a.each else a.id for a in ACTIONS for key in (a.keys if a.each else ("",))]
    near = get_close_matches(name, ids, 1)
    return f"do you mean {near[0]}? neurotui keys shows the table" if near else "neurotui keys shows the table"
