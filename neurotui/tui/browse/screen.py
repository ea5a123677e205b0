"""The Browse screen: what each key of the table of actions does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from neurotui.errors import UserError
from neurotui.review.filters import Filter, Problem, parse
from neurotui.review.orders import SORTS, Sort
from neurotui.review.saved_filters import load_filters, remove_filter, save_filter
from neurotui.sanitize import visible
from neurotui.tui import themes
from neurotui.tui.actions import BY_ID, Place, bindings
from neurotui.tui.browse.opening import Opening
from neurotui.tui.views.acting import Moving
from neurotui.tui.views.palette import Command, Palette, matching
from neurotui.types import KINDS, Kind, Neuron
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from neurotui.tui.host import Done


class Browse(Moving, Opening):
    """Neuron list, detail, and every action by its key. Handlers are only called when their action works."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("list", "detail", "filter")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tell whether an action works: False (hidden) where the focus is elsewhere, None (dimmed) for now."""
        if action == "sort_by" and self.triage is None:
            return None
        if action != "do":
            return True
        wanted = BY_ID[str(parameters[0])]
        if self._place() not in wanted.works:
            return False
        triage = self.triage
        if wanted.needs != "nothing" and triage is None:
            return None
        if wanted.needs == "neuron" and (triage is None or triage.current is None):
            return None
        return True

    # move

    def move(self, steps: int) -> None:
        """Move the cursor, or scroll the detail where the keys are its."""
        if self._place() == "detail":
            self.detail.scroll_by(steps)
        else:
            self._move_list(steps)

    def page_size(self) -> int:
        """Return how many rows, or lines of the detail, are in sight."""
        if self._place() == "detail":
            return self.detail.scrollable_content_region.height
        return self.list.rows_shown

    def extent(self) -> int:
        """Return how many rows, or lines of the detail, there are."""
        return self.detail.virtual_size.height if self._place() == "detail" else len(self.ready_triage())

    def do_previous_layer(self) -> None:
        """Go to the first row of the previous layer."""
        self._go_to_layer(-1)

    def do_next_layer(self) -> None:
        """Go to the first row of the next layer."""
        self._go_to_layer(1)

    def do_previous_open(self) -> None:
        """Go to the previous unreviewed neuron."""
        self._go_to_open(-1)

    def do_next_open(self) -> None:
        """Go to the next unreviewed neuron."""
        self._go_to_open(1)

    def do_other_pane(self) -> None:
        """Let keys work in the other pane."""
        self.set_focus(self.list if self.focused is self.detail else self.detail)

    # decide

    def do_accept(self) -> None:
        """Accept the chosen candidate."""
        self.decide("accept")

    def do_reject(self) -> None:
        """Reject."""
        self.decide("reject")

    def do_skip(self) -> None:
        """Skip."""
        self.decide("skip")

    def do_choose(self, key: str) -> None:
        """Choose a candidate by its number."""
        triage = self.ready_triage()
        count = len(triage.candidates())
        if int(key) > count:
            many = counted(count, "candidate") if count else "no candidates"
            hint = f"{self.neurotui.key('edit')} writes a label of your own"
            raise UserError(f"{self.current_neuron()} has {many}", hint)
        triage.choose(int(key) - 1)
        self.show_neuron()

    def do_edit(self) -> None:
        """Write a label, beginning with the present one or the chosen candidate."""
        self.ask("label")

    def do_note(self) -> None:
        """Write a note, beginning with the present one."""
        self.ask("note")

    def do_mark(self) -> None:
        """Mark the neuron, or unmark it, and go on."""
        self.ready_triage().mark()
        self._move_list(1)

    def do_mark_range(self) -> None:
        """Mark all from the last mark to here."""
        self.ready_triage().mark_range()
        self.show_rows()

    def do_editor(self) -> None:
        """Write the label in the person's own editor."""
        self.edit_elsewhere()

    def do_regenerate(self) -> None:
        """Ask a generator for labels."""
        self.regenerate()

    def do_undo(self) -> None:
        """Undo one's last decision and go to its neuron."""
        self.turned(self.session.undo, "undo", "undone")

    def do_redo(self) -> None:
        """Redo what one undid last and go to its neuron."""
        self.turned(self.session.redo, "redo", "redone")

    # find

    def do_filter(self) -> None:
        """Filter as one types."""
        self.ask("filter")

    def do_clear(self) -> None:
        """Cancel the job of the neuron, else clear the marks, or where there are none the filter."""
        triage = self.ready_triage()
        if self._place() != "filter" and self.cancel_here():
            return
        if triage.marked:
            triage.marked.clear()
            self.show_rows()
        elif triage.filter.terms:
            self.refilter(Filter())

    def do_keep_filter(self) -> None:
        """Save the present filter."""
        text = self.ready_triage().filter.text
        if not text:
            raise UserError("there is no filter to save", f"{self.neurotui.key('filter')} begins one")
        save_filter(text)
        self.neurotui.say(f"saved the filter: {text}", f"{self.neurotui.key('filters')} lists the saved ones")

    def do_filters(self) -> Done:
        """Choose a saved filter."""
        saved = load_filters()
        if not saved:
            key = self.neurotui.key("keep_filter")
            raise UserError("no filter has been saved yet", f"{key} saves the one that is set")
        find = partial(self._saved_filters, saved)
        return self.app.push_screen(Palette(find, "a saved filter", lambda _: "no such filter"), self._run)

    def do_sort(self) -> None:
        """Put the list in the next order and begin at its top."""
        self.action_sort_by(SORTS[(SORTS.index(self.ready_triage().sort) + 1) % len(SORTS)])

    def action_sort_by(self, sort: Sort) -> None:
        """Put the list in an order and begin at its top; a click on a column's title does the same."""
        triage = self.ready_triage()
        triage.resort(sort)
        triage.go(0)
        self.show_rows()

    def do_palette(self) -> Done:
        """Ask for a command by name."""
        return self.app.push_screen(Palette(self._commands, nothing=self._no_command), self._run)

    # read

    def do_kind(self) -> None:
        """Show the next kind of exemplars that there are alone, or all."""
        look, sheet = self.detail.look, self.detail.sheet
        there = {exemplar.kind for exemplar in sheet.detail.exemplars} if sheet is not None else set()
        kinds: list[Kind | None] = [None, *(kind for kind in KINDS if kind in there or kind == look.kind)]
        self.detail.look_at(look._replace(kind=kinds[(kinds.index(look.kind) + 1) % len(kinds)]))

    def do_centre(self) -> None:
        """Show exemplars as whole texts, or in one line each around the peak."""
        self.detail.look_at(self.detail.look._replace(centred=not self.detail.look.centred))

    def do_apart(self) -> None:
        """Show the pieces of words joined, or apart."""
        self.detail.look_at(self.detail.look._replace(apart=not self.detail.look.apart))

    def do_next_token(self) -> None:
        """Show the activation at the next token."""
        self.detail.step(1)

    def do_previous_token(self) -> None:
        """Show the activation at the token before."""
        self.detail.step(-1)

    # the rest

    def do_yank(self) -> None:
        """Copy the neuron and what the list says of it."""
        text = visible(f"{self.current_neuron()} {self.ready_triage().says(self.current_id()).sentence}".rstrip())
        self.app.copy_to_clipboard(text)
        self.neurotui.say(f"copied: {text}")

    def do_theme(self) -> None:
        """Change between light and dark."""
        dark = self.app.current_theme.dark
        self.app.theme = themes.LIGHT.name if dark else themes.DARK.name

    def do_reload(self) -> None:
        """Open the run's file anew."""
        self.read_run(None)

    def do_quit(self) -> None:
        """End; every decision is saved already."""
        self.let_helpers_go()
        self.app.exit()

    def _commands(self, typed: str) -> list[Command]:
        """Return what the palette offers for a text."""
        offered = [a for a in self.neurotui.actions if a.palette and not (a.writes and self.session.read_only)]
        usable = [a for a in offered if self.check_action("do", (a.id,))]
        commands = [Command(a.name, a.help, a.shown_keys, partial(self.action_do, a.id)) for a in usable]
        return [*self._jump(typed), *matching(commands, typed)]

    def _saved_filters(self, saved: Sequence[str], typed: str) -> list[Command]:
        """Return the saved filters, each to use it and, once something is typed, to forget it."""
        uses = [Command(text, "filter by it", "", partial(self._use_filter, text)) for text in saved]
        forgets = [Command(f"forget {text}", "", "", partial(self._forget_filter, text)) for text in saved]
        return matching([*uses, *(forgets if typed else [])], typed)

    def _forget_filter(self, text: str) -> None:
        remove_filter(text)
        self.neurotui.say(f"forgotten: {text}")

    def _use_filter(self, text: str) -> None:
        read = parse(text)
        if isinstance(read, Problem):
            key = self.neurotui.key("filters")
            raise UserError(f"'{text}' is no filter: {read.message}", f"{key} and forget take it off the list")
        self.refilter(read)

    def _jump(self, typed: str) -> list[Command]:
        """Return the jump that a neuron's name asks for, if the run has that neuron."""
        triage = self.triage
        try:
            neuron = Neuron.parse(typed)
        except UserError:
            return []
        neuron_id = triage.find(neuron) if triage is not None else None
        if neuron_id is None:
            return []
        found = neuron_id
        return [Command(str(neuron), "go to this neuron", "", lambda: self._go_to(found))]

    def _no_command(self, typed: str) -> str:
        """Say what there is none of."""
        try:
            neuron = Neuron.parse(typed)
        except UserError:
            return "no such command"
        return f"the run has no neuron {neuron}" if self.triage is not None else self.unread

    def _place(self) -> Place | None:
        """Return where keys work now; None where one is typing something that is no filter."""
        if self.prompt.is_open:
            return "filter" if self.prompt.purpose == "filter" else None
        return "detail" if self.focused is self.detail else "list"

    def _move_list(self, rows: int) -> None:
        self.ready_triage().move(rows)
        self.show_move()

    def _go_to_layer(self, step: Literal[1, -1]) -> None:
        if self.ready_triage().go_to_layer(step):
            self.show_move()

    def _go_to_open(self, step: Literal[1, -1]) -> None:
        if self.ready_triage().go_to_open(step):
            self.show_move()
        else:
            way, other = ("below", "previous_open") if step > 0 else ("above", "next_open")
            self.neurotui.say(f"nothing unreviewed {way}", f"{self.neurotui.key(other)} looks the other way")

    async def _run(self, command: Command | None) -> None:
        """Do what was chosen in a palette."""
        try:
            done = command.run() if command is not None else None
        except UserError as refusal:
            self.neurotui.refuse(refusal)
        else:
            if done is not None:
                await done
