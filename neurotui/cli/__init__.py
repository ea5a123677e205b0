"""The commands: one thin function each. Heavy rooms are imported inside the function that needs them."""

from neurotui.cli.app import main

__all__ = ["main"]
