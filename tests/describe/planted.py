"""A world of texts, words and topics in which neurons are planted, laid out as evidence for matching."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from neurotui.describe.match_texts import Block, TextEvidence, match
from neurotui.describe.match_tokens import Splits, TokenEvidence
from neurotui.describe.weighted_scores import held
from neurotui.store.run_tables import TokenBlock

WORDS, CLASS, LENGTH = 60, 6, 12
FEWEST = 3


class World(NamedTuple):
    """Texts of ``LENGTH`` words, every token of them sampled.

    ``word`` and ``text`` are (places,), ``topics`` (texts, topics), ``calibration`` (texts,). Token descriptors:
    every word, then classes of ``CLASS`` words, then what stands after each word, then `small` random ones.
    """

    word: np.ndarray
    text: np.ndarray
    topics: np.ndarray
    calibration: np.ndarray
    holds: np.ndarray
    weight: np.ndarray

    @property
    def learned(self):
        return self.calibration[self.text]

    @property
    def first_id(self):
        return self.topics.shape[1]

    def word_id(self, word):
        return self.first_id + word

    def class_id(self, number):
        return self.first_id + WORDS + number

    def after_id(self, word):
        return self.first_id + WORDS + WORDS // CLASS + word

    def at(self, token_id):
        """Return at which places a token descriptor holds."""
        return self.holds[:, token_id - self.first_id]


def world(random, *, texts=400, topics=8, small=0, tokens=True):
    word = np.concatenate([random.permutation(WORDS)[:LENGTH] for _ in range(texts)])
    text = np.repeat(np.arange(texts), LENGTH)
    inside = np.arange(texts * LENGTH) % LENGTH > 0
    after = np.zeros((len(word), WORDS), np.bool_)
    for place, (before, _) in enumerate(pairwise(word.tolist()), 1):
        after[place, before] = inside[place]
    holds = [word[:, None] == np.arange(WORDS), word[:, None] // CLASS == np.arange(WORDS // CLASS), after]
    holds.append(random.random((len(word), small)) < random.uniform(0.0015, 0.01, small))
    return World(
        word,
        text,
        random.random((texts, topics)) < 0.2,
        np.arange(texts) % 2 == 0,
        np.hstack(holds) if tokens else np.zeros((len(word), 0), np.bool_),
        random.integers(1, 4, len(word)).astype(np.float32),
    )


def encoded(values, highest, dtype):
    lowest, top = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    return np.rint((values - lowest) / np.maximum(top - lowest, 1e-9) * highest).astype(dtype)


def token_block(values, first=0):
    values = values.astype(np.float32)
    return TokenBlock(first, values.min(axis=1), values.max(axis=1), encoded(values, 255, np.uint8))


def sparse(holds):
    return csr_matrix(np.asarray(holds, np.float32))


def evidence(made, activations, *, exemplars=10, pooled=None):
    """Return the evidence of both scopes; exemplars are the texts with the highest (lowest) activation."""
    neurons, texts = len(activations), len(made.calibration)
    by_text = activations.reshape(neurons, texts, LENGTH)
    peaks = {}
    for side in (1, -1):
        extreme = (side * by_text).max(axis=2)
        where = (side * by_text).argmax(axis=2) + np.arange(texts) * LENGTH
        rows = np.zeros((neurons, len(made.word)), np.float32)
        for neuron in range(neurons):
            best = np.argsort(-extreme[neuron], kind="stable")[:exemplars]
            rows[neuron, where[neuron, best[made.calibration[best]]]] = 1
        peaks[side] = csr_matrix(rows)
    means = by_text.mean(axis=2) if pooled is None else pooled
    top = np.argsort(-means, axis=1, kind="stable")[:, :exemplars]
    tokens, of_texts = [], []
    for mask in (made.learned, ~made.learned):
        tokens.append(held(sparse(made.holds[mask]), made.weight[mask]))
        kept, group = np.unique(made.text[mask], return_inverse=True)
        groups = csr_matrix((np.ones(len(group), np.float32), (np.arange(len(group)), group)))
        found = held(sparse(made.topics[made.text[mask]]), made.weight[mask])
        of_texts.append(found._replace(groups=groups, group_holds=sparse(made.topics[kept])))
    at_tokens = TokenEvidence(
        learned=made.learned,
        tokens=Splits(*tokens),
        texts=Splits(*of_texts),
        first_id=made.first_id,
        exact=np.arange(made.holds.shape[1]) < WORDS,
        unsure=np.full(made.holds.shape[1], 0.5),
        peaks=peaks,
        holds_at_peaks=sparse(made.holds),
        pairs=max(1, neurons * made.holds.shape[1]),
    )
    return TextEvidence(made.topics, made.calibration, np.where(made.calibration[top], top, -1)), at_tokens


def rows(made, activations, *, size=64, pooled=None, given=None):
    """Match neurons, block by block; return the rows of ``matches`` as columns, in neuron and rank order."""
    means = activations.reshape(len(activations), -1, LENGTH).mean(axis=2) if pooled is None else pooled
    codes = encoded(means, 65_535, np.uint16)
    texts, tokens = given or evidence(made, activations, pooled=pooled)
    blocks = (
        Block(codes[first : first + size], token_block(activations[first : first + size], first))
        for first in range(0, len(codes), size)
    )
    found = list(match(blocks, texts, tokens))
    return {name: np.concatenate([columns[name] for columns in found]) for name in found[0]}


def firsts(table):
    """Return what is said first of each neuron that has anything: descriptor_id, side, described."""
    best = table["rank"] == 0
    columns = (table[name][best].tolist() for name in ("neuron_id", "descriptor_id", "side", "described"))
    return {neuron: rest for neuron, *rest in zip(*columns, strict=True)}


def noise(random, neurons, made, scale=0.3):
    return scale * random.standard_normal((neurons, len(made.word)))
