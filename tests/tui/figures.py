"""Overviews by hand: a few neurons whose figures can be counted on one's fingers."""

import numpy as np

from neurotui.store.run_tables import Overview
from neurotui.tui import themes
from neurotui.tui.styles import ink

NAMES = ("football match", "night sky", "Straßenbahn und Bus", "[CLS] of a\x1b[2J text")


def overview(rows, names=NAMES) -> Overview:
    """Make an overview from rows of (layer, unit, descriptors, score, firing rate[, described, validation])."""
    width = max([1, *(len(row[2]) for row in rows)])
    matched = np.full((len(rows), width), -1, np.int32)
    for place, row in enumerate(rows):
        matched[place, : len(row[2])] = row[2]
    score = np.array([row[3] for row in rows], np.float32)
    described = np.array([row[5] if len(row) > 5 else row[3] > 0.65 for row in rows], np.bool_)
    validation = np.array([row[6] if len(row) > 6 else row[3] for row in rows], np.float32)
    zeros = np.zeros(len(rows), np.float32)
    return Overview(
        layer=np.array([row[0] for row in rows], np.int16),
        unit=np.array([row[1] for row in rows], np.int32),
        mean=zeros,
        std=zeros,
        minimum=zeros,
        maximum=zeros,
        firing_rate=np.array([row[4] for row in rows], np.float32),
        matched=matched,
        sides=np.ones(matched.shape, np.int8),
        score=score,
        validation=validation,
        described=described,
        names=tuple(names),
        scopes=("text",) * len(names),
        kinds=("topic",) * len(names),
        peak_words=("",),
        peak=np.zeros(len(rows), np.int32),
        peak_count=np.zeros(len(rows), np.int16),
    )


NAN = float("nan")
# Layers 0, 3, 4 and 12; the fifth has no descriptor.
SMALL = overview(
    [
        (0, 0, [0], 0.9, 0.5),
        (0, 1, [1, 0], 0.8, 0.01),
        (3, 797, [2], 0.7, 0.009),
        (3, 1535, [0, 1, 2], 0.6, 0.2),
        (4, 7, [], NAN, 0.0),
        (12, 40, [3], 0.55, 1.0),
    ]
)


def our_ink(theme=themes.DARK):
    """Return the styles of one of our themes."""
    return ink(theme)
