"""A fit is an AUROC on held-out texts that anybody can work out again, and it says when it cannot be had."""

import math
from pathlib import Path

import numpy as np
import pytest
from labelling.planted import DEAD, EVERYWHERE, PLANTED, WORD, split, write_planted
from precompute.corpora import quiet
from sklearn.metrics import roc_auc_score

from neurotui.errors import UserError
from neurotui.labelling.topic_fit import FEWEST, MOST_ACTIVE, SAMPLE, Scorer, active_and_quiet
from neurotui.models.encoder import MiniLM
from neurotui.store.run import Run
from neurotui.types import Neuron

LABELS = ("a battery", "an old battery", "football", "fruit and flowers")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path: Path = write_planted(tmp_path_factory.mktemp("planted") / "run.duckdb")
    with Run(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def scorer(run, encoder):
    return Scorer(run, lambda: encoder)


def by_hand(run, neuron, label, side=1):
    """Work a fit out by other means: each text's standing, sklearn's AUROC, and the formula as it is printed."""
    texts = run.texts()
    values = {
        int(i): side * float(v)
        for i, v in enumerate(run.pooled(run.number_of(neuron)))
        if not texts.calibration[i]
    }
    shown = {one.text_id for one in run.detail(run.number_of(neuron)).exemplars}
    ordered = sorted(values.keys() - shown, key=lambda text: (-values[text], text))
    active = ordered[: max(5, min(32, len(values) // 10))]
    median = (sorted(values.values())[(len(values) - 1) // 2] + sorted(values.values())[len(values) // 2]) / 2
    active = [text for text in active if values[text] > median]
    silent = [text for text in values if values[text] <= median and text not in shown]
    said, *vectors = MiniLM().encode([label, *run.bodies_of([*active, *silent])], quiet)
    area = roc_auc_score([1] * len(active) + [0] * len(silent), [float(said @ vector) for vector in vectors])
    p, q = len(active), len(silent)
    a = min(area, 1 - 1 / (2 * p * q))  # at 1 the formula knows no spread: half a pair less
    q1, q2 = a / (2 - a), 2 * a**2 / (1 + a)
    spread = (a * (1 - a) + (p - 1) * (q1 - a**2) + (q - 1) * (q2 - a**2)) / (p * q)
    return area, 1.96 * math.sqrt(spread)


@pytest.mark.parametrize("label", LABELS[1:])
@pytest.mark.parametrize("neuron", [PLANTED, EVERYWHERE, Neuron(0, 4)])
def test_a_fit_is_what_it_comes_to_by_hand(run, scorer, neuron, label):
    (fit,) = scorer.score(neuron, [label], quiet).fits
    area, margin = by_hand(run, neuron, label)
    assert fit.topic.auroc == pytest.approx(area, abs=2e-3)  # two cosines may be equal but for the last digit
    assert fit.topic.lower == pytest.approx(max(area - margin, 0), abs=2e-3)
    assert fit.topic.upper == pytest.approx(min(area + margin, 1), abs=2e-3)


def test_a_label_of_the_other_side_fits_where_the_neuron_is_lowest(run, scorer):
    neuron, label = Neuron(0, 4), "fruit and flowers"
    above, below = scorer.score(neuron, [label, label], quiet, [1, -1]).fits
    area, margin = by_hand(run, neuron, label, -1)
    assert below.topic.auroc == pytest.approx(area, abs=2e-3)
    assert below.topic.lower == pytest.approx(max(area - margin, 0), abs=2e-3)
    assert abs(above.topic.auroc - below.topic.auroc) > 0.01


def test_what_the_neuron_fires_at_fits_and_something_else_does_not(scorer):
    right, _, wrong, _ = scorer.score(PLANTED, LABELS, quiet).fits
    assert right.topic.auroc > 0.95
    assert wrong.topic.upper < right.topic.lower


def test_only_validation_texts_are_read(run, encoder):
    encoder.read.clear()
    anew = Scorer(run, lambda: encoder)
    anew.warm(quiet)
    anew.score(PLANTED, LABELS, quiet)
    read = set(encoder.read) - {*LABELS, "a label"}
    assert read <= set(split(run.path, "validation"))
    assert not read & set(split(run.path, "calibration"))
    assert len(read) >= 50


def test_no_text_that_the_screen_shows_is_read(run, encoder):
    encoder.read.clear()
    Scorer(run, lambda: encoder).score(PLANTED, LABELS, quiet)
    number = run.number_of(PLANTED)
    shown = [one.text_id for one in run.detail(number).exemplars if one.split == "validation"]
    assert shown
    assert not set(run.bodies_of(shown)) & set(encoder.read)


def test_a_text_is_read_once(scorer, encoder):
    scorer.score(PLANTED, LABELS, quiet)
    before = len(encoder.read)
    scorer.score(PLANTED, ["a typed label"], quiet)
    assert encoder.read[before:] == ["a typed label"]


def test_a_fit_does_not_depend_on_what_is_asked_with_it_or_was_asked_before(run, scorer, encoder):
    beside = scorer.score(PLANTED, LABELS, quiet).fits
    assert tuple(scorer.score(PLANTED, [label], quiet).fits[0] for label in LABELS) == beside
    anew = Scorer(run, lambda: encoder)
    anew.score(EVERYWHERE, LABELS, quiet)
    assert anew.score(PLANTED, LABELS[::-1], quiet).fits == beside[::-1]


def test_a_neuron_that_fires_everywhere_is_quiet_somewhere_and_one_that_never_fires_has_no_fit(scorer):
    assert scorer.score(EVERYWHERE, ["a battery"], quiet).fits[0].topic.auroc > 0.9
    judged = scorer.score(DEAD, ["a battery"], quiet)
    assert math.isnan(judged.fits[0].topic.auroc)
    assert "no exemplars of L0.1, it is clearly active at 0" in judged.notes[0]


def test_an_empty_label_and_an_unknown_neuron_are_refused(scorer):
    with pytest.raises(UserError, match="empty label"):
        scorer.score(PLANTED, [WORD, " "], quiet)
    with pytest.raises(UserError, match=r"no neuron L7\.1"):
        scorer.score(Neuron(7, 1), [WORD], quiet)


def chosen(values, sample):
    """Choose texts of which none was shown."""
    return active_and_quiet(values, sample, np.zeros(len(values), np.bool_))


@pytest.mark.parametrize("texts", [12, 60, 250, 4_000])
@pytest.mark.parametrize("kinds", [2, 5, 10**6])
def test_active_texts_lie_above_every_quiet_one_however_many_are_equal(texts, kinds):
    chance = np.random.default_rng(texts + kinds)
    values = chance.integers(0, kinds, texts).astype(np.float32)
    sample = np.sort(chance.choice(texts, min(SAMPLE, texts), replace=False))
    active, silent = chosen(values, sample)
    assert len(active) <= max(FEWEST, min(MOST_ACTIVE, texts // 10))
    assert not set(silent.tolist()) - set(sample.tolist())
    if len(active) and len(silent):
        assert values[active].min() > values[silent].max()
        assert np.sum(values > values[active].min()) < len(active) + np.sum(values == values[active].min())
    if kinds == 10**6:
        assert len(active) == max(FEWEST, min(MOST_ACTIVE, texts // 10))


def test_quiet_are_those_of_the_sample_that_lie_in_the_lower_half_of_all_texts():
    # The median of all is 5.5, that of the sample is 7; the sixth highest of 80 is the last that is active.
    values = np.array([0, 9, 5, 7, 6, 8, 1, 3, 4, 2, 11, 10], np.float32)
    active, silent = chosen(values, np.array([0, 1, 2, 3, 4, 5, 9]))
    assert active.tolist() == [10, 11, 1, 5, 3]
    assert silent.tolist() == [0, 2, 9]


def test_of_equal_texts_those_at_the_median_are_quiet():
    active, silent = chosen(np.array([1, 1, 1, 0, 0, 2, 2], np.float32), np.arange(7))
    assert active.tolist() == [5, 6]
    assert silent.tolist() == [0, 1, 2, 3, 4]


def test_what_is_not_above_the_median_is_not_active():
    values = np.zeros(100, np.float32)
    values[[3, 50]] = 1
    active, silent = chosen(values, np.arange(100))
    assert set(active.tolist()) == {3, 50}
    assert len(silent) == 98
