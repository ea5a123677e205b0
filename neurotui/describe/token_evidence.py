"""From a run to its token descriptors, and to what neurons are tied to at tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from neurotui.describe.described_rule import ERRORS_IF_LEARNED, ERRORS_IF_READ_OFF
from neurotui.describe.descriptor_kinds import kind_of
from neurotui.describe.features import FINDERS
from neurotui.describe.features.classes import named_class
from neurotui.describe.features.protocol import Context
from neurotui.describe.match_tokens import Splits, TokenEvidence
from neurotui.describe.token_table import Places, tokens_of
from neurotui.describe.weighted_scores import held
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.describe.features.protocol import Feature, TokenTable
    from neurotui.describe.weighted_scores import Held
    from neurotui.models.protocol import Encoder
    from neurotui.store.run import Run
    from neurotui.store.run_tables import TokenSample
    from neurotui.types import Progress, Side

# Words that are alike to the first layers are others than those that are alike to the last.
_PARTS = 3
# Dimensions of the random projection of all neurons' activations: distances survive it within a tenth.
_PROJECTED = 256
# A standardised activation counts as this at most: one neuron's outlier tells nothing of a token.
_LARGEST = 6.0


class TokenDescriptors(NamedTuple):
    """The token descriptors of a run, where they hold in its token sample, and the evidence for matching."""

    features: tuple[Feature, ...]
    evidence: TokenEvidence


class _Peaks(NamedTuple):
    """Where the top and bottom exemplars of calibration peak: distinct tokens, and which are whose.

    ``of[side]`` is (neurons, tokens): 1 for every exemplar of the side that peaks at the token.
    """

    text_id: NDArray[np.int32]
    position: NDArray[np.int32]
    of: dict[Side, csr_matrix]


def token_descriptors(
    run: Run, text_holds: csr_matrix, encoder: Encoder, progress: Progress = no_progress
) -> TokenDescriptors:
    """Find the token descriptors of a run, and lay out the evidence of both scopes at its sampled tokens.

    `text_holds` (texts, text descriptors) says which texts of the run hold which text descriptors. Stages:
    reading activations at tokens (neurons).
    """
    sample, peaks = run.token_sample(), _peaks(run)
    tokens = _tokens(run, sample, peaks)
    context = Context(tokens, lambda words: encoder.encode(words, no_progress), _activity(run, sample, progress))
    features = tuple(_distinct(tuple(feature for find in FINDERS for feature in find(context))))
    places, learned = len(sample.text_id), sample.calibration
    holds = _matrix(features, len(tokens.key))
    return TokenDescriptors(
        features,
        TokenEvidence(
            learned=learned,
            tokens=Splits(*(held(holds[:places][mask], sample.weight[mask]) for mask in (learned, ~learned))),
            texts=Splits(*(_of_texts(sample, text_holds, mask) for mask in (learned, ~learned))),
            first_id=text_holds.shape[1],
            exact=np.array([kind_of(feature.kind).exact for feature in features], np.bool_),
            unsure=np.array(
                [
                    ERRORS_IF_LEARNED if kind_of(feature.kind).learned else ERRORS_IF_READ_OFF
                    for feature in features
                ]
            ),
            peaks={side: _heard(run, of, side) for side, of in peaks.of.items()},
            holds_at_peaks=holds[places:],
            pairs=max(1, run.counts()["neurons"] * len(features)),
        ),
    )


def _of_texts(sample: TokenSample, holds: csr_matrix, mask: NDArray[np.bool_]) -> Held:
    """Return where text descriptors hold among a split's places, of which those of one text go together."""
    texts, group = np.unique(sample.text_id[mask], return_inverse=True)
    count = len(group)
    groups = csr_matrix((np.ones(count, np.float32), (np.arange(count), group)), shape=(count, len(texts)))
    found = held(holds[sample.text_id[mask]], sample.weight[mask])
    return found._replace(groups=groups, group_holds=holds[texts])


