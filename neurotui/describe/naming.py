"""Choose names that a person would write for groups of texts or of words.

A name is chosen among candidates: the group's own words, terms of the corpus, a general vocabulary, and what a
language model proposes. What decides is how well the name's meaning tells the group's members from all other
items (AUROC of the sentence encoder's cosine), on items that the candidates did not come from; in how many more
of the members than of the others the name itself stands; and how likely the language model finds the name after
the group's words. Nothing here loads a model or reads a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.backends.llm.few_shot import FewShotPrompt
from neurotui.describe.name_occurrences import NameStanding
from neurotui.describe.noun_phrases import alike, tidy
from neurotui.types import no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.backends.namer import Namer
    from neurotui.models.protocol import Encoder
    from neurotui.types import Progress

_OWN_WORDS = 6
"""So many of a group's words are candidates themselves."""

_FROM_VOCABULARY = 8
_RUNNERS_UP = 4
_LIKELIHOOD = 0.02
"""What one natural unit of log-likelihood counts, in AUROC."""

_STANDING = 0.25
"""What it counts, in AUROC, that a name stands in all members and in nothing else."""

# A half with fewer members than this says too little: the name is then judged on all items.
_FEWEST_MEMBERS = 3
_MOST_JUDGED = 10_000
_AT_ONCE = 1_024  # names whose cosines to all items are held together


class Group(NamedTuple):
    """What is to be named.

    ``words`` are the group's own, most telling first, about ten, found on ``halves(...).found`` alone.
    ``members`` (items,) says which items belong to it. ``texts`` are up to three central texts, which a prompt
    cuts short; none for a group of words. ``phrases`` are names that somebody has proposed already, best first.
    """

    words: tuple[str, ...]
    members: NDArray[np.bool_]
    texts: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


class NamedGroup(NamedTuple):
    """The chosen name, the next best ones, and the score that the name was chosen by (see the module)."""

    name: str
    runners_up: tuple[str, ...]
    score: float


class Halves(NamedTuple):
    """Two halves of the items, (items,) bool each: candidates are found on one, and judged on the other."""

    found: NDArray[np.bool_]
    judged: NDArray[np.bool_]


class _Scored(NamedTuple):
    """A candidate for one group's name."""

    name: str
    score: float


def halves(items: int) -> Halves:
    """Divide a number of items by their position: even ones find, odd ones judge."""
    even = np.arange(items) % 2 == 0
    return Halves(even, ~even)


def name_groups(
    groups: Sequence[Group],
    vectors: NDArray[np.float32],
    encoder: Encoder,
    namer: Namer | None,
    *,
    terms: Sequence[str],
    vocabulary: Sequence[str],
    progress: Progress,
    items: Sequence[str] = (),
) -> list[NamedGroup]:
    """Choose a name for each group; no two groups get the same where there is another.

    `vectors` (items, dimensions) are the items' unit vectors in the encoder's space: texts, or single words.
    `terms` are words and terms of the corpus and `vocabulary` those of a general vocabulary; the best of
    both together are candidates of a group. `namer` proposes names and says how likely they are; None for
    nobody. `items` are the texts themselves: a name that stands in its group's texts is then preferred, and the
    name of a person or a place is none where it stands in few of them. Where no candidate can serve, the
    group's first phrase or word is its name.
    """
    if not groups:
        return []
    members = np.array([group.members for group in groups])
    pool = list(dict.fromkeys(filter(None, map(tidy, [*terms, *vocabulary]))))
    found, judged = _sides(members)
    standing = NameStanding(items)
    best = _best_of(pool, encoder.encode(pool, progress), vectors, members, found)
    scored: list[list[_Scored]] = []
    size = len(groups) if namer is None else namer.at_once
    for first in range(0, len(groups), size):
        part = slice(first, first + size)
        told = _Told(vectors, judged[part], encoder, standing)
        scored += _scored(groups[part], best[part], told, namer)
        progress("naming", len(scored), len(groups))
    return _distinct(groups, scored)


def _sides(members: NDArray[np.bool_]) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    """Return for each group the items that candidates are found on, and those that they are judged on.

    `members` is (groups, items). A group too small to be halved is judged on all items. Of very many items, a
    part that is spread evenly stands for all.
    """
    half, step = halves(members.shape[1]), members.shape[1] // _MOST_JUDGED + 1
    found, judged = np.flatnonzero(half.found)[::step], np.flatnonzero(half.judged)[::step]
    every = np.sort(np.concatenate([found, judged]))
    enough = [min(own[found].sum(), own[judged].sum()) >= _FEWEST_MEMBERS for own in members]
    return [found if both else every for both in enough], [judged if both else every for both in enough]


