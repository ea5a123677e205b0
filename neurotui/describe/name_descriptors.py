"""Name the text descriptors of a run: find the words that are typical of each one's texts, and choose a name.

``choose_name`` does the choosing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from neurotui.backends.keywords.backend import member_tf_idf
from neurotui.backends.llm.budget import USUAL_TOKENS_A_TEXT, Budget, Usage
from neurotui.backends.protocol import Estimate
from neurotui.backends.settings import server_of
from neurotui.describe.choose_name import Group, halves, name_groups
from neurotui.describe.noun_phrases import stems, tidy
from neurotui.function_words import FunctionWords
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.backends.namer_protocol import Namer
    from neurotui.backends.settings import BackendSettings
    from neurotui.describe.descriptors import Descriptors
    from neurotui.models.protocol import Encoder
    from neurotui.types import Progress

VOCABULARY = 10_000
"""How many words of the encoder's vocabulary, the most frequent ones, are candidates for names."""

# How many words, texts and phrases of a group whoever names it is shown.
_WORDS = 10
_TEXTS = 3
_PHRASES = 3
# Typical numbers, to estimate a price before the descriptors are known: of 1,440 texts there were 48 descriptors,
# of 2,000 texts 57.
_DESCRIPTORS, _PROMPT_TOKENS = 60, 450
# A word that is typical of some texts occurs in at most this share of all texts.
_MOST_SHARE = 0.4
# And in at least so many.
_FEWEST = 3
_MOST_TERMS = 2_000
# How many terms of a group, the best by class-based TF-IDF, are then ordered by nearness to its texts.
_TELLING = 40
# The power to which the TF-IDF weight enters that order.
_WEIGHT_POWER = 0.25


class _Corpus(NamedTuple):
    """The calibration texts: ``counts`` (texts, terms) of words and pairs, ``vectors`` (texts, dimensions)."""

    terms: NDArray[np.str_]
    counts: sparse.csr_matrix
    vectors: NDArray[np.float32]


def rename(
    descriptors: Descriptors,
    texts: Sequence[str],
    calibration: NDArray[np.bool_],
    encoder: Encoder,
    namer: Namer | None,
    *,
    vocabulary: Sequence[str],
    progress: Progress,
) -> Descriptors:
    """Return the same descriptors with names as a person would write them.

    Names are chosen by the calibration texts alone. The name that a backend gave a descriptor is one of the
    candidates. If the texts have no words in common, the names stay as they are.
    """
    learned = [text for text, chosen in zip(texts, calibration, strict=True) if chosen]
    words = FunctionWords.of(learned)
    corpus = _corpus(learned, words, encoder, progress)
    if corpus is None or not descriptors.names:
        return descriptors
    holds = descriptors.holds[calibration]
    groups = _groups(descriptors, holds, learned, corpus, encoder)
    named = name_groups(
        groups,
        corpus.vectors,
        encoder,
        namer,
        terms=_frequent(corpus),
        vocabulary=words.telling(vocabulary),
        progress=progress,
        items=learned,
    )
    return descriptors._replace(names=tuple(one.name for one in named))


def estimate_naming(settings: BackendSettings) -> Estimate:
    """Estimate what it takes to let a server name the descriptors of a run: one request for each.

    Their number is not known before they are found; most data sets have fewer than assumed here.
    """
    usage = Usage(_DESCRIPTORS * _PROMPT_TOKENS, _DESCRIPTORS * USUAL_TOKENS_A_TEXT)
    how = f"{server_of(settings)} would name; naming is put at {_DESCRIPTORS} descriptors, one request each"
    return Estimate(0, 0, _DESCRIPTORS, usage.input, usage.output, Budget(settings).price(usage), how)


def _corpus(texts: Sequence[str], words: FunctionWords, encoder: Encoder, progress: Progress) -> _Corpus | None:
    counter = CountVectorizer(
        analyzer=words.terms,
        min_df=_FEWEST,
        max_df=_MOST_SHARE,
        dtype=np.float64,
    )
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no words in common
        return None
    return _Corpus(counter.get_feature_names_out(), counts, encoder.encode(texts, progress))


def _frequent(corpus: _Corpus) -> list[str]:
    """Return the terms that can be names, those in most texts first."""
    holding = np.asarray((corpus.counts > 0).sum(axis=0)).ravel()
    ordered = (str(corpus.terms[place]) for place in np.argsort(-holding, kind="stable"))
    return [term for term in ordered if tidy(term)][:_MOST_TERMS]


def _groups(
    descriptors: Descriptors,
    holds: NDArray[np.bool_],
    texts: Sequence[str],
    corpus: _Corpus,
    encoder: Encoder,
) -> list[Group]:
    found = np.flatnonzero(halves(len(texts)).found)
    membership = sparse.csr_matrix(holds[found].T.astype(np.float64))
    weights = member_tf_idf(corpus.counts[found], membership)
    phrases = _phrases(descriptors, encoder)
    return [
        Group(
            _words(weights[place], corpus.terms, _centre(corpus.vectors[found[holds[found, place]]]), encoder),
            holds[:, place],
            _central(corpus.vectors, found[holds[found, place]], texts),
            phrases[place],
        )
        for place in range(len(descriptors.names))
    ]


def _words(
    weights: NDArray[np.float64], terms: NDArray[np.str_], centre: NDArray[np.float32], encoder: Encoder
) -> tuple[str, ...]:
    """Return words and terms that are typical of a group, the most typical first, no word in two of them.

    `weights` (terms,) are the TF-IDF weights; of the best terms, those near to `centre`, the mean direction of the
    group's texts, come first.
    """
    best = [int(place) for place in np.argsort(-weights, kind="stable")[:_TELLING] if weights[place] > 0]
    best = [place for place in best if tidy(str(terms[place]))]
    nearness = np.maximum(encoder.encode([str(terms[place]) for place in best], no_progress) @ centre, 0)
    worth = nearness * weights[best] ** _WEIGHT_POWER
    chosen: list[str] = []
    for place in np.argsort(-worth, kind="stable"):
        term = tidy(str(terms[best[place]]))
        if not any(set(stems(term.split())) & set(stems(other.split())) for other in chosen):
            chosen.append(term)
    return tuple(chosen[:_WORDS])


def _centre(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    total: NDArray[np.float32] = vectors.sum(axis=0)
    return total / max(float(np.linalg.norm(total)), 1e-9)


def _central(vectors: NDArray[np.float32], places: NDArray[np.int64], texts: Sequence[str]) -> tuple[str, ...]:
    """Return the few texts of a group that are nearest to its mean."""
    own = vectors[places]
    nearest = np.argsort(-(own @ own.sum(axis=0)), kind="stable")[:_TEXTS]
    return tuple(texts[places[one]] for one in nearest)


def _phrases(descriptors: Descriptors, encoder: Encoder) -> list[tuple[str, ...]]:
    """Return for each descriptor its name, then its most central phrases."""
    said: list[list[str]] = [[] for _ in descriptors.names]
    for phrase, place in descriptors.ids.items():
        said[place].append(phrase)
    found = []
    for name, own in zip(descriptors.names, said, strict=True):
        placed = encoder.encode(own, no_progress)
        nearest = np.argsort(-(placed @ placed.sum(axis=0)), kind="stable")[:_PHRASES]
        found.append(tuple(dict.fromkeys([name, *(own[one] for one in nearest)])))
    return found
