"""Who judges whether a description holds for examples: a language model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.backends.protocol import Estimate
    from neurotui.types import Progress

MARKS = ("<<", ">>")
"""What stands around a marked token of an example."""


class Question(NamedTuple):
    """A description, and the examples of which it is asked whether it holds for them.

    ``marked``: the examples have tokens marked, and it is asked whether it holds for all of those.
    """

    description: str
    examples: tuple[str, ...]
    marked: bool = False


JUDGED, EXAMPLES = 20, 20
"""The default number of neurons that a judge is asked about, and of examples of each."""


class Answer(NamedTuple):
    """Whether a description holds for an example, None without an answer; and how probable that is, if known."""

    holds: bool | None = None
    probability: float | None = None


class Judge(Protocol):
    """Says of examples whether a description holds for them."""

    @property
    def name(self) -> str:
        """What commands call it."""

    @property
    def model(self) -> str:
        """Which model it asks."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should hear before anything is asked."""

    def answer(self, questions: Sequence[Question], progress: Progress) -> list[tuple[Answer, ...]]:
        """Return an answer for each example of each question.

        Raises ``UserError`` where it cannot be asked, or the budget ends; what was answered by then is kept.
        """

    def estimate(self, questions: Sequence[Question]) -> Estimate:
        """Return what `answer` would take, after what the cache already holds."""
