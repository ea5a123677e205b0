"""Pooling: how a neuron's activations on a text become one number, its pooled activation there.

A new rule is one record in ``POOLINGS``: ``--pool``, the forward pass, `verify`, `probe` and the check of a run's
tables read this table. Only tokens that count are pooled: ``models/tokens.py`` leaves out special ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from neurotui.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray
    from torch import Tensor


class Counted(NamedTuple):
    """A batch's activations at the tokens that count: (texts, tokens, units).

    ``total`` and ``highest``, (texts, units), are their sums and maxima over tokens, which the run needs anyway.
    """

    activations: Tensor
    total: Tensor
    highest: Tensor


class Pooling(NamedTuple):
    """One rule. ``text`` pools one text, (tokens, ...) to (...); ``batch`` many at once, to (texts, units).

    ``rounding`` is how far another machine's arithmetic moves a pooled activation, as a share of how far it
    moves an activation.
    """

    text: Callable[[NDArray[Any]], NDArray[Any]]
    batch: Callable[[Counted], Tensor]
    rounding: float


POOLINGS = {
    # A mean over a text's tokens evens roundings out.
    "mean": Pooling(
        text=lambda trace: trace.mean(0),
        batch=lambda counted: counted.total / counted.activations.shape[1],
        rounding=0.2,
    ),
    "max": Pooling(text=lambda trace: trace.max(0), batch=lambda counted: counted.highest, rounding=1.0),
}
DEFAULT = "mean"


def pooling_of(meta: Mapping[str, str]) -> Pooling:
    """Return the rule by which a run was pooled; ``UserError`` if this version does not know it."""
    rule = meta.get("pooling", DEFAULT)
    if rule not in POOLINGS:
        raise UserError(
            f"the run was pooled by '{rule}', which is not one of: {', '.join(POOLINGS)}",
            "open it with the neurotui that made it, or make it again",
        )
    return POOLINGS[rule]
