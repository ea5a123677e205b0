"""Every exemplar is the text that it should be, and its trace is what the model did on it."""

from itertools import pairwise

import numpy as np
from precompute.reference import content
from precompute.runs import LOOKED_AT

WINDOW = 64


def test_every_neuron_that_is_looked_at_has_exemplars_of_every_kind(case):
    """What the other tests loop over: none of them says anything of an empty list."""
    neurons = case.columns["neurons"]["neuron_id"]
    every = max(1, len(neurons) // LOOKED_AT)
    texts = len(case.truth.originals)
    assert len(set(neurons[::every].tolist())) >= min(LOOKED_AT, len(neurons)) >= 30
    for kind, most in (("top", case.exemplars), ("pooled", case.exemplars // 2), ("quantile", 10), ("random", 10)):
        found = case.by_kind(kind)
        assert sorted(found) == neurons[::every].tolist()
        assert {len(kept) for kept in found.values()} == {min(most, texts)}, kind
    assert all(len(kept.trace) > 0 for kept in case.kept)


def test_traces_are_the_models_own_within_half_a_quantisation_step(case):
    for kept in case.kept:
        true = case.trace(kept)
        assert abs(kept.lowest - true.min()) < case.truth.slack
        assert abs(kept.highest - true.max()) < case.truth.slack
        step = (kept.highest - kept.lowest) / 255
        assert np.abs(kept.lowest + kept.trace * step - true).max() <= step / 2 + case.truth.slack


def test_peak_and_value_are_the_texts_highest_activation_or_its_lowest(case):
    for kept in case.kept:
        reading = case.truth.readings[kept.text]
        whole = reading.activations[:, kept.neuron]
        extreme = whole.min() if kept.kind == "bottom" else whole.max()
        assert abs(kept.value - extreme) < case.truth.slack
        assert abs(whole[kept.peak - reading.first] - extreme) < case.truth.slack
        code = kept.trace[kept.peak - kept.start]
        assert code == (kept.trace.min() if kept.kind == "bottom" else kept.trace.max())


def test_a_window_is_a_whole_text_or_64_tokens_around_the_peak(case):
    for kept in case.kept:
        reading = case.truth.readings[kept.text]
        counted = len(reading.activations)
        assert len(kept.trace) == min(WINDOW, counted)
        centred = kept.peak - reading.first - len(kept.trace) // 2
        assert kept.start - reading.first == min(max(centred, 0), counted - len(kept.trace))


def test_special_tokens_never_count(case):
    special = set(case.columns["vocabulary"]["token_id"][case.columns["vocabulary"]["special"]].tolist())
    ends = {token for reading in case.truth.readings for token in reading.tokens[: reading.first]}
    assert ends <= special
    for kept in case.kept:
        reading = case.truth.readings[kept.text]
        assert kept.start >= reading.first
        assert kept.start + len(kept.trace) <= reading.first + len(reading.activations)


def test_no_two_exemplars_of_a_kind_are_copies_of_one_text(case):
    for kind in ("top", "bottom", "quantile", "random"):
        for kept in case.by_kind(kind).values():
            assert len({content(case.truth.readings[one.text].body) for one in kept}) == len(kept)
            assert {one.text for one in kept} <= set(case.truth.originals)


def test_top_exemplars_are_the_texts_with_the_highest_peaks_in_their_order(case):
    peaks = case.truth.peaks[case.truth.originals]
    for neuron, kept in case.by_kind("top").items():
        highest = np.sort(peaks[:, neuron])[::-1][: case.exemplars]
        assert [one.rank for one in kept] == list(range(len(highest)))
        assert all(first.value >= second.value for first, second in pairwise(kept))
        found = [case.truth.peaks[one.text, neuron] for one in kept]
        assert np.abs(found - highest).max() < case.truth.slack


def test_bottom_exemplars_are_the_texts_with_the_most_negative_points_in_their_order(case):
    lows = case.truth.lows[case.truth.originals]
    for neuron, kept in case.by_kind("bottom").items():
        lowest = np.sort(lows[:, neuron])[: case.exemplars // 2]
        lowest = lowest[lowest < 0]
        assert [one.rank for one in kept] == list(range(len(lowest)))
        assert all(first.value <= second.value < 0 for first, second in pairwise(kept))
        found = [case.truth.lows[one.text, neuron] for one in kept]
        assert np.abs(np.subtract(found, lowest)).max(initial=0) < case.truth.slack


def test_quantile_exemplars_spread_evenly_over_a_samples_peaks_from_the_highest(case):
    sample = case.truth.sample
    places = np.linspace(0, len(sample) - 1, 10).round().astype(int)
    for neuron, kept in case.by_kind("quantile").items():
        assert {one.text for one in kept} <= set(sample)
        spread = np.sort(case.truth.peaks[sample, neuron])[::-1][places]
        found = [case.truth.peaks[one.text, neuron] for one in kept]
        assert np.abs(found - spread).max() < case.truth.slack


def test_random_exemplars_are_the_same_texts_for_every_neuron_and_chosen_by_content(case):
    for kept in case.by_kind("random").values():
        assert [one.text for one in kept] == case.truth.sample[:10]
