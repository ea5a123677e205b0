"""Which texts are each unit's best so far, by each kind of key, and the windows of those that a shard keeps.

A worker remembers the keys of the best texts of all shards that it has made: what is worse than those of earlier
shards cannot be among the best of the run, and no window is cut of it. So a shard's file depends a little on what
its worker did before; the run, which takes the best of all files, does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

from neurotui.exemplar_kinds import kept_of_each
from neurotui.precompute.document_windows import one_per_document
from neurotui.precompute.peak_windows import Batch, Windows, sortable, value_of, windows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neurotui.exemplar_kinds import BestKind

_NOBODY = torch.iinfo(torch.int64).min
# So many windows are cut at once. Traces of a few stay in the processor's cache; a graphics processor wants more.
_PAIRS_AT_ONCE = {"cpu": 4_096, "cuda": 1 << 20}


class Held(NamedTuple):
    """A batch whose exemplars are not yet known: (texts, counted tokens, units).

    ``keys`` are what each kind of exemplar is ordered by, the greatest first: (texts, units).
    """

    batch: Batch
    activations: torch.Tensor
    keys: Mapping[BestKind, torch.Tensor]


class _Candidates(NamedTuple):
    """Texts that may be among the best of some units: ``units`` (rows,), the others (rows, columns).

    ``texts`` counts over all batches that are held; columns beyond a unit's candidates have the key of nobody.
    """

    units: torch.Tensor
    keys: torch.Tensor
    texts: torch.Tensor


class _New(NamedTuple):
    """Texts that are now among the best of units, all (pairs,): the unit, where its window goes, and the text."""

    unit: torch.Tensor
    slot: torch.Tensor
    text: torch.Tensor


class _Best:
    """The best few texts of each unit so far, by one kind of key, best first: (units, kept).

    Entry by entry, ``_slot`` says in which column of ``windows`` its window is: windows stay where they were put.
    An entry of an earlier shard has an empty one.
    """

    def __init__(self, kind: BestKind, units: int, kept: int, device: torch.device) -> None:
        self.kind = kind
        self._keys = torch.full((units, kept), _NOBODY, dtype=torch.int64, device=device)
        self._documents = torch.full((units, kept), -1, dtype=torch.int32, device=device)
        self._slot = torch.arange(kept, dtype=torch.int16, device=device).repeat(units, 1)
        self.begin()

    def begin(self) -> None:
        """Begin another shard."""
        self.windows = Windows.empty(self._keys.shape, self._keys.device)

    def ordered(self) -> Windows:
        """Return the windows, best first; where there is none its text is -1."""
        found = self.windows.chosen(
            torch.arange(len(self._slot), device=self._slot.device)[:, None], self._slot.long()
        )
        found.text.masked_fill_(self._keys == _NOBODY, -1)
        return found

    def fold(self, held: list[Held]) -> _New | None:
        """Take in batches; return which of their texts are now among the best, None if no unit has a new one."""
        kept = self._keys.shape[1]
        new = self._candidates(held) if kept else None
        if new is None:
            return None
        keys = torch.cat([self._keys[new.units], new.keys], 1)
        documents = None
        if held[0].batch.document is not None:
            documents = torch.cat([self._documents[new.units], _documents(held)[new.texts]], 1)
            keys = one_per_document(keys, documents, _NOBODY)
        keys, chosen = keys.topk(kept, dim=1)
        self._keys[new.units] = keys
        if documents is not None:
            self._documents[new.units] = documents.gather(1, chosen)
        arrived = chosen >= kept
        # A unit loses as many as it gains: the new ones take the places of those that go.
        gone = torch.ones((len(chosen), kept + 1), dtype=torch.bool, device=chosen.device)
        gone = gone.scatter_(1, chosen.clamp(max=kept), value=False)[:, :kept]
        before = self._slot[new.units].long()
        slot = before.gather(1, chosen.clamp(max=kept - 1))
        slot[arrived] = before[gone]
        self._slot[new.units] = slot.to(torch.int16)
        row, column = (arrived & (keys > _NOBODY)).nonzero(as_tuple=True)
        text = new.texts[row, chosen[row, column] - kept]
        return _New(new.units[row], slot[row, column], text)

    def cut(self, waiting: Held, new: _New) -> None:
        """Cut the windows of new ones from the batch of their texts, and put them where they go."""
        if not len(new.text):
            return
        size = _PAIRS_AT_ONCE[waiting.activations.device.type]
        for unit, slot, text in zip(*(torch.split(values, size) for values in new), strict=True):
            own = windows(waiting.batch, waiting.activations, text, unit, lowest=self.kind == "bottom")
            if self.kind == "pooled":
                own.key = waiting.keys["pooled"][text, unit]
            self.windows.put(unit, slot, own)

    def _candidates(self, held: list[Held]) -> _Candidates | None:
        """Return the texts that are as good as the worst of the best; repeats of a text are out of the running."""
        values = torch.cat([waiting.keys[self.kind] for waiting in held])
        original = torch.cat([waiting.batch.original for waiting in held])
        floor = torch.where(self._keys[:, -1] > _NOBODY, value_of(self._keys[:, -1]), -torch.inf)
        unit, text = ((values >= floor) & original[:, None]).T.nonzero(as_tuple=True)
        if not len(unit):
            return None
        ids = torch.cat([waiting.batch.text for waiting in held])
        count = torch.bincount(unit, minlength=len(floor))
        units = count.nonzero()[:, 0]
        first = count.cumsum(0) - count
        row = ((count > 0).cumsum(0) - 1)[unit]
        column = torch.arange(len(unit), device=unit.device) - first[unit]
        shape = (len(units), int(count.max()))
        keys = torch.full(shape, _NOBODY, device=unit.device)
        keys[row, column] = sortable(values[text, unit], ids[text])
        texts = torch.zeros(shape, dtype=torch.int64, device=unit.device)
        texts[row, column] = text
        return _Candidates(units, keys, texts)


class BestTexts:
    """The best few texts of each of a layer's units so far, by each kind of key.

    `exemplars` is how many top ones a neuron keeps, from which ``kept_of_each`` tells the others.
    """

    def __init__(self, units: int, exemplars: int, device: torch.device) -> None:
        self._kinds = [_Best(kind, units, kept, device) for kind, kept in kept_of_each(exemplars).items()]

    def begin(self) -> None:
        """Begin another shard, which keeps no window of earlier ones."""
        for best in self._kinds:
            best.begin()

    def windows(self) -> dict[BestKind, Windows]:
        """Return the windows of each kind, best first: (units, kept); where there is none its text is -1."""
        return {best.kind: best.ordered() for best in self._kinds}

    def fold(self, held: list[Held]) -> None:
        """Take in batches: only the traces of texts that are now among the best are cut."""
        for best in self._kinds:
            new = best.fold(held)
            if new is None:
                continue
            before = 0
            for waiting in held:
                after = before + len(waiting.batch.text)
                best.cut(waiting, _between(new, before, after))
                before = after


def _between(new: _New, before: int, after: int) -> _New:
    """Return the pairs of one batch's texts, which are counted from its first."""
    own = ((new.text >= before) & (new.text < after)).nonzero()[:, 0]
    return _New(new.unit[own], new.slot[own], new.text[own] - before)


def best_texts(units: Mapping[int, int], exemplars: int, device: torch.device) -> dict[int, BestTexts]:
    """Return the best texts of each layer: none yet. `exemplars` is how many top ones a neuron keeps."""
    return {layer: BestTexts(count, exemplars, device) for layer, count in units.items()}


def _documents(held: list[Held]) -> torch.Tensor:
    """Return the documents of which the texts of batches are windows: (texts,)."""
    return torch.cat([waiting.batch.document for waiting in held if waiting.batch.document is not None])
