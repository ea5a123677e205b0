"""Creates the controllers of the Browse screen, connects them, and collects their handlers.

A new action is a line in the table of actions and a method that some controller names in its ``handlers``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.tui.browse.change_watcher import Watcher
from neurotui.tui.browse.clipboard import Clipboard
from neurotui.tui.browse.decisions import Decisions
from neurotui.tui.browse.exemplar_display import ExemplarDisplay
from neurotui.tui.browse.label_requests import LabelRequests
from neurotui.tui.browse.list_filter import ListFilter
from neurotui.tui.browse.meaning_search import MeaningSearch
from neurotui.tui.browse.navigation import Navigation
from neurotui.tui.browse.palette_commands import PaletteCommands
from neurotui.tui.browse.panes import Panes
from neurotui.tui.browse.prompt_input import PromptInput
from neurotui.tui.browse.run_loader import RunLoader
from neurotui.tui.browse.typed_fit import TypedFit
from neurotui.tui.browse.views import Views

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.tui.app_protocol import Done
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.tui.dispatch import Handlers
    from neurotui.tui.widgets.prompt import Prompt


class Controllers:
    """All controllers. `works` returns whether an action works now, `do` performs it."""

    def __init__(
        self,
        shell: ScreenProtocol,
        review: CurrentReview,
        prompt: Prompt,
        works: Callable[[str], bool],
        do: Callable[[str], Done],
    ) -> None:
        session = review.session
        # Fits, prices and meanings are computed in one worker process, labels written in another.
        scorer = session.new_worker(session.run.path)
        self.panes = panes = Panes(
            shell,
            review,
            loaded=lambda *neuron_ids: self.loader.loaded(*neuron_ids),  # noqa: PLW0108 - made below
            asked=lambda neuron: self.requests.asked(neuron),  # noqa: PLW0108 - made below
            at_work=lambda: self.requests.at_work,
            no_meaning=lambda: self.meaning.failed,
            looked_at=lambda neuron: self.views.looked_at(neuron),  # noqa: PLW0108 - made below
        )
        self.loader = RunLoader(shell, review, panes)
        self.watcher = Watcher(shell, review, panes)
        self.requests = LabelRequests(shell, review, panes, lambda: session.new_worker(session.run.path), scorer)
        self.meaning = MeaningSearch(shell, review, scorer)
        self.fit = TypedFit(shell, review, prompt, scorer)
        self.navigation = Navigation(shell, review, panes)
        self.list_filter = ListFilter(shell, review, panes, self.meaning, self.requests.cancel_here)
        self.decisions = Decisions(shell, review, panes, self.fit.decided)
        self.prompt_input = PromptInput(
            shell, review, prompt, self.list_filter, self.meaning, self.decisions, self.fit
        )
        self.views = Views(shell, review, panes, self.navigation, self.list_filter, self.requests)
        self.palette = PaletteCommands(shell, review, self.navigation, self.list_filter, works, do)
        self.look = ExemplarDisplay(panes.detail)
        self.clipboard = Clipboard(shell, review)

    @property
    def handlers(self) -> Handlers:
        """The handlers of all controllers, by action id."""
        return {
            **self.navigation.handlers,
            **self.decisions.handlers,
            **self.prompt_input.handlers,
            **self.list_filter.handlers,
            **self.requests.handlers,
            **self.views.handlers,
            **self.palette.handlers,
            **self.loader.handlers,
            **self.look.handlers,
            **self.clipboard.handlers,
        }

    def close(self) -> None:
        """End the worker processes at once."""
        self.requests.close()
        self.views.close()
