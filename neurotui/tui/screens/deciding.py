"""Deciding and typing on the Browse screen: what is saved, for which neuron, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on
from textual.app import SuspendNotSupported

from neurotui.tui.editor import written_in_editor
from neurotui.tui.filter import Filter, Problem, parse
from neurotui.tui.screens.stage import Stage
from neurotui.tui.session import Decision, Session
from neurotui.tui.widgets.lines import counted
from neurotui.tui.widgets.prompt import Prompt, Purpose
from neurotui.visible import visible
from neurotui.words import Action, Event, Neuron, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neurotui.tui.triage import Candidate, Triage

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
            raise Refusal("no neuron is shown", f"{self.neurotui.key('clear')} clears the filter")
        return current

    def current_neuron(self) -> Neuron:
        """Return the neuron under the cursor; ``Refusal`` where there is none."""
        return self.ready_triage().overview.neuron(self.current_id())

    def decide(self, action: Action) -> None:
        """Save a decision for the marked neurons, or the one under the cursor; say so, and go on from there."""
        triage = self.ready_triage()
        if triage.marked:
            self._decide_marked(triage, action)
        else:
            neuron = self.current_neuron()
            self._decide_for(self._decision(neuron, action, triage.candidate()), go_on=True)

    def _decision(self, neuron: Neuron, action: Action, candidate: Candidate | None) -> Decision:
        if action != "accept":
            return Decision(neuron, action)
        if candidate is None:
            hint = f"{self.neurotui.key('edit')} writes a label of your own"
            raise Refusal(f"{neuron} has no candidate to accept", hint)
        return Decision(neuron, action, candidate.text, candidate.origin, candidate.fit)

    def _decide_marked(self, triage: Triage, action: Action) -> None:
        """Decide all that are marked together; to accept is to accept each one's own best candidate."""
        decisions, without = [], 0
        for neuron_id in sorted(triage.marked):
            candidates = triage.candidates(neuron_id)
            if action == "accept" and not candidates:
                without += 1
                continue
            best = candidates[0] if candidates else None
            decisions.append(self._decision(triage.overview.neuron(neuron_id), action, best))
        self._save(lambda: self.session.decide(decisions, together=True))
        self._unmark(triage, f"saved: {counted(len(decisions), 'neuron')} {_DONE[action]}")
        if without:
            self.neurotui.say(f"{counted(without, 'neuron')} had no candidate to accept", severity="warning")

    def _unmark(self, triage: Triage, saved: str) -> None:
        triage.marked.clear()
        self.said_saved(saved)
        self.list.refresh()
        self.take_changes()
        self.show_standing()

    def turned(self, turn: Callable[[], list[Event]], name: str, done: str) -> None:
        """Undo or redo by `turn`, and go to the neuron that it spoke of."""
        triage = self.ready_triage()
        events = self._save(turn)
        if not events:
            self.neurotui.say(f"there is nothing of {self.session.annotator} to {name}")
            return
        neuron = events[0].neuron
        what = str(neuron) if len(events) == 1 else f"{len(events):,} neurons"
        self.said_saved(f"saved: {what} {done}")
        neuron_id = triage.find(neuron)
        if neuron_id is not None and not triage.go_to(neuron_id):
            hint = f"{self.neurotui.key('clear')} clears the filter"
            self.neurotui.say(f"{neuron} is {done}; the filter hides it", hint)
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
        begun = label.text if label.state == "accepted" else candidate.text if candidate else ""
        names = [*(one.text for one in triage.candidates()), *triage.overview.names]
        whom = f"{len(triage.marked):,} marked" if triage.marked else str(neuron)
        self._open(purpose, f"label {whom}", begun, _SAVES, names)
        if not triage.marked:
            self.begin_scoring()
            self.score_typed(neuron, begun)

    def edit_elsewhere(self) -> None:
        """Write the label in $EDITOR; what it is left empty of, or as it was, changes nothing."""
        self.session.refuse_if_read_only()
        triage, neuron = self.ready_triage(), self.current_neuron()
        label, candidate = triage.label(self.current_id()), triage.candidate()
        begun = label.text if label.state == "accepted" else candidate.text if candidate else ""
        others = [visible(one.text) for one in triage.candidates()]
        try:
            with self.app.suspend():
                text = written_in_editor(visible(begun), f"the label of {neuron}", others)
        except SuspendNotSupported as error:
            hint = f"{self.neurotui.key('edit')} writes the label in the app"
            raise Refusal("there is no editor to go to from here", hint) from error
        if text and (text != visible(begun) or label.state != "accepted"):
            self._asked_of = neuron
            self._write_label(text)

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
        elif message.purpose == "label" and self.prompt.is_open:
            self.score_typed(self._asked(), message.value.strip())

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
                self._decide_for(Decision(self._asked(), "note", message.value.strip()), go_on=False)
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
            self.prompt.say(read.message, wrong=True, at=(read.position, read.end))
            return False
        self.refilter(read)
        self.prompt.say(self._shown())
        return True

    def decided(self) -> None:
        """Be told that somebody decides here."""

    def begin_scoring(self) -> None:
        """Be told that somebody begins to type a label."""

    def score_typed(self, neuron: Neuron, text: str) -> None:
        """Be told what label is being typed for a neuron."""

    def filter_shown(self) -> None:
        """Say how many neurons fit, where a filter is being typed."""
        if self.prompt.is_open and self.prompt.purpose == "filter":
            self.prompt.say(self._shown())

    def _shown(self) -> str:
        triage = self.ready_triage()
        unknown = [word for word in triage.filter.words if word not in triage.peaks]
        if unknown:
            return f"looking for what peaks at '{unknown[0]}'"
        return f"{len(triage):,} of {len(triage.overview):,} · enter keeps, esc clears"

    def _write_label(self, text: str) -> None:
        if not text:
            raise Refusal(f"an empty label; {self.neurotui.key('reject')} rejects instead", "")
        triage = self.ready_triage()
        if triage.marked:
            decisions = [self._written(triage, neuron_id, text) for neuron_id in sorted(triage.marked)]
            self._save(lambda: self.session.decide(decisions, together=True))
            self._unmark(triage, f"saved: {counted(len(decisions), 'neuron')} accepted")
            return
        neuron = self._asked()
        neuron_id = triage.find(neuron)
        if neuron_id is None:  # another run lies there meanwhile, without this neuron
            self._decide_for(Decision(neuron, "accept", text, "person"), go_on=False)
            return
        self._decide_for(self._written(triage, neuron_id, text), go_on=neuron_id == triage.current)

    def _written(self, triage: Triage, neuron_id: int, text: str) -> Decision:
        """Accept what was typed; in a candidate's own words it is that candidate, by whoever proposed it."""
        neuron = triage.overview.neuron(neuron_id)
        # What was typed is what was seen: a name that was left as it is stays as it was proposed.
        for one in triage.candidates(neuron_id):
            if visible(one.text) == text:
                return Decision(neuron, "accept", one.text, one.origin, one.fit)
        return Decision(neuron, "accept", text, "person", triage.fits.get(neuron_id, {}).get(text, ()))

    def _asked(self) -> Neuron:
        return self._asked_of or self.current_neuron()

    def _decide_for(self, decision: Decision, *, go_on: bool) -> None:
        self._save(lambda: self.session.decide([decision]))
        self.said_saved(f"saved: {decision.neuron} {_DONE[decision.action]}")
        if go_on:
            self.ready_triage().move(1)
            self.list.cursor_moved()
        self.take_changes()
        self.show_standing()

    def _save(self, save: Callable[[], list[Event]]) -> list[Event]:
        """Save, and where that fails say so in the status line too."""
        self.session.refuse_if_read_only()
        try:
            saved = save()
        except Refusal:
            self.said_trouble("not saved")
            raise
        self.decided()
        return saved
