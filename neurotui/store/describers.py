"""The describers that stand beside a run's own: their names, and what each says of the neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from neurotui.errors import UserError
from neurotui.sanitize import visible
from neurotui.spelling import compared
from neurotui.store.migrations import DESCRIBER_TABLES, MIGRATIONS
from neurotui.types import PERSON, Match

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from neurotui.store.reader import Reader

LONGEST_NAME = 40
"""The most characters of a describer's name."""

JOINS = ", "
"""What stands between the names of describers that proposed a label together."""

OF_TEXTS, OF_TOKENS, OF_BOTH = "text descriptors", "token descriptors", "text and token"
"""What the parts of the run's own description are called, where describers are ranked."""

OWN = "the run"
"""What a run's own descriptions are called among sets that are scored."""

IN_TEXTS = "texts"
"""What is said to have proposed a token descriptor: it is found in the texts themselves."""

# What origins of labels are called that are no describer's, and the run's own description.
_TAKEN = (OF_TEXTS, OF_TOKENS, OF_BOTH, OWN, IN_TEXTS, "peaks", "yours", PERSON)


class Describer(NamedTuple):
    """A describer that stands beside the run's own: what described, with what, when (UTC), and how much it found.

    ``described`` counts the neurons that it describes; ``llm`` and ``prompts`` are "" where no language model
    wrote the phrases.
    """

    name: str
    backend: str
    namer: str
    llm: str
    prompts: str
    described_at: str
    descriptors: int
    described: int


def describer_name(given: str) -> str:
    """Return a describer's name without the white space around it; ``UserError`` if it cannot be one."""
    name = " ".join(given.split())
    if not name:
        raise UserError("a describer needs a name", "as in: --as smollm2")
    if len(name) > LONGEST_NAME:
        raise UserError(
            f"'{name[:LONGEST_NAME]}…' is too long for a describer's name",
            f"{LONGEST_NAME} characters are the most",
        )
    if name != visible(name):
        raise UserError(f"'{visible(name)}' has characters that cannot be seen", "give a name without them")
    if "," in name:
        raise UserError(f"'{name}' has a comma, which stands between names", "give a name without one")
    if found := named(name, _TAKEN):
        raise UserError(f"'{found}' is not free: other descriptions are called so", "give another name")
    return name


def with_what(backend: str, llm: str, namer: str) -> str:
    """Return in words what a describer describes and names with; "" where there is no `backend`.

    `llm` is "" where no language model wrote the phrases, `namer` "none" where none named them.
    """
    by = f"{backend}, {llm}" if llm else backend
    return f"{by}, named by {namer}" if backend and namer != "none" else by


def named(name: str, among: Iterable[str]) -> str | None:
    """Return the one of some names that is the same as another, however it is spelled; None if none is."""
    return next((one for one in among if compared(one) == compared(name)), None)


class DescriberReader:
    """Reads the describers beside a run's own; runs of formats without them have none."""

    def __init__(self, reader: Reader, format_version: str) -> None:
        self._reader = reader
        earlier = MIGRATIONS.get(format_version)
        self._there = earlier is None or not (earlier.without & DESCRIBER_TABLES or earlier.views)
        self._all: tuple[Describer, ...] | None = None

    def all(self) -> tuple[Describer, ...]:
        """Return the describers, in order of name: the first time they are read, then they are kept."""
        if self._all is None:
            rows = self._reader.rows("describers") if self._there else []
            self._all = tuple(Describer(*row) for row in rows)
        return self._all

    def matches(self, neuron_id: int) -> tuple[Match, ...]:
        """Return what they say of one neuron, each one's best first; ``backend`` is the describer's name.

        Their descriptors are not among the run's, and have the id -1.
        """
        if not self.all():
            return ()
        return tuple(Match(*row) for row in self._reader.rows("described_by", neuron_id=neuron_id))

    def names(self, describer: str) -> dict[str, NDArray[Any]]:
        """Return what one says with evidence enough, neuron by neuron, best first, as columns of equal length.

        Columns: neuron_id, scope, side and name.
        """
        return self._reader.columns("names_by_describer", describer=describer)
