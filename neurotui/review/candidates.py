"""The labels that can be accepted for a neuron: its descriptors, the words it peaks at, written labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from neurotui.review.fit_cache import BothFits
from neurotui.review.session import Decision
from neurotui.spelling import compared
from neurotui.store.describers import JOINS
from neurotui.types import PERSON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from neurotui.types import Label, Neuron, Peak, Proposal, Scope, Side

KEYED = 9
"""How many candidates have a key of their own: the digits 1 to 9."""

PEAKS = "peaks"
"""The origin of candidates that are words at which a neuron's exemplars peak."""

YOURS = "yours"
"""The origin of candidates that are the annotator's own labels of other neurons."""

# At most this many of the keys go to candidates that are not the run's own descriptors, and of these to
# descriptors of other describers.
_KEYS_FOR_OTHERS, _KEYS_FOR_DESCRIBERS = 6, 3
# The most words that become candidates, and the fewest exemplars that must peak at each.
_PEAK_WORDS, _PEAK_EXEMPLARS = 2, 2
_MOST_YOURS = 3


class Candidate(NamedTuple):
    """A proposed label: a descriptor's name, a word at which the neuron peaks, or a written label.

    ``descriptor`` is a descriptor_id, or -1 for what is no descriptor of the run's own; the ``origin`` of a peak
    word is ``PEAKS``. ``describer`` is the first of the describers beside the run's own that found it, where the
    run's own did not, with evidence that is ``thin`` or not; ``origin`` names all who did. Fits, side and scope
    are as in ``Event``.
    """

    text: str
    origin: str
    fit: tuple[float, ...] = ()
    descriptor: int = -1
    side: Side = 1
    scope: Scope | Literal[""] = ""
    token_fit: tuple[float, ...] = ()
    describer: str = ""
    thin: bool = False

    @property
    def fits(self) -> BothFits:
        """Its fit in either scope."""
        return BothFits(self.fit, self.token_fit)

    @property
    def identity(self) -> tuple[str, int, int, str]:
        """What identifies it: one name can occur for both sides, and for texts as well as tokens."""
        return self.text, self.descriptor, self.side, self.scope

    def named_by(self, label: Label) -> bool:
        """Return whether a label names it; labels of older journals have no scope."""
        return (self.text, self.side) == (label.text, label.side) and label.scope in {"", self.scope}

    def accepted_for(self, neuron: Neuron) -> Decision:
        """Return the decision that accepts it."""
        origin = PERSON if self.origin == YOURS else self.origin
        return Decision(neuron, "accept", self.text, origin, *self.fits, self.side, self.scope)


def arranged(
    matched: Sequence[Candidate],
    peaks: Sequence[Peak],
    proposals: Sequence[Proposal],
    fit_of: Callable[[str, Iterable[Proposal]], BothFits],
    own: Sequence[str] = (),
    theirs: Sequence[Candidate] = (),
) -> list[Candidate]:
    """Return a neuron's candidates in order: the first ``KEYED`` have a key each.

    The run's own descriptors come first, in the given order; then `theirs`, which other describers found; then
    peak words and written labels, best fit first; then the descriptors for which these leave no key. What several
    describers found is there once, with all of them as its origin. A written label with the same words as another
    candidate is merged into it. ``fit_of(label, proposals)`` is the fit that is known of a label. `own` are the
    annotator's own labels of other neurons, which come after what was written for this one. Where there is nothing
    else they are left out: nobody shall accept one without having chosen it.
    """
    matched, theirs = joined(matched, theirs)
    found = [*matched, *theirs, *_peaking(peaks, [*matched, *theirs])]
    others = [
        Candidate(one.text, one.origin, (), -1, one.side, one.scope)
        for one in proposals
        if not any(_same(other, one) for other in found)
    ]

    def fitted(one: Candidate) -> Candidate:
        fits = fit_of(one.text, (written for written in proposals if _same(one, written)))
        return one._replace(fit=fits.fit, token_fit=fits.token_fit)

    found, others = ([fitted(one) for one in group] for group in (found, others))
    others.sort(key=lambda one: one.fits.best, reverse=True)
    count = len(matched) + len(theirs)
    descriptors, theirs, words = found[: len(matched)], found[len(matched) : count], found[count:]
    side = found[0].side if count else 1
    there = {one.text for one in (*found, *others)}
    yours = [Candidate(text, YOURS, (), -1, side) for text in own if there and text not in there][:_MOST_YOURS]
    # The best of them has a key whatever it is worth.
    first = [one for one in theirs if not one.thin][:_KEYS_FOR_DESCRIBERS] or theirs[:1]
    more = [one for one in theirs if one not in first]
    keyed = KEYED - min(len(first) + len(words) + len(others) + len(yours), _KEYS_FOR_OTHERS)
    return [*descriptors[:keyed], *first, *words, *others, *yours, *descriptors[keyed:], *more]


def joined(
    matched: Sequence[Candidate], theirs: Sequence[Candidate]
) -> tuple[Sequence[Candidate], Sequence[Candidate]]:
    """Return the run's own descriptors and those of other describers, of the same name and side each once.

    Its origin is then of all who found it. Token descriptors keep theirs: whoever describes a run finds them in
    the same texts.
    """
    if not theirs:
        return matched, theirs
    every = [*matched]
    places = {_compared(one): place for place, one in reversed(list(enumerate(matched)))}
    for one in theirs:
        place = places.setdefault(_compared(one), len(every))
        if place == len(every):
            every.append(one)
        elif one.scope == "text":
            origins = [*every[place].origin.split(JOINS), one.origin]
            every[place] = every[place]._replace(origin=JOINS.join(dict.fromkeys(origins)))
    return every[: len(matched)], every[len(matched) :]


def _compared(one: Candidate) -> tuple[str, int, str]:
    """Return what two descriptors are the same by."""
    return compared(one.text), one.side, one.scope


def _peaking(peaks: Sequence[Peak], matched: Sequence[Candidate]) -> list[Candidate]:
    """Return the words at which enough exemplars peak and that no descriptor names.

    Only peaks on the side of the best descriptor count.
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
    """Return whether a written label equals a candidate's own name."""
    same = (candidate.text, candidate.side) == (written.text, written.side)
    return same and written.scope in {"", candidate.scope}
