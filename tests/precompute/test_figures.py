"""Every figure of a neuron is the model's own: recomputed text by text, without neurotui, it comes out the same."""

import numpy as np
from precompute.reference import content


def test_texts_stand_as_the_model_read_them(case):
    texts, truth = case.columns["texts"], case.truth
    assert list(texts["source_id"]) == truth.sources
    assert list(texts["body"]) == [reading.body for reading in truth.readings]
    assert [list(tokens) for tokens in texts["tokens"]] == [reading.tokens for reading in truth.readings]
    assert [list(gold) for gold in texts["gold"]] == [[] for _ in truth.sources]


def test_a_texts_split_is_the_hash_of_its_content(case):
    assert list(case.columns["texts"]["split"]) == case.truth.splits


def test_moments_are_over_the_tokens_that_count(case):
    neurons, truth = case.columns["neurons"], case.truth
    for name in ("mean", "std", "minimum", "maximum"):
        assert np.abs(neurons[name] - getattr(truth, name)).max() < truth.slack, name


def test_neurons_are_numbered_layer_by_layer_and_unit_by_unit(case):
    neurons = case.columns["neurons"]
    units = case.truth.means.shape[1] // len(case.layers)
    assert (neurons["neuron_id"] == np.arange(units * len(case.layers))).all()
    assert (neurons["layer"] == np.repeat(case.layers, units)).all()
    assert (neurons["unit"] == np.tile(np.arange(units), len(case.layers))).all()


def pooled(case):
    """Return the true pooled activations and the codes that the run has: (distinct texts, neurons)."""
    truth = case.truth.peaks if case.pool == "max" else case.truth.means
    return truth[case.truth.pooled], np.stack(case.columns["pooled"]["codes"], axis=1)


def test_a_pooled_activation_is_within_one_code_of_its_trace(case):
    truth, codes = pooled(case)
    lowest, highest = case.columns["pooled"]["lowest"], case.columns["pooled"]["highest"]
    assert np.abs(lowest - truth.min(0)).max() < case.truth.slack
    assert np.abs(highest - truth.max(0)).max() < case.truth.slack
    step = (highest.astype(np.float64) - lowest) / 65_535
    assert (np.abs(lowest + codes * step - truth) <= step + case.truth.slack).all()


def test_only_the_first_copy_of_a_content_keeps_pooled_activations(case):
    contents = [content(reading.body) for reading in case.truth.readings]
    first = [contents.index(one) == text for text, one in enumerate(contents)]
    assert not all(first)
    assert case.columns["texts"]["pooled"].tolist() == first
    _, codes = pooled(case)
    assert len(codes) == sum(first)


def test_a_histogram_counts_texts_in_equal_bins_of_their_pooled_activation(case):
    truth, codes = pooled(case)
    kept = np.stack(case.columns["neurons"]["histogram"], axis=1)
    assert kept.shape[0] == 32
    assert (kept.sum(0) == len(codes)).all()
    for neuron in range(0, kept.shape[1], 7):
        values = truth[:, neuron]
        edges = np.linspace(values.min(), values.max(), 33)
        # A text that lies on an edge may fall into either bin.
        near = (np.abs(values[:, None] - edges[None, 1:-1]) < (edges[1] - edges[0]) / 500).any(1).sum()
        counted, _ = np.histogram(values, edges)
        assert np.abs(counted - kept[:, neuron]).sum() <= 2 * near


def test_a_histogram_is_of_the_codes_that_are_kept_32_bins_of_2048(case):
    _, codes = pooled(case)
    edges = np.arange(33) * 2048
    histograms = np.stack(case.columns["neurons"]["histogram"], axis=1)
    assert histograms.shape[1] == codes.shape[1] > 0
    for kept, own in zip(histograms.T[::7], codes.T[::7], strict=True):
        assert kept.tolist() == np.histogram(own, edges)[0].tolist()


def test_about_half_the_texts_are_in_each_split_and_repeats_never_straddle_them(case):
    splits = case.columns["texts"]["split"]
    of = {}
    for body, split in zip(case.columns["texts"]["body"], splits, strict=True):
        assert of.setdefault(content(body), split) == split
    assert len(of) < len(splits)
    share = np.mean(splits == "calibration")
    assert 0.45 < share < 0.55 if len(splits) > 1_000 else 0.2 < share < 0.8
