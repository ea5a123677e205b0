"""The fit of a label: how well it separates where the neuron is active from where it is quiet.

As a topic, a label is scored here, over texts with the sentence encoder; as words, over tokens, in `token_fit`, of
what `label_words` reads in it. ``review/fit_cache.py`` keeps the fits, ``tui/browse/typed_fit.py`` shows them.
Only texts of the validation split are used, which no backend that writes labels is shown, and of these only those
that are no exemplar of the neuron, which the screen shows to whoever writes or accepts a label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.describe.auroc import auroc, interval
from neurotui.describe.ranks import ranks
from neurotui.errors import UserError
from neurotui.labelling.token_fit import TokenScorer
from neurotui.labelling.types import NO_INTERVAL, AurocInterval, Fit, Judged
from neurotui.store.overlapping_texts import Overlaps
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from neurotui.models.protocol import Encoder
    from neurotui.store.run import Run
    from neurotui.types import Neuron, Progress, Side

SAMPLE = 256
"""The size of the sample of validation texts, the same for every neuron, that quiet texts are taken from."""

MOST_ACTIVE = 32
"""The most texts that count as active."""

SHARE_ACTIVE = 0.1
"""The greatest share of the texts that count as active."""

FEWEST = 5
"""The fewest active texts, and the fewest quiet ones."""

_SEED = 0
_SIDES: tuple[Side, ...] = (1, -1)


class ActiveAndQuiet(NamedTuple):
    """Indices of the validation texts at which a neuron is ``active``, most active first, and ``quiet``."""

    active: NDArray[np.int64]
    quiet: NDArray[np.int64]


def quiet_sample(texts: int) -> NDArray[np.int64]:
    """Return which of so many validation texts are the sample that quiet texts are taken from, rising."""
    chosen = np.random.default_rng(_SEED).choice(texts, min(SAMPLE, texts), replace=False)
    sample: NDArray[np.int64] = np.sort(chosen)
    return sample


def active_and_quiet(
    values: NDArray[np.float32],
    sample: NDArray[np.int64],
    shown: NDArray[np.bool_],
    median: float | None = None,
) -> ActiveAndQuiet:
    """Choose texts by a neuron's pooled activations on validation: (texts,); none of those that are `shown`.

    With their `median` given, nothing is asked of the activations at what was shown.

    Active: the highest ``MOST_ACTIVE``, or a tenth of all if that is fewer, but at least ``FEWEST``; ties go to
    the first. Quiet: the texts of the sample in the lower half, which exists even for a neuron that fires
    everywhere. Texts not above the median are never active, even if that leaves fewer.
    """
    median = float(np.median(values)) if median is None else median
    most = max(FEWEST, min(MOST_ACTIVE, int(SHARE_ACTIVE * len(values))))
    highest = np.argsort(-values, kind="stable")
    highest = highest[~shown[highest]][:most]
    active = highest[values[highest] > median]
    return ActiveAndQuiet(active, sample[(values[sample] <= median) & ~shown[sample]])


class Scorer:
    """Scores how labels fit the neurons of one run. Each text is encoded once.

    `encoder` loads the sentence encoder when a label first needs it: labels about tokens alone do not. Texts and
    labels are encoded one by one, so that a vector does not depend on its batch, and a fit is the same to the last
    digit whatever was scored before or along with it.
    """

    def __init__(self, run: Run, encoder: Callable[[], Encoder]) -> None:
        texts = run.texts()
        pooled = np.flatnonzero(texts.pooled)
        self._run = run
        self._encoder = encoder
        self._overlaps = Overlaps(run)
        self._tokens = TokenScorer(run)
        self._validation = ~texts.calibration[pooled]
        self._text_ids = pooled[self._validation]
        self._sample = quiet_sample(len(self._text_ids))
        self._vectors: dict[int, NDArray[np.float32]] = {}

    def warm(self, progress: Progress) -> None:
        """Encode the sample that all neurons share, and one label."""
        self._tokens.read("a label")
        self._read(self._sample, progress)
        self._encoded("a label")

    def score(
        self, neuron: Neuron, labels: Sequence[str], progress: Progress, sides: Sequence[Side] = ()
    ) -> Judged:
        """Return the fit of each label in both scopes; ``UserError`` if the run has no such neuron.

        `sides` are as in ``Score``. The intervals are those of Hanley and McNeil 1982. If the neuron is active or
        quiet at too few texts, there is no fit as a topic, and a note says so.
        """
        if not all(map(str.strip, labels)):
            raise UserError("an empty label has no fit", "write what the neuron responds to")
        neuron_id = self._run.number_of(neuron)
        values = self._run.pooled(neuron_id)[self._validation]
        exemplars = self._shown(neuron_id)
        shown = np.isin(self._text_ids, exemplars)
        by_side = {side: active_and_quiet(side * values, self._sample, shown) for side in _SIDES}
        fits = []
        spoken_of: Sequence[Side] = sides or [1] * len(labels)
        for label, side in zip(labels, spoken_of, strict=True):
            word = self._tokens.score(neuron_id, label, side, exemplars)
            as_topic = NO_INTERVAL if word.reading.of_tokens else self._topic(label, by_side[side], progress)
            read = (word.reading.understood, word.reading.missing, word.note)
            fits.append(Fit(label, as_topic, word.measure, word.correlation, *read, side))
        told = by_side[sides[0] if sides else 1]
        active, quiet = len(told.active), len(told.quiet)
        note = (
            f"no fit as a topic: of the validation texts that are no exemplars of {neuron}, it is clearly active "
            f"at {active}, and quiet at {quiet} of those drawn; it takes {FEWEST} of each"
        )
        return Judged(tuple(fits), active, quiet, (note,) if min(active, quiet) < FEWEST else ())

    def fit(self, neuron: Neuron, label: str, side: Side, progress: Progress, *, topic: bool) -> Fit:
        """Return the fit of a label in one scope alone, as ``score`` has it: as a topic, or as words."""
        neuron_id = self._run.number_of(neuron)
        exemplars = self._shown(neuron_id)
        if not topic:
            word = self._tokens.score(neuron_id, label, side, exemplars)
            return Fit(label, word=word.measure, correlation=word.correlation, side=side)
        values = side * self._run.pooled(neuron_id)[self._validation]
        held = active_and_quiet(values, self._sample, np.isin(self._text_ids, exemplars))
        return Fit(label, self._topic(label, held, progress), side=side)

    def _shown(self, neuron_id: int) -> NDArray[np.int64]:
        """Return the texts of which whoever labels the neuron is shown a part, by text_id."""
        exemplars = np.unique([one.text_id for one in self._run.detail(neuron_id).exemplars])
        return self._overlaps.with_overlapping(exemplars)

    def _topic(self, label: str, held: ActiveAndQuiet, progress: Progress) -> AurocInterval:
        """Return how a label fits as a topic; unknown where there are too few texts of either sort."""
        if min(map(len, held)) < FEWEST:
            return NO_INTERVAL
        vectors = self._read([*held.active, *held.quiet], progress)
        # A sum's order may change its last digit: each label is multiplied as if it were alone.
        return _measure(self._encoded(label)[None, :] @ vectors.T, len(held.active))

    def _read(self, places: Iterable[int], progress: Progress) -> NDArray[np.float32]:
        """Return the unit vectors of some validation texts: (texts, dimensions)."""
        text_ids = [int(self._text_ids[place]) for place in places]
        new = [number for number in text_ids if number not in self._vectors]
        for done, (number, body) in enumerate(zip(new, self._run.bodies_of(new), strict=True), 1):
            self._vectors[number] = self._encoded(body)
            progress("reading held-out texts", done, len(new))
        return np.stack([self._vectors[number] for number in text_ids])

    def _encoded(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._encoder().encode([text], no_progress)[0]
        return vector


def _measure(similarity: NDArray[np.float32], active: int) -> AurocInterval:
    """Return a label's fit from its cosine to the texts, (1, texts), of which the first `active` are active."""
    holds = np.arange(similarity.shape[1]) < active
    found = float(auroc(ranks(similarity), holds[:, None])[0, 0])
    return AurocInterval(found, *interval(found, active, len(holds) - active))
