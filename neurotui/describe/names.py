"""Name the text descriptors of a data set: find the words typical of each one's texts, and choose a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from neurotui.backends.keywords.backend import member_tf_idf
from neurotui.backends.llm.budget import USUAL_TOKENS_A_TEXT, Budget, Usage
from neurotui.backends.protocol import Estimate
from neurotui.describe.naming import Group, halves, name_groups
from neurotui.describe.noun_phrases import stems, tidy
from neurotui.segmentation import terms
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.backends.namer import Namer
    from neurotui.backends.settings import BackendSettings
    from neurotui.describe.descriptors import Descriptors
    from neurotui.models.protocol import Encoder
    from neurotui.types import Progress

VOCABULARY = 10_000
"""How many words of the encoder's vocabulary, the most frequent ones, can be names."""

_WORDS, _TEXTS, _PHRASES = 10, 3, 3
# What naming a data set is put at before its descriptors are found: 48 of 1,440 texts, 57 of 2,000.
_DESCRIPTORS, _PROMPT_TOKENS = 60, 450
# Words in more texts than this tell nothing apart.
_MOST_SHARE, _FEWEST = 0.4, 3
_MOST_TERMS = 2_000
# How many terms of a group, best by class-based TF-IDF, nearness chooses from, and how much the weight counts.
_TELLING, _WEIGHT_POWER = 40, 0.25


class _Corpus(NamedTuple):
    """The calibration texts: (texts, terms) counts of words and two-word terms, and (texts, dimensions)."""

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
    """Return the same descriptors under the names that a person would write.

    Only calibration texts have a say. What a backend called a descriptor stays among the candidates. Texts
    that share no words leave the names as they are.
    """
    learned = [text for text, chosen in zip(texts, calibration, strict=True) if chosen]
    corpus = _corpus(learned, encoder, progress)
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
        vocabulary=vocabulary,
        progress=progress,
        items=learned,
    )
    return descriptors._replace(names=tuple(one.name for one in named))


def estimate_naming(settings: BackendSettings) -> Estimate:
    """Return about what it takes to have a server name a data set: one request a descriptor.

    How many descriptors there are is known only once they are found; most data sets have fewer than this.
    """
    usage = Usage(_DESCRIPTORS * _PROMPT_TOKENS, _DESCRIPTORS * USUAL_TOKENS_A_TEXT)
    how = f"naming is put at {_DESCRIPTORS} descriptors, one request each"
    return Estimate(0, 0, _DESCRIPTORS, usage.input, usage.output, Budget(settings).price(usage), how)


def _corpus(texts: Sequence[str], encoder: Encoder, progress: Progress) -> _Corpus | None:
    counter = CountVectorizer(
        analyzer=terms,
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
    """Return the terms of most texts that can be names."""
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
    """Return the words and terms that tell a group apart, most telling first, no word in two of them.

    Of the best by weight those lead that are near to what the group's texts say.
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
    """Return the texts nearest to the middle of a group."""
    own = vectors[places]
    nearest = np.argsort(-(own @ own.sum(axis=0)), kind="stable")[:_TEXTS]
    return tuple(texts[places[one]] for one in nearest)


def _phrases(descriptors: Descriptors, encoder: Encoder) -> list[tuple[str, ...]]:
    """Return each descriptor's name, then those of its phrases that are nearest to all of them."""
    said: list[list[str]] = [[] for _ in descriptors.names]
    for phrase, place in descriptors.ids.items():
        said[place].append(phrase)
    found = []
    for name, own in zip(descriptors.names, said, strict=True):
        placed = encoder.encode(own, no_progress)
        nearest = np.argsort(-(placed @ placed.sum(axis=0)), kind="stable")[:_PHRASES]
        found.append(tuple(dict.fromkeys([name, *(own[one] for one in nearest)])))
    return found
