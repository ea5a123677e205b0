"""How long tests wait for what must come; no claim about speed."""

PATIENCE = 240
"""Seconds after which a test that hangs ends; far more than any step takes where others keep the cores busy."""
