"""Deciding and typing on the Browse screen: what is saved, for which neuron, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from textual import events, on

from neurotui.tui.filter import Filter, Problem, parse
from neurotui.tui.screens.stage import Stage
from neurotui.tui.widgets.prompt import Prompt, Purpose
from neurotui.visible import visible
from neurotui.words import Action, Event, Neuron, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neurotui.tui.session import Session
    from neurotui.tui.triage import Triage

Saved = TypeVar("Saved", Event, Event | None)

_SAVES = "enter saves, esc leaves"
_DONE: dict[Action, str] = {"accept": "accepted", "reject": "rejected", "skip": "skipped", "note": "noted"}


class Deciding(Stage):
    """The panes with a line to type into. What cannot be saved raises ``Refusal`` and changes nothing."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._asked_in_detail = False
        self._asked_of: Neuron | None = None

    def ready_triage(self) -> Triage:
        """Return the triage; ``Refusal`` while the run is being read."""
        if self.triage is None:
            raise Refusal("the run is still being read")
        return self.triage

    def current_id(self) -> int:
        """Return the id of the neuron under the cursor; ``Refusal`` where there is none."""
        current = self.ready_triage().current
        if current is None:
            raise Refusal("no neuron is shown", "esc clears the filter")
        return current

    def current_neuron(self) -> Neuron:
        """Return the neuron under the cursor; ``Refusal`` where there is none."""
        return self.ready_triage().overview.neuron(self.current_id())

    def decide(self, action: Action, *, text: str = "", origin: str = "") -> None:
        """Save a decision for the neuron under the cursor, say so, and go to the next."""
        self._decide_for(self.current_neuron(), action, text, origin, go_on=True)

    def turned(self, turn: Callable[[], Event | None], name: str, done: str) -> None:
        """Undo or redo by `turn`, and go to the neuron that it spoke of."""
        triage = self.ready_triage()
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
        self.show_standing()

    def ask(self, purpose: Purpose) -> None:
        """Begin to type a filter, or a label or a note for the neuron that is under the cursor now."""
        triage = self.ready_triage()
        if purpose == "filter":
            text = triage.filter.text
            self._open(purpose, "/", f"{text} " if text else "", self._shown())
            return
        self.session.refuse_if_read_only()
        neuron, label = self.current_neuron(), triage.label(self.current_id())
        self._asked_of = neuron
        if purpose == "note":
            self._open(purpose, f"note on {neuron}", label.note, _SAVES)
            return
        candidate = triage.candidate()
        begun = label.text if label.state == "accepted" else candidate[0] if candidate else ""
        names = [*(triage.overview.names[place] for place in triage.candidates()), *triage.overview.names]
        self._open(purpose, f"label {neuron}", begun, _SAVES, names)

    def _open(self, purpose: Purpose, mark: str, begun: str, hint: str, names: Sequence[str] = ()) -> None:
        self._asked_in_detail = self.focused is self.detail
        self.prompt.open(purpose, mark, begun, hint, names)

    def _close(self) -> None:
        self.prompt.close()
        self.set_focus(self.detail if self._asked_in_detail else self.list)

    @on(events.DescendantFocus)
    def _keep_typing(self) -> None:
        """Let a click elsewhere not take the keys away from what is being typed."""
        if self.prompt.is_open:
            self.set_focus(self.prompt.field)

    @on(Prompt.Changed)
    def _typed(self, message: Prompt.Changed) -> None:
        if message.purpose == "filter" and self.prompt.is_open:
            self._filter(message.value)

    @on(Prompt.Kept)
    def _kept(self, message: Prompt.Kept) -> None:
        try:
            if message.purpose == "filter":
                if not self._filter(message.value):
                    return
                self.ready_triage().stay()
            elif message.purpose == "label":
                self._write_label(message.value.strip())
            else:
                self._decide_for(self._asked(), "note", message.value.strip(), "", go_on=False)
        except Refusal as refusal:
            if refusal.hint:
                self.neurotui.refuse(refusal)
                self.prompt.say("not saved", wrong=True)
            else:
                self.prompt.say(refusal.message, wrong=True)
            return
        self._close()

    @on(Prompt.Left)
    def _left(self, message: Prompt.Left) -> None:
        self._close()
        if message.purpose == "filter":
            self.refilter(Filter())

    def _filter(self, text: str) -> bool:
        """Show what fits; return whether the text is a filter.

        Where it is none, say why, and show what fits all before the term that is at fault.
        """
        read = parse(text)
        if isinstance(read, Problem):
            before = parse(text[: read.position])
            if isinstance(before, Filter):
                self.refilter(before)
            self.prompt.say(read.message, wrong=True)
            return False
        self.refilter(read)
        self.prompt.say(self._shown())
        return True

    def _shown(self) -> str:
        triage = self.ready_triage()
        return f"{len(triage):,} of {len(triage.overview):,} · enter keeps, esc clears"

    def _write_label(self, text: str) -> None:
        if not text:
            raise Refusal("an empty label; x rejects instead", "")
        triage, neuron = self.ready_triage(), self._asked()
        neuron_id = triage.find(neuron)
        known = triage.proposed(neuron_id) if neuron_id is not None else []
        # What was typed is what was seen: a name that was left as it is stays as it was proposed.
        said, origin = {visible(said): (said, origin) for said, origin in known}.get(text, (text, "person"))
        self._decide_for(
            neuron, "accept", said, origin, go_on=neuron_id is not None and neuron_id == triage.current
        )

    def _asked(self) -> Neuron:
        return self._asked_of or self.current_neuron()

    def _decide_for(self, neuron: Neuron, action: Action, text: str, origin: str, *, go_on: bool) -> None:
        self._save(lambda: self.session.decide(neuron, action, text=text, origin=origin))
        self.said_saved(f"saved: {neuron} {_DONE[action]}")
        if go_on:
            self.ready_triage().move(1)
            self.list.cursor_moved()
        self.take_changes()
        self.show_standing()

    def _save(self, save: Callable[[], Saved]) -> Saved:
        """Save, and where that fails say so in the status line too."""
        self.session.refuse_if_read_only()
        try:
            return save()
        except Refusal:
            self.said_trouble("not saved")
            raise
