"""Labels for one neuron, written by a backend from calibration texts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurotui.backends.evidence import Shown, excerpt
from neurotui.backends.protocol import Estimate
from neurotui.backends.registry import choose, spec_of
from neurotui.errors import UserError
from neurotui.labelling.types import Written
from neurotui.store.atomic import replies_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.backends.llm.budget import Budget
    from neurotui.backends.protocol import Backend
    from neurotui.labelling.types import LabelBackend
    from neurotui.models.protocol import Encoder
    from neurotui.store.run import Run
    from neurotui.types import Detail, Exemplar, Neuron, Progress

TOP, SPREAD, SILENT, NEAR = 8, 3, 12, 3
"""How many texts of a neuron are shown: its top exemplars, some from further down, and silent ones; of these,
how many hold its best descriptor and leave it silent all the same."""


def shown(run: Run, neuron: Neuron, draw: int = 0) -> Shown:
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
    return Shown(tuple(map(excerpt, firing)), _silent(run, detail, quiet, firing, random))


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


def backend_for(
    run: Run, asking: LabelBackend, encoder: Encoder | None = None, budget: Budget | None = None
) -> Backend:
    """Return the backend that is asked; what it answers is kept where ``describe`` keeps it.

    `encoder` serves a backend that needs one, `budget` a server.

    Raises ``UserError`` for settings or a key that cannot serve, before anything is sent.
    """
    return choose(asking.backend, asking.settings, encoder=encoder, cache=replies_of(run.path), budget=budget)


def price(run: Run, neuron: Neuron, asking: LabelBackend, draw: int = 0) -> Estimate:
    """Return what `write` would take, without asking anything or leaving anything behind.

    Raises ``UserError`` where `backend_for` would.
    """
    if not spec_of(asking.backend).asks_a_model:
        return Estimate()
    kept = replies_of(run.path)
    backend = choose(asking.backend, asking.settings, cache=kept if kept.exists() else None)
    return backend.estimate_label(shown(run, neuron, draw))


def write(run: Run, neuron: Neuron, backend: Backend, progress: Progress, draw: int = 0) -> Written:
    """Ask a backend for labels of a neuron.

    The notes say what went wrong and what the user should know. Raises ``UserError`` if nothing can be requested.
    """
    seen = shown(run, neuron, draw)
    if not seen.firing:
        raise UserError(
            f"no exemplar of {neuron} is a calibration text: there is nothing to show", "write a label"
        )
    progress("writing labels", 0, 1)
    labels = backend.label(seen, progress)
    progress("writing labels", 1, 1)
    notes = (*backend.warnings, *(failure.reason for failure in backend.failures))
    if not labels and not backend.failures:
        notes = (*notes, f"'{backend.name}' finds no label for {neuron}")
    return Written(labels, notes)
