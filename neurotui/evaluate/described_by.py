"""What each describer of a run says of its neurons: the run's own, and those that stand beside it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from neurotui.evaluate.by_labels import described, gathered
from neurotui.store.describers import OF_BOTH, OF_TEXTS, OF_TOKENS

if TYPE_CHECKING:
    from neurotui.evaluate.by_labels import NamesByNeuron
    from neurotui.store.run import Run
    from neurotui.types import Neuron


def described_by_scope(run: Run) -> dict[str, NamesByNeuron]:
    """Return what describes a run's neurons, best first: its text descriptors, its token descriptors, and both.

    What describes nothing is left out, and both where that is the same as one of them.
    """
    said, matches = described(run), run.matches()
    at_tokens = np.array([scope == "token" for scope in run.overview().scopes], np.bool_)
    tokens = gathered(run, matches, matches.described & at_tokens[matches.descriptor_id])
    found = {OF_TEXTS: said.calibration, OF_TOKENS: tokens}
    found = {name: names for name, names in found.items() if names}
    return found if said.first in found.values() else {**found, OF_BOTH: said.first}


def described_by_all(run: Run) -> dict[str, NamesByNeuron]:
    """Return what every describer of a run says, best first: its own by scope, each other under its name.

    Under its name stands all that another says, and under ``NAME, text descriptors`` and ``NAME, token
    descriptors`` what it says of either, as the run's own is told. Token descriptors that are those of the run's
    own are left out, since they are found in the texts whoever describes them; so is a scope that is all it says.
    """
    found = described_by_scope(run)
    for describer in run.describers.all():
        whole, texts, tokens = _said_by(run, describer.name)
        found[describer.name] = whole
        for scope, names in ((OF_TEXTS, texts), (OF_TOKENS, tokens)):
            if names and names not in (whole, found.get(scope) if scope == OF_TOKENS else None):
                found[f"{describer.name}, {scope}"] = names
    return found


def _said_by(run: Run, describer: str) -> tuple[NamesByNeuron, NamesByNeuron, NamesByNeuron]:
    """Return all that a describer says, its text descriptors of the activation itself, and those of tokens."""
    columns, overview = run.describers.names(describer), run.overview()
    whole: defaultdict[Neuron, list[str]] = defaultdict(list)
    texts: defaultdict[Neuron, list[str]] = defaultdict(list)
    tokens: defaultdict[Neuron, list[str]] = defaultdict(list)
    rows = zip(*(columns[key].tolist() for key in ("neuron_id", "scope", "side", "name")), strict=True)
    for neuron_id, scope, side, name in rows:
        neuron = overview.neuron(neuron_id)
        whole[neuron].append(name)
        if scope == "token":
            tokens[neuron].append(name)
        elif side > 0:
            texts[neuron].append(name)
    return dict(whole), dict(texts), dict(tokens)