def _best_of(
    names: Sequence[str],
    placed: NDArray[np.float32],
    vectors: NDArray[np.float32],
    members: NDArray[np.bool_],
    sides: Sequence[NDArray[np.int64]],
) -> list[tuple[str, ...]]:
    """Return the names that best tell each group's members from the rest on its side of the items."""
    scores = np.zeros((len(members), len(names)))
    by_side: dict[int, list[int]] = {}
    for group, side in enumerate(sides):
        by_side.setdefault(id(side), []).append(group)
    for own in by_side.values():
        side = sides[own[0]]
        scores[own] = aurocs(placed, vectors[side], members[own][:, side])
    best = np.argsort(-scores, axis=1, kind="stable")[:, :_FROM_VOCABULARY]
    return [tuple(names[place] for place in row) for row in best]


def aurocs(
    names: NDArray[np.float32], items: NDArray[np.float32], members: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how well each name's cosine to the items tells members from others: AUROC, (groups, names).

    `names` (names, dimensions) and `items` (items, dimensions) have rows of length 1; `members` is (groups,
    items). 0.5 for a group without members, or without others.
    """
    inside = members.sum(axis=1, keepdims=True).astype(np.float64)
    outside = members.shape[1] - inside
    found = np.zeros((len(members), len(names)))
    for first in range(0, len(names), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        order = np.argsort(names[part] @ items.T, axis=1)
        ranks = np.empty(order.shape, np.float32)
        np.put_along_axis(ranks, order, np.arange(1, len(items) + 1, dtype=np.float32)[None], axis=1)
        found[:, part] = members.astype(np.float32) @ ranks.T
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (found - inside * (inside + 1) / 2) / (inside * outside)
    return np.where(inside * outside > 0, value, 0.5)


class _Told(NamedTuple):
    """What candidates of some groups are judged by: ``sides`` are the items of each group that judge."""

    vectors: NDArray[np.float32]
    sides: Sequence[NDArray[np.int64]]
    encoder: Encoder
    standing: NameStanding


def _scored(
    groups: Sequence[Group], best: Sequence[tuple[str, ...]], told: _Told, namer: Namer | None
) -> list[list[_Scored]]:
    """Return each group's candidates with their scores, best first."""
    answers = namer.read([FewShotPrompt(group.words, group.texts) for group in groups]) if namer else None
    proposed = answers.proposed if answers else [()] * len(groups)
    # Of many thousand words some are near by chance: they must also stand in one of the group's texts.
    pools = [told.standing.present(pool, group.members) for group, pool in zip(groups, best, strict=True)]
    candidates = [
        told.standing.fitting(
            _candidates([*said, *group.phrases, *group.words[:_OWN_WORDS], *pool]), group.members
        )
        for group, said, pool in zip(groups, proposed, pools, strict=True)
    ]
    likely = answers.log_likelihood(candidates) if answers else [np.zeros(len(own)) for own in candidates]
    every = list(dict.fromkeys(name for own in candidates for name in own))
    placed = dict(zip(every, told.encoder.encode(every, no_progress), strict=True))
    scored = []
    for group, names, side, chance in zip(groups, candidates, told.sides, likely, strict=True):
        vectors = np.array([placed[name] for name in names]).reshape(len(names), told.vectors.shape[1])
        scores = aurocs(vectors, told.vectors[side], group.members[None, side])[0]
        scores += _LIKELIHOOD * chance + _STANDING * told.standing.lead(names, group.members, side)
        order = np.argsort(-scores, kind="stable")
        scored.append([_Scored(names[place], float(scores[place])) for place in order])
    return scored


def _candidates(said: Sequence[str]) -> list[str]:
    """Return what can be a name, each spelling of it once: the first."""
    found: dict[tuple[str, ...], str] = {}
    for name in filter(None, map(tidy, said)):
        found.setdefault(alike(name), name)
    return list(found.values())


def _distinct(groups: Sequence[Group], scored: Sequence[Sequence[_Scored]]) -> list[NamedGroup]:
    """Give each group its best name that no better-scored group has taken."""
    taken: set[tuple[str, ...]] = set()
    named: dict[int, NamedGroup] = {}
    for place in _by_score(scored):
        own = scored[place]
        free = [one for one in own if alike(one.name) not in taken] or own
        if free:
            others = tuple(one.name for one in free[1 : 1 + _RUNNERS_UP])
            named[place] = NamedGroup(free[0].name, others, free[0].score)
        else:
            said = (*groups[place].phrases, *groups[place].words)
            named[place] = NamedGroup(said[0] if said else "", (), 0.0)
        taken.add(alike(named[place].name))
    return [named[place] for place in range(len(groups))]


def _by_score(scored: Sequence[Sequence[_Scored]]) -> Iterator[int]:
    best = [own[0].score if own else -np.inf for own in scored]
    yield from np.argsort(-np.array(best), kind="stable").tolist()
