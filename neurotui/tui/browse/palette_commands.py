"""The entries of the command palette on the Browse screen: actions, a jump to a neuron, saved filters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.review.filters import FilterProblem, parse
from neurotui.review.saved_filters import load_filters, names_of_filters, remove_filter
from neurotui.tui.views.palette import Command, Palette, matching
from neurotui.types import Neuron

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neurotui.tui.app_protocol import Done
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.list_filter import ListFilter
    from neurotui.tui.browse.navigation import Navigation
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.tui.dispatch import Handlers


class PaletteCommands:
    """Opens the palette and runs the chosen entry. `works` says whether an action works now, `do` performs it."""

    def __init__(
        self,
        shell: ScreenProtocol,
        review: CurrentReview,
        navigation: Navigation,
        list_filter: ListFilter,
        works: Callable[[str], bool],
        do: Callable[[str], Done],
    ) -> None:
        self._shell = shell
        self._review = review
        self._navigation = navigation
        self._list_filter = list_filter
        self._works = works
        self._do = do

    @property
    def handlers(self) -> Handlers:
        """The handlers, by action id."""
        return {"palette": self.palette, "filters": self.filters}

    def palette(self) -> Done:
        """Open the palette of commands."""
        return self._shell.open(Palette(self._commands, nothing=self._no_command), self._run)

    def filters(self) -> Done:
        """Open the palette of saved filters."""
        saved = load_filters()
        if not saved:
            key = self._shell.host.key("keep_filter")
            raise UserError("no filter has been saved yet", f"{key} saves the one that is set")
        find = partial(self._saved_filters, saved)
        return self._shell.open(Palette(find, "a saved filter", lambda _: "no such filter"), self._run)

    def _commands(self, typed: str) -> list[Command]:
        """Return the palette's entries for a typed text."""
        read_only = self._review.session.read_only
        offered = [a for a in self._shell.host.actions if a.palette and not (a.writes and read_only)]
        usable = [a for a in offered if self._works(a.id)]
        commands = [Command(a.name, a.help, a.shown_keys, partial(self._do, a.id)) for a in usable]
        return [*self._jump(typed), *matching(commands, typed)]

    def _saved_filters(self, saved: Sequence[str], typed: str) -> list[Command]:
        """Return entries to use each saved filter and, once something is typed, to forget it."""
        names = names_of_filters()
        uses = [
            Command(names.get(text, text), text if text in names else "filter by it", "", use)
            for text, use in ((text, partial(self._use_filter, text)) for text in saved)
        ]
        forgets = [
            Command(f"forget {names.get(text, text)}", "", "", partial(self._forget_filter, text))
            for text in saved
        ]
        return matching([*uses, *(forgets if typed else [])], typed)

    def _forget_filter(self, text: str) -> None:
        remove_filter(text)
        self._shell.host.say(f"forgotten: {text}")

    def _use_filter(self, text: str) -> None:
        read = parse(text)
        if isinstance(read, FilterProblem):
            key = self._shell.host.key("filters")
            raise UserError(f"'{text}' is no filter: {read.message}", f"{key} and forget take it off the list")
        self._list_filter.refilter(read)

    def _jump(self, typed: str) -> list[Command]:
        """Return the jump to a typed neuron name, if the run has that neuron."""
        try:
            neuron = Neuron.parse(typed)
        except UserError:
            return []
        neuron_id = self._review.find(neuron)
        if neuron_id is None:
            return []
        return [Command(str(neuron), "go to this neuron", "", partial(self._navigation.go_to, neuron_id))]

    def _no_command(self, typed: str) -> str:
        """Return the text for an empty palette."""
        try:
            neuron = Neuron.parse(typed)
        except UserError:
            return "no such command"
        return f"the run has no neuron {neuron}" if self._review.review_state is not None else self._review.unread

    async def _run(self, command: Command | None) -> None:
        """Run the entry chosen in a palette."""
        try:
            done = command.run() if command is not None else None
        except UserError as refusal:
            self._shell.host.refuse(refusal)
        else:
            if done is not None:
                await done
