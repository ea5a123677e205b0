"""The measures of a neuron and what is said of it, at tokens and over texts, of several variants at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.stats import rankdata

from neurotui.describe import weighted_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARE_ACTIVE = 0.05
"""The share of the held-out tokens, the most active ones, at which a neuron counts as active."""

_CODES = 256


class Measures(NamedTuple):
    """What is measured of each variant of a description; all (variants,), NaN where a measure is not known.

    Over texts, a description places texts by its likeness to them, and the measures say how well that finds the
    texts at which the neuron is active among those at which it is quiet. At tokens, a description holds or not,
    and the measures say how well the activation tells where.
    """

    auroc: NDArray[np.float64]
    correlation: NDArray[np.float64]
    average_precision: NDArray[np.float64]
    f1: NDArray[np.float64]


MEASURES = ("AUROC", "correlation", "average precision", "F1")
"""The names of ``Measures``, in its order, as people read them."""


def unknown(variants: int) -> Measures:
    """Return measures none of which is known."""
    return Measures(*np.full((len(Measures._fields), variants), np.nan))


def at_tokens(
    codes: NDArray[np.uint8],
    holds: NDArray[np.bool_],
    weight: NDArray[np.floating],
    sides: NDArray[np.int8],
) -> Measures:
    """Return the measures of a neuron with each variant of where a description holds.

    `codes` (places,) are the neuron's activations, `holds` (places, variants), `weight` (places,); a variant of
    side -1 speaks of the negative of the activation. With the weights as in ``weighted``::

        AUROC              a place with the description is more active than one without
        correlation        Pearson's r of the activation with whether the description holds
        average precision  of the places that are as active or more, the share with the description, averaged over
                           the places with it
        F1                 2 |active and held| / (|active| + |held|), active being the most active ``SHARE_ACTIVE``
                           of the places, equal ones together (arXiv 2506.05774 binarises activations likewise)
    """
    where = weighted_scores.held(csr_matrix(holds, dtype=np.float32), weight)
    each = np.arange(holds.shape[1])[None]
    block = codes[None]
    above = weighted_scores.area(block, where)[0]
    r = weighted_scores.correlations(block.astype(np.float32), where).r[0]
    f1 = np.full(holds.shape[1], np.nan)
    for side in (1, -1):
        active = where.weight * most_active(codes, where.weight, side)
        found = 2 * np.asarray(where.holds.T @ active) / (active.sum() + where.share)
        f1 = np.where(sides == side, found, f1)
    return Measures(
        np.where(sides > 0, above, 1 - above),
        sides * r,
        weighted_scores.average_precision(block, where, each, sides[None])[0],
        f1,
    )


def most_active(codes: NDArray[np.uint8], weight: NDArray[np.float64], side: int) -> NDArray[np.bool_]:
    """Return which places are the most active ``SHARE_ACTIVE`` by weight, or the least active for side -1.

    Places as active as the last of them count too.
    """
    ordered = codes if side > 0 else (_CODES - 1 - codes).astype(np.uint8)
    share = np.bincount(ordered, weights=weight, minlength=_CODES)[::-1].cumsum()
    # Beyond rounding: a share that is reached exactly is enough.
    last = int(np.argmax(share >= SHARE_ACTIVE * share[-1] * (1 - 1e-9)))
    return ordered >= _CODES - 1 - last


def over_texts(
    values: NDArray[np.float32],
    similarity: NDArray[np.float32],
    active: NDArray[np.int64],
    quiet: NDArray[np.int64],
) -> Measures:
    """Return the measures of a neuron with each variant of how like a description is to texts.

    `values` (texts,) are the neuron's pooled activations, NaN for texts that do not count, of the negative where
    the description speaks of it; `similarity` (variants, texts); `active` and `quiet` are rows of texts::

        AUROC              an active text is more like the description than a quiet one: the fit as a topic
        correlation        Pearson's r of the pooled activation with the likeness, over all texts that count
        average precision  of the texts that are as like it or more, the share that is active, averaged over the
                           active ones
        F1                 of as many texts as are active, those most like it, the share that is active: precision
                           and recall are then the same, and no threshold is chosen on what is judged
    """
    judged = similarity[:, np.concatenate([active, quiet])]
    p, q = len(active), len(quiet)
    ranks = rankdata(judged, axis=1)
    auroc = (ranks[:, :p].sum(axis=1) - p * (p + 1) / 2) / (p * q)
    as_like = rankdata(-judged, "max", axis=1)[:, :p]
    precision = rankdata(-judged[:, :p], "max", axis=1) / as_like
    taken = rankdata(-judged, "min", axis=1) <= p
    counts = ~np.isnan(values)
    return Measures(
        auroc,
        pearson(values[counts].astype(np.float64), similarity[:, counts].astype(np.float64)),
        precision.mean(axis=1),
        2 * taken[:, :p].sum(axis=1) / (p + taken.sum(axis=1)),
    )


def pearson(values: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Pearson's r of `values` (texts,) with each row of `others`; 0 where either has no spread."""
    centred, rest = values - values.mean(), others - others.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).sum() * (rest**2).sum(axis=1))
    found: NDArray[np.float64] = np.divide(rest @ centred, spread, out=np.zeros(len(rest)), where=spread > 0)
    return found
