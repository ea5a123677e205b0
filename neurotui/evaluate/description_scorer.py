"""Scores what is said of a neuron at held-out places, by the words of the description alone."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.describe.descriptor_kinds import kind_of
from neurotui.describe.token_table import Places, tokens_of
from neurotui.evaluate.sanity import variants_of
from neurotui.evaluate.score_measures import Measures, at_tokens, over_texts, unknown
from neurotui.labelling.label_words import FEWEST as FEWEST_TOKENS
from neurotui.labelling.label_words import LabelReader
from neurotui.labelling.topic_fit import FEWEST as FEWEST_TEXTS
from neurotui.labelling.topic_fit import active_and_quiet, quiet_sample
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from neurotui.evaluate.description_sets import Said
    from neurotui.models.protocol import Encoder
    from neurotui.store.held_out import HeldOut, HeldOutNeuron
    from neurotui.types import Progress


class _Reading(NamedTuple):
    """What a description says: the held-out tokens at which it holds (places,), and how like it is to each text.

    ``similarity`` (texts,) is None for one that speaks of tokens and not of a topic.
    """

    holds: NDArray[np.bool_]
    similarity: NDArray[np.float32] | None


class DescriptionScorer:
    """Scores descriptions of a run's neurons; each text and each description is read once.

    `encoder` loads the sentence encoder when a description first needs it. Descriptions are encoded one by one,
    and the texts always in the same batches, so that a score does not depend on what was scored along with it.
    """

    def __init__(self, held: HeldOut, encoder: Callable[[], Encoder]) -> None:
        self._held = held
        self._encoder = encoder
        self._readings: dict[str, _Reading] = {}
        self._sample = quiet_sample(len(held.texts.text_id))
        self._text_vectors: NDArray[np.float32] | None = None

    def read(self, labels: Iterable[str], progress: Progress = no_progress) -> None:
        """Read descriptions that will be scored."""
        new = [label for label in dict.fromkeys(labels) if label not in self._readings]
        for done, label in enumerate(new, 1):
            self._read(label, progress)
            progress("reading descriptions", done, len(new))

    def score(self, neuron: HeldOutNeuron, said: Sequence[Said]) -> tuple[Measures, Measures]:
        """Return the measures of a neuron with each description, over texts and at tokens.

        NaN where a description speaks of the other scope, or too few places tell.
        """
        by_text, by_token = unknown(len(said)), unknown(len(said))
        readings = [self._read(one.text) for one in said]
        sides = np.array([one.side for one in said], np.int8)
        rows = np.flatnonzero(~np.isnan(neuron.tokens))
        holds = np.stack([one.holds[rows] for one in readings], axis=1)
        told = _tells(holds)
        if told.any():
            found = self._at_tokens(neuron, rows, holds[:, told], sides[told])
            by_token = Measures(*map(np.array, by_token))
            for column, values in zip(by_token, found, strict=True):
                column[told] = values
        for place, (one, reading) in enumerate(zip(said, readings, strict=True)):
            if reading.similarity is not None:
                found = self._over_texts(neuron, one.side, reading.similarity[None])
                for column, values in zip(by_text, found, strict=True):
                    column[place] = values[0]
        return by_text, by_token

    def worse(
        self, neuron: HeldOutNeuron, said: Said, draws: int, random: np.random.Generator
    ) -> tuple[Measures | None, Measures | None]:
        """Return the measures over texts and at tokens of a description, and of it made worse: (1 + 2 draws,).

        As ``sanity.worse`` does it, at tokens by where it holds. Over texts, what it holds for are as many of the
        judged texts as are active, those most like it: to remove one makes it the least like of all, to add one
        gives it the likeness of one that it holds for. None where it has no score.
        """
        reading = self._read(said.text)
        rows = np.flatnonzero(~np.isnan(neuron.tokens))
        holds = reading.holds[rows]
        by_token = None
        if _tells(holds[:, None])[0]:
            variants = variants_of(holds, draws, random)
            sides = np.full(variants.shape[1], said.side, np.int8)
            by_token = self._at_tokens(neuron, rows, variants, sides)
        if reading.similarity is None:
            return None, by_token
        active, quiet = self._judged(neuron, said.side)
        if min(len(active), len(quiet)) < FEWEST_TEXTS:
            return None, by_token
        judged = np.concatenate([active, quiet])
        likeness = reading.similarity[judged]
        most_like = np.zeros(len(judged), np.bool_)
        most_like[np.argsort(-likeness, kind="stable")[: len(active)]] = True
        variants = variants_of(most_like, draws, random)
        changed = np.repeat(likeness[:, None], variants.shape[1], axis=1)
        changed = np.where(most_like[:, None] & ~variants, likeness.min(), changed)
        lent = random.choice(likeness[most_like], variants.shape)
        changed = np.where(~most_like[:, None] & variants, lent, changed)
        whole = np.repeat(reading.similarity[None], variants.shape[1], axis=0)
        whole[:, judged] = changed.T
        return self._over_texts(neuron, said.side, whole), by_token

    def _at_tokens(
        self, neuron: HeldOutNeuron, rows: NDArray[np.int64], holds: NDArray[np.bool_], sides: NDArray[np.int8]
    ) -> Measures:
        return at_tokens(neuron.tokens[rows].astype(np.uint8), holds, self._held.tokens.weight[rows], sides)

    def _judged(self, neuron: HeldOutNeuron, side: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        shown = np.isnan(neuron.texts)
        return active_and_quiet(side * neuron.texts, self._sample, shown, side * neuron.median)

    def _over_texts(self, neuron: HeldOutNeuron, side: int, similarity: NDArray[np.float32]) -> Measures:
        active, quiet = self._judged(neuron, side)
        if min(len(active), len(quiet)) < FEWEST_TEXTS:
            return unknown(len(similarity))
        return over_texts(side * neuron.texts, similarity, active, quiet)

    def _read(self, label: str, progress: Progress = no_progress) -> _Reading:
        found = self._readings.get(label)
        if found is None:
            found = self._readings[label] = self._reading(label, progress)
        return found

    def _reading(self, label: str, progress: Progress) -> _Reading:
        holds = np.zeros(len(self._held.tokens.place), np.bool_)
        of_tokens = False
        if self._reader is not None:
            said = self._reader.read(label)
            holds[said.places] = True
            of_tokens = said.of_tokens
        if of_tokens or not len(self._held.texts.text_id):
            return _Reading(holds, None)
        return _Reading(holds, self._vectors(progress) @ self._encoded(label))

    @cached_property
    def _reader(self) -> LabelReader | None:
        """What reads descriptions as words; None without a token sample."""
        sample = self._held.tokens
        if not len(sample.place):
            return None
        named = self._held.named()
        own = {one.name: one.rows for one in reversed(named)}
        of_tokens = [one.name for one in named if not kind_of(one.kind).has_meaning]
        none_seen = np.zeros(len(sample.place), np.bool_)
        places = Places(sample.text_id, sample.position.astype(np.int32), none_seen, sample.weight)
        return LabelReader(tokens_of(places, self._held.divided), own, of_tokens)

    def _vectors(self, progress: Progress) -> NDArray[np.float32]:
        """Return the unit vectors of all held-out texts: (texts, dimensions)."""
        if self._text_vectors is None:
            self._text_vectors = self._encoder().encode(self._held.texts.bodies, progress)
        return self._text_vectors

    def _encoded(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._encoder().encode([text], no_progress)[0]
        return vector


def _tells(holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which variants, of (places, variants), hold at enough of the places, and not at all but a few."""
    holding = holds.sum(axis=0)
    enough: NDArray[np.bool_] = np.minimum(holding, len(holds) - holding) >= FEWEST_TOKENS
    return enough
