"""Opens the views over Browse with what they need, and acts on their results.

A view is imported when it is opened, so that the first screen does not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.store.run_commands import command_line

if TYPE_CHECKING:
    from neurotui.review.filters import Filter
    from neurotui.review.probe_session import ProbeSession
    from neurotui.tui.app_protocol import Done
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.label_requests import LabelRequests
    from neurotui.tui.browse.list_filter import ListFilter
    from neurotui.tui.browse.navigation import Navigation
    from neurotui.tui.browse.panes import Panes
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.tui.dispatch import Handlers
    from neurotui.types import Neuron


class Views:
    """Opens each view; then goes to the neuron, or applies the filter, that was chosen there."""

    def __init__(
        self,
        shell: ScreenProtocol,
        review: CurrentReview,
        panes: Panes,
        navigation: Navigation,
        list_filter: ListFilter,
        requests: LabelRequests,
    ) -> None:
        self._shell = shell
        self._review = review
        self._panes = panes
        self._navigation = navigation
        self._list_filter = list_filter
        self._requests = requests
        # The neuron being viewed, and the one viewed before it.
        self._looked_at: tuple[Neuron | None, Neuron | None] = (None, None)
        self._probing: ProbeSession | None = None

    @property
    def handlers(self) -> Handlers:
        """The handlers, by action id."""
        return {
            "help": self.help,
            "frequency": self.frequency,
            "similar": self.similar,
            "compare": self.compare,
            "probe": self.probe,
            "evaluation": self.evaluation,
            "export": self.export,
            "journal": self.journal,
            "jobs": self.jobs,
        }

    def looked_at(self, neuron: Neuron) -> None:
        """Remember the neuron being viewed, and the one viewed before."""
        if neuron != self._looked_at[0]:
            self._looked_at = neuron, self._looked_at[0]

    def close(self) -> None:
        """End the worker process of the probe view at once."""
        if self._probing is not None:
            self._probing.worker.close()

    def help(self) -> Done:
        """Show all the keys."""
        return self._shell.host.show_help()

    def frequency(self) -> Done:
        """Count neurons by descriptor, layer and state."""
        from neurotui.tui.views.frequency import Frequency

        describe = command_line("describe", self._review.session.run.path)
        return self._shell.open(Frequency(self._review.ready(), describe), self._refilter_by)

    def similar(self) -> Done:
        """Show neurons similar to the current one."""
        from neurotui.tui.views.similar import Similar

        view = Similar(self._review.ready(), self._review.session.run, self._review.current_id())
        return self._shell.open(view, self._navigation.go_to_neuron)

    def compare(self) -> Done:
        """Compare the current neuron with the one viewed before."""
        from neurotui.tui.views.compare import Compare

        review_state, before = self._review.ready(), self._looked_at[1]
        other = review_state.find(before) if before is not None else None
        if other is None:
            key = self._shell.host.key
            hint = f"{key('similar')} finds similar ones; {key('compare')} there compares"
            raise UserError("no other neuron was looked at yet", hint)
        view = Compare(review_state, self._review.session.run, self._review.current_id(), other)
        return self._shell.open(view, self._navigation.go_to_neuron)

    def probe(self) -> Done:
        """Run the run's model on a text of the user's own."""
        from neurotui.review.probe_session import ProbeSession
        from neurotui.tui.views.probe import ProbeView

        session = self._review.session
        if self._probing is None:
            self._probing = ProbeSession(session.new_worker(session.run.path))
        self._probing.model = self._shell.host.model
        view = ProbeView(self._review.ready(), self._review.current_id(), self._probing)
        return self._shell.open(view, self._navigation.go_to_neuron)

    def evaluation(self) -> Done:
        """Show how good the descriptors are."""
        from neurotui.tui.views.evaluation import Evaluation

        return self._shell.open(Evaluation(self._review.session))

    def export(self) -> Done:
        """Ask where to export labels to."""
        from neurotui.tui.views.export import Export

        return self._shell.open(Export(self._review.session))

    def journal(self) -> Done:
        """Show every decision."""
        from neurotui.tui.views.journal import JournalView

        view = JournalView(self._review.session, self._panes.saved)
        return self._shell.open(view, self._navigation.go_to_neuron)

    def jobs(self) -> Done:
        """Show the requests for generated labels."""
        from neurotui.tui.views.jobs import JobsView

        requests = self._requests
        view = JobsView(requests.jobs, cancel=requests.cancel, retry=requests.retry)
        return self._shell.open(view, self._navigation.go_to_neuron)

    def _refilter_by(self, filter_: Filter | None) -> None:
        if filter_ is not None:
            self._list_filter.refilter(filter_)
            self._review.ready().stay()
