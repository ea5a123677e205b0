"""What a person's labels of a neuron say and mean, as they are compared with another person's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurotui.labelling.near_meaning import NEAR_COSINE
from neurotui.spelling import compared
from neurotui.types import Label, Side, no_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.models.protocol import Encoder
    from neurotui.types import Progress

AcceptedSaid = tuple[tuple[Side, str], ...]
"""The labels that one person accepted for a neuron, in a form that can be compared: each with its side, sorted."""


def accepted_said(label: Label) -> AcceptedSaid | None:
    """Return an accepted label as it is compared; None for any other."""
    return tuple(sorted({(one.side, compared(one.text)) for one in label.accepted})) or None


def vectors_of(
    said: Sequence[AcceptedSaid], encoder: Encoder, progress: Progress = no_progress
) -> NDArray[np.float64]:
    """Return a vector of length 1 for what each said, of several labels their mean: (said, 2 * dimensions).

    Labels of different sides are at a right angle to each other.
    """
    labels = sorted({label for told in said for label in told})
    found = np.asarray(encoder.encode([text for _, text in labels], progress), np.float64)
    here = np.array([[side > 0] for side, _ in labels], np.bool_)
    vectors = np.concatenate([found * here, found * ~here], axis=1)
    place = {label: number for number, label in enumerate(labels)}
    means = np.array([vectors[[place[label] for label in told]].mean(axis=0) for told in said])
    lengths: NDArray[np.float64] = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means / np.maximum(lengths, np.finfo(np.float64).tiny), np.float64)


def all_near(groups: Sequence[Sequence[Label]], encoder: Encoder, progress: Progress = no_progress) -> list[bool]:
    """Return of each group of labels of one neuron whether every two of them are near in meaning.

    A group with a label that is not accepted is not.
    """
    said = [[accepted_said(label) for label in group] for group in groups]
    distinct = sorted({one for group in said for one in group if one is not None})
    if not distinct:
        return [False] * len(groups)
    vectors = dict(zip(distinct, vectors_of(distinct, encoder, progress), strict=True))
    found = []
    for group in said:
        known = [vectors[one] for one in group if one is not None]
        near = len(known) == len(group) and bool(known)
        # Rounding may put the cosine of a vector with itself below 1, but never below the threshold.
        found.append(near and bool((np.array(known) @ np.array(known).T >= NEAR_COSINE).all()))
    return found