def _peaks(run: Run) -> _Peaks:
    parts = [
        {name: column[block["split"] == "calibration"] for name, column in block.items()}
        for block in run.peak_exemplars()
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    pairs = np.stack([columns["text_id"].astype(np.int64), columns["peak"].astype(np.int64)], axis=1)
    distinct, place = np.unique(pairs, axis=0, return_inverse=True)
    shape = run.counts()["neurons"], len(distinct)
    of: dict[Side, csr_matrix] = {}
    sides: tuple[tuple[Side, str], ...] = ((1, "top"), (-1, "bottom"))
    for side, kind in sides:
        own = columns["kind"] == kind
        where = columns["neuron_id"][own], place.reshape(-1)[own]
        of[side] = csr_matrix((np.ones(own.sum(), np.float32), where), shape=shape)
    return _Peaks(distinct[:, 0].astype(np.int32), distinct[:, 1].astype(np.int32), of)


def _heard(run: Run, of: csr_matrix, side: Side) -> csr_matrix:
    """Return a side's peaks without those of neurons that are merely quiet there: they may stand anywhere."""
    overview = run.overview()
    loud = [not overview.quiet(number, side) for number in range(len(overview))]
    return csr_matrix(of.multiply(np.array(loud, np.float32)[:, None]))


def _tokens(run: Run, sample: TokenSample, peaks: _Peaks) -> TokenTable:
    """Return the tokens of the sample, and after them those at which exemplars peak, with no weight."""
    more = len(peaks.text_id)
    places = Places(
        np.concatenate([sample.text_id, peaks.text_id]),
        np.concatenate([sample.position.astype(np.int32), peaks.position]),
        np.concatenate([sample.calibration, np.zeros(more, np.bool_)]),
        np.concatenate([sample.weight, np.zeros(more, np.float32)]),
    )
    return tokens_of(places, run.divided_texts(np.unique(places.text_id).tolist()))


def _activity(run: Run, sample: TokenSample, progress: Progress) -> list[NDArray[np.float32]]:
    """Return what the model does at each sampled token in each part of its layers, the first to the last.

    That is (places, dimensions) a part, 0 outside calibration: a random projection of the activations of the
    part's neurons, each standardised over the calibration places.
    """
    learned = sample.calibration
    total = run.counts()["neurons"]
    random = np.random.default_rng(0)
    activity = [np.zeros((len(learned), _PROJECTED), np.float32) for _ in range(_PARTS)]
    weight = sample.weight[learned] / sample.weight[learned].sum()
    for block in run.token_blocks():
        values = block.activations()[:, learned]
        values -= (values @ weight)[:, None]
        spread = np.sqrt((values**2) @ weight)[:, None]
        np.divide(values, spread, out=values, where=spread > 0)
        np.clip(values, -_LARGEST, _LARGEST, out=values)
        directions = random.standard_normal((len(values), _PROJECTED), np.float32) / np.sqrt(_PROJECTED)
        part = block.first * _PARTS // total
        activity[part][learned] += values.T @ directions.astype(np.float32)
        progress("reading activations at tokens", block.first + len(values), total)
    return activity


def _distinct(features: Sequence[Feature]) -> list[Feature]:
    """Return the features without those that hold where an earlier one does, under names that all differ.

    A class whose name is taken shows more of its words.
    """
    seen: set[bytes] = set()
    taken: set[str] = set()
    kept = []
    for feature in features:
        held_at = feature.rows.tobytes()
        if held_at in seen:
            continue
        name, shown = feature.name, feature.name.count(", ") + 1
        while name in taken and shown < len(feature.words):
            shown += 1
            name = named_class(feature.called, feature.words[:shown])
        if name in taken:
            continue
        seen.add(held_at)
        taken.add(name)
        kept.append(feature._replace(name=name))
    return kept


def _matrix(features: Sequence[Feature], rows: int) -> csr_matrix:
    """Return where features hold: (rows, features), 1 where one does."""
    row = np.concatenate([np.empty(0, np.int64), *(feature.rows for feature in features)])
    column = np.repeat(np.arange(len(features)), [len(feature.rows) for feature in features])
    return csr_matrix((np.ones(len(row), np.float32), (row, column)), shape=(rows, len(features)))
