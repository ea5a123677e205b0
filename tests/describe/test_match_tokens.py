"""What is said first of a neuron is what it does at tokens, on the right side; noise and shuffles stay silent."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from describe.planted import CLASS, WORDS, evidence, firsts, noise, rows, token_block, world
from scipy.sparse import csr_matrix
from scipy.stats import binom, norm, pearsonr

from neurotui.describe import match_tokens as room
from neurotui.describe.described_rule import LEAST_CORRELATION, AtPeaks, peaking
from neurotui.describe.match_tokens import BEST_TOKENS, match_tokens
from neurotui.describe.weighted_scores import Correlations


@pytest.fixture
def random():
    return np.random.default_rng(7)


def test_neurons_are_said_to_do_what_they_were_planted_to_do(random):
    """At a word, at a class of words, right after a word, below zero at a word, at texts of a topic; or nothing."""
    made = world(random, small=300)
    wanted, planted = [], []
    for number in range(10):
        for token_id, side in (
            (made.word_id(number), 1),
            (made.class_id(number), 1),
            (made.after_id(number + 20), 1),
            (made.word_id(number + 40), -1),
        ):
            planted.append(side * 2.0 * made.at(token_id))
            wanted.append([token_id, side, True])
    for topic in range(8):
        planted.append(0.8 * made.topics[made.text, topic])
        wanted.append([topic, 1, True])
    activations = noise(random, len(planted) + 20, made)
    activations[: len(planted)] += planted
    # So many exemplars that those of a class do not happen to peak at one of its words.
    table = rows(made, activations, given=evidence(made, activations, exemplars=60))
    found = firsts(table)
    assert [found[neuron] for neuron in range(len(planted))] == wanted
    assert not any(found[neuron][2] for neuron in range(len(planted), len(activations)))
    best = table["rank"] == 0
    assert (table["correlation_validation"][best][: len(planted)] > 0.5).all()
    assert table["described_validation"][best][: len(planted)].all()
    assert not table["described_validation"][best][len(planted) :].any()


def test_nothing_is_said_of_activations_that_were_shuffled_over_the_places(random):
    """Hundreds of neurons that do fire at words, and hundreds of features small enough to fit by chance."""
    made = world(random, small=600)
    activations = noise(random, 300, made) ** 3
    activations += [2.0 * made.at(made.word_id(neuron % WORDS)) for neuron in range(300)]
    # Their exemplars peak at the word: that alone is not enough.
    given = evidence(made, activations)
    assert rows(made, activations, given=given)["described"].any()
    for _ in range(3):
        shuffled = random.permuted(activations, axis=1)
        table = rows(made, shuffled, given=given)
        at_tokens = table["descriptor_id"] >= made.first_id
        assert at_tokens.sum() == 300 * BEST_TOKENS
        assert not table["described"][at_tokens].any()
        assert not table["described_validation"][at_tokens].any()


def test_the_word_at_which_exemplars_peak_leads_even_where_its_class_predicts_better(random):
    made = world(random)
    in_class = 1.0 * made.at(made.class_id(2))
    activations = noise(random, 1, made) + in_class + 1.0 * made.at(made.word_id(2 * CLASS + 1))
    texts, tokens = evidence(made, activations)
    table = rows(made, activations, given=(texts, tokens))
    ids, r = table["descriptor_id"].tolist(), table["correlation_calibration"]
    word, group = made.word_id(2 * CLASS + 1), made.class_id(2)
    assert ids[0] == word
    assert r[ids.index(group)] > r[0]
    assert table["top_with"][0] >= table["top_of"][0] / 2 > 0
    # Without the peaks, or where they are elsewhere, what predicts best leads.
    nowhere = replace(tokens, peaks={side: 0 * peaks for side, peaks in tokens.peaks.items()})
    assert rows(made, activations, given=(texts, nowhere))["descriptor_id"][0] == group
    no_words = replace(tokens, exact=np.zeros(made.holds.shape[1], np.bool_))
    assert rows(made, activations, given=(texts, no_words))["descriptor_id"][0] == group
    # A word that has little of what the class predicts does not lead, whatever the peaks.
    weak = noise(random, 1, made) + 3 * in_class - 2.6 * made.at(word)
    at_word = evidence(made, 9 * made.at(word)[None])[1].peaks
    found = rows(made, weak, given=(texts, replace(tokens, peaks=at_word)))
    assert found["top_with"][found["descriptor_id"] == word].tolist() in ([], [int(at_word[1].sum())])
    assert found["descriptor_id"][0] == group


@pytest.mark.parametrize(
    ("surest", "r", "held", "word", "leads"),
    [
        # Nearly as certain, .95 of the best, and where four in ten exemplars peak.
        (3, 0.48, 4, False, True),
        (3, 0.48, 3, False, False),
        (3, 0.47, 9, False, False),
        # Where no more than two in ten peak at the surest, whatever is certain enough.
        (2, 0.22, 3, False, True),
        (2, 0.21, 3, False, False),
        (2, 0.2, 4, False, True),
        (2, 0.19, 4, False, False),
        (2, 0.48, 2, False, False),
        # A word at which half of them peak needs .45 of the best r, less the more do: .05 where all do.
        (3, 0.23, 5, True, True),
        (3, 0.22, 5, True, False),
        (3, 0.14, 7, False, False),
        (3, 0.15, 7, True, True),
        (3, 0.14, 7, True, False),
        (3, 0.03, 10, True, True),
        (3, 0.02, 10, True, False),
        (3, 0.45, 4, True, False),
    ],
)
def test_how_near_and_at_how_many_peaks_a_descriptor_must_be_to_be_said_before_the_surest(
    surest, r, held, word, leads
):
    """The surest has an r of .5 and holds at `surest` of ten peaks, the other at `held`."""
    correlations = Correlations(np.array([[0.5, r]]), np.zeros((1, 2)))
    at_peaks = {
        1: AtPeaks(np.array([[surest, held]]), np.array([10])),
        -1: AtPeaks(np.zeros((1, 2), np.int64), np.array([10])),
    }
    exact, half = np.array([False, word]), np.full(2, 0.5)
    best = room._best(correlations, at_peaks, peaking(correlations.r, at_peaks, np.full(2, 0.1)), exact, half)
    assert best.tolist() == ([[1, 0]] if leads else [[0, 1]])


def test_of_nearly_equal_descriptors_the_one_that_holds_where_exemplars_peak_is_said_first(random):
    """It may be of more than half the exemplars what the best is not; the other keeps its place behind it."""
    made = world(random)
    activations = noise(random, 1, made, 0.1) + made.at(made.class_id(1)) + 0.97 * made.at(made.class_id(4))
    texts, tokens = evidence(made, activations)
    both = [made.class_id(1), made.class_id(4)]
    for first, other in (both, both[::-1]):
        places = np.flatnonzero(made.at(first) & made.learned)[:10]
        at = csr_matrix((np.ones(10, np.float32), (np.zeros(10, int), places)), shape=tokens.peaks[1].shape)
        found = rows(made, activations, given=(texts, replace(tokens, peaks={1: at, -1: 0 * at})))
        assert found["descriptor_id"][:2].tolist() == [first, other]


def test_of_descriptors_of_the_same_peaks_the_one_of_fewer_tokens_is_said_first_if_nearly_as_certain(random):
    made = world(random)
    narrow, wide = made.class_id(1), made.class_id(4)
    made.holds[:, wide - made.first_id] = made.at(narrow) | (random.random(len(made.holds)) < 0.02)
    for rest, first in ((0.6, narrow), (0.9, wide)):
        activations = noise(random, 1, made, 0.1) + made.at(narrow) + rest * (made.at(wide) & ~made.at(narrow))
        _, tokens = evidence(made, activations)
        places = np.flatnonzero(made.at(narrow) & made.learned)[:10]
        at = csr_matrix((np.ones(10, np.float32), (np.zeros(10, int), places)), shape=tokens.peaks[1].shape)
        found = match_tokens(token_block(activations), replace(tokens, peaks={1: at, -1: 0 * at})).found
        certain = dict(zip(found.descriptor[0].tolist(), found.certain[0].tolist(), strict=True))
        assert certain[wide] > certain[narrow]
        assert found.descriptor[0, 0] == first


def test_a_word_is_described_where_it_is_sure_and_beyond_chance_or_lifted_and_each_alone_keeps_some_silent(random):
    """Worked out again, place by place, for what is kept of neurons at frequent and at rare features."""
    made = world(random, small=60, texts=200)
    rare = made.first_id + made.holds.shape[1] - 60
    strength = np.linspace(0, 3, 80)[:, None]
    at = [made.at(made.class_id(n % 10) if n % 2 else rare + n % 60) for n in range(80)]
    activations = noise(random, 80, made, 1.0) + strength * np.array(at, float)
    _, tokens = evidence(made, activations, exemplars=12)
    # As of a model of half a million neurons.
    tokens = replace(tokens, pairs=10**7)
    block = token_block(activations)
    found = match_tokens(block, tokens).found
    seen = {"described": set(), "described_validation": set()}
    for neuron, place in np.ndindex(found.descriptor.shape):
        side = int(found.side[neuron, place])
        holds = made.at(int(found.descriptor[neuron, place]))
        values, codes = (
            side * block.activations()[neuron],
            block.codes[neuron] if side > 0 else 255 - block.codes[neuron],
        )
        peaks = tokens.peaks[side][neuron].indices
        top_with, top_of = int(holds[peaks].sum()), len(peaks)
        here, there = (by_hand(values, codes, holds, made.weight, m) for m in (made.learned, ~made.learned))
        lifted = binom.sf(top_with - 1, top_of, here.share) * 10**7 < 0.05
        asked = LEAST_CORRELATION + (0.02 if top_with < 0.4 * top_of else 0)
        believable = top_with > 0.2 * top_of
        rule = (here.r - here.error / 2 >= asked, here.beyond_chance, bool(lifted))
        assert found.described[neuron, place] == (believable and rule[0] and (rule[1] or rule[2]))
        seen["described"].add((believable, *rule, here.r >= asked))
        rule = (there.r - there.error / 2 >= LEAST_CORRELATION, there.beyond_chance)
        assert found.described_validation[neuron, place] == all(rule)
        seen["described_validation"].add((*rule, there.r >= LEAST_CORRELATION))
    # Silent for want of a chance bound, for its standard error, for its few peaks alone; said for its peaks alone.
    assert {
        (True, True, False, False, True),
        (True, False, True, False, True),
        (True, True, False, True, True),
        (False, True, True, False, True),
    } <= seen["described"]
    assert {(True, False, True), (False, True, True), (True, True, True)} <= seen["described_validation"]


class ByHand(NamedTuple):
    """A feature against an activation at the places of a split."""

    r: float
    error: float
    beyond_chance: bool
    share: float


def by_hand(values, codes, holds, weight, mask):
    """Work out what ``match_tokens`` says of one pair with 10**7 others, by plain sums."""
    values, codes, holds = values[mask].astype(np.float64), codes[mask], holds[mask]
    share = weight[mask].astype(np.float64) / weight[mask].sum()
    p, q = share[holds], share[~holds]
    if not len(p):
        return ByHand(0, 1, beyond_chance=False, share=0)
    z = (values - share @ values) / np.sqrt(share @ (values - share @ values) ** 2)
    f = (holds - p.sum()) / np.sqrt(p.sum() * q.sum())
    number = [own.sum() ** 2 / (own**2).sum() for own in (p, q)]
    error = np.sqrt(np.square(share * z * f).sum() * min(number) / (min(number) - 1)) if len(p) > 1 else 1
    inside, outside = (np.bincount(codes[own], share[own], 256) for own in (holds, ~holds))
    area = inside @ (outside.cumsum() - outside / 2) / (p.sum() * q.sum())
    spread = np.sqrt((sum(number) + 1) / (12 * np.prod(number)))
    beyond = min(number) >= 2 and area - 0.5 > norm.isf(0.05 / 10**7) * spread
    return ByHand(share @ (z * f), error, bool(beyond), float(p.sum()))


def test_a_descriptor_that_is_itself_learned_is_asked_for_more(random):
    made = world(random)
    activations = noise(random, 1, made, 1.0) + 0.9 * made.at(made.class_id(1))
    _, tokens = evidence(made, activations)
    sure, unsure = (
        match_tokens(token_block(activations), replace(tokens, unsure=np.full(made.holds.shape[1], much))).found
        for much in (0.5, 1.0)
    )
    assert sure.descriptor[0, 0] == unsure.descriptor[0, 0]
    assert sure.correlation_calibration[0, 0] == unsure.correlation_calibration[0, 0]
    assert sure.certain[0, 0] > unsure.certain[0, 0]


def test_a_neuron_is_not_said_to_be_negative_where_its_top_exemplars_peak(random):
    made = world(random)
    activations = noise(random, 1, made) - made.at(made.class_id(1))
    _, tokens = evidence(made, activations)
    for holding, said in ((3, True), (5, False)):
        there, elsewhere = (
            np.flatnonzero(mask & made.learned) for mask in (made.at(made.class_id(1)), ~made.at(made.class_id(1)))
        )
        places = np.concatenate([there[:holding], elsewhere[: 10 - holding]])
        at = csr_matrix((np.ones(10, np.float32), (np.zeros(10, int), places)), shape=tokens.peaks[1].shape)
        found = match_tokens(token_block(activations), replace(tokens, peaks={1: at, -1: tokens.peaks[-1]})).found
        described = found.descriptor[found.described & (found.side < 0)].tolist()
        assert (made.class_id(1) in described) == said


@pytest.mark.parametrize(
    ("held", "of", "described"),
    [(0, 0, True), (0, 1, False), (1, 1, True), (1, 5, False), (2, 10, False), (3, 10, True)],
)
def test_what_holds_at_a_fifth_of_the_peaks_or_fewer_is_not_described_however_certain(random, held, of, described):
    made = world(random)
    activations = noise(random, 1, made, 0.1) + made.at(made.class_id(1))
    _, tokens = evidence(made, activations)
    here, elsewhere = (
        np.flatnonzero((made.at(made.class_id(1)) == holds) & made.learned) for holds in (True, False)
    )
    places = np.concatenate([here[:held], elsewhere[: of - held]])
    at = csr_matrix((np.ones(of, np.float32), (np.zeros(of, int), places)), shape=tokens.peaks[1].shape)
    found = match_tokens(token_block(activations), replace(tokens, peaks={1: at, -1: 0 * at})).found
    place = found.descriptor[0].tolist().index(made.class_id(1))
    assert found.certain[0, place] > 0.9
    assert found.described[0, place] == described


def test_ranks_within_tokens_run_from_the_most_certain_down(random):
    made = world(random, small=50)
    activations = noise(random, 30, made)
    activations += [made.at(made.class_id(neuron % 10)) * 0.5 for neuron in range(30)]
    texts, tokens = evidence(made, activations)
    nowhere = replace(tokens, peaks={side: 0 * peaks for side, peaks in tokens.peaks.items()})
    found = match_tokens(token_block(activations), nowhere).found
    assert (np.diff(found.certain, axis=1) <= 0).all()
    table = rows(made, activations, given=(texts, nowhere))
    for neuron in range(30):
        own = (table["neuron_id"] == neuron) & (table["descriptor_id"] >= made.first_id)
        assert table["descriptor_id"][own].tolist() == found.descriptor[neuron].tolist()


def test_figures_at_tokens_are_what_a_direct_computation_gives_on_both_sides(random):
    made = world(random, texts=200)
    activations = noise(random, 12, made)
    activations += [(1 - 2 * (neuron % 2)) * made.at(made.word_id(neuron)) for neuron in range(12)]
    texts, tokens = evidence(made, activations)
    table = rows(made, activations, given=(texts, tokens))
    at_tokens = np.flatnonzero(table["descriptor_id"] >= made.first_id)
    assert set(table["side"][at_tokens].tolist()) == {1, -1}
    for row in at_tokens[::5].tolist():
        neuron, side = int(table["neuron_id"][row]), int(table["side"][row])
        holds = made.at(int(table["descriptor_id"][row]))
        assert table["correlation_calibration"][row] >= 0
        for split, mask in (("calibration", made.learned), ("validation", ~made.learned)):
            again = np.repeat(np.flatnonzero(mask), made.weight[mask].astype(int))
            values = side * activations[neuron, again]
            r = pearsonr(values, holds[again]).statistic
            assert table[f"correlation_{split}"][row] == pytest.approx(r, abs=0.01)
            inside, outside = values[holds[again]], values[~holds[again]]
            area = (inside[:, None] > outside).mean() if len(inside) else np.nan
            assert table[f"auroc_{split}"][row] == pytest.approx(area, abs=0.02, nan_ok=True)
        peaks = tokens.peaks[side][neuron].indices
        assert table["top_of"][row] == len(peaks)
        assert table["top_with"][row] == holds[peaks].sum()
        described = table["described"][row]
        assert not described or table["correlation_calibration"][row] > LEAST_CORRELATION


def test_the_best_few_descriptors_are_the_best_of_all(random):
    made = world(random)
    activations = noise(random, 6, made) + made.at(made.class_id(1)) + 0.5 * made.at(made.after_id(3))
    _, tokens = evidence(made, activations)
    nowhere = replace(tokens, peaks={side: 0 * peaks for side, peaks in tokens.peaks.items()})
    found = match_tokens(token_block(activations), nowhere).found
    learned, weight = made.learned, made.weight[made.learned].astype(np.float64)
    for neuron in range(6):
        values = activations[neuron, learned]
        z = (values - np.average(values, weights=weight)) / np.sqrt(np.cov(values, aweights=weight, ddof=0))
        certain = []
        for holds in made.holds[learned].T.astype(float):
            f = (holds - np.average(holds, weights=weight)) / np.sqrt(np.cov(holds, aweights=weight, ddof=0))
            share = weight / weight.sum()
            certain.append(abs((share * z * f).sum()) - np.sqrt(((share * z * f) ** 2).sum()) / 2)
        best = np.sort(certain)[::-1][:BEST_TOKENS]
        assert found.certain[neuron] == pytest.approx(best, abs=0.01)
