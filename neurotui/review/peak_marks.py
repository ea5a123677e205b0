"""Which of a neuron's exemplars peak at a token that a descriptor holds for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from neurotui.describe.descriptor_kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from neurotui.describe.descriptor_kinds import AtPeak
    from neurotui.store.run import Run
    from neurotui.types import Exemplar, Match

    Words = Sequence[tuple[str, str, str]]

T = TypeVar("T")

# This many tokens on either side of a peak are enough to find the word that it is part of.
_AROUND = 8
_KEPT = 2048
# Where each of the three words at a peak stands in ``words_at_peaks``.
_PLACES = {"before": 0, "word": 1, "after": 2}
# A descriptor that holds only within this many neighbouring positions is judged by the position.
_NARROW = 8


class _Peak(NamedTuple):
    """Where an exemplar peaks, and the words there."""

    text_id: int
    position: int
    piece: str
    words: tuple[str, str, str]


class PeakMarks:
    """Finds where token descriptors hold: exactly at sampled tokens, elsewhere judged by the words there."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._pieces: dict[int, set[str]] = {}
        self._positions: dict[int, tuple[int, int, int, int]] = {}

    def of(
        self, exemplars: Sequence[Exemplar], matches: Sequence[Match], words: Words
    ) -> dict[int, frozenset[int]]:
        """Return, for each matched token descriptor, the indices of the exemplars at whose peaks it holds.

        `words` is the result of ``words_at_peaks``.
        """
        tokens = [match for match in matches if match.scope == "token"]
        if not tokens:
            return {}
        peaks = [
            _Peak(one.text_id, one.start + one.peak, one.pieces[one.peak], words[number])
            for number, one in enumerate(exemplars)
        ]
        sampled = self._run.held_at([(peak.text_id, peak.position) for peak in peaks])
        positional = [match.descriptor_id for match in tokens if _judged_by(match) == "position"]
        lengths = self._run.lengths([peak.text_id for peak in peaks]) if positional else {}
        _learn(self._positions, positional, self._run.positions_held)
        others = [m.descriptor_id for m in tokens if _judged_by(m) == "token"]
        _learn(self._pieces, others, lambda ids: _bare_pieces(self._run.pieces_held(ids)))

        def holds(match: Match, peak: _Peak) -> bool:
            known = sampled.get((peak.text_id, peak.position))
            if known is not None:
                return match.descriptor_id in known
            if _judged_by(match) == "position":
                return self._placed(match, peak.position, lengths[peak.text_id])
            return self._looks_so(match, peak)

        return {
            match.descriptor_id: frozenset(number for number, peak in enumerate(peaks) if holds(match, peak))
            for match in tokens
        }

    def _placed(self, match: Match, position: int, length: int) -> bool:
        """Return whether a position descriptor holds at a token; False if unknown."""
        if match.descriptor_id not in self._positions:
            return False
        first, last, nearest, farthest = self._positions[match.descriptor_id]
        if last - first <= _NARROW:
            return first <= position <= last
        return farthest - nearest <= _NARROW and nearest <= length - position <= farthest

    def _looks_so(self, match: Match, peak: _Peak) -> bool:
        """Return whether the words at a peak look like a place where a descriptor holds."""
        judged_by = _judged_by(match)
        if judged_by in _PLACES:
            named = match.name.rpartition(" ")[2]
            if judged_by != "word":
                named = named.strip('"') or named
            return peak.words[_PLACES[judged_by]].casefold() == named.casefold()
        return _bare(peak.piece) in self._pieces.get(match.descriptor_id, ())


def _judged_by(match: Match) -> AtPeak:
    return kind_of(match.kind).at_peak


def _learn(known: dict[int, T], wanted: Sequence[int], read: Callable[[Sequence[int]], Mapping[int, T]]) -> None:
    """Read the descriptors that are not in the cache `known`, which is emptied first when it gets too large."""
    unknown = [one for one in wanted if one not in known]
    if not unknown:
        return
    if len(known) >= _KEPT:
        known.clear()
        unknown = list(wanted)
    known.update(read(unknown))


def _bare_pieces(pieces: Mapping[int, set[str]]) -> dict[int, set[str]]:
    return {one: {_bare(piece) for piece in held} for one, held in pieces.items()}


def words_at_peaks(exemplars: Sequence[Exemplar]) -> tuple[tuple[str, str, str], ...]:
    """Return the words, or signs, before, at and after each exemplar's peak; "" for none."""
    return tuple(_words_at_peak(one) for one in exemplars)


def _words_at_peak(exemplar: Exemplar) -> tuple[str, str, str]:
    from neurotui.segmentation import unit_of_tokens, units  # noqa: PLC0415 - its patterns take time to compile

    first = max(0, exemplar.peak - _AROUND)
    pieces = exemplar.pieces[first : exemplar.peak + _AROUND + 1]
    ends: list[int] = []
    for piece in pieces:
        ends.append((ends[-1] if ends else 0) + len(piece))
    found = units("".join(pieces))
    number = unit_of_tokens(found, ends)[exemplar.peak - first]
    if number < 0:
        return "", "", ""
    before, after = number - 1, number + 1
    return (
        found[before].text if before >= 0 else "",
        found[number].text,
        found[after].text if after < len(found) else "",
    )


def peaking_at(word: str, words: Sequence[tuple[str, str, str]]) -> frozenset[int]:
    """Return the indices of the exemplars that peak at a word; case does not matter.

    `words` is the result of ``words_at_peaks``.
    """
    wanted = word.casefold()
    return frozenset(number for number, (_, here, _) in enumerate(words) if here.casefold() == wanted)


def _bare(piece: str) -> str:
    return piece.strip().casefold()
