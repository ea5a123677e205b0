"""What a push can move the output toward: the labels of the pushed neurons and of others, for comparison."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.errors import UserError
from neurotui.labelling.token_fit import TokenScorer
from neurotui.models.causal_effects import Embedding, NextToken
from neurotui.spelling import compared
from neurotui.store.run_commands import command_line

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from neurotui.models.causal_effects import OutputReader
    from neurotui.models.heads import ModelWithHead
    from neurotui.models.run_model import RunModel
    from neurotui.store.run import Run

MOST = 100
"""About how many labels of other neurons each neuron's own label is compared with."""

_SEED = 0


class Targets(NamedTuple):
    """Each label's place among what is read; ``same`` (labels, labels) tells which are the same in all of that.

    A label that the model has no token of has no place.
    """

    place: dict[str, int]
    same: NDArray[np.bool_]
    reading: OutputReader


def targets(run: Run, again: RunModel[ModelWithHead], own: Sequence[str], vocabulary: int | None) -> Targets:
    """Return some labels, and described names of the run at random, as targets.

    With a `vocabulary` (how many tokens distributions are over) labels are groups of tokens: those at which a
    label holds in the token sample, else those of its words. Without it they are directions of embeddings.
    ``UserError`` where fewer than two of them differ.
    """
    overview = run.overview()
    described = np.random.default_rng(_SEED).permutation(np.flatnonzero(overview.described)).tolist()
    others = dict.fromkeys(overview.names[int(overview.matched[one, 0])] for one in described)
    labels = list(dict.fromkeys(own))
    free = (name for name in others if name not in set(labels))
    labels += islice(free, max(MOST + 1 - len(labels), 0))
    return _as_directions(run, again, labels) if vocabulary is None else _as_tokens(run, again, labels, vocabulary)


def _as_tokens(run: Run, again: RunModel[ModelWithHead], labels: list[str], vocabulary: int) -> Targets:
    scorer, sample = TokenScorer(run), run.token_sample()
    texts = {one.text_id: one.tokens for one in run.divided_texts(np.unique(sample.text_id).tolist())}
    pairs = zip(sample.text_id.tolist(), sample.position.tolist(), strict=True)
    tokens = np.array([texts[text_id][position] for text_id, position in pairs], np.int64)
    groups: dict[str, NDArray[np.int64]] = {}
    for label in labels:
        group = np.unique(tokens[scorer.read(label).places])
        written = again.tokens(f" {label}") if not len(group) else None
        if written is not None:
            group = np.unique(written.ids[written.first : written.end])
        if len(group):
            groups[label] = group
    same = _same(run, [group.tobytes() for group in groups.values()])
    return Targets(_places(groups), same, NextToken(list(groups.values()), vocabulary))


def _as_directions(run: Run, again: RunModel[ModelWithHead], labels: list[str]) -> Targets:
    found: dict[str, NDArray[np.float64]] = {}
    for label in labels:
        tokens = again.tokens(label)
        if tokens is not None:
            found[label] = again.model.embedding(tokens.ids).numpy()
    same = _same(run, list(map(compared, found)))
    vectors = np.stack(list(found.values()))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return Targets(_places(found), same, Embedding(vectors / lengths))


def _places(labels: dict[str, NDArray[np.int64]] | dict[str, NDArray[np.float64]]) -> dict[str, int]:
    return {label: place for place, label in enumerate(labels)}


def _same(run: Run, keys: Sequence[Hashable]) -> NDArray[np.bool_]:
    if len(set(keys)) < 2:  # noqa: PLR2004 - one, and another to compare it with
        raise UserError(
            "the model knows the tokens of fewer than two different labels: there is nothing to compare one with",
            f"{command_line('describe', run.path)}, or name a file of more labels with --describer",
        )
    return np.array([[one == other for other in keys] for one in keys], np.bool_)
