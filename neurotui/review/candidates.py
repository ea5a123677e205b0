"""What may be accepted of a neuron: its descriptors, the words at which it peaks, what was written for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from neurotui.review.session import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neurotui.types import Label, Neuron, Peak, Proposal, Scope, Side

KEYED = 9
"""How many candidates have a key: the digits."""

PEAKS = "peaks"
"""Who proposes the words at which a neuron's exemplars peak: the exemplars themselves."""

# So many of the keys, at most, go to what is no descriptor.
_KEYS_FOR_OTHERS = 6
# As many words are candidates at most, and so many exemplars must peak at each.
_PEAK_WORDS, _PEAK_EXEMPLARS = 2, 2


class BothFits(NamedTuple):
    """How well a label fits as a topic and as a word; each as ``Event`` has it, empty where not known."""

    fit: tuple[float, ...] = ()
    token_fit: tuple[float, ...] = ()

    @property
    def best(self) -> float:
        """The better of the two; 0 where neither is known."""
        return max(self.fit[:1] + self.token_fit[:1], default=0.0)


class Candidate(NamedTuple):
    """A proposed label: a descriptor's name, a word at which the neuron peaks, or what somebody wrote.

    ``descriptor`` is -1 for what is no descriptor; ``origin`` of a word at which it peaks is ``PEAKS``. The
    fits, side and scope are those of an ``Event``.
    """

    text: str
    origin: str
    fit: tuple[float, ...] = ()
    descriptor: int = -1
    side: Side = 1
    scope: Scope | Literal[""] = ""
    token_fit: tuple[float, ...] = ()

    @property
    def fits(self) -> BothFits:
        """How well it fits in either scope."""
        return BothFits(self.fit, self.token_fit)

    @property
    def identity(self) -> tuple[str, int, int]:
        """What tells it from the others: one name may be said of both sides, or of texts and of tokens."""
        return self.text, self.descriptor, self.side

    def named_by(self, label: Label) -> bool:
        """Tell whether a label names it; older journals do not say which scope they mean."""
        return (self.text, self.side) == (label.text, label.side) and label.scope in {"", self.scope}

    def accepted_for(self, neuron: Neuron) -> Decision:
        """Return the decision that accepts it."""
        return Decision(neuron, "accept", self.text, self.origin, *self.fits, self.side, self.scope)


def arranged(
    matched: Sequence[Candidate],
    peaks: Sequence[Peak],
    proposals: Sequence[Proposal],
    fits: Mapping[str, BothFits],
) -> list[Candidate]:
    """Return a neuron's candidates in order: the first ``KEYED`` have a key each.

    The descriptors come first, best first as they are given; then the words at which it peaks, and what was
    written, best fit first; then the descriptors for which that leaves no key. What was written in the words of
    another candidate is that candidate. `fits` are those that are known by now, by label.
    """
    found = [*matched, *_peaking(peaks, matched)]
    others = [
        Candidate(one.text, one.origin, (), -1, one.side, one.scope)
        for one in proposals
        if not any(_same(other, one) for other in found)
    ]
    found, others = ([_fitted(one, proposals, fits) for one in group] for group in (found, others))
    others.sort(key=lambda one: one.fits.best, reverse=True)
    descriptors, words = found[: len(matched)], found[len(matched) :]
    keyed = KEYED - min(len(words) + len(others), _KEYS_FOR_OTHERS)
    return [*descriptors[:keyed], *words, *others, *descriptors[keyed:]]


def _fitted(candidate: Candidate, proposals: Sequence[Proposal], fits: Mapping[str, BothFits]) -> Candidate:
    """Return a candidate with its fits: those that are known by now, else those that the journal has."""
    kept = (BothFits(one.fit, one.token_fit) for one in proposals if _same(candidate, one))
    known = filter(any, (fits.get(candidate.text, BothFits()), *kept))
    fit, token_fit = next(known, BothFits())
    return candidate._replace(fit=fit, token_fit=token_fit)


def _peaking(peaks: Sequence[Peak], matched: Sequence[Candidate]) -> list[Candidate]:
    """Return the words at which enough exemplars peak and that no descriptor names.

    They are those of the side that the best descriptor speaks of.
    """
    side = matched[0].side if matched else 1
    named = {name for one in matched if one.scope == "token" and one.side == side for name in _named(one.text)}
    words = [
        Candidate(peak.word, PEAKS, (), -1, peak.side, "token")
        for peak in peaks
        if peak.side == side and peak.exemplars >= _PEAK_EXEMPLARS and peak.word.casefold() not in named
    ]
    return words[:_PEAK_WORDS]


def _named(name: str) -> set[str]:
    """Return the words, or the sign, that a token descriptor's name lists."""
    parts = name.casefold().split(", ")
    return {*parts, *(part.rpartition(" ")[2] for part in parts)}


def _same(candidate: Candidate, written: Proposal) -> bool:
    """Tell whether what was written is a candidate's own name."""
    same = (candidate.text, candidate.side) == (written.text, written.side)
    return same and written.scope in {"", candidate.scope}
