"""Evaluate a run's descriptors against the gold labels of its texts.

A gold label holds for the texts that have it. The reference for a neuron comes from the validation split, which is
not used to describe it: the labels and descriptors whose AUROC there is at least ``LEAST_AUROC_GOLD``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.describe.auroc import auroc
from neurotui.describe.ranks import ranks
from neurotui.errors import UserError
from neurotui.evaluate.bootstrap import Figure, ratio
from neurotui.evaluate.measures import OF_DESCRIPTORS
from neurotui.store.run_commands import command_line
from neurotui.types import GOLD, no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.store.run import Run
    from neurotui.store.run_tables import Descriptor
    from neurotui.types import Progress

LEAST_AUROC_GOLD = 0.7
"""The AUROC on validation from which a descriptor holds for a neuron."""

CARRIES = 0.85
"""The AUROC on validation from which a neuron carries a concept."""

# With fewer validation texts, a label's AUROC is meaningless.
_FEWEST = 5
# With more descriptors, their table of overlaps does not fit in memory.
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class GoldRow:
    """The figures over the neurons of one layer, or of ``all``; a figure's name is its key."""

    layer: str
    described: int
    figures: dict[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GoldJudgement:
    """All figures of a run against its texts' gold labels.

    For a run described by ``gold`` itself: precision@k and recall@k of a neuron's first k described labels
    against the labels that hold on validation (recall over the neurons that have any). For any other run:
    precision@k, the share of the first k described descriptors that hold on validation; coverage, of the gold
    labels that some neuron carries, the share that a described neuron's descriptor stands for (at least half
    of its texts bear the label). ``purity`` and ``overlap`` are over descriptors: the greatest share of a
    descriptor's texts that bear one gold label, and its greatest Jaccard index with another descriptor.

    For all: ``consistency``, the Jaccard index of the sets of descriptors that describe a neuron by either
    split's own evidence, and ``consistency_neurons``, the mean over neurons of the same index.
    """

    backend: str
    labels: int
    rows: tuple[GoldRow, ...]
    purity: Figure
    overlap: Figure

    def of_descriptors(self) -> list[tuple[str, Figure]]:
        """Return the figures over descriptors, each with its name, in display order."""
        return [(name, getattr(self, name)) for name in OF_DESCRIPTORS]


class _Said(NamedTuple):
    """What describes each neuron: ``first`` (neurons, k) the best, -1 for none; both splits' own sets."""

    first: NDArray[np.int64]
    own: NDArray[np.bool_]
    other: NDArray[np.bool_]


class _Truth(NamedTuple):
    """Which texts bear which label, (pooled texts, labels), and what holds on validation for each neuron.

    ``labels`` and ``descriptors`` are AUROCs on validation: (neurons, labels) and (neurons, descriptors).
    """

    bears: NDArray[np.bool_]
    holds: NDArray[np.bool_]
    labels: NDArray[np.float64]
    descriptors: NDArray[np.float64]


def judge_by_gold(run: Run, k: int, progress: Progress = no_progress) -> GoldJudgement:
    """Evaluate a run against its gold labels, layer by layer; ``UserError`` if it has none or is not described."""
    names, bears = _gold(run)
    descriptors = _topics(run)
    if not descriptors:
        raise UserError("the run is not described", command_line("describe", run.path))
    if len(descriptors) > _MOST:
        raise UserError(
            f"the run has {len(descriptors):,} text descriptors; "
            f"at most {_MOST:,} can be compared with each other",
            command_line("describe", run.path),
        )
    truth = _truth(run, bears, progress)
    said = _said(run, k, len(descriptors))
    by_gold = run.meta.get("backend") == GOLD
    place = {name: number for number, name in enumerate(names)}
    columns = np.array([place.get(descriptor.name, -1) for descriptor in descriptors]) if by_gold else None
    layers = run.overview().layer
    wanted = [("all", np.ones(len(layers), np.bool_))]
    wanted += [(str(layer), layers == layer) for layer in np.unique(layers)]
    rows = []
    for done, (name, mask) in enumerate(wanted, 1):
        rows.append(_row(name, mask, said, truth, columns, k))
        progress("judging", done, len(wanted))
    purity, overlap = _descriptors(truth)
    return GoldJudgement(run.meta.get("backend", ""), len(names), tuple(rows), purity, overlap)


def _row(
    name: str,
    layer: NDArray[np.bool_],
    said: _Said,
    truth: _Truth,
    columns: NDArray[np.int64] | None,
    k: int,
) -> GoldRow:
    """Return one layer's figures; `columns` says which label each descriptor is, where it is one."""
    first = said.first[layer]
    described = first >= 0
    right = described & (np.take_along_axis(truth.descriptors[layer], first.clip(0), axis=1) >= LEAST_AUROC_GOLD)
    figures = {f"precision@{k}": ratio(right.sum(axis=1, dtype=float), described.sum(axis=1, dtype=float))}
    if columns is None:
        figures["coverage"] = _coverage(layer, said, truth)
    else:
        wanted = truth.labels[layer] >= LEAST_AUROC_GOLD
        has = wanted.any(axis=1)
        figures[f"recall@{k}"] = ratio(right[has].sum(axis=1, dtype=float), wanted[has].sum(axis=1, dtype=float))
    own, other = said.own[layer], said.other[layer]
    here, there = own.any(axis=0), other.any(axis=0)
    figures["consistency"] = ratio(_numbers(np.logical_and(here, there)), _numbers(np.logical_or(here, there)))
    either = (own | other).any(axis=1)
    same, both = (own & other)[either].sum(axis=1), (own | other)[either].sum(axis=1)
    figures["consistency_neurons"] = ratio(same / np.maximum(both, 1), np.ones(len(same)))
    return GoldRow(name, int(described.any(axis=1).sum()), figures)


def _coverage(layer: NDArray[np.bool_], said: _Said, truth: _Truth) -> Figure:
    """Return the share of the labels carried by some neuron that a descriptor of a described neuron represents."""
    carried = np.any(truth.labels[layer] >= CARRIES, axis=0)
    first = np.unique(said.first[layer])
    spoken = first[first >= 0]
    share = _shares(truth.bears, truth.holds[:, spoken])
    stands = np.any(share >= 0.5, axis=0)  # noqa: PLR2004 - at least half
    return ratio(_numbers(np.logical_and(carried, stands)), _numbers(carried))


def _descriptors(truth: _Truth) -> tuple[Figure, Figure]:
    """Return the purity of descriptors against gold labels, and their largest overlap with another descriptor."""
    count = truth.holds.shape[1]
    purity = _shares(truth.bears, truth.holds).max(axis=1, initial=0)
    held = truth.holds.astype(np.float64)
    both = held.T @ held
    sizes = held.sum(axis=0)
    jaccard = both / np.maximum(sizes[:, None] + sizes[None, :] - both, 1)
    np.fill_diagonal(jaccard, 0)
    return ratio(purity, np.ones(count)), ratio(jaccard.max(axis=1, initial=0), np.ones(count))


def _numbers(flags: NDArray[np.bool_]) -> NDArray[np.float64]:
    return flags.astype(np.float64)


def _shares(bears: NDArray[np.bool_], holds: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share of each descriptor's texts that has each label: (descriptors, labels)."""
    held = holds.astype(np.float64)
    share: NDArray[np.float64] = (held.T @ bears) / np.maximum(held.sum(axis=0), 1)[:, None]
    return share


def _gold(run: Run) -> tuple[list[str], NDArray[np.bool_]]:
    """Return the gold labels, and which of the texts with pooled activations have them: (pooled texts, labels)."""
    own = run.texts().pooled_gold()
    names = sorted({label for labels in own for label in labels})
    place = {name: number for number, name in enumerate(names)}
    bears = np.zeros((len(own), len(names)), np.bool_)
    for row, labels in enumerate(own):
        bears[row, [place[label] for label in labels]] = True
    return names, bears


def _topics(run: Run) -> list[Descriptor]:
    """Return the run's text descriptors, whose ids come before those of token descriptors."""
    return [descriptor for descriptor in run.descriptors() if descriptor.scope == "text"]


def _truth(run: Run, bears: NDArray[np.bool_], progress: Progress) -> _Truth:
    texts = run.texts()
    validation = ~texts.calibration[texts.pooled]
    row_of = np.cumsum(texts.pooled) - 1
    holds = np.zeros((len(bears), len(_topics(run))), np.bool_)
    for descriptor in range(holds.shape[1]):
        holds[row_of[run.holders(descriptor)], descriptor] = True
    both = np.hstack([bears, holds])[validation]
    few = np.minimum(both.sum(axis=0), (~both).sum(axis=0)) < _FEWEST
    neurons = run.counts()["neurons"]
    parts = []
    for first, codes in run.pooled_codes():
        progress("ranking", first, neurons)
        parts.append(auroc(ranks(codes[:, validation]), both))
    progress("ranking", neurons, neurons)
    areas = np.vstack(parts)
    areas[:, few] = 0.5
    return _Truth(bears, holds, areas[:, : bears.shape[1]], areas[:, bears.shape[1] :])


def _said(run: Run, k: int, descriptors: int) -> _Said:
    """Return each neuron's descriptors: by calibration, best first, and by each split's own evidence."""
    matches = run.text_matches()
    neurons = run.counts()["neurons"]
    own, other = (np.zeros((neurons, descriptors), np.bool_) for _ in range(2))
    own[matches.neuron_id[matches.described], matches.descriptor_id[matches.described]] = True
    there = matches.described_validation
    other[matches.neuron_id[there], matches.descriptor_id[there]] = True
    first = np.full((neurons, k), -1, np.int64)
    chosen = matches.described & (matches.rank < k)
    first[matches.neuron_id[chosen], matches.rank[chosen]] = matches.descriptor_id[chosen]
    return _Said(first, own, other)
