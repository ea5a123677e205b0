"""Opening the views beside Browse, and doing what they were closed with.

A view is imported when it is opened: the first screen waits for none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.errors import UserError, command_line
from neurotui.review.filters import Filter
from neurotui.tui.browse.searching import Searching

if TYPE_CHECKING:
    from neurotui.review.probing import Probing
    from neurotui.review.session import Session
    from neurotui.tui.host import Done
    from neurotui.types import Neuron


class Opening(Searching):
    """The panes with the views that can be opened from them."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        # The neuron that is looked at, and the one before it.
        self._looked_at: tuple[Neuron | None, Neuron | None] = (None, None)
        self._probing: Probing | None = None

    def show_neuron(self) -> None:
        """Show the neuron under the cursor, and remember which one it was before."""
        super().show_neuron()
        triage = self.triage
        if triage is not None and triage.current is not None:
            now = triage.overview.neuron(triage.current)
            if now != self._looked_at[0]:
                self._looked_at = now, self._looked_at[0]

    def do_frequency(self) -> Done:
        """Count neurons by descriptor, layer and state."""
        from neurotui.tui.views.counts import Frequency

        describe = command_line("describe", self.session.run.path)
        return self.app.push_screen(Frequency(self.ready_triage(), describe), self._refilter_by)

    def do_similar(self) -> Done:
        """Look for neurons like the current one."""
        from neurotui.tui.views.similar import Similar

        return self.app.push_screen(
            Similar(self.ready_triage(), self.session.run, self.current_id()), self._go_to_neuron
        )

    def do_compare(self) -> Done:
        """Put the current neuron beside the one that was looked at before."""
        from neurotui.tui.views.compare import Compare

        triage, before = self.ready_triage(), self._looked_at[1]
        other = triage.find(before) if before is not None else None
        if other is None:
            similar, compare = self.neurotui.key("similar"), self.neurotui.key("compare")
            hint = f"{similar} finds similar ones; {compare} there compares"
            raise UserError("no other neuron was looked at yet", hint)
        return self.app.push_screen(
            Compare(triage, self.session.run, self.current_id(), other), self._go_to_neuron
        )

    def do_probe(self) -> Done:
        """Ask the run's model about a text of one's own."""
        from neurotui.review.probing import Probing
        from neurotui.tui.views.probe import ProbeView

        if self._probing is None:
            self._probing = Probing(self.session.helper(self.session.run.path))
        self._probing.model = self.neurotui.model
        return self.app.push_screen(
            ProbeView(self.ready_triage(), self.current_id(), self._probing), self._go_to_neuron
        )

    def let_helpers_go(self) -> None:
        """End the child processes, whatever they do."""
        super().let_helpers_go()
        if self._probing is not None:
            self._probing.helper.close()

    def do_evaluation(self) -> Done:
        """Show how good the descriptors are."""
        from neurotui.tui.views.evaluation import Evaluation

        return self.app.push_screen(Evaluation(self.session))

    def do_export(self) -> Done:
        """Ask where to write labels."""
        from neurotui.tui.views.export import Export

        return self.app.push_screen(Export(self.session))

    def do_journal(self) -> Done:
        """Show every decision."""
        from neurotui.tui.views.journal import JournalView

        return self.app.push_screen(JournalView(self), self._go_to_neuron)

    def do_jobs(self) -> Done:
        """Show what has been asked of generators."""
        from neurotui.tui.views.jobs import JobsView

        return self.app.push_screen(JobsView(self), self._go_to_neuron)

    def _refilter_by(self, filter_: Filter | None) -> None:
        if filter_ is not None:
            self.refilter(filter_)
            self.ready_triage().stay()

    def _go_to_neuron(self, neuron: Neuron | None) -> None:
        """Go where a view was closed to; by name, since the run may have been reloaded under it."""
        if neuron is None:
            return
        neuron_id = self.ready_triage().find(neuron)
        if neuron_id is None:
            self.neurotui.say(f"this run has no neuron {neuron}", "it was made from other layers")
        else:
            self._go_to(neuron_id)

    def _go_to(self, neuron_id: int) -> None:
        """Go to a neuron; a filter that hides it is cleared."""
        triage = self.ready_triage()
        if not triage.go_to(neuron_id):
            triage.refilter(Filter())
            triage.go_to(neuron_id)
        self.show_rows()
