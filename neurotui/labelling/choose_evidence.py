"""Choose what a backend, such as a language model, is shown of a neuron: calibration texts alone.

``backends/label_evidence.py`` gives each text its form and finds the words at its peaks,
``backends/llm/prompt_wording.py`` puts all of it into the prompt, whose text is
``backends/llm/prompts/label.txt``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurotui.backends.label_evidence import LabelEvidence, excerpt

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.store.run import Run
    from neurotui.types import Detail, Exemplar, Neuron

TOP = 8
"""How many of a neuron's top exemplars are shown."""

SPREAD = 3
"""How many exemplars from further down."""

SILENT = 12
"""How many texts that leave the neuron silent."""

NEAR = 3
"""How many of the silent ones hold its best descriptor all the same."""


def shown(run: Run, neuron: Neuron, draw: int = 0) -> LabelEvidence:
    """Return what a backend is shown of a neuron: exemplars and texts of the calibration split only.

    Draw 0 shows the strongest top exemplars, any other draw a random choice among them; silent texts are those at
    or below the neuron's median, and each draw has its own.
    """
    detail = run.detail(run.number_of(neuron))
    random = np.random.default_rng([detail.neuron_id, draw])
    own = [exemplar for exemplar in detail.exemplars if exemplar.split == "calibration"]
    top = [exemplar for exemplar in own if exemplar.kind == "top"]
    if draw and len(top) > TOP:
        top = [top[place] for place in np.sort(random.choice(len(top), TOP, replace=False))]
    quiet = _quiet(run, detail.neuron_id)
    top = top[:TOP]
    firing = [*top, *_spread(own, {exemplar.text_id for exemplar in top} | set(quiet.tolist()))]
    return LabelEvidence(tuple(map(excerpt, firing)), _silent(run, detail, quiet, firing, random))


def _spread(own: list[Exemplar], without: set[int]) -> list[Exemplar]:
    """Return the strongest exemplars from further down that show a text of their own."""
    spread = [one for one in own if one.kind == "quantile" and one.value > 0 and one.text_id not in without]
    return sorted(spread, key=lambda one: -one.value)[:SPREAD]


def _quiet(run: Run, number: int) -> NDArray[np.int64]:
    """Return the ids of the calibration texts at which a neuron is at or below its median there."""
    texts = run.texts()
    pooled = np.flatnonzero(texts.pooled)
    values = run.pooled(number)
    calibration = texts.calibration[pooled]
    return pooled[calibration & (values <= np.median(values[calibration]))]


def _silent(
    run: Run, detail: Detail, quiet: NDArray[np.int64], firing: list[Exemplar], random: np.random.Generator
) -> tuple[str, ...]:
    """Draw silent texts; the first of them hold the neuron's best text descriptor, where there are such."""
    free = np.setdiff1d(quiet, [exemplar.text_id for exemplar in detail.exemplars if exemplar in firing])
    best = next((one.descriptor_id for one in detail.matches if one.scope == "text" and one.side > 0), None)
    near = np.intersect1d(free, run.holders(best)) if best is not None else free[:0]
    near = random.permutation(near)[:NEAR]
    others = random.permutation(np.setdiff1d(free, near))[: SILENT - len(near)]
    return tuple(run.bodies_of([*near.tolist(), *others.tolist()]))
