"""Names of keys: Textual's, those shown to users, and which keys a terminal can send."""

from __future__ import annotations

from textual.keys import key_to_character

from neurotui.tui.textual_internals import key_of

_READ = {
    "escape": "esc",
    "pageup": "page up",
    "pagedown": "page down",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}
_CANONICAL = {read: key for key, read in _READ.items()}
# Keys whose Textual name is not the Unicode name.
_SHORT = {"slash": "/", "backslash": "\\", "at": "@", "minus": "-", "plus": "+", "underscore": "_"}
_NAMED = {
    *("escape", "enter", "tab", "space", "backspace", "delete", "insert", "home", "end"),
    *("pageup", "pagedown", "up", "down", "left", "right"),
    *(f"f{number}" for number in range(1, 25)),
}
_HELD = {"ctrl", "shift", "alt", "super", "hyper", "meta"}
# Terminals send tab, enter, backspace and escape for some of these; others stop, quit or freeze programs.
_KEPT = {*(f"ctrl+{letter}" for letter in "cijhmqsz"), "ctrl+left_square_bracket"}


def canonical(key: str) -> str:
    """Return Textual's name of a key: ``?`` is ``question_mark``, ``A`` is ``A``."""
    held, plus, base = key[:-1].rpartition("+")
    base += key[-1:]
    if plus:
        held, base = held.lower(), base.lower()
    base = _CANONICAL.get(base) or (key_of(base) if len(base) == 1 else base)
    return f"{held}{plus}{base}"


def spelled(key: str) -> str:
    """Return a key as shown to users: ``left_square_bracket`` is ``[``."""
    held, plus, base = canonical(key).rpartition("+")
    return f"{held}{plus}{_READ.get(base) or _character(base) or base}"


def why_not(key: str) -> str:
    """Return why nothing can be bound to a canonical key; "" if something can."""
    *held, base = key.split("+")
    character = _character(base)
    if key in _KEPT:
        return "is kept by terminals for themselves"
    if (base not in _NAMED and not character) or not set(held) <= _HELD or len(set(held)) < len(held):
        return "is no key"
    if held == ["shift"] and character:
        return f"is sent as '{character.upper()}'"
    return ""


def _character(base: str) -> str:
    """Return the character that a key types, or ""."""
    character = "" if base in _NAMED else _SHORT.get(base) or key_to_character(base) or ""
    return character if character.isprintable() and not character.isspace() else ""
