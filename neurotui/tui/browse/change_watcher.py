"""Watches for changes by others: new decisions in the journal, a replaced run file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.wording import counted

if TYPE_CHECKING:
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.panes import Panes
    from neurotui.tui.browse.screen_protocol import ScreenProtocol

_UNREADABLE = "journal unreadable"


class Watcher:
    """Checks from time to time, and reports each change once."""

    def __init__(self, shell: ScreenProtocol, review: CurrentReview, panes: Panes) -> None:
        self._shell = shell
        self._session = review.session
        self._panes = panes
        self._swap_told = False
        self._gone_told = False
        self._readings = review.session.journal.readings

    def look(self) -> None:
        """Read the decisions of others, and check the run's file."""
        try:
            self._session.refresh()
        except UserError as refusal:
            if not self._panes.trouble:
                self._shell.host.refuse(refusal)
            self._panes.say_trouble(_UNREADABLE)
            return
        if self._panes.trouble == _UNREADABLE:
            self._panes.say_trouble("")
        self._tell_if_replaced()
        self._panes.take_changes()
        self._look_at_the_file()

    def reloaded(self) -> None:
        """Record that the file now at the run's path is the open one."""
        self._swap_told = False
        self._panes.keys.urge("")

    def _tell_if_replaced(self) -> None:
        """Report that another file is in the journal's place, and what it lacks."""
        journal = self._session.journal
        if journal.readings == self._readings:
            return
        self._readings = journal.readings
        what = f"'{journal.path.name}' has been changed by another program, and is read anew"
        if journal.missing:
            self._shell.host.say(what, f"no longer in it: {counted(journal.missing, 'line')}", "warning")
        else:
            self._shell.host.say(what)

    def _look_at_the_file(self) -> None:
        """Report, once each, that the run's file was replaced or is gone."""
        run, host = self._session.run, self._shell.host
        gone = run.gone()
        if gone and not self._gone_told:
            host.say(f"'{run.path.name}' has been removed", "what is open goes on, and is saved", "warning")
        self._gone_told = gone
        if run.swapped() and not self._swap_told:
            self._swap_told = True
            host.say(f"'{run.path.name}' has been replaced by another", f"{host.key('reload')} reloads it")
            self._panes.keys.urge("reload")
