"""What a run keeps of single tokens is what an independent reading of its model finds there."""

from collections import Counter

import duckdb
import numpy as np
import pytest
from precompute.corpora import quiet, sentences, write_lines
from precompute.reference import content

from neurotui.precompute.peaks import MOST_PEAKS, commonest
from neurotui.precompute.pipeline import precompute
from neurotui.segmentation import units
from neurotui.store.run import Run


def at_places(case):
    """Return the true activations at the places of the token sample: (places, neurons)."""
    sample = case.columns["token_sample"]
    return np.stack(
        [
            case.truth.readings[text].activations[place - case.truth.readings[text].first]
            for text, place in zip(sample["text_id"].tolist(), sample["position"].tolist(), strict=True)
        ]
    )


def distinct(case):
    """Return every true activation at a token of a distinct text: (tokens, neurons)."""
    return np.concatenate([case.truth.readings[text].activations for text in case.truth.originals])


def test_activations_at_sampled_tokens_are_within_half_a_step_of_the_run_and_of_a_shard(case):
    kept, true = case.columns["token_activations"], at_places(case)
    assert kept["neuron_id"].tolist() == list(range(true.shape[1]))
    lowest, highest = kept["lowest"].astype(np.float64), kept["highest"].astype(np.float64)
    step = (highest - lowest) / 255
    values = lowest + np.stack(kept["codes"], axis=1) * step
    allowed = step / 2 * (1 + 255 / 1_023) + np.abs(lowest) * 1e-6 + case.truth.slack
    assert (np.abs(values - true) <= allowed).all()


def test_places_are_tokens_that_count_of_distinct_texts_each_in_its_texts_split(case):
    sample = case.columns["token_sample"]
    assert sample["place"].tolist() == list(range(len(sample["place"])))
    assert set(sample["text_id"].tolist()) <= set(case.truth.originals)
    for text, place, split in zip(
        sample["text_id"].tolist(), sample["position"].tolist(), sample["split"].tolist(), strict=True
    ):
        reading = case.truth.readings[text]
        assert 0 <= place - reading.first < len(reading.activations)
        assert split == case.truth.splits[text]
    for split in ("calibration", "validation"):
        tokens = sum(
            len(case.truth.readings[text].activations)
            for text in case.truth.originals
            if case.truth.splits[text] == split
        )
        assert sample["weight"][sample["split"] == split].sum() == pytest.approx(tokens, rel=1e-4)


def test_the_firing_rate_is_the_share_of_tokens_at_a_quarter_of_the_largest_activation(case):
    """By the sample and its weights; where all tokens are sampled that is a plain share."""
    largest = np.maximum(np.abs(case.truth.minimum), np.abs(case.truth.maximum))
    weight, true = case.columns["token_sample"]["weight"].astype(np.float64), at_places(case)
    # Rounding to ten bits of the range may carry a token over the line.
    sure, perhaps = ((np.abs(true) >= largest * (0.25 + side / 1_023)) * weight[:, None] for side in (1, -1))
    found = case.columns["neurons"]["firing_rate"]
    assert (found >= sure.sum(0) / weight.sum() - 1e-5).all()
    assert (found <= perhaps.sum(0) / weight.sum() + 1e-5).all()
    assert 0 < found.min() < found.max() < 1
    # Over all tokens it is the same but for those that lie next to the line: here and there that is many.
    plain = (np.abs(distinct(case)) >= largest * 0.25).mean(0)
    assert np.abs(found - plain).mean() < 0.005


def test_peak_words_are_those_at_which_the_exemplars_peak(case):
    """Count the words under the peaks of a neuron's exemplars anew, from the run's own texts."""
    texts = case.columns["texts"]
    peaks, found = case.columns["peaks"], {}
    for neuron, side, rank, word, count in zip(*(peaks[name].tolist() for name in peaks), strict=True):
        found.setdefault((neuron, side), []).append((rank, word, count))
    for kind, side in (("top", 1), ("bottom", -1)):
        for neuron, kept in case.by_kind(kind).items():
            counted = Counter()
            for one in kept:
                body, ends = texts["body"][one.text], texts["ends"][one.text]
                begin, end = (int(ends[one.peak - 1]) if one.peak else 0), int(ends[one.peak])
                under = [unit.text for unit in units(body) if unit.begin < end and unit.end > begin < end]
                word = under[-1] if under else body[begin:end].strip()
                counted[word.casefold()] += bool(word)
            own = sorted(found.get((neuron, side), []))
            assert [rank for rank, _, _ in own] == list(range(min(MOST_PEAKS, len(+counted))))
            assert [count for *_, count in own] == sorted((+counted).values(), reverse=True)[:MOST_PEAKS]
            assert all(counted[word.casefold()] == count for _, word, count in own)


