"""Name groups of texts, or of words, as a person would.

The candidates for a group's name are its own words, terms of the corpus, words of a general vocabulary, and what a
language model proposes. The name with the highest score is chosen. A score is the sum of:

- the AUROC with which the cosine between the name and an item, by the sentence encoder, tells the group's members
  from all other items. Items that the candidates came from do not count;
- ``_STANDING`` times the difference between the shares of members, and of other items, in which the name occurs;
- ``_LIKELIHOOD`` times the log-likelihood of the name, by the language model, after the group's words.

Nothing here loads a model or reads a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.backends.llm.naming_prompts import FewShotPrompt
from neurotui.describe.name_occurrences import NameOccurrences
from neurotui.describe.noun_phrases import alike, tidy
from neurotui.types import no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.backends.namer_protocol import Namer
    from neurotui.models.protocol import Encoder
    from neurotui.types import Progress

_OWN_WORDS = 6
"""How many of a group's own words are candidates."""

_FROM_VOCABULARY = 8
"""How many words of the corpus and the vocabulary together are candidates for each group."""

_RUNNERS_UP = 4
"""How many of the next best names are returned with a name."""

_LIKELIHOOD = 0.02
"""How much AUROC one unit (nat) of log-likelihood is worth in a score."""

_STANDING = 0.25
"""How much AUROC it is worth in a score that a name occurs in all members and in no other item."""

# A group with fewer members than this in either half is too small to be halved: all items judge its names.
_FEWEST_MEMBERS = 3
_MOST_JUDGED = 10_000
_AT_ONCE = 1_024  # names whose cosines to all items are held together


class Group(NamedTuple):
    """A group to be named.

    ``words`` are about ten words that are typical of the group, the most typical first, found on the items of
    ``halves(...).found`` alone. ``members`` (items,) marks the items that belong to it. ``texts`` are up to three
    of its central texts, which a prompt cuts short; empty for a group of words. ``phrases`` are names that have
    been proposed for it already, best first.
    """

    words: tuple[str, ...]
    members: NDArray[np.bool_]
    texts: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


class NamedGroup(NamedTuple):
    """The chosen name, the next best ones, and the score of the chosen name (see the module)."""

    name: str
    runners_up: tuple[str, ...]
    score: float


class Halves(NamedTuple):
    """Two halves of the items, each (items,) of bool: candidates come from one, and are judged on the other."""

    found: NDArray[np.bool_]
    judged: NDArray[np.bool_]


class _Scored(NamedTuple):
    """A candidate for the name of a group, with its score."""

    name: str
    score: float


def halves(items: int) -> Halves:
    """Halve the items by their position: candidates come from the even ones, and the odd ones judge."""
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
    """Choose a name for each group; two groups get the same name only if one of them has no other candidate.

    `vectors` (items, dimensions) are the unit vectors of the items, which are texts or single words, as `encoder`
    places them. `terms` are words and two-word terms of the corpus, and `vocabulary` general words: the best of
    both together become candidates of a group. `namer` proposes names and says how likely they are; None for no
    namer. `items` are the texts of the items: with them, a name that occurs in the group's texts is preferred, and
    a person's or a place's name that occurs in few of them is refused. A group without a candidate is named by its
    first phrase or word.
    """
    if not groups:
        return []
    members = np.array([group.members for group in groups])
    pool = list(dict.fromkeys(filter(None, map(tidy, [*terms, *vocabulary]))))
    found, judged = _sides(members)
    standing = NameOccurrences(items)
    best = _best_of(pool, encoder.encode(pool, progress), vectors, members, found)
    scored: list[list[_Scored]] = []
    size = len(groups) if namer is None else namer.at_once
    for first in range(0, len(groups), size):
        part = slice(first, first + size)
        told = _ReadAnswers(vectors, judged[part], encoder, standing)
        scored += _scored(groups[part], best[part], told, namer)
        progress("naming", len(scored), len(groups))
    return _distinct(groups, scored)


def _sides(members: NDArray[np.bool_]) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    """Return, for each group, the indices of the items that candidates come from and of those that judge them.

    `members` is (groups, items). For a group too small to be halved, both are all items. Of very many items, an
    evenly spaced part is used.
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
    """Return the names that best tell each group's members from the rest, by the group's items in `sides`."""
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
    """Return the AUROC with which each name's cosine to the items tells members from others: (groups, names).

    `names` (names, dimensions) and `items` (items, dimensions) have rows of length 1; `members` is (groups,
    items). The AUROC is 0.5 for a group of no items, or of all.
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


class _ReadAnswers(NamedTuple):
    """What candidates of some groups are judged by; ``sides`` are the items (indices) that judge each group."""

    vectors: NDArray[np.float32]
    sides: Sequence[NDArray[np.int64]]
    encoder: Encoder
    standing: NameOccurrences


def _scored(
    groups: Sequence[Group], best: Sequence[tuple[str, ...]], told: _ReadAnswers, namer: Namer | None
) -> list[list[_Scored]]:
    """Return each group's candidates with their scores, best first."""
    answers = namer.read([FewShotPrompt(group.words, group.texts) for group in groups]) if namer else None
    proposed = answers.proposed if answers else [()] * len(groups)
    # Of many thousand words, some are near by chance: they must also occur in one of the group's texts.
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
    """Return the texts that can be names; of several spellings of one name, the first."""
    found: dict[tuple[str, ...], str] = {}
    for name in filter(None, map(tidy, said)):
        found.setdefault(alike(name), name)
    return list(found.values())


def _distinct(groups: Sequence[Group], scored: Sequence[Sequence[_Scored]]) -> list[NamedGroup]:
    """Give each group its best name that is not already the name of a group with a higher score."""
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
