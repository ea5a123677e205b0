"""When a neuron fires at a token, on which side it never does, and how hot a token is: one rule for all rooms.

A neuron fires where its activation is at least a quarter of the largest that it has anywhere, whatever its sign.
"""

from __future__ import annotations

FIRES_FROM = 0.25
"""A neuron fires at a token if its activation is at least this share of its largest absolute activation."""


def is_quiet(side: int, minimum: float, maximum: float) -> bool:
    """Return whether a neuron is merely quiet on a side, 1 or -1: its extreme there is too low for it to fire.

    A GELU or a ReLU lets nothing below its floor, so the lowest activations all equal that floor and distinguish
    nothing: such a neuron is silent at some tokens, but never negative.
    """
    extreme = maximum if side > 0 else -minimum
    return extreme < FIRES_FROM * max(abs(minimum), abs(maximum))


def heat(value: float, scale: float, steps: int) -> int:
    """Return the step of an activation on a ramp of so many steps that is full at `scale`: 0 is no heat.

    Where the neuron does not fire there is none: a page on which every word is tinted shows nothing. Negative
    activations have no heat either; give them without their sign.
    """
    # NaN fails both comparisons, and has no heat.
    if not (scale > 0 and value >= FIRES_FROM * scale):
        return 0
    return max(1, round(steps * min(1.0, value / scale)))
