"""A run opened from Python: tables of its neurons, single neurons in full, and decisions about them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from neurotui.api_tables import DESCRIBERS, DESCRIPTORS, LABELS, NEURONS, table_of
from neurotui.errors import UserError
from neurotui.review.filtered_list import listed, neurons_listed
from neurotui.review.session import Decision
from neurotui.review.terms import state as state_term
from neurotui.store.url_refusals import refuse_writing_to
from neurotui.types import PERSON, Neuron

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    import pyarrow as pa

    from neurotui.evaluate.rank_describers import Equal
    from neurotui.review.description import Description
    from neurotui.review.orders import Sort
    from neurotui.review.session import Session
    from neurotui.review.state import ReviewState
    from neurotui.store.run import Run
    from neurotui.types import Detail, JournalAction, Label, State


class NeuronPage(NamedTuple):
    """One neuron in full: ``said`` is its description, ``label`` the decision, ``detail`` what the run holds.

    ``candidates`` are the labels that can be accepted, best first, in the order of the app's numbers.
    """

    neuron: Neuron
    said: Description
    label: Label
    candidates: tuple[str, ...]
    detail: Detail


class OpenRun:
    """A run and the labels of its neurons. Use it in a ``with``, or ``close`` it.

    Open it with ``neurotui.open_run``. Tables are pyarrow tables; convert them with ``to_pandas()`` or
    ``polars.from_arrow``. Decisions are on disk, in the run's journal, when a call returns.
    """

    def __init__(self, run: Run, session: Session) -> None:
        self._run = run
        self._session = session
        self._everything: ReviewState | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self._run.counts()["neurons"]

    def __repr__(self) -> str:
        reviewed = sum(label.state != "open" for label in self._session.labels.all())
        return f"<run {self.path.name!r} of {self.model}: {len(self):,} neurons, {reviewed:,} reviewed>"

    def __getitem__(self, name: str | Neuron) -> NeuronPage:
        """Return a neuron by name, ``run["L3.797"]``; ``UserError`` if the run has no such neuron."""
        state = self._present()
        neuron_id = self._find(state, name)
        found = self._run.detail(neuron_id)
        state.candidate_cache.know(neuron_id, found.peaks, found.others)
        texts = tuple(one.text for one in state.candidates(neuron_id))
        return NeuronPage(found.neuron, state.says(neuron_id), state.label(neuron_id), texts, found)

    @property
    def path(self) -> Path:
        """The run's file."""
        return self._run.path

    @property
    def model(self) -> str:
        """The model whose neurons these are."""
        return self._run.model

    @property
    def meta(self) -> dict[str, str]:
        """The run's metadata: model, backend, split seed, versions."""
        return dict(self._run.meta)

    def close(self) -> None:
        """Close the file."""
        self._run.close()

    def neurons(self, filter: str = "", order: Sort = "layer") -> pa.Table:
        """Return the neurons that a filter matches, one row each, in one of the orders of the app's list.

        The filter language is that of the app's ``/``: ``"layer:3-5 state:open score>0.4 music"``; words are
        looked up in names, labels and peak words, not by meaning. Columns: neuron, layer, unit, says, sentence,
        grounds, side, scope, kind, correlation_calibration, correlation_validation, firing_rate, mean, std,
        minimum, maximum, peak, peak_exemplars, state, label, note, annotator. Raises ``UserError`` for an invalid
        filter or order.
        """
        state = self._state(filter, order)
        overview = state.overview
        rows = []
        for neuron_id in state.rows.tolist():
            label = state.label(neuron_id)
            record = state.says(neuron_id).record()
            figures = {
                name: float(getattr(overview, name)[neuron_id])
                for name in ("firing_rate", "mean", "std", "minimum", "maximum")
            }
            rows.append(
                {"neuron": str(label.neuron), "layer": label.neuron.layer, "unit": label.neuron.unit}
                | record
                | figures
                | {
                    "peak": overview.peak_word(neuron_id) or None,
                    "peak_exemplars": int(overview.peak_count[neuron_id]),
                    "state": label.state,
                    "label": label.text or None,
                    "note": label.note or None,
                    "annotator": label.by or None,
                }
            )
        return table_of(rows, NEURONS)

    def descriptors(self) -> pa.Table:
        """Return the run's descriptors, one row each: descriptor_id, scope, kind, name, backend, and counts."""
        return table_of([one._asdict() for one in self._run.descriptors()], DESCRIPTORS)

    def describers(self) -> pa.Table:
        """Return the describers beside the run's own, one row each: what ``neurotui describe --as`` keeps.

        Columns: name, backend, namer, llm, prompts, described_at (UTC), descriptors, and described, the number of
        neurons that it describes.
        """
        return table_of([one._asdict() for one in self._run.describers.all()], DESCRIBERS)

    def labels(self, state: State | None = None, annotator: str = "") -> pa.Table:
        """Return the standing labels, or one annotator's own, in one state or in any.

        One row for each neuron with a decision or a note. Of several labels of a neuron the row has the first;
        ``export`` writes them all.
        """
        self._session.refresh()
        labels = self._session.labels
        found = [labels.own(one, annotator) if annotator else labels.label(one) for one in labels.neurons()]
        found = [one for one in found if state in {None, one.state} and (one.history or one.note)]
        rows = [
            {"neuron": str(one.neuron), "state": one.state, "label": one.text or None, "note": one.note or None}
            | {"origin": one.origin or None, "annotator": one.by or None, "time": one.time or None}
            for one in found
        ]
        return table_of(rows, LABELS)

    def queue(self, count: int = 20, filter: str = "") -> list[Neuron]:
        """Return the first `count` neurons of the app's queue: undecided, and most worth deciding."""
        state = self._state(f"{filter} {state_term.filter_text('open')}".strip(), "queue")
        return [state.overview.neuron(neuron_id) for neuron_id in state.rows[:count].tolist()]

    def annotators(self) -> list[str]:
        """Return the names of all whose decisions count, in order."""
        self._session.refresh()
        return self._session.labels.annotators()

    def accept(self, name: str | Neuron, label: str = "", *, also: bool = False) -> None:
        """Accept a label for a neuron, by default its first candidate; `also`: beside what was accepted before.

        A label with the same words as a candidate accepts it. ``UserError`` without label and candidates.
        """
        decision = self._accepting(name, label)
        self._session.decide([decision._replace(action="also") if also else decision])

    def settle(self, name: str | Neuron, label: str = "") -> None:
        """Settle what annotators differ on: this label stands, or without one none of theirs.

        ``UserError`` where they do not differ.
        """
        decision = self._accepting(name, label) if label else None
        state = self._present()
        self._session.settle(state.overview.neuron(self._find(state, name)), decision)

    def settle_wording(self, *, equal: Equal = "text") -> list[Neuron]:
        """Settle, in one step, every conflict in which annotators differ in wording alone; return the neurons.

        By text these are the ones where all labels are of the same words, by meaning also those where they are
        near in meaning. The wording that most gave stands, else the first given.
        """
        from neurotui.evaluate.find_wording_conflicts import find_wording_conflicts
        from neurotui.models.load_encoder import load_encoder

        self._session.refresh()
        found = find_wording_conflicts(self._session.labels, load_encoder if equal == "meaning" else None)
        self._session.settle_together(found)
        return [one.neuron for one in found]

    def reject(self, name: str | Neuron) -> None:
        """Reject: no candidate describes the neuron."""
        self._decide(name, "reject")

    def skip(self, name: str | Neuron) -> None:
        """Skip a neuron: seen, but undecided."""
        self._decide(name, "skip")

    def note(self, name: str | Neuron, text: str) -> None:
        """Write a note on a neuron, replacing any earlier note."""
        self._decide(name, "note", text)

    def undo(self) -> list[Neuron]:
        """Undo this annotator's last decision; return its neurons, none if there is nothing to undo."""
        return [event.neuron for event in self._session.undo()]

    def redo(self) -> list[Neuron]:
        """Redo what this annotator undid last; return its neurons, none if there is nothing to redo."""
        return [event.neuron for event in self._session.redo()]

    def export(
        self,
        path: str | Path,
        *,
        state: State = "accepted",
        filter: str = "",
        everyone: bool = False,
        replace: bool = False,
    ) -> int:
        """Write labels to a file, in the format given by its suffix; return how many.

        With a `filter`, only the neurons that it matches are written; for `everyone`, each person's own labels,
        whatever stands where they differ.
        """
        from neurotui.exchange.export_labels import export as write

        refuse_writing_to(path)
        self._session.refresh()
        labels = self._session.labels
        chosen = neurons_listed(self._run, labels, filter) if filter else None
        return write(
            self._run,
            labels,
            state,
            Path(path),
            form=None,
            replace=replace,
            journal=self._session.journal.path,
            chosen=chosen,
            everyone=everyone,
        )

    def _accepting(self, name: str | Neuron, label: str) -> Decision:
        """Return the decision that accepts a label, or the first candidate."""
        state = self._present()
        neuron_id = self._find(state, name)
        neuron = state.overview.neuron(neuron_id)
        found = self._run.detail(neuron_id)
        state.candidate_cache.know(neuron_id, found.peaks, found.others)
        candidates = state.candidates(neuron_id)
        if not label and not candidates:
            raise UserError(f"{neuron} has no candidate to accept", "give a label of your own")
        candidate = next((one for one in candidates if not label or one.text == label), None)
        if candidate is not None:
            return candidate.accepted_for(neuron)
        return Decision(neuron, "accept", label, PERSON, side=state.candidate_cache.side(neuron_id))

    def _decide(self, name: str | Neuron, action: JournalAction, text: str = "") -> None:
        state = self._present()
        neuron = state.overview.neuron(self._find(state, name))
        self._session.decide([Decision(neuron, action, text)])

    def _present(self) -> ReviewState:
        """Return the list of all neurons with what anybody has decided so far: made once, then kept up to date."""
        self._session.refresh()
        changed = self._session.changed()
        if self._everything is None:
            self._everything = listed(self._run, self._session.labels)
        else:
            self._everything.take(changed)
        return self._everything

    def _state(self, filter_: str = "", order: Sort = "layer") -> ReviewState:
        """Return the list in its present state, with what others have decided meanwhile."""
        self._session.refresh()
        return listed(self._run, self._session.labels, filter_, order)

    def _find(self, state: ReviewState, name: str | Neuron) -> int:
        neuron = Neuron.parse(name) if isinstance(name, str) else name
        neuron_id = state.find(neuron)
        if neuron_id is None:
            raise UserError(f"the run has no neuron {neuron}", "neurons() lists those that it has")
        return neuron_id
