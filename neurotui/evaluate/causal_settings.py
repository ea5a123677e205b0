"""How the causal score pushes neurons, and what of it can be asked for."""

from __future__ import annotations

import math
from typing import NamedTuple

from neurotui.errors import UserError

FEWEST = 5
"""A neuron with fewer held-out texts at which it is active is left out."""


class CausalSettings(NamedTuple):
    """How neurons are pushed: ``doses`` in standard deviations, on how many ``texts``, beside how many ``others``.

    Each of the others is pushed at one of the places: to push all of them at every place would take as many times
    longer as there are places. Of a causal model, the distributions after the place and after the ``after`` tokens
    behind it are read.
    """

    doses: tuple[float, ...] = (0.0, 0.5, 2.0, 10.0)
    others: int = 100
    texts: int = 16
    after: int = 0

    def checked(self) -> CausalSettings:
        """Return the same with each dose once, in order; ``UserError`` for what cannot be done."""
        for dose in self.doses:
            if not (math.isfinite(dose) and dose >= 0):
                raise UserError(f"'{dose:g}' is no dose", "standard deviations of the neuron, 0 or more")
        if not self.doses:
            raise UserError("no dose is named", "standard deviations of the neuron, as in 0, 0.5, 2 and 10")
        for name, least in (("others", 1), ("texts", FEWEST), ("after", 0)):
            if (given := getattr(self, name)) < least:
                raise UserError(f"{name} is '{given}'", f"{least} or more")
        return self._replace(doses=tuple(sorted(set(self.doses))))
