"""All that a run knows of one neuron, read in a few milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.store.table_faults import CONTRADICTED
from neurotui.types import EXEMPLAR_KINDS, Detail, Exemplar, Match, Neuron, Output, Peak, Statistics, Window

if TYPE_CHECKING:
    from neurotui.store.describers import DescriberReader
    from neurotui.store.reader import Reader

_KIND_ORDER = {kind: place for place, kind in enumerate(EXEMPLAR_KINDS)}


class DetailReader:
    """Reads neurons one by one; what they share is read once."""

    def __init__(self, reader: Reader, describers: DescriberReader, *, windowed: bool = False) -> None:
        self._reader, self._rows, self._describers = reader, reader.rows, describers
        self._vocabulary: dict[int, str] = {}
        self._windowed = windowed
        self._prevalences: dict[int, float] | None = None

    def read(self, neuron_id: int) -> Detail:
        """Return all that the run knows of one neuron; ``UserError`` if it has no such neuron."""
        found = self._rows("statistics", neuron_id=neuron_id)
        if not found:
            raise UserError(f"the run has no neuron number {neuron_id}", "neurotui info tells how many it has")
        try:
            return self._detail(neuron_id, found[0])
        except CONTRADICTED as error:
            raise self._reader.spoiled(f"rows of neuron number {neuron_id} that do not fit together") from error

    def _detail(self, neuron_id: int, statistics: tuple[Any, ...]) -> Detail:
        layer, unit, mean, std, minimum, maximum, rate, histogram, lowest, highest = statistics
        return Detail(
            neuron_id,
            Neuron(layer, unit),
            Statistics(mean, std, minimum, maximum, rate, tuple(histogram), lowest, highest),
            self._matches_of(neuron_id),
            self._exemplars_of(neuron_id),
            tuple(Peak(*row) for row in self._rows("peaks", neuron_id=neuron_id)),
            tuple(Output(*row) for row in self._rows("outputs", neuron_id=neuron_id)),
            self._describers.matches(neuron_id),
        )

    def _matches_of(self, neuron_id: int) -> tuple[Match, ...]:
        if self._prevalences is None:
            self._prevalences = dict(self._rows("prevalences"))
        known = self._prevalences
        rows = self._rows("matches", neuron_id=neuron_id)
        return tuple(Match(*(*row, known.get(row[1]) or 0.0)) for row in rows)

    def _exemplars_of(self, neuron_id: int) -> tuple[Exemplar, ...]:
        rows = self._rows("exemplars", neuron_id=neuron_id)
        if any(not _is_window(row[5], row[6], row[9], row[12]) for row in rows):
            raise self._reader.spoiled(f"an exemplar of neuron number {neuron_id} that is not within its text")
        windows = self._windows_of([row[2] for row in rows])
        exemplars = [
            Exemplar(
                kind=row[0],
                rank=row[1],
                text_id=row[2],
                source_id=row[3],
                split=row[4],
                start=row[5],
                peak=row[6] - row[5],
                value=row[7],
                pieces=self._pieces_of(*row[8:12]),
                trace=tuple(row[12]),
                lowest=row[13],
                highest=row[14],
                cut_before=row[10] > 0,
                cut_after=row[9][-1] < row[15],
                window=windows.get(row[2]),
            )
            for row in rows
        ]
        return tuple(sorted(exemplars, key=lambda exemplar: (_KIND_ORDER[exemplar.kind], exemplar.rank)))

    def _windows_of(self, text_ids: list[int]) -> dict[int, Window]:
        """Return where texts stand in their documents; nothing where they are whole."""
        rows = self._rows("windows_of", text_ids=text_ids) if self._windowed else ()
        return {text_id: Window(*place) for text_id, *place in rows}

    def _pieces_of(self, tokens: list[int], ends: list[int], first: int, part: str) -> tuple[str, ...]:
        """Split the text of a window, which begins at character `first` of the body, into its tokens.

        Of several tokens that share one character, the first has it; the others show what they read as alone.
        """
        begins = [first, *ends[:-1]]
        pieces = [part[begin - first : end - first] for begin, end in zip(begins, ends, strict=True)]
        empty = {token for token, piece in zip(tokens, pieces, strict=True) if not piece}
        unknown = sorted(empty - self._vocabulary.keys())
        if unknown:
            self._vocabulary.update(self._rows("pieces", token_ids=unknown))
        return tuple(
            piece or self._vocabulary.get(token, "\N{REPLACEMENT CHARACTER}")
            for token, piece in zip(tokens, pieces, strict=True)
        )


def _is_window(start: int, peak: int, ends: list[int], trace: list[int]) -> bool:
    """Return whether a window has a peak, and a number and an end for each of its tokens."""
    return 0 <= start <= peak < start + len(trace) and len(ends) == len(trace) and None not in [*trace, *ends]
