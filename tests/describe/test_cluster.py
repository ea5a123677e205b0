"""Phrases that mean the same become one descriptor, named as people would."""

from collections import Counter

import numpy as np

from neurotui.describe.cluster import cluster


def unit(*angles):
    """Return vectors of length 1 at some angles, in degrees: cosine distance is then plain to see."""
    radians = np.radians(angles)
    return np.column_stack([np.cos(radians), np.sin(radians)]).astype(np.float32)


def test_near_phrases_join_and_far_ones_do_not():
    found = cluster(["goal", "goals", "oven"], unit(0, 10, 90), Counter(goal=5, goals=3, oven=4))
    assert found.of["goal"] == found.of["goals"] != found.of["oven"]


def test_the_name_is_the_central_frequent_phrase():
    phrases = ["rare centre", "often", "often too"]
    found = cluster(phrases, unit(5, 0, 12), Counter({"rare centre": 1, "often": 50, "often too": 40}))
    assert found.names == ("often",)


def test_a_validation_phrase_joins_the_nearest_cluster_within_the_cut():
    phrases = ["goal", "oven", "near the oven", "far from both"]
    found = cluster(phrases, unit(0, 90, 80, 225), Counter(goal=5, oven=5))
    assert found.of["near the oven"] == found.of["oven"]
    assert "far from both" not in found.of


def test_validation_phrases_change_neither_clusters_nor_names():
    alone = cluster(["goal", "oven"], unit(0, 90), Counter(goal=5, oven=5))
    more = cluster(["goal", "oven", "late"], unit(0, 90, 45), Counter(goal=5, oven=5))
    assert alone.names == more.names


def test_nothing_and_a_single_phrase_are_no_trouble():
    assert cluster([], np.zeros((0, 2), np.float32), Counter()).names == ()
    assert cluster(["goal"], unit(0), Counter(goal=1)).names == ("goal",)
