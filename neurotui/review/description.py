"""How what is said of a neuron is shown: by its accepted label, else by the run's first match, and in a sentence.

Lists, pages, commands and exports all use it, so that they always agree. Which match comes first, and which is
described at all, ``describe/described_rule.py`` decides.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

from neurotui.describe.descriptor_kinds import DESCRIPTOR_KINDS
from neurotui.review.visible_labels import VisibleLabels

if TYPE_CHECKING:
    from neurotui.store.labels import Labels
    from neurotui.store.run_tables import Overview
    from neurotui.types import Label, Scope, Side

Grounds = Literal["label", "described", "thin", "nothing", "hidden"]
"""The grounds of a description: an accepted label, strong enough evidence, thin evidence, or none at all.

``hidden``: whoever reviews blind sees none before deciding.
"""

NEGATIVE = "▾"
"""Precedes a description of the negative of an activation where there is no room for words."""

THIN = "thin evidence"

SURENESS = (
    (0.7, "predicts its activation closely"),
    (0.5, "predicts its activation well"),
    (0.3, "predicts much of its activation"),
    (0.2, "predicts part of its activation"),
)
"""How well a descriptor predicts an activation, in words, by the least correlation on held-out texts."""

# The sentence for a label that is no descriptor's name.
_SCOPES: dict[str, str] = {"text": "in texts about {}", "token": "at {}"}


class Description(NamedTuple):
    """The description of a neuron, and its grounds.

    ``text`` is a label or a descriptor's name, "" for none; with ``side`` -1 it describes the negative of the
    activation, or if that is ``quiet``, where the neuron is silent. ``scope``, ``kind`` and ``descriptor_id`` are
    those of the descriptor that it names; "" and -1 for a label in other words. The correlations are with the
    activation at tokens, NaN if unknown.
    """

    text: str = ""
    grounds: Grounds = "nothing"
    side: Side = 1
    scope: Scope | Literal[""] = ""
    kind: str = ""
    descriptor_id: int = -1
    correlation_calibration: float = math.nan
    correlation_validation: float = math.nan
    quiet: bool = False

    @property
    def short(self) -> str:
        """The text for a list, marked if it describes the negative of the activation."""
        return f"{NEGATIVE} {self.text}" if self.side < 0 and self.text else self.text

    @property
    def sentence(self) -> str:
        """The description in words: ``at the word “away”``; "" for none."""
        return reading(self.text, self.scope, self.kind, self.side, quiet=self.quiet) if self.text else ""

    @property
    def sureness(self) -> str:
        """How well it predicts the activation, in words; "" if unknown."""
        return sureness(self.correlation_validation, described=self.grounds != "thin")

    @property
    def told(self) -> str:
        """The sentence for a table without colours, with a remark if the evidence is thin."""
        return f"{self.sentence} ({THIN})" if self.grounds == "thin" else self.sentence

    def record(self) -> dict[str, str | int | float | None]:
        """Return the keys that describe a neuron in every ``--json`` output."""
        known = self.grounds != "nothing"
        return {
            "says": self.text or None,
            "sentence": self.sentence or None,
            "grounds": self.grounds,
            "side": self.side if known else None,
            "scope": self.scope or None,
            "kind": self.kind or None,
            "correlation_calibration": _number(self.correlation_calibration),
            "correlation_validation": _number(self.correlation_validation),
        }


def description_of(overview: Overview, labels: Labels | VisibleLabels, neuron_id: int) -> Description:
    """Return the description of a neuron: its accepted label, else the run's first match."""
    neuron = overview.neuron(neuron_id)
    label = labels.label(neuron)
    if label.state == "accepted":
        return said_by_label(overview, label, neuron_id)
    if isinstance(labels, VisibleLabels) and labels.hides_machine(neuron):
        return Description(grounds="hidden")
    return first(overview, neuron_id)


def first(overview: Overview, neuron_id: int) -> Description:
    """Return the description of a neuron by its first match, ignoring labels."""
    one = overview.first(neuron_id)
    if one is None:
        return Description()
    grounds: Grounds = "described" if one.described else "thin"
    quiet = overview.quiet(neuron_id, one.side)
    scores = one.score, one.validation
    return Description(one.name, grounds, one.side, one.scope, one.kind, one.descriptor_id, *scores, quiet)


def said_by_label(overview: Overview, label: Label, neuron_id: int) -> Description:
    """Return the description by an accepted label, with the neuron's descriptor that it names, if any."""
    quiet = overview.quiet(neuron_id, label.side)
    for rank, descriptor in enumerate(map(int, overview.matched[neuron_id])):
        if descriptor < 0 or overview.names[descriptor] != label.text:
            continue
        scope, kind = overview.scopes[descriptor], overview.kinds[descriptor]
        if overview.sides[neuron_id, rank] == label.side and label.scope in {"", scope}:
            known = (overview.score, overview.validation) if rank == 0 else ()
            here, there = (float(column[neuron_id]) for column in known) if known else (math.nan, math.nan)
            return Description(label.text, "label", label.side, scope, kind, descriptor, here, there, quiet)
    return Description(label.text, "label", label.side, label.scope, quiet=quiet)


def reading(text: str, scope: str, kind: str, side: Side, *, quiet: bool = False) -> str:
    """Return a descriptor's name, or a label (with an empty scope), as a sentence about the neuron.

    If the neuron is merely `quiet` on side -1, the sentence says so: ``silent at the full stop .``.
    """
    known = DESCRIPTOR_KINDS.get(kind)
    placed = known.sentence(text) if known is not None else _SCOPES.get(scope, "{}").format(text)
    if side > 0:
        return placed
    does = "silent" if quiet else "most negative"
    return f"{does} {placed}" if scope else f"{does}: {placed}"


def sureness(correlation: float, *, described: bool) -> str:
    """Return in words how well a correlation predicts an activation; "" for NaN."""
    if math.isnan(correlation):
        return ""
    return next((words for least, words in SURENESS if described and correlation >= least), THIN)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
