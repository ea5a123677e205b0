"""The evidence for matching is read from a run correctly: splits, weights, peaks, number of pairs."""

from collections import Counter

import duckdb
import numpy as np
import pytest
from describe.sentences import apart
from scipy.sparse import csr_matrix
from synthetic import write_run

from neurotui.describe import pipeline
from neurotui.describe.token_evidence import token_descriptors
from neurotui.store.run import Run

TEXTS, NEURONS = 80, 12
VOCABULARY = ("goal", "court", "snow", ";", *(f"thing{number}" for number in range(90)))


class Apart:
    """An encoder to which no two words are alike."""

    def encode(self, words, progress):
        del progress
        return apart(words)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run whose sampled tokens have weights that differ."""
    chance = np.random.default_rng(4)
    bodies = [" ".join(chance.choice(VOCABULARY, 30)) for _ in range(TEXTS)]
    path = write_run(tmp_path_factory.mktemp("evidence") / "run.duckdb", units=6, bodies=bodies, sample=1_500)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE token_sample SET weight = 1 + place % 5")
        # The last neuron is never negative: where its lowest activations stand tells nothing.
        connection.execute("UPDATE neurons SET minimum = if(neuron_id = ?, -0.1, -maximum)", [NEURONS - 1])
    with Run(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def topics():
    """Return which texts hold each of two topics."""
    return np.stack([np.arange(TEXTS) % 3 == 0, np.arange(TEXTS) % 7 < 2], axis=1)


@pytest.fixture(scope="module")
def found(run, topics):
    return token_descriptors(run, csr_matrix(topics.astype(np.float32)), Apart())


@pytest.fixture(scope="module")
def word_at(run):
    """Return what tells the word at a place; the first token of a text is special."""
    words = [body.split(" ") for body in run.bodies_of(range(TEXTS))]
    return lambda text, position: words[text][position - 1]


def test_each_split_has_its_own_places_by_their_weights(run, found, topics, word_at):
    sample = run.token_sample()
    words = np.array(
        [word_at(*place) for place in zip(sample.text_id.tolist(), sample.position.tolist(), strict=True)]
    )
    evidence = found.evidence
    assert evidence.learned.tolist() == (sample.text_id % 2 == 0).tolist()
    assert len(set(sample.weight.tolist())) == 5
    column = {feature.name: number for number, feature in enumerate(found.features) if feature.kind == "word"}
    assert {"goal", "court", "snow"} <= set(column)
    for split, mask in (("calibration", evidence.learned), ("validation", ~evidence.learned)):
        share = sample.weight[mask] / sample.weight[mask].sum()
        tokens, texts = getattr(evidence.tokens, split), getattr(evidence.texts, split)
        np.testing.assert_allclose(tokens.weight, share, rtol=1e-6)
        np.testing.assert_allclose(texts.weight, share, rtol=1e-6)
        for word, number in column.items():
            holds = tokens.holds.toarray()[:, number] > 0
            assert holds.tolist() == (words[mask] == word).tolist()
        assert (texts.holds.toarray() > 0).tolist() == topics[sample.text_id[mask]].tolist()


def test_the_places_of_a_text_are_one_piece_of_evidence_for_a_topic_and_each_is_one_for_a_word(run, found, topics):
    sample, evidence = run.token_sample(), found.evidence
    for split, mask in (("calibration", evidence.learned), ("validation", ~evidence.learned)):
        texts = np.unique(sample.text_id[mask])
        where = getattr(evidence.texts, split)
        assert where.groups is not None
        assert (where.groups.toarray() > 0).tolist() == (sample.text_id[mask][:, None] == texts).tolist()
        assert (where.group_holds.toarray() > 0).tolist() == topics[texts].tolist()
        assert getattr(evidence.tokens, split).groups is None


def test_the_bounds_are_for_all_neurons_and_all_descriptors(found):
    assert found.evidence.pairs == NEURONS * len(found.features)
    assert found.evidence.first_id == 2


def test_a_class_of_words_is_trusted_less_and_words_signs_and_pieces_are_exact(found):
    kinds = [feature.kind for feature in found.features]
    assert {"class", "word", "sign", "after"} <= set(kinds)
    assert found.evidence.unsure.tolist() == [1.0 if kind == "class" else 0.5 for kind in kinds]
    assert found.evidence.exact.tolist() == [kind in {"word", "sign", "piece"} for kind in kinds]


def test_only_exemplars_of_calibration_tell_where_a_neuron_peaks(run, found, word_at):
    """Counted again word by word, on both sides: validation exemplars play no part."""
    own = Counter()
    for block in run.peak_exemplars():
        for neuron, kind, text, peak in zip(
            *(block[name].tolist() for name in ("neuron_id", "kind", "text_id", "peak")), strict=True
        ):
            if text % 2 == 0:
                own[neuron, kind, word_at(text, peak)] += 1
    column = {feature.name: number for number, feature in enumerate(found.features) if feature.kind == "word"}
    for side, kind in ((1, "top"), (-1, "bottom")):
        peaks = found.evidence.peaks[side]
        at_peaks = (peaks @ found.evidence.holds_at_peaks).toarray()
        for neuron in range(NEURONS):
            here = {word: count for (number, its, word), count in own.items() if (number, its) == (neuron, kind)}
            if side < 0 and neuron == NEURONS - 1:
                assert here, "it has bottom exemplars, and they do not count"
                here = {}
            assert peaks[neuron].sum() == sum(here.values())
            for word, number in column.items():
                assert at_peaks[neuron, number] == here.get(word, 0)
    assert own.total() > NEURONS


def test_only_exemplars_of_calibration_are_counted_as_evidence_of_a_topic(run):
    texts = run.texts()
    top = pipeline._top(run, np.arange(TEXTS, dtype=np.int32), texts.calibration)
    neuron_ids, exemplars = run.texts_of_kind("pooled")
    for neuron in range(NEURONS):
        own = [text if text % 2 == 0 else -1 for text in exemplars[neuron_ids == neuron].tolist()]
        assert top[neuron].tolist() == own
    assert (top >= 0).any()
    assert (top == -1).any()
