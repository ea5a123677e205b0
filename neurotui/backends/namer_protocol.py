"""Who proposes names for groups of texts or words, and says how likely they are: a language model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.backends.llm.naming_prompts import FewShotPrompt


class Answers(Protocol):
    """What a namer says of the groups that it was asked about."""

    @property
    def proposed(self) -> Sequence[tuple[str, ...]]:
        """The names that it proposes for each group, best first; none where it has nothing to say."""

    def log_likelihood(self, names: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
        """Return the natural logarithm of how likely each group's names are; zeros where it cannot tell."""


class Namer(Protocol):
    """Proposes names, and tells likely ones from unlikely ones."""

    @property
    def name(self) -> str:
        """What the run calls it: a value of ``--namer``."""

    @property
    def model(self) -> str:
        """Which model it asks."""

    @property
    def at_once(self) -> int:
        """How many groups it is best asked about together."""

    def read(self, asked: Sequence[FewShotPrompt]) -> Answers:
        """Say what it can of some groups; raise ``UserError`` where it cannot be asked."""
