"""The commands, one thin function each. Heavy packages are imported inside the function that needs them."""

from neurotui.cli.entry import main

__all__ = ["main"]
