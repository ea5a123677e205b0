"""Phrases that mean the same become one descriptor, named as people would."""

import tracemalloc
from collections import Counter

import numpy as np

from neurotui.describe import cluster as room
from neurotui.describe.cluster import cluster, spellings


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


def test_case_plural_and_word_order_do_not_split_a_phrase():
    phrases = ["Stock markets", "market stock", "oven", "stock market", "stocks of market"]
    found = spellings(phrases, Counter({"stock market": 5, "Stock markets": 2, "oven": 1}))
    assert found == {
        "stock market": ["Stock markets", "market stock", "stock market"],
        "oven": ["oven"],
        "stocks of market": ["stocks of market"],
    }


def test_phrases_without_a_letter_stay_apart():
    assert len(spellings(["?", "!", "?!"], Counter())) == 3


def test_beyond_what_is_linked_phrases_join_the_nearest_cluster(monkeypatch):
    """Twice as many phrases as are linked come out as all of them linked would, when the rare ones are alike."""
    angles = [angle + near for near in (0, 1, 2, 3) for angle in (0, 60, 120, 180)]
    phrases = [f"p{number}" for number in range(16)]
    counts = Counter({phrase: 16 - number for number, phrase in enumerate(phrases)})
    whole = cluster(phrases, unit(*angles), counts)
    monkeypatch.setattr(room, "LINKED", 8)
    half = cluster(phrases, unit(*angles), counts)
    assert whole.of == half.of
    assert len(whole.names) == len(half.names) == 4


def test_a_hundred_thousand_phrases_are_clustered_in_bounded_memory(monkeypatch):
    monkeypatch.setattr(room, "LINKED", 500)
    random = np.random.default_rng(0)
    centres = random.normal(size=(200, 32))
    vectors = centres[np.arange(100_000) % 200] + 0.05 * random.normal(size=(100_000, 32))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    phrases = [f"p{number}" for number in range(100_000)]
    tracemalloc.start()
    found = cluster(phrases, vectors, Counter(dict.fromkeys(phrases, 1)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.names) == 200
    assert len(found.of) == 100_000
    assert peak < 4 * vectors.nbytes


def test_signs_and_marks_tell_words_apart():
    phrases = ["C++", "C#", "C", "दिन", "दीन", "दान", ".NET", "net"]
    assert len(spellings(phrases, Counter())) == len(phrases)
    assert len(spellings(["decision making", "Decision-making", '"decision" making!'], Counter())) == 1
