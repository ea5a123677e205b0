"""Labels for one neuron, written by a backend from the texts that ``choose_evidence.py`` chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.backends.protocol import Estimate
from neurotui.backends.registry import choose, spec_of
from neurotui.errors import UserError
from neurotui.labelling.choose_evidence import shown
from neurotui.labelling.types import Written
from neurotui.store.beside_run import replies_of

if TYPE_CHECKING:
    from neurotui.backends.llm.budget import Budget
    from neurotui.backends.protocol import Backend
    from neurotui.labelling.types import LabelBackend
    from neurotui.models.protocol import Encoder
    from neurotui.store.run import Run
    from neurotui.types import Neuron, Progress


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
