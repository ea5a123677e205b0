"""The state of a review: order, filter, cursor and labels, without a screen.

Every widget reads from here, and nothing else holds any of it. Neurons are identified by ``neuron_id``, their row
in the ``Overview``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from neurotui.review.blind_overview import BlindOverview
from neurotui.review.candidate_cache import CandidateCache
from neurotui.review.description import Description, description_of
from neurotui.review.filters import Filter
from neurotui.review.orders import SORT_KEYS
from neurotui.review.terms.protocol import Columns
from neurotui.review.terms.word import NEAR, PEAKING
from neurotui.spelling import compared
from neurotui.store.neuron_index import NeuronIndex
from neurotui.types import STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from neurotui.labelling.types import Nearness
    from neurotui.review.candidates import Candidate
    from neurotui.review.orders import Sort
    from neurotui.review.terms.protocol import AskedTerm
    from neurotui.review.visible_labels import VisibleLabels
    from neurotui.store.run_tables import Overview
    from neurotui.types import Label, Neuron, State

_OPEN = STATES.index("open")


class ReviewState:
    """The list's rows, the cursor in them and the state of every neuron.

    ``rows`` holds neuron_ids in the list's order; ``cursor`` is an index into it, 0 if it is empty. The cursor
    belongs to the neuron that it was last moved to: a filter that hides that neuron moves it to the next one
    shown, and a wider filter moves it back, until ``stay``. ``positions`` (neurons,) encodes layer and unit in one
    number. ``backends[descriptor_id]`` is the backend that proposed a descriptor; ``candidate_cache`` has each
    neuron's candidates, and ``own`` those that its annotator wrote, newest first.
    """

    def __init__(
        self, overview: Overview, seen: VisibleLabels, backends: Sequence[str], sort: Sort = "layer"
    ) -> None:
        self._seen_overview = BlindOverview(overview, seen)
        self.overview: Overview = self._seen_overview.columns
        self.own: tuple[str, ...] = ()
        self.seen = seen
        self.backends = backends
        self.state: NDArray[np.int8] = np.full(len(overview), _OPEN, np.int8)
        # How many neurons are in each state: recounting half a million at every key would be noticeable.
        self._counts = [len(overview) if state == "open" else 0 for state in STATES]
        # How often labels were reread: whatever was computed from them is out of date once this changes.
        self.taken = 0
        self.texts: dict[int, str] = {}
        self.authors: dict[int, tuple[str, ...]] = {}
        self.in_wording: set[int] = set()
        self.found: dict[AskedTerm, NDArray[np.bool_]] = {}
        self.near: dict[str, Nearness] = {}
        self._relevance: NDArray[np.float32] | None = None
        self.marked: set[int] = set()
        self._peak_words = tuple(map(compared, overview.peak_words))
        self.candidate_cache = CandidateCache(self.overview, self.seen, backends)
        self.filter = Filter()
        self.sort: Sort = sort
        self.cursor = 0
        self._choice: tuple[str, int, int, str] | None = None  # a candidate's identity, None for the best
        self._home: int | None = None
        self._marked_last = -1
        self._index = NeuronIndex(overview.layer, overview.unit)
        self.positions = self._index.positions
        self._order = self._index.by_name
        self.rows = self._order
        self.take(self.seen.neurons())
        self._rank = np.empty(len(overview), np.intp)
        self._arrange()
        self.stay()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def current(self) -> int | None:
        """The neuron_id under the cursor, or None where the list is empty."""
        return int(self.rows[self.cursor]) if len(self.rows) else None

    @property
    def columns(self) -> Columns:
        """What filters look at, in its present state."""
        near = {word: self._seen_overview.near(found) for word, found in self.near.items()}
        told = self.state, self.texts, self.backends, self.authors
        return Columns(self.overview, *told, self.found, near, self._peak_words, self.in_wording)

    def find(self, neuron: Neuron) -> int | None:
        """Return a neuron's id, or None if the run has no such neuron."""
        return self._index.find(neuron)

    def label(self, neuron_id: int) -> Label:
        """Return a neuron's label."""
        return self.seen.label(self.overview.neuron(neuron_id))

    def says(self, neuron_id: int) -> Description:
        """Return the description of a neuron."""
        return description_of(self.overview, self.seen, neuron_id)

    def candidates(self, neuron_id: int | None = None) -> list[Candidate]:
        """Return a neuron's candidates in the order of ``arranged``, by default the current neuron's."""
        neuron_id = self.current if neuron_id is None else neuron_id
        return [] if neuron_id is None else self.candidate_cache.of(neuron_id)

    @property
    def chosen(self) -> int:
        """Index of the selected candidate of the current neuron; 0 if it has none."""
        identities = [one.identity for one in self.candidates()]
        return identities.index(self._choice) if self._choice in identities else 0

    def choose(self, place: int) -> None:
        """Select one of the current neuron's candidates, by index."""
        self._choice = self.candidates()[place].identity

    def candidate(self) -> Candidate | None:
        """Return the selected candidate, or None if there is none."""
        candidates = self.candidates()
        return candidates[self.chosen] if candidates else None

    def progress(self) -> dict[State, int]:
        """Return how many of the run's neurons are in each state."""
        return dict(zip(STATES, self._counts, strict=True))

    @property
    def marked_here(self) -> list[int]:
        """The marked neurons that the filter shows, in the list's order: decisions apply to these."""
        places = np.flatnonzero(np.isin(self.rows, list(self.marked)))
        return list(map(int, self.rows[places]))

    def take(self, neurons: Iterable[Neuron]) -> bool:
        """Reread these neurons' labels; return whether the run has any of them."""
        found = False
        self.taken += 1
        for neuron in neurons:
            neuron_id = self.find(neuron)
            if neuron_id is None:
                continue
            found = True
            self._seen_overview.look(neuron_id)
            self.candidate_cache.forget(neuron_id, places=self.seen.is_last_of(neuron))
            label = self.seen.label(neuron)
            self._counts[self.state[neuron_id]] -= 1
            self.state[neuron_id] = STATES.index(label.state)
            self._counts[self.state[neuron_id]] += 1
            self.authors[neuron_id] = label.authors
            (self.in_wording.add if label.differ == "wording" else self.in_wording.discard)(neuron_id)
            if label.state == "accepted":
                self.texts[neuron_id] = label.text
            else:
                self.texts.pop(neuron_id, None)
        self.own = self.seen.own_labels()
        self.candidate_cache.know_own(self.own)
        return found

    def refilter(self, filter_: Filter | None = None) -> None:
        """Apply a filter, or the present one again after labels changed; the cursor keeps its neuron if it can."""
        self.filter = self.filter if filter_ is None else filter_
        self._fill(self.current)

    def know(self, asked: AskedTerm, neuron_ids: NDArray[np.int32]) -> None:
        """Record which neurons a term of a filter matches."""
        self.found[asked] = np.zeros(len(self.overview), np.bool_)
        self.found[asked][neuron_ids] = True

    def know_near(self, word: str, found: Nearness) -> None:
        """Record the nearness of neurons to a word; ignored if it is for another number of neurons."""
        if len(found.neurons) == len(self.overview):
            self.near[word] = self._seen_overview.named(found)

    def is_near(self, neuron_id: int) -> bool:
        """Return whether a neuron was found only by meaning, not by the words searched for."""
        return self._relevance is not None and bool(NEAR <= self._relevance[neuron_id] < PEAKING)

    def stay(self) -> None:
        """Make the cursor belong to the neuron that it is on."""
        if len(self.rows):
            self._home = self.current

    def resort(self, sort: Sort) -> None:
        """Sort the list by another order; the cursor stays on its neuron."""
        self.stay()
        self.sort = sort
        self._arrange()

    def continue_from(self, before: ReviewState, *, same_model: bool) -> None:
        """Take over order, filter and cursor from before a run was reread, and for the same model the marks."""
        self.filter = before.filter
        if same_model:
            marked = (self.find(before.overview.neuron(neuron_id)) for neuron_id in before.marked)
            self.marked = {neuron_id for neuron_id in marked if neuron_id is not None}
        self.resort(before.sort)
        found = self.find(before.overview.neuron(before.current)) if before.current is not None else None
        if found is not None:
            self.go_to(found)

    def move(self, steps: int) -> None:
        """Move the cursor by this many rows, at most to the end of the list."""
        self.go(self.cursor + steps)

    def go(self, place: int) -> None:
        """Move the cursor to an index in the list, or the nearest one that exists."""
        place = max(0, min(place, len(self.rows) - 1))
        if place != self.cursor:
            self.cursor = place
            self._choose()
        self.stay()

    def go_to(self, neuron_id: int) -> bool:
        """Move the cursor to a neuron; False if the filter hides it."""
        place = int(np.searchsorted(self._rank[self.rows], self._rank[neuron_id]))
        if place == len(self.rows) or self.rows[place] != neuron_id:
            return False
        self.go(place)
        return True

    def go_to_open(self, step: Literal[1, -1]) -> bool:
        """Move to the next unreviewed neuron, or the previous one for -1; False if there is none."""
        ahead = self.rows[self.cursor + 1 :] if step > 0 else self.rows[: self.cursor][::-1]
        still_open = self.state[ahead] == _OPEN
        if not still_open.any():
            return False
        self.move(step * (int(still_open.argmax()) + 1))
        return True

    def mark(self) -> None:
        """Mark the current neuron, or unmark it."""
        if self.current is not None:
            self.marked ^= {self.current}
            self._marked_last = self.current

    def mark_range(self) -> None:
        """Mark every row from the one marked last, if it is still marked, to the current one."""
        if self.current is None:
            return
        place = np.flatnonzero(self.rows == self._marked_last)
        first = int(place[0]) if len(place) and self._marked_last in self.marked else self.cursor
        low, high = sorted((first, self.cursor))
        self.marked |= set(map(int, self.rows[low : high + 1]))
        self._marked_last = self.current

    def go_to_layer(self, step: Literal[1, -1]) -> bool:
        """Move to the first row of the next layer in the list, or of the previous one for -1."""
        if self.current is None:
            return False
        layers = self.overview.layer[self.rows]
        here = layers[self.cursor]
        beyond = layers[layers > here] if step > 0 else layers[layers < here]
        if not len(beyond):
            return False
        wanted = beyond.min() if step > 0 else beyond.max()
        self.go(int((layers == wanted).argmax()))
        return True

    def _arrange(self) -> None:
        """Compute the order of all neurons; decisions do not move rows until this is called again."""
        before = self.current
        self._order = np.argsort(SORT_KEYS[self.sort](self), kind="stable")
        self._fill(before)

    def _fill(self, before: int | None) -> None:
        """Rebuild the rows and put the cursor on the neuron that it belongs to, or where that would be."""
        columns = self.columns
        mask, relevance = self.filter.mask(columns), self.filter.relevance(columns)
        self._relevance = relevance
        order = self._order
        if relevance is not None:  # literal matches come first, in the list's order
            order = order[np.argsort(-relevance[order], kind="stable")]
        self._rank[order] = np.arange(len(order))
        self.rows = order[mask[order]]
        self.cursor = 0
        # If the cursor's neuron is hidden, a search starts at its first result.
        if self._home is not None and len(self.rows) and (relevance is None or mask[self._home]):
            place = int(np.searchsorted(self._rank[self.rows], self._rank[self._home]))
            self.cursor = min(place, len(self.rows) - 1)
        if self.current != before:
            self._choose()

    def _choose(self) -> None:
        """Select the accepted candidate, else the best one."""
        self._choice = None
        if self.current is not None and self.current in self.texts:
            label = self.label(self.current)
            named = (one.identity for one in self.candidates() if one.named_by(label))
            self._choice = next(named, None)
