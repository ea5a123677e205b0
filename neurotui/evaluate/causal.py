"""The causal score: whether a neuron that is pushed at its held-out peaks moves the output where its label says.

A dose is a number of the neuron's own standard deviations, added to its activation at one token (taken away, where
the label is about the negative of the activation). The place is where it peaks on a validation text, which no
describer saw; for a person's label, a text that the screen did not show either. Random neurons of its layer, dealt
out over the places, get the same dose there, and the labels of other neurons stand beside its own.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.errors import UserError
from neurotui.evaluate.bootstrap import Figure, ratios
from neurotui.evaluate.causal_settings import FEWEST, CausalSettings
from neurotui.evaluate.causal_targets import Targets, targets
from neurotui.firing import FIRES_FROM
from neurotui.models.activations import reproducible
from neurotui.models.causal_effects import PushedModel, Pushes
from neurotui.models.heads import ModelWithHead
from neurotui.models.run_model import RunModel
from neurotui.store.overlapping_texts import Overlaps
from neurotui.types import Neuron, no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.evaluate.labelled_neurons import Labelled
    from neurotui.store.run import Run
    from neurotui.types import Exemplar, Progress, Side

    Figures = NDArray[np.float64]

_SEED = 0


@dataclass(frozen=True, slots=True)
class AtDose:
    """The figures at one dose; ``measures.py`` says what each means.

    The intervals are over texts for one neuron, and over neurons for all of them.
    """

    dose: float
    change: Figure
    stronger: Figure
    toward: Figure
    shuffled: Figure
    gain: Figure
    among_labels: Figure


@dataclass(frozen=True, slots=True)
class NeuronEffect:
    """What pushing one neuron does, on how many ``texts``."""

    neuron: str
    label: str
    side: Side
    texts: int
    doses: tuple[AtDose, ...]


@dataclass(frozen=True, slots=True)
class Causal:
    """The causal score of a set of labels.

    ``causal``: what is read are distributions over the next token, else embeddings of the text; ``head`` is the
    model's language-model head, "" for none. ``without_places`` and ``without_label`` count the neurons that are
    left out: active at too few held-out texts, or with a label of which no token is known. ``others`` counts the
    random neurons that each stands beside, fewer in a smaller layer; ``labels`` the labels beside its own.
    ``remarks`` say in sentences what of the labels' file was passed over or is taken on trust.
    """

    causal: bool
    head: str
    neurons: int
    without_places: int
    without_label: int
    others: int
    labels: int
    doses: tuple[AtDose, ...]
    each: tuple[NeuronEffect, ...]
    remarks: tuple[str, ...] = ()


class Cost(NamedTuple):
    """The largest number of forward passes, and the seconds that they take, estimated from the first."""

    forwards: int
    seconds: float


class _Place(NamedTuple):
    text_id: int
    position: int


class CausalJudge:
    """Pushes labelled neurons of one run; ``UserError`` for settings that cannot be, or another model.

    `model` is the folder of the run's model, where it is not the one that the run names.
    """

    def __init__(
        self, run: Run, chosen: Sequence[Labelled], settings: CausalSettings | None = None, model: str = ""
    ) -> None:
        self._run, self._chosen, self._settings = run, chosen, (settings or CausalSettings()).checked()
        self._overview, self._sample = run.overview(), run.token_sample()
        self._refuse_lonely()
        self._again = RunModel(run.meta, ModelWithHead, named=model)
        self._model = PushedModel(self._again.model)
        self._places = [self._peaks(one) for one in chosen]

    def _refuse_lonely(self) -> None:
        """Raise ``UserError`` for a neuron beside which no other of its layer can be pushed."""
        for one in self._chosen:
            if len(self._deviations[one.neuron.layer]) == 1:
                raise UserError(
                    f"{one.neuron} is the only neuron of its layer in this run: none can be pushed beside it",
                    f"leave that layer out: --filter '!layer:{one.neuron.layer}'",
                )

    def cost(self) -> Cost:
        """Return what judging takes, estimated by pushing one neuron at one text."""
        doses = sum(dose != 0 for dose in self._settings.doses)
        pushed = list(self._pushed())
        texts = sum(len(places) for _, places in pushed)
        started = time.monotonic()
        if pushed:
            first, places = pushed[0]
            others = self._dealt(first.neuron, len(places))
            self._at(first, places[0], others[0])
            started = time.monotonic()
            self._at(first, places[-1], others[-1])
        forwards = texts * (2 + doses) + doses * sum(self._others_of(one.neuron) for one, _ in pushed)
        return Cost(forwards, (time.monotonic() - started) * texts)

    def judge(self, progress: Progress = no_progress) -> Causal:
        """Push every neuron. Stage: pushing (texts)."""
        each, sums = [], []
        pushed = list(self._pushed())
        total, done = sum(len(places) for _, places in pushed), 0
        for one, places in pushed:
            found = []
            dealt = self._dealt(one.neuron, len(places))
            for number, (place, others) in enumerate(zip(places, dealt, strict=True)):
                progress("pushing neurons", done + number, total)
                found.append(self._at(one, place, others))
            by_text = np.stack(found)
            doses = self._figures(by_text)
            each.append(NeuronEffect(str(one.neuron), one.label, one.side, len(places), doses))
            sums.append(by_text.mean(axis=0))
            done += len(places)
        progress("pushing neurons", total, total)
        few = sum(len(places) < FEWEST for places in self._places)
        return Causal(
            self._model.causal,
            self._again.model.head or "",
            len(each),
            few,
            len(self._chosen) - few - len(each),
            max((self._others_of(one.neuron) for one, _ in pushed), default=0),
            len(self._targets.place) - 1 if pushed else 0,
            self._figures(np.stack(sums)) if sums else (),
            tuple(each),
        )

    def _pushed(self) -> Iterator[tuple[Labelled, list[_Place]]]:
        """Return the neurons that can be pushed, each with its places; the others are left out."""
        for one, places in zip(self._chosen, self._places, strict=True):
            if len(places) >= FEWEST and one.label in self._targets.place:
                yield one, places

    def _others_of(self, neuron: Neuron) -> int:
        """Return how many random neurons of its layer a neuron is compared with."""
        return min(self._settings.others, len(self._deviations[neuron.layer]) - 1)

    def _figures(self, values: Figures) -> tuple[AtDose, ...]:
        """Return the means of figures (texts or neurons, doses, figures), each with its interval."""
        flat = values.reshape(len(values), -1)
        found = iter(ratios(flat, np.ones_like(flat)))
        return tuple(AtDose(dose, *islice(found, values.shape[2])) for dose in self._settings.doses)

    def _at(self, one: Labelled, place: _Place, others: list[int]) -> Figures:
        """Return the figures of ``AtDose`` at one place: (doses, figures)."""
        (text,) = self._run.divided_texts([place.text_id])
        layer, units = one.neuron.layer, np.array([one.neuron.unit, *others])
        doses = np.array(self._settings.doses)
        # A dose of 0 changes nothing in any neuron: testing the labelled one is enough.
        rows = [(dose, unit) for dose in range(len(doses)) for unit in range(len(units) if doses[dose] else 1)]
        at, whose = np.array(rows).T
        pushes = Pushes(units[whose], one.side * doses[at] * self._deviations[layer][units[whose]])
        reading, after = self._targets.reading, self._settings.after
        # Fast matrix products would add their own noise to the effect of the neuron.
        with reproducible("float32"):
            found = self._model.effects(text.tokens, place.position, layer, pushes, reading, after=after)
        size = np.zeros((len(doses), len(units)))
        toward = np.zeros((len(doses), len(units), found.toward.shape[1]))
        size[at, whose], toward[at, whose] = found.size, found.toward
        for nothing in np.flatnonzero(doses == 0):
            size[nothing], toward[nothing] = size[nothing, 0], toward[nothing, :1]
        own = self._targets.place[one.label]
        different = ~self._targets.same[own]
        beaten = _below(toward[:, 0], np.moveaxis(toward[:, 1:], 1, -1))
        shuffled = beaten[:, different].mean(axis=1)
        among = _below(toward[:, 0, own], toward[:, 0][:, different])
        stronger = _below(size[:, 0], size[:, 1:])
        return np.stack([size[:, 0], stronger, beaten[:, own], shuffled, beaten[:, own] - shuffled, among], axis=1)

    def _dealt(self, neuron: Neuron, places: int) -> list[list[int]]:
        """Draw random neurons of a neuron's layer, always the same, and deal them out: at least one a place."""
        units = [one for one in range(len(self._deviations[neuron.layer])) if one != neuron.unit]
        drawn = random.Random(f"{_SEED} {neuron}").sample(units, self._others_of(neuron))  # noqa: S311 - no secret
        return [drawn[place::places] or drawn[:1] for place in range(places)]

    @cached_property
    def _deviations(self) -> dict[int, Figures]:
        """The standard deviation of each layer's neurons, by unit."""
        found = {}
        for layer in np.unique(self._overview.layer).tolist():
            rows = np.flatnonzero(self._overview.layer == layer)
            found[layer] = np.zeros(len(rows))
            found[layer][self._overview.unit[rows]] = self._overview.std[rows]
        return found

    def _peaks(self, one: Labelled) -> list[_Place]:
        """Return where a neuron peaks on validation texts, one place a text, strongest first."""
        values = one.side * self._run.token_activations(one.neuron_id)
        detail = self._run.detail(one.neuron_id)
        kind = "top" if one.side > 0 else "bottom"
        kept: Iterable[Exemplar] = (x for x in detail.exemplars if x.kind == kind and x.split == "validation")
        seen = np.array([exemplar.text_id for exemplar in detail.exemplars] if one.by_people else [], np.int64)
        shown = set(Overlaps(self._run).with_overlapping(seen).tolist())
        found = [(one.side * x.value, x.text_id, x.start + x.peak) for x in kept if x.text_id not in shown]
        least = FIRES_FROM * max(detail.statistics.maximum * one.side, detail.statistics.minimum * one.side)
        for row in np.flatnonzero(~self._sample.calibration & (values >= max(least, 0))).tolist():
            text_id = int(self._sample.text_id[row])
            if text_id not in shown:
                found.append((float(values[row]), text_id, int(self._sample.position[row])))
        strongest: dict[int, _Place] = {}
        for _, text_id, position in sorted(found, key=lambda entry: (-entry[0], *entry[1:])):
            strongest.setdefault(text_id, _Place(text_id, position))
        return list(islice(strongest.values(), self._settings.texts))

    @cached_property
    def _targets(self) -> Targets:
        own = [one.label for one in self._chosen]
        return targets(self._run, self._again, own, self._model.vocabulary if self._model.causal else None)


def _below(own: Figures, rest: Figures) -> Figures:
    """Return the share of `rest` (..., others) that lies below `own` (...), ties half."""
    share: Figures = (rest < own[..., None]).mean(-1) + (rest == own[..., None]).mean(-1) / 2
    return share
