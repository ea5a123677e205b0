"""The terms of a filter: one module for each kind, and the registry.

A new kind of term is a module here that declares a ``TERM``, and a line in ``TERMS``. The parser, its error
messages, the help screen and the lookups in the run all read them here.
"""

from __future__ import annotations

from neurotui.review.terms import best, by, fires, label, layer, neuron, promotes, score, share, state, token
from neurotui.review.terms.protocol import BareKind, Lookup, TermKind

TERMS: tuple[TermKind | BareKind, ...] = (
    layer.TERM,
    state.TERM,
    score.TERM,
    fires.TERM,
    by.TERM,
    token.TERM,
    best.TERM,
    label.TERM,
    promotes.TERM,
    share.TERM,
    neuron.TERM,
)

KEYED: dict[str, TermKind] = {kind.key: kind for kind in TERMS if isinstance(kind, TermKind)}
"""The kinds that a key introduces, by key."""

BARE: tuple[BareKind, ...] = tuple(kind for kind in TERMS if isinstance(kind, BareKind))
"""The kinds that are recognised by their form. What is none of them is a word: ``terms/word.py``."""

LOOKUPS: dict[str, Lookup] = {key: kind.lookup for key, kind in KEYED.items() if kind.lookup is not None}
"""How the terms are looked up that only the run can answer, by key."""
