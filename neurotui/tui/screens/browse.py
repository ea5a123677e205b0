"""The Browse screen: what each key of the table of actions does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar

from textual import on

from neurotui.tui import themes
from neurotui.tui.actions import ACTIONS, BY_ID, Place, bindings
from neurotui.tui.filter import Filter, Problem, parse
from neurotui.tui.screens.help import Help
from neurotui.tui.screens.palette import Command, Palette, matching
from neurotui.tui.screens.stage import Stage
from neurotui.tui.triage import SORTS
from neurotui.tui.widgets.prompt import Prompt
from neurotui.visible import visible
from neurotui.words import Action, Event, Neuron, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType

    from neurotui.tui.triage import Triage

Saved = TypeVar("Saved", Event, Event | None)

_DONE: dict[Action, str] = {"accept": "accepted", "reject": "rejected", "skip": "skipped", "note": "noted"}


class Browse(Stage):
    """Neuron list, detail, and every action by its key. Handlers are only called when their action works."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tell whether an action works: False (hidden) where the focus is elsewhere, None (dimmed) for now."""
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

    def action_do(self, action_id: str, key: str = "") -> None:
        """Do an action of the table; a refusal becomes a toast."""
        action = BY_ID[action_id]
        handler: Callable[..., None] = getattr(self, action.handler)
        try:
            handler(key) if action.each else handler()
        except Refusal as refusal:
            self.neurotui.refuse(refusal)

    # move

    def do_down(self) -> None:
        """Go to the next neuron, or scroll the detail."""
        self._move(1)

    def do_up(self) -> None:
        """Go to the previous neuron, or scroll the detail."""
        self._move(-1)

    def do_half_page_down(self) -> None:
        """Go half a page down."""
        self._move(max(1, self._page() // 2))

    def do_half_page_up(self) -> None:
        """Go half a page up."""
        self._move(-max(1, self._page() // 2))

    def do_page_down(self) -> None:
        """Go a page down."""
        self._move(max(1, self._page() - 1))

    def do_page_up(self) -> None:
        """Go a page up."""
        self._move(-max(1, self._page() - 1))

    def do_first(self) -> None:
        """Go to the beginning."""
        self._move(-self._extent())

    def do_last(self) -> None:
        """Go to the end."""
        self._move(self._extent())

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
        (self.list if self.detail.has_focus else self.detail).focus()

    # decide

    def do_accept(self) -> None:
        """Accept the chosen candidate."""
        triage = self._triage()
        candidate = triage.candidate()
        if candidate is None:
            raise Refusal(f"{self._neuron()} has no candidate to accept", "e writes a label of your own")
        self._decide("accept", text=candidate[0], origin=candidate[1])

    def do_reject(self) -> None:
        """Reject."""
        self._decide("reject")

    def do_skip(self) -> None:
        """Skip."""
        self._decide("skip")

    def do_choose(self, key: str) -> None:
        """Choose a candidate by its number."""
        triage = self._triage()
        count = len(triage.candidates())
        if int(key) > count:
            many = "no candidates" if not count else f"{count} candidate{'s' if count > 1 else ''}"
            raise Refusal(f"{self._neuron()} has {many}", "e writes a label of your own")
        triage.chosen = int(key) - 1
        self.show_neuron()

    def do_edit(self) -> None:
        """Write a label, beginning with the present one or the chosen candidate."""
        self._refuse_if_read_only()
        triage = self._triage()
        label = triage.label(self._current())
        candidate = triage.candidate()
        begun = label.text if label.state == "accepted" else candidate[0] if candidate else ""
        names = [*(triage.overview.names[place] for place in triage.candidates()), *triage.overview.names]
        self.prompt.open("label", f"label {self._neuron()}", begun, "", names)

    def do_note(self) -> None:
        """Write a note, beginning with the present one."""
        self._refuse_if_read_only()
        self.prompt.open("note", f"note on {self._neuron()}", self._triage().label(self._current()).note, "")

    def do_undo(self) -> None:
        """Undo one's last decision and go to its neuron."""
        self._turned(self.session.undo, "undo", "undone")

    def do_redo(self) -> None:
        """Redo what one undid last and go to its neuron."""
        self._turned(self.session.redo, "redo", "redone")

    # find

    def do_filter(self) -> None:
        """Filter as one types."""
        text = self._triage().filter.text
        self.prompt.open("filter", "/", f"{text} " if text else "", self._shown())

    def do_clear(self) -> None:
        """Clear the filter."""
        if self._triage().filter.terms:
            self.refilter(Filter())

    def do_sort(self) -> None:
        """Put the list in the next order."""
        triage = self._triage()
        triage.resort(SORTS[(SORTS.index(triage.sort) + 1) % len(SORTS)])
        self.show_rows()

    def do_palette(self) -> None:
        """Ask for a command by name."""
        self.app.push_screen(Palette(self._commands), _run)

    # the rest

    def do_yank(self) -> None:
        """Copy the neuron and what the list says of it."""
        text = visible(f"{self._neuron()} {self._triage().says(self._current())[0]}".rstrip())
        self.app.copy_to_clipboard(text)
        self.neurotui.say(f"copied: {text}")

    def do_theme(self) -> None:
        """Change between light and dark."""
        dark = self.app.current_theme.dark
        self.app.theme = themes.LIGHT.name if dark else themes.DARK.name

    def do_reload(self) -> None:
        """Open the run's file anew."""
        self.read_run(None)

    def do_help(self) -> None:
        """Show the keys."""
        self.app.push_screen(Help())

    def do_quit(self) -> None:
        """End; every decision is saved already."""
        self.app.exit()

    @on(Prompt.Changed)
    def _typed(self, message: Prompt.Changed) -> None:
        if message.purpose == "filter":
            self._filter(message.value)

    @on(Prompt.Kept)
    def _kept(self, message: Prompt.Kept) -> None:
        try:
            if message.purpose == "filter":
                if not self._filter(message.value):
                    return
            elif message.purpose == "label":
                self._write_label(message.value.strip())
            else:
                self._decide("note", text=message.value.strip(), move=False)
        except Refusal as refusal:
            self.prompt.say(refusal.message, wrong=True)
            return
        self._close_prompt()

    @on(Prompt.Left)
    def _left(self, message: Prompt.Left) -> None:
        self._close_prompt()
        if message.purpose == "filter":
            self.refilter(Filter())

    def _close_prompt(self) -> None:
        self.prompt.close()
        self.list.focus()

    def _filter(self, text: str) -> bool:
        """Show what fits, or say what is wrong with the text; return whether it is a filter."""
        read = parse(text)
        if isinstance(read, Problem):
            self.prompt.say(read.message, wrong=True)
            return False
        self.refilter(read)
        self.prompt.say(self._shown())
        return True

    def _shown(self) -> str:
        triage = self._triage()
        return f"{len(triage):,} of {len(triage.overview):,}"

    def _write_label(self, text: str) -> None:
        if not text:
            raise Refusal("an empty label; x rejects instead", "")
        triage = self._triage()
        proposed = {triage.overview.names[place]: triage.backends[place] for place in triage.candidates()}
        self._decide("accept", text=text, origin=proposed.get(text, "person"))

    def _decide(self, action: Action, *, text: str = "", origin: str = "", move: bool = True) -> None:
        """Save a decision for the neuron under the cursor, say so, and go to the next."""
        neuron = self._neuron()
        self._save(lambda: self.session.decide(neuron, action, text=text, origin=origin))
        self.said_saved(f"saved: {neuron} {_DONE[action]}")
        if move:
            self._triage().move(1)
            self.list.cursor_moved()
        self.take_changes()

    def _turned(self, turn: Callable[[], Event | None], name: str, done: str) -> None:
        triage = self._triage()
        event = self._save(turn)
        if event is None:
            self.neurotui.say(f"there is nothing of {self.session.annotator} to {name}")
            return
        self.said_saved(f"saved: {event.neuron} {done}")
        neuron_id = triage.find(event.neuron)
        if neuron_id is not None and not triage.go_to(neuron_id):
            self.neurotui.say(f"{event.neuron} is {done}; the filter hides it", "esc clears the filter")
        self.list.cursor_moved()
        self.take_changes()
        self.show_neuron()

    def _save(self, save: Callable[[], Saved]) -> Saved:
        """Save, and where that fails say so in the status line too."""
        self._refuse_if_read_only()
        try:
            return save()
        except Refusal:
            self.said_trouble("not saved")
            raise

    def _refuse_if_read_only(self) -> None:
        if self.session.read_only:
            raise Refusal("opened read-only: nothing is decided here", "open it without --read-only to decide")

    def _commands(self, typed: str) -> list[Command]:
        """Return what the palette offers for a text."""
        usable = [a for a in ACTIONS if a.palette and self.check_action("do", (a.id,))]
        commands = [Command(a.name, a.help, a.shown_keys, partial(self.action_do, a.id)) for a in usable]
        return [*self._jump(typed), *matching(commands, typed)]

    def _jump(self, typed: str) -> list[Command]:
        """Return the jump that a neuron's name asks for, if the run has that neuron."""
        triage = self.triage
        try:
            neuron = Neuron.parse(typed)
        except Refusal:
            return []
        neuron_id = triage.find(neuron) if triage is not None else None
        if neuron_id is None:
            return []
        found = neuron_id
        return [Command(str(neuron), "go to this neuron", "", lambda: self._go_to(found))]

    def _go_to(self, neuron_id: int) -> None:
        """Go to a neuron; a filter that hides it is cleared."""
        triage = self._triage()
        if not triage.go_to(neuron_id):
            triage.refilter(Filter())
            triage.go_to(neuron_id)
        self.show_rows()

    def _place(self) -> Place | None:
        """Return where keys work now; None where one is typing something that is no filter."""
        if self.prompt.is_open:
            return "filter" if self.prompt.purpose == "filter" else None
        return "detail" if self.detail.has_focus else "list"

    def _move(self, rows: int) -> None:
        if self._place() == "detail":
            self.detail.scroll_by(rows)
            return
        self._triage().move(rows)
        self.show_move()

    def _page(self) -> int:
        if self._place() == "detail":
            return self.detail.scrollable_content_region.height
        return self.list.rows_shown

    def _extent(self) -> int:
        return self.detail.virtual_size.height if self._place() == "detail" else len(self._triage())

    def _go_to_layer(self, step: Literal[1, -1]) -> None:
        if self._triage().go_to_layer(step):
            self.show_move()

    def _go_to_open(self, step: Literal[1, -1]) -> None:
        if self._triage().go_to_open(step):
            self.show_move()
        else:
            way, other = ("below", "{") if step > 0 else ("above", "}")
            self.neurotui.say(f"nothing unreviewed {way}", f"{other} looks the other way")

    def _triage(self) -> Triage:
        if self.triage is None:
            raise Refusal("the run is still being read")
        return self.triage

    def _current(self) -> int:
        current = self._triage().current
        if current is None:
            raise Refusal("no neuron is shown", "esc clears the filter")
        return current

    def _neuron(self) -> Neuron:
        return self._triage().overview.neuron(self._current())


def _run(command: Command | None) -> None:
    if command is not None:
        command.run()
