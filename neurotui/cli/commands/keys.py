"""The command `keys`: shows the key bindings, with the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.cli import console
from neurotui.cli.options import Json
from neurotui.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.tui.actions import Action


def keys(as_json: Json = False) -> None:
    """Show every action of the app, its id and its keys as bound."""
    from neurotui.config_file import config_file
    from neurotui.tui.actions import ACTIONS
    from neurotui.tui.config import load_config
    from neurotui.tui.keys import spelled

    file = config_file()
    try:
        config = load_config()
    except UserError:
        # The table helps to fix the configuration file.
        if not as_json:
            _show(ACTIONS)
        raise
    if as_json:
        actions = [
            {"id": a.id, "keys": [spelled(key) for key in a.keys], "group": a.group, "does": a.help}
            for a in config.actions
        ]
        read = str(file) if file.is_file() else None
        settings = {name: setting for name, setting in config._asdict().items() if name != "keys"}
        console.answer({"config": read, **settings, "actions": actions})
        return
    _show(config.actions)
    console.show(
        "In the palette, the export and where a label or a note is typed,", "arrows, tab, enter and esc stay."
    )
    console.show(f"as set in '{file}'" if file.is_file() else f"to change them, write '{file}'")


def _show(actions: Sequence[Action]) -> None:
    rows = [(action.id, action.shown_keys, action.help) for action in actions]
    console.show(console.table(("action", "keys", "does"), rows, wraps="does"))
