"""The token sample speaks of all tokens: every word has its share, common ones enough places, copies none."""

from collections import Counter
from itertools import accumulate

import numpy as np
import pyarrow as pa
import pytest
from precompute.reference import content

from neurotui.precompute.texts import SCHEMA, Selection
from neurotui.precompute.token_sample import _RESERVED, LEAST_CALIBRATION, LEAST_VALIDATION, draw

FIRST = 1  # a special token stands before every text, and one after it


def corpus(texts=400, vocabulary=300, seed=0):
    """Return texts of words as common as words are."""
    chance = np.random.default_rng(seed)
    share = 1 / np.arange(1, vocabulary + 1)
    words = [f"w{number}" for number in range(vocabulary)]
    lengths = chance.integers(5, 40, texts)
    return [" ".join(chance.choice(words, length, p=share / share.sum())) for length in lengths]


def tokens_of(body):
    return body.split(" ")


def sampled(bodies, size, *, blocks=64, pooled=None):
    """Draw a sample of texts split at spaces; return it with the split of every text."""
    splits = ["validation" if content(body)[16] % 2 else "calibration" for body in bodies]
    rows = []
    for number, body in enumerate(bodies):
        ends = list(accumulate((len(word) + 1 for word in tokens_of(body)), initial=-1))[1:]
        rows.append(
            {
                "source_id": str(number),
                "split": splits[number],
                "body": body,
                "tokens": [0] * (len(ends) + 2),
                "ends": [0, *ends, ends[-1]],
                "first": FIRST,
                "end": FIRST + len(ends),
                "gold": [],
            }
        )
    batches = [
        pa.RecordBatch.from_pylist(rows[first : first + blocks], schema=SCHEMA)
        for first in range(0, len(rows), blocks)
    ]
    digests = [content(body) for body in bodies]
    original = np.array([digests.index(digest) == number for number, digest in enumerate(digests)])
    hashes = np.array([np.frombuffer(digest[:16], ">u8") for digest in digests]).astype(np.uint64)
    chosen = original if pooled is None else original & pooled
    return draw(batches, Selection(original, chosen, np.empty(0, np.int64)), hashes, size), np.array(splits)


def word_at(bodies, sample):
    return [
        tokens_of(bodies[text])[place - FIRST].casefold()
        for text, place in zip(sample.text.tolist(), sample.position.tolist(), strict=True)
    ]


