"""What workers say: they touch nothing, and post one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from neurotui.store.disk import Stamp
    from neurotui.store.run import Descriptor, Overview, Run
    from neurotui.tui.reading import Reader, Sheet
    from neurotui.words import Refusal


@dataclass
class RunRead(Message):
    """A run has been read, all but the neurons' own pages; ``run`` is what it was read from.

    ``stamp`` is its file's, from before it was opened.
    """

    run: Run
    stamp: Stamp
    overview: Overview
    descriptors: list[Descriptor]
    reader: Reader


@dataclass
class RunFailed(Message):
    """A run could not be read."""

    refusal: Refusal


@dataclass
class SheetRead(Message):
    """One neuron has been read by a reader."""

    reader: Reader
    sheet: Sheet


@dataclass
class SheetFailed(Message):
    """One neuron could not be read."""

    reader: Reader
    neuron_id: int
    refusal: Refusal
