"""Comparing a column of shares with a bound, for the terms that do."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, NamedTuple

from neurotui.review.terms.protocol import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.review.terms.protocol import Columns, Mask
    from neurotui.store.run_tables import Overview

_COMPARISONS: dict[str, Callable[[NDArray[np.float32], float], NDArray[np.bool_]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(%?)", re.ASCII)


class Comparison(NamedTuple):
    """A column compared with a bound; a neuron without a value (NaN) never matches.

    ``column`` takes the column, (neurons,) of shares from 0 to 1, out of the run's columns.
    """

    column: Callable[[Overview], NDArray[np.float32]]
    sign: str
    bound: float

    def mask(self, columns: Columns) -> Mask:
        """Return the neurons whose value satisfies the comparison: (neurons,)."""
        return _COMPARISONS[self.sign](self.column(columns.overview), self.bound)


def compared_with(
    key: str,
    column: Callable[[Overview], NDArray[np.float32]],
    sign: str,
    value: str,
    *,
    shown_in_percent: bool = False,
) -> Comparison | str:
    """Return the comparison of `column` with the bound that was typed, or in words what is wrong with the bound.

    `shown_in_percent`: the list shows this column in percent, so that a 1 most likely means 1%, and is refused.
    """
    found = _NUMBER.fullmatch(value)
    if not found:
        return f"{quoted(value)} is no number" if value else f"{key}{sign} needs a number"
    number, in_percent = float(found[1]), bool(found[2])
    bound = number / 100 if in_percent else number
    if bound > 1 or (bound == 1 and shown_in_percent and not in_percent):
        if in_percent or number > 100:  # noqa: PLR2004 - the most that can be meant
            return f"{key} goes from 0 to 1, or to 100%"
        return f"write {key}{sign}{number:g}% or {key}{sign}{number / 100:g}"
    return Comparison(column, sign, bound)