@pytest.mark.parametrize("size", [17, 500, 2_000])
def test_a_sample_has_the_size_asked_for_half_of_it_of_each_split_in_place_order(size):
    bodies = corpus()
    sample, splits = sampled(bodies, size)
    calibration = splits[sample.text] == "calibration"
    assert len(sample.text) == size
    assert (calibration.sum(), (~calibration).sum()) == (size - size // 2, size // 2)
    places = list(zip(sample.text.tolist(), sample.position.tolist(), strict=True))
    assert places == sorted(set(places))
    assert all(FIRST <= place < FIRST + len(tokens_of(bodies[text])) for text, place in places)


def test_the_weights_of_a_split_add_up_to_its_tokens_and_those_of_a_common_word_to_how_often_it_stands():
    bodies = corpus()
    sample, splits = sampled(bodies, 1_000)
    for split in ("calibration", "validation"):
        own = np.flatnonzero(splits[sample.text] == split)
        every = Counter(
            word for body, at in zip(bodies, splits, strict=True) if at == split for word in tokens_of(body)
        )
        assert sample.weight[own].sum() == pytest.approx(every.total(), rel=1e-5)
        stands = Counter()
        for word, row in zip(word_at(bodies, sample), range(len(sample.text)), strict=True):
            if splits[sample.text[row]] == split:
                stands[word] += sample.weight[row]
        for word, _ in Counter(word for body in bodies for word in tokens_of(body)).most_common(30):
            assert stands[word] == pytest.approx(every[word], rel=1e-5), word


def test_common_words_have_places_enough_in_both_splits_and_the_weight_evens_that_out():
    bodies = corpus(texts=2_000)
    size = 600
    sample, splits = sampled(bodies, size)
    learned = splits[sample.text] == "calibration"
    at = np.array(word_at(bodies, sample))
    every = {
        split: Counter(
            word for body, own in zip(bodies, splits, strict=True) if own == split for word in tokens_of(body)
        )
        for split in ("calibration", "validation")
    }
    most = int(_RESERVED * size / 2 / LEAST_CALIBRATION)
    *_, (_, last) = every["calibration"].most_common(most)
    # Of words that are as common as the last, any may be left out.
    common = [word for word, count in every["calibration"].most_common(most) if count > last]
    assert len(common) > most / 2
    for word in common:
        assert (at[learned] == word).sum() >= LEAST_CALIBRATION
        assert (at[~learned] == word).sum() >= min(LEAST_VALIDATION, every["validation"][word])
    # Without that, a word of so small a share would have one place or none.
    assert every["calibration"][common[-1]] / every["calibration"].total() * size / 2 < LEAST_CALIBRATION / 2
    assert len({round(float(weight), 3) for weight in sample.weight}) > len(common) / 2


def test_a_word_is_the_same_in_any_case():
    bodies = [body.upper() if number % 2 else body for number, body in enumerate(corpus(texts=2_000))]
    lower, splits = sampled([body.lower() for body in bodies], 600)
    sample, _ = sampled(bodies, 600)
    assert np.array_equal(sample.text, lower.text)
    assert np.array_equal(sample.position, lower.position)
    assert np.array_equal(sample.weight, lower.weight)
    assert len(splits) == 2_000


def test_copies_of_a_text_never_count():
    bodies = corpus()
    plain, _ = sampled(bodies, 700)
    copied, _ = sampled([*bodies, *(body.upper() for body in bodies[::2]), *bodies[:9]], 700)
    for name, values in plain._asdict().items():
        assert np.array_equal(values, getattr(copied, name)), name


def test_a_data_set_with_fewer_tokens_is_kept_whole_each_token_counting_once():
    bodies = [*corpus(texts=40), "one text", "ONE  text".replace("  ", " ")]
    sample, _ = sampled(bodies, 10_000)
    every = [
        (text, FIRST + place) for text, body in enumerate(bodies[:-1]) for place in range(len(tokens_of(body)))
    ]
    assert list(zip(sample.text.tolist(), sample.position.tolist(), strict=True)) == every
    assert (sample.weight == 1).all()


def test_tokens_come_from_texts_with_pooled_activations_and_stand_for_those_of_the_others():
    bodies = corpus()
    pooled = np.arange(len(bodies)) % 4 == 0
    sample, splits = sampled(bodies, 300, pooled=pooled)
    assert pooled[sample.text].all()
    for split in ("calibration", "validation"):
        tokens = sum(len(tokens_of(body)) for body, own in zip(bodies, splits, strict=True) if own == split)
        assert sample.weight[splits[sample.text] == split].sum() == pytest.approx(tokens, rel=1e-5)


def test_what_is_drawn_is_always_the_same_and_knows_nothing_of_how_texts_lie_on_the_disk():
    bodies = corpus()
    first, _ = sampled(bodies, 500)
    for blocks in (1, 7, 1_000):
        again, _ = sampled(bodies, 500, blocks=blocks)
        for name, values in first._asdict().items():
            assert np.array_equal(values, getattr(again, name)), name


def test_every_position_of_a_text_is_as_likely_as_another():
    bodies = [" ".join(f"r{text}x{place}" for place in range(20)) for text in range(1_000)]
    sample, _ = sampled(bodies, 4_000)
    count = np.bincount(sample.position - FIRST, minlength=20)
    assert np.abs(count - 200).max() < 60
    assert sample.weight == pytest.approx(np.full(4_000, 5), rel=0.1)


def test_a_split_without_texts_has_no_places():
    bodies = [body for body in corpus() if content(body)[16] % 2 == 0]
    sample, splits = sampled(bodies, 200)
    assert set(splits) == {"calibration"}
    assert len(sample.text) == 100