def test_words_are_counted_whatever_their_case_and_told_in_their_commonest_spelling():
    spelled = ["", "Rain", "rain", "RAIN", "sun", ","]
    folded = np.array([0, 2, 2, 2, 4, 5])
    words = np.array([[1, 2, 0, 3, 2, 4, 5, 4, 0], [0] * 9, [5, 4, 3, 1, 1, 3, 0, 0, 0]])
    rows = zip(*commonest(words, folded[words]), strict=True)
    found = [(row, rank, spelled[word], count) for row, rank, word, count in rows]
    assert found == [
        (0, 0, "rain", 4),
        (0, 1, "sun", 2),
        (0, 2, ",", 1),
        (2, 0, "RAIN", 4),
        (2, 1, ",", 1),
        (2, 2, "sun", 1),
    ]
    many = np.arange(1, 9)[None]
    assert commonest(many, many)[2].tolist() == [1, 2, 3, 4, 5]
    none = np.zeros((3, 0), np.int32)
    assert [len(column) for column in commonest(none, none)] == [0, 0, 0, 0]


def test_pooled_exemplars_are_the_texts_of_the_highest_pooled_activation(case):
    originals = case.truth.originals
    one_each = (case.truth.peaks if case.pool == "max" else case.truth.means)[originals]
    for neuron, kept in case.by_kind("pooled").items():
        highest = np.sort(one_each[:, neuron])[::-1][: case.exemplars // 2]
        assert [one.rank for one in kept] == list(range(len(highest)))
        assert len({one.text for one in kept} & set(originals)) == len(kept)
        found = [one_each[originals.index(one.text), neuron] for one in kept]
        assert np.abs(found - highest).max() < case.truth.slack


def test_the_sample_is_the_settings_and_only_part_of_the_tokens_where_there_are_more(many, tmp_path):
    precompute(
        [str(many.texts)],
        tmp_path / "run.duckdb",
        many.settings.__class__(model=str(many.model), token_sample=300, device="cpu", workers=1),
        progress=quiet,
    )
    with Run(tmp_path / "run.duckdb") as run:
        sample = run.token_sample()
        assert int(run.meta["token_sample"]) == 300
    assert len(sample.text_id) == 300
    assert sample.calibration.sum() == 150
    assert len(np.unique(sample.weight)) > 2


def test_a_text_that_stands_four_times_is_one_piece_of_evidence(settings, tmp_path):
    """Every figure that counts texts, and the whole sample, is the same as where it stands once."""
    bodies = sentences(48, seed=5)
    once = write_lines(tmp_path / "once.jsonl", bodies)
    four = write_lines(tmp_path / "four.jsonl", [body for body in bodies for _ in range(4)])
    runs = []
    for texts in (once, four):
        precompute([str(texts)], texts.with_suffix(".duckdb"), settings, progress=quiet)
        with duckdb.connect(str(texts.with_suffix(".duckdb")), read_only=True) as connection:
            (pooled,) = connection.execute("SELECT count(*) FROM texts WHERE pooled").fetchone()
            (long,) = connection.execute("SELECT max(len(codes)) FROM pooled").fetchone()
            (total,) = connection.execute("SELECT max(list_sum(histogram)) FROM neurons").fetchone()
            assert pooled == long == total == 48
            sample = connection.execute(
                "SELECT source_id, position, token_sample.split, weight FROM token_sample JOIN texts USING (text_id) ORDER BY place"
            ).fetchall()
            bodies_of = connection.execute(
                "SELECT neuron_id, kind, rank, body FROM exemplars JOIN texts USING (text_id) ORDER BY ALL"
            ).fetchall()
            peaks = connection.execute("FROM peaks ORDER BY ALL").fetchall()
            runs.append(([row[1:] for row in sample], bodies_of, peaks))
    assert runs[0] == runs[1]
    assert len({content(body) for body in bodies}) == 48
