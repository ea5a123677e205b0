"""The kinds of exemplars that a neuron has: how many are kept of each, and what people read of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

if TYPE_CHECKING:
    from neurotui.types import Kind

BestKind = Literal["top", "bottom", "pooled"]
"""The kinds of exemplars that are the best by a key: the highest or lowest activation, or the pooled one."""


class ExemplarKind(NamedTuple):
    """One kind of exemplar.

    ``kept`` tells how many a neuron has of it, from how many top ones were asked for. ``best``: they are the best
    by a key; the others are of the sampled texts. ``title`` stands above them in the app, ``among`` in a sentence
    that gives a place among them.
    """

    kept: Callable[[int], int]
    best: bool
    title: str
    among: str


KINDS: dict[Kind, ExemplarKind] = {
    "top": ExemplarKind(lambda asked: asked, best=True, title="top exemplars", among="its top exemplars"),
    "bottom": ExemplarKind(
        lambda asked: asked // 2, best=True, title="bottom: the most negative", among="its lowest exemplars"
    ),
    "pooled": ExemplarKind(
        lambda asked: asked // 2,
        best=True,
        title="strongest texts: highest pooled activation",
        among="strongest texts",
    ),
    "quantile": ExemplarKind(lambda _: 10, best=False, title="over the range", among="exemplars over its range"),
    "random": ExemplarKind(lambda _: 10, best=False, title="at random", among="random texts"),
}
"""Every kind, in the order in which they are shown."""


def kept_of_each(exemplars: int) -> dict[BestKind, int]:
    """Return how many are kept a neuron of each kind that is the best by a key; `exemplars` are the top ones."""
    return {cast("BestKind", name): kind.kept(exemplars) for name, kind in KINDS.items() if kind.best}
