"""Phrases without any generative model: the words that set a group of texts apart from the rest.

Texts are placed by a sentence encoder and grouped, coarsely and finely. What sets a group apart comes from
class-based TF-IDF over words and two-word terms (Grootendorst 2022, arXiv 2203.05794), re-ranked by how near
a term lies to the group's centre. Each text gets the phrase of its group at every level, and up to two terms
of its own that many other texts share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import CountVectorizer

from neurotui import segmentation
from neurotui.backends.protocol import MOST_PHRASES, Estimate
from neurotui.function_words import ENGLISH, FunctionWords
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.backends.label_evidence import LabelEvidence
    from neurotui.backends.protocol import Failure
    from neurotui.models.protocol import Encoder
    from neurotui.types import Progress

# Groups at each level; a level is used only where its groups have texts enough to speak of.
_LEVELS = (6, 18, 54)
_TEXTS_A_GROUP = 12
# How many terms of a group, best by c-TF-IDF, the encoder chooses from.
_CANDIDATES = 50
# How much the c-TF-IDF weight still counts against nearness there: a fourth root leaves the encoder the say.
_WEIGHT_POWER = 0.25
_OWN_TERMS = 2
# The least cosine between a text and a term of its own: below it stand function words.
_NEAR = 0.3
# Terms in a greater share of the texts than this tell nothing apart.
_MOST = 0.4
# Terms in a smaller share, or in fewer texts, hold for too few.
_FEWEST_SHARE = 0.004
_FEWEST = 4


class _Terms(NamedTuple):
    """The terms of a data set: ``counts`` (texts, terms) and ``vectors`` (terms, dimensions)."""

    names: NDArray[np.str_]
    counts: sparse.csr_matrix
    vectors: NDArray[np.float32]


class Keywords:
    """The offline backend: no model but the sentence encoder, no key, the same phrases every time."""

    name = "keywords"
    prompts_hash = ""

    def __init__(self, encoder: Encoder, seed: int = 0) -> None:
        self._encoder = encoder
        self._seed = seed
        self.warnings: tuple[str, ...] = ()
        self.failures: tuple[Failure, ...] = ()

    def propose(
        self, texts: Sequence[str], calibration: NDArray[np.bool_], progress: Progress
    ) -> list[tuple[str, ...]]:
        """Return up to ``MOST_PHRASES`` a text; terms and groups are learned from the calibration texts alone.

        Texts of which too few share any word get none, and a warning says so; so do texts of other languages than
        English: the sentence encoder has learned English alone, and what it says of them is chance.
        """
        latin = np.array([segmentation.is_latin(text) for text in texts], np.bool_)
        learned = [text for text, chosen in zip(texts, calibration & latin, strict=True) if chosen]
        languages = FunctionWords.of(learned)
        read = np.array(
            [one and languages.language_of(text) == ENGLISH for one, text in zip(latin, texts, strict=True)]
        )
        known = [text for text, one in zip(texts, read, strict=True) if one]
        found = self._propose(known, calibration[read], progress) if known else []
        if len(known) < len(texts):
            others = (
                f"{len(texts) - len(known):,} of {len(texts):,} texts get no topics: they are of languages that"
                " the sentence encoder does not read; a backend that asks a language model may"
            )
            self.warnings = (others, *(self.warnings if known else ()))
        own = iter(found)
        return [next(own) if one else () for one in read]

    def _propose(
        self, texts: Sequence[str], calibration: NDArray[np.bool_], progress: Progress
    ) -> list[tuple[str, ...]]:
        """Return the phrases of texts that the encoder reads."""
        vectors = self._encoder.encode(texts, progress)
        terms = self._terms(texts, calibration, progress)
        if terms is None:
            return [()] * len(texts)
        phrases: list[list[str]] = [[] for _ in texts]
        for level in _LEVELS:
            if level * _TEXTS_A_GROUP > calibration.sum():
                break
            groups, names = self._name_groups(level, vectors, terms, calibration)
            for text, group in enumerate(groups):
                phrases[text].append(names[group])
        for text, own in enumerate(_own_terms(terms, vectors, calibration)):
            phrases[text].extend(own)
        return [tuple(dict.fromkeys(filter(None, found))) for found in phrases]

    def label(self, shown: LabelEvidence, progress: Progress = no_progress) -> tuple[str, ...]:
        """Return the terms that set the firing texts apart from the silent ones; none without silent ones.

        Of the best terms by c-TF-IDF those lead that lie near to what the firing texts say, as in `propose`; a
        term counts up to twice, by the share of the firing texts at one of whose peaks it stands.
        """
        del progress  # nothing keeps them from coming
        firing = [excerpt.text for excerpt in shown.firing]
        peaks = [set(" ".join(excerpt.peaks).lower().split()) for excerpt in shown.firing]
        words = FunctionWords.of([*firing, *shown.silent])
        counter = CountVectorizer(analyzer=words.terms, dtype=np.float64)
        try:
            counts = counter.fit_transform([*firing, *shown.silent])
        except ValueError:  # not one word
            return ()
        groups = np.array([0] * len(firing) + [1] * len(shown.silent), np.int32)
        weights = class_tf_idf(counts, groups, 2)[0]
        best = np.argsort(-weights, kind="stable")[:_CANDIDATES]
        names = counter.get_feature_names_out()[best[weights[best] > 0]]
        if not len(names):
            return ()
        vectors = self._encoder.encode([*firing, *names], no_progress)
        nearness = vectors[len(firing) :] @ vectors[: len(firing)].mean(axis=0)
        peaking = np.array([np.mean([not held.isdisjoint(name.split()) for held in peaks]) for name in names])
        worth = np.maximum(nearness, 0) * weights[best[: len(names)]] ** _WEIGHT_POWER * (1 + peaking)
        return tuple(str(names[term]) for term in np.argsort(-worth, kind="stable")[:MOST_PHRASES])

    def estimate(self, texts: Sequence[str]) -> Estimate:
        """Return that nothing is sent."""
        return Estimate(texts=len(set(texts)))

    def estimate_label(self, shown: LabelEvidence) -> Estimate:
        """Return that nothing is sent."""
        del shown
        return Estimate()

    def _terms(self, texts: Sequence[str], calibration: NDArray[np.bool_], progress: Progress) -> _Terms | None:
        fewest = max(_FEWEST, int(_FEWEST_SHARE * calibration.sum()))
        learned = [text for text, chosen in zip(texts, calibration, strict=True) if chosen]
        counter = CountVectorizer(
            analyzer=segmentation.terms,
            min_df=fewest,
            max_df=_MOST,
            dtype=np.float64,
        )
        try:
            counter.fit(learned)
        except ValueError:
            most = int(_MOST * len(learned))
            why = (
                f"no word stands in {fewest} of the {len(learned):,} calibration texts or more,"
                f" and in {most:,} at most"
            )
            if len(learned) < fewest:
                why = f"there are {len(learned)} calibration texts of different content"
            elif most < fewest:
                why = (
                    f"{len(learned)} calibration texts are too few: a topic's word stands in {fewest}, not in most"
                )
            self.warnings = (f"no topics are found: {why}",)
            return None
        names = counter.get_feature_names_out()
        return _Terms(names, counter.transform(texts), self._encoder.encode(list(names), progress))

    def _name_groups(
        self, level: int, vectors: NDArray[np.float32], terms: _Terms, calibration: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int32], list[str]]:
        """Group the texts; return each text's group (texts,) and each group's phrase."""
        grouping = KMeans(level, n_init=4, random_state=self._seed).fit(vectors[calibration])
        groups: NDArray[np.int32] = grouping.predict(vectors)
        weights = class_tf_idf(terms.counts[calibration], groups[calibration], level)
        centres = grouping.cluster_centers_ / np.linalg.norm(grouping.cluster_centers_, axis=1, keepdims=True)
        return groups, [_most_telling(row, centre, terms) for row, centre in zip(weights, centres, strict=True)]


def class_tf_idf(counts: sparse.csr_matrix, groups: NDArray[np.int32], number: int) -> NDArray[np.float64]:
    """Return how much each term sets each group apart: (groups, terms), 0 where it does not.

    The weight is ``f * log(f / F)``, with f the term's share of the group's terms and F its share of all
    terms: frequent in the group, and more so than elsewhere. Words that are everywhere come out at 0.
    """
    membership = sparse.csr_matrix(
        (np.ones(len(groups)), (groups, np.arange(len(groups)))), shape=(number, len(groups))
    )
    return member_tf_idf(counts, membership)


def member_tf_idf(counts: sparse.csr_matrix, membership: sparse.csr_matrix) -> NDArray[np.float64]:
    """Return the same for groups that may overlap: `membership` is (groups, texts)."""
    totals = np.asarray((membership @ counts).todense())
    share = totals / np.maximum(totals.sum(axis=1, keepdims=True), 1)
    everywhere = np.asarray(counts.sum(axis=0)).ravel()
    overall = everywhere / max(everywhere.sum(), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = share * np.log(share / overall)
    found: NDArray[np.float64] = np.where(weight > 0, weight, 0)  # NaN, of a term that is nowhere, is not
    return found


def _most_telling(weights: NDArray[np.float64], centre: NDArray[np.float32], terms: _Terms) -> str:
    """Choose the phrase of a group: of its best terms, the one that is also nearest to its centre."""
    best = np.argsort(-weights, kind="stable")[:_CANDIDATES]
    best = best[weights[best] > 0]
    if not len(best):
        return ""
    nearness = np.maximum(terms.vectors[best] @ centre, 0)
    return str(terms.names[best[np.argmax(nearness * weights[best] ** _WEIGHT_POWER)]])


def _own_terms(terms: _Terms, vectors: NDArray[np.float32], calibration: NDArray[np.bool_]) -> list[list[str]]:
    """Return each text's own most telling terms: rare enough, and near to what the whole text says."""
    holding = np.asarray((terms.counts[calibration] > 0).sum(axis=0)).ravel()
    rarity = np.log(calibration.sum() / np.maximum(holding, 1))
    own = []
    for text in range(terms.counts.shape[0]):
        found = terms.counts[text].indices
        nearness = terms.vectors[found] @ vectors[text]
        worth = np.where(nearness >= _NEAR, rarity[found] * nearness, 0)
        best = np.argsort(-worth, kind="stable")[:_OWN_TERMS]
        own.append([str(terms.names[found[term]]) for term in best if worth[term] > 0])
    return own
