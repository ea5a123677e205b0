"""Tokens of hand-made sentences, as a run would have them: a token a word or sign, or cut into pieces."""

from itertools import accumulate

import numpy as np
import regex

from neurotui.describe.features.protocol import Context
from neurotui.describe.token_table import Places, tokens_of
from neurotui.store.run_tables import DividedText

TOKEN = regex.compile(r"\s*(?:[\p{L}\p{M}\p{N}]+|\S)")


def divided(text_id, body, pieces):
    """Return a text with a special token at either end; `pieces` says how words in it are cut."""
    parts = []
    for token in TOKEN.findall(body):
        cut = pieces.get(token.strip(), (token.strip(),))
        parts += [token[: len(token) - len(token.strip())] + cut[0], *cut[1:]]
    ends = list(accumulate(map(len, parts)))
    return DividedText(text_id, body, [0] * (len(ends) + 2), [0, *ends, ends[-1]])


def context_of(bodies, *, more=(), pieces=(), encode=None, activity=None, weight=None):
    """Return what finders work from: every token of `bodies` sampled, and after them those of `more`.

    Every third text is validation's. `encode` and `activity` place a word; by default all words lie apart.
    """
    cut = {"".join(one): one for one in pieces}
    texts = [divided(number, body, cut) for number, body in enumerate([*bodies, *more])]
    rows = [(text.text_id, place) for text in texts for place in range(1, len(text.ends) - 1)]
    text_id = np.array([text for text, _ in rows], np.int32)
    sampled = text_id < len(bodies)
    calibration = sampled & (text_id % 3 != 2)
    given = np.where(sampled, 1 if weight is None else weight, 0).astype(np.float32)
    tokens = tokens_of(
        Places(text_id, np.array([place for _, place in rows], np.int32), calibration, given), texts
    )
    space = np.zeros((int(sampled.sum()), 8), np.float32)
    if activity is not None:
        space = np.stack([activity(key) for key in tokens.key[: len(space)]]).astype(np.float32)
        space[~calibration[: len(space)]] = 0
    return Context(tokens, encode or apart, [space])


def apart(words):
    """Place all words far from one another: always the same word at the same place."""
    rows = [np.random.default_rng(list(word.encode())).standard_normal(32) for word in words]
    vectors = np.array(rows, np.float32).reshape(len(words), 32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def found(find, context):
    """Return what a finder finds: the sampled tokens at which each feature holds, by its name."""
    by_name = {}
    for feature in find(context):
        assert feature.rows.tolist() == sorted(set(feature.rows.tolist()))
        assert feature.name not in by_name
        by_name[feature.name] = set(feature.rows.tolist())
    return by_name


def rows_of(context, test):
    """Return the rows of which `test`, given the tokens and a row, is true."""
    return {row for row in range(len(context.tokens.key)) if test(context.tokens, row)}
