"""Similar neurons: those whose pooled activations correlate most with one neuron's, positively or negatively."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from textual import on
from textual.message import Message
from textual.worker import get_current_worker

from neurotui.describe.similar import SIMILAR_KEPT, correlations, nearest
from neurotui.errors import UserError
from neurotui.store.table_faults import blaming
from neurotui.tui.actions import bindings
from neurotui.tui.styles import MARKS, grounds_style, state_style
from neurotui.tui.views.base import RowsView
from neurotui.tui.views.compare import Compare
from neurotui.tui.widgets.text_layout import Piece, right, shown
from neurotui.types import STATES, Neuron
from neurotui.wording import counted, fitted

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from textual.binding import BindingType

    from neurotui.describe.similar import Nearest
    from neurotui.review.state import ReviewState
    from neurotui.store.run import Run
    from neurotui.tui.styles import Ink

_R, _BAR, _STATE = 6, 12, 10
_LEAST_FOR_BAR = 70


class Similar(RowsView[Neuron]):
    """Closed with the neuron to go to, if one was chosen."""

    PLACE = "similar"
    BINDINGS: ClassVar[list[BindingType]] = bindings(PLACE)
    FOOT = ("go", "compare", "turn")

    @dataclass
    class Progressed(Message):
        """The number of neurons read so far."""

        done: int

    @dataclass
    class Correlated(Message):
        """All neurons have been read: r by neuron_id, (neurons,), and the number of texts it is over."""

        r: NDArray[np.float32]
        texts: int

    @dataclass
    class Failed(Message):
        """The neurons could not be read."""

        refusal: UserError

    def __init__(self, review_state: ReviewState, run: Run, neuron_id: int) -> None:
        super().__init__()
        self._review_state = review_state
        self._run = run
        self._neuron_id = neuron_id
        self._neuron = str(review_state.overview.neuron(neuron_id))
        self._width = max(8, len(f"L{review_state.overview.layer.max()}.{review_state.overview.unit.max()}"))
        self._opposed = False
        self._r = np.empty(0, np.float32)
        self._nearest: Nearest | None = None
        self._texts = ""

    def on_mount(self) -> None:
        """Begin to read every neuron's activations."""
        super().on_mount()
        self.show_title(f"similar to {self._neuron}")
        self._progressed(self.Progressed(0))
        self.run_worker(partial(self._correlate, self._run), thread=True)

    def look(self) -> None:
        """Draw what others decide."""
        self.rows.refresh()

    def do_go(self) -> None:
        """Close, and go to the neuron under the cursor."""
        if self.rows.count:
            self.dismiss(self._review_state.overview.neuron(self._neuron_at(self.rows.cursor)))

    def do_compare(self) -> None:
        """Look at both side by side."""
        if self.rows.count:
            other = self._neuron_at(self.rows.cursor)
            self.app.push_screen(Compare(self._review_state, self._run, self._neuron_id, other), self._compared)

    def turn(self, step: int) -> None:  # noqa: ARG002 - there are two ends
        """Show the other end: the most opposed, or the most alike."""
        self._opposed = not self._opposed
        self.show_keys()
        self._show()

    def key_name(self, action_id: str) -> str:
        """Say what turning shows."""
        if action_id == "turn":
            return "most alike" if self._opposed else "most opposed"
        return super().key_name(action_id)

    def header(self, width: int, ink: Ink) -> list[Piece]:
        """Name the columns."""
        bar = _bar(width)
        return [
            (fitted("  neuron", self._width + 4), ink.faint),
            (right("r ▾", _R), ink.accent),
            (" " * (bar + 3), ink.text),
            (fitted("what is said of it", self._label_width(width)), ink.faint),
            (right("state", _STATE), ink.faint),
        ]

    def row(self, place: int, width: int, ink: Ink) -> list[Piece]:
        """Draw a neuron."""
        neuron_id = self._neuron_at(place)
        r = float(self._r[neuron_id])
        state = STATES[self._review_state.state[neuron_id]]
        mark = state_style(ink, state)
        told = self._review_state.says(neuron_id)
        bar = _bar(width)
        filled = round(abs(r) * bar)
        return [
            (f"{MARKS[state]} ", mark),
            (fitted(str(self._review_state.overview.neuron(neuron_id)), self._width + 2), ink.text),
            (right(f"{r:+.2f}", _R), ink.strong),
            (" ", ink.text),
            ("━" * filled, ink.accent if r > 0 else ink.bad),
            (" " * (bar - filled + 2), ink.text),
            (fitted(shown(told.sentence) or "—", self._label_width(width)), grounds_style(ink, told.grounds)),
            (right(state, _STATE), mark),
        ]

    def _label_width(self, width: int) -> int:
        return max(4, width - self._width - 4 - _R - _bar(width) - 3 - _STATE - 1)

    def _neuron_at(self, place: int) -> int:
        found = self._nearest
        if found is None:
            raise IndexError(place)
        return int((found.opposed if self._opposed else found.alike)[place])

    def _show(self) -> None:
        if self._nearest is None:
            return
        self.show_title(
            f"similar to {self._neuron}",
            "most opposed" if self._opposed else "most alike",
        )
        self.show_note(f"Pearson's r of pooled activations over {self._texts} texts")
        found = self._nearest.opposed if self._opposed else self._nearest.alike
        if len(found):
            self.rows.show(len(found))
        elif np.isnan(self._r[self._neuron_id]):
            self.rows.say(f"{self._neuron} has the same pooled activation on every text", "nothing can be like it")
        else:
            self.rows.say(
                "none is opposed to it" if self._opposed else "none is like it",
                f"{self.host.key('turn')} turns round",
            )

    def _correlate(self, run: Run) -> None:
        """Read block by block until the view is closed; runs in a thread."""
        worker = get_current_worker()
        r: list[NDArray[np.float32]] = []
        try:
            with blaming(run.reader):
                for first, block in correlations(run, self._neuron_id):
                    if worker.is_cancelled:
                        return
                    r.append(block)
                    self.post_message(self.Progressed(first + len(block)))
                self.post_message(self.Correlated(np.concatenate(r), len(run.pooled(self._neuron_id))))
        except UserError as refusal:
            self.post_message(self.Failed(refusal))

    @on(Progressed)
    def _progressed(self, message: Progressed) -> None:
        total = len(self._review_state.overview)
        self.rows.say(f"comparing {self._neuron} with {counted(total, 'neuron')}", f"{message.done / total:.0%}")

    @on(Correlated)
    def _correlated(self, message: Correlated) -> None:
        self._r, self._texts = message.r, f"{message.texts:,}"
        self._nearest = nearest(message.r, self._neuron_id, SIMILAR_KEPT)
        self._show()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self.fail(message.refusal)

    def _compared(self, neuron: Neuron | None) -> None:
        if neuron is not None:
            self.dismiss(neuron)


def _bar(width: int) -> int:
    return _BAR if width >= _LEAST_FOR_BAR else 0
