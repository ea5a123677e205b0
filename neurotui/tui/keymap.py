"""Other keys for some actions, as a person sets them in the config file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.tui.actions import ACTIONS, BY_ID, Action

if TYPE_CHECKING:
    from collections.abc import Mapping


def rebound(keys: Mapping[str, tuple[str, ...]]) -> tuple[Action, ...]:
    """Return the table with other keys for some actions: ``keys[action_id]``."""
    return tuple(action._replace(keys=keys.get(action.id, action.keys)) for action in ACTIONS)


def keymap(keys: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return a Textual keymap: the new keys of each binding, by binding id."""
    changed: dict[str, str] = {}
    for action_id, bound in keys.items():
        action = BY_ID[action_id]
        if action.each:
            changed.update({f"{action_id}.{key}": new for key, new in zip(action.keys, bound, strict=True)})
        else:
            changed[action_id] = ",".join(bound)
    return changed
