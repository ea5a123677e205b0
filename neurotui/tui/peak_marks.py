"""Which of a neuron's exemplars peak at a token that a descriptor holds for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.store.run import Run
    from neurotui.words import Exemplar, Match

# As many tokens on either side of a peak hold the word that it is part of.
_AROUND = 8
_KEPT = 2048
# Kinds that ask for the whole word, and those that ask for what stands beside it.
_WORDS, _BESIDE = {"word", "sign"}, {"before": -1, "after": 1}
# Where a token stands in its text cannot be told from the token.
_UNKNOWN = {"position"}


class PeakMarks:
    """Tells where token descriptors hold: exactly at sampled tokens, elsewhere by what stands there."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._pieces: dict[int, set[str]] = {}

    def of(
        self, exemplars: Sequence[Exemplar], matches: Sequence[Match], words: Sequence[tuple[str, str, str]]
    ) -> dict[int, frozenset[int]]:
        """Return, for each token descriptor that is matched, at which exemplars' peaks it holds, by number.

        `words` are those of ``words_at_peaks``.
        """
        tokens = [match for match in matches if match.scope == "token"]
        if not tokens:
            return {}
        places = [(one.text_id, one.start + one.peak) for one in exemplars]
        sampled = self._run.held_at(places)
        self._learn([match.descriptor_id for match in tokens if match.kind not in _WORDS | _BESIDE.keys()])
        return {
            match.descriptor_id: frozenset(
                number
                for number, (one, place) in enumerate(zip(exemplars, places, strict=True))
                if (
                    match.descriptor_id in sampled[place]
                    if place in sampled
                    else self._looks_so(match, one, words[number])
                )
            )
            for match in tokens
        }

    def _learn(self, descriptor_ids: Sequence[int]) -> None:
        unknown = [one for one in descriptor_ids if one not in self._pieces]
        if not unknown:
            return
        if len(self._pieces) >= _KEPT:
            self._pieces.clear()
            unknown = list(descriptor_ids)
        found = self._run.pieces_held(unknown)
        self._pieces.update({one: {_bare(piece) for piece in found[one]} for one in found})

    def _looks_so(self, match: Match, exemplar: Exemplar, words: tuple[str, str, str]) -> bool:
        """Tell whether what stands at a peak looks like a place at which a descriptor holds."""
        if match.kind in _UNKNOWN:
            return False
        named = match.name.rpartition(" ")[2].strip('"').casefold()
        if match.kind in _WORDS | _BESIDE.keys():
            return words[1 + _BESIDE.get(match.kind, 0)].casefold() == named
        return _bare(exemplar.pieces[exemplar.peak]) in self._pieces[match.descriptor_id]


def words_at_peaks(exemplars: Sequence[Exemplar]) -> tuple[tuple[str, str, str], ...]:
    """Return the word, or the sign, at each exemplar's peak, between those before and after it; "" for none."""
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
    """Return the numbers of the exemplars that peak at a word, in any case.

    `words` are those of ``words_at_peaks``.
    """
    wanted = word.casefold()
    return frozenset(number for number, (_, here, _) in enumerate(words) if here.casefold() == wanted)


def _bare(piece: str) -> str:
    return piece.strip().casefold()
