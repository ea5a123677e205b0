"""Deciding and typing on the Browse screen: what is saved, for which neuron, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on
from textual.app import SuspendNotSupported

from neurotui.errors import UserError
from neurotui.review.candidates import PEAKS, BothFits
from neurotui.review.filters import Filter, Problem, parse, whole_before
from neurotui.review.search import told
from neurotui.review.session import Decision, Session
from neurotui.sanitize import visible
from neurotui.tui.browse.stage import Stage
from neurotui.tui.external_editor import written_in_editor
from neurotui.tui.widgets.prompt import LONGEST, Prompt, Purpose
from neurotui.types import PERSON, Action, Event, Neuron
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neurotui.review.candidates import Candidate
    from neurotui.review.state import Triage

SAVES = "enter saves, esc leaves"
_DONE: dict[Action, str] = {"accept": "accepted", "reject": "rejected", "skip": "skipped", "note": "noted"}


class Deciding(Stage):
    """The panes with a line to type into. What cannot be saved raises ``UserError`` and changes nothing."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._asked_in_detail = False
        self._asked_of: Neuron | None = None

    def ready_triage(self) -> Triage:
        """Return the triage; ``UserError`` while the run has not been read."""
        if self.triage is None:
            raise UserError(self.unread)
        return self.triage

    def current_id(self) -> int:
        """Return the id of the neuron under the cursor; ``UserError`` where there is none."""
        current = self.ready_triage().current
        if current is None:
            raise UserError("no neuron is shown", f"{self.neurotui.key('clear')} clears the filter")
        return current

    def current_neuron(self) -> Neuron:
        """Return the neuron under the cursor; ``UserError`` where there is none."""
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
            raise UserError(f"{neuron} has no candidate to accept", hint)
        return candidate.accepted_for(neuron)

    def _decide_marked(self, triage: Triage, action: Action) -> None:
        """Decide all that are marked together; to accept is to accept each one's own best candidate."""
        decisions = {}
        for neuron_id in self._marked_here(triage):
            # The words at which a neuron peaks are known of those alone that somebody has looked at.
            candidates = [one for one in triage.candidates(neuron_id) if one.origin != PEAKS]
            if candidates or action != "accept":
                best = candidates[0] if candidates else None
                decisions[neuron_id] = self._decision(triage.overview.neuron(neuron_id), action, best)
        if not decisions:
            hint = f"{self.neurotui.key('edit')} writes one label for all of them"
            raise UserError("no marked neuron has a candidate to accept", hint)
        self._save_marked(triage, decisions)

    def _marked_here(self, triage: Triage) -> list[int]:
        """Return the marked neurons that one can see; ``UserError`` where the filter hides them all."""
        here = triage.marked_here
        if not here:
            hint = f"{self.neurotui.key('clear')} takes the marks away"
            raise UserError(f"the filter hides the {counted(len(triage.marked), 'marked neuron')}", hint)
        return here

    def _save_marked(self, triage: Triage, decisions: dict[int, Decision]) -> None:
        """Save decisions by neuron_id as one; what is marked and not among them stays marked, and is told."""
        self._save(lambda: self.session.decide(list(decisions.values()), together=True))
        triage.marked -= decisions.keys()
        action = next(iter(decisions.values())).action
        self.said_saved(f"saved: {counted(len(decisions), 'neuron')} {_DONE[action]}")
        self.list.refresh()
        self.take_changes()
        self.show_standing()
        if triage.marked:
            hint = "hidden by the filter, or without a candidate"
            self.neurotui.say(f"{counted(len(triage.marked), 'neuron')} left marked", hint, "warning")

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
        self.take_changes()
        self.list.cursor_moved()
        self.show_standing()

    def ask(self, purpose: Purpose) -> None:
        """Begin to type a filter, or a label or a note for the neuron that is under the cursor now."""
        triage = self.ready_triage()
        if purpose == "filter":
            text = triage.filter.text
            self._open(purpose, "/", f"{text} " if text else "", self._shown())
            return
        self.session.refuse_if_read_only()
        neuron = self._asked_of = self.current_neuron()
        if purpose == "note":
            self._open(purpose, f"note on {neuron}", triage.label(self.current_id()).note, SAVES)
        else:
            self._type_label(self._begun(triage))

    def _type_label(self, begun: str) -> None:
        """Open the line for a label that begins as `begun`, of the neuron that is asked of or of the marked."""
        triage, neuron = self.ready_triage(), self._asked()
        names = [*(one.text for one in triage.candidates()), *triage.overview.names]
        self._open("label", f"label {self._whom(triage, neuron)}", begun, SAVES, names)
        self.begin_scoring()
        if not triage.marked:
            self.score_typed(neuron, begun)

    def _begun(self, triage: Triage) -> str:
        """Return what a label begins as: the present one, or the chosen candidate."""
        label, candidate = triage.label(self.current_id()), triage.candidate()
        return label.text if label.state == "accepted" else candidate.text if candidate else ""

    def _whom(self, triage: Triage, neuron: Neuron) -> str:
        return f"{len(self._marked_here(triage)):,} marked" if triage.marked else str(neuron)

    def edit_elsewhere(self) -> None:
        """Write the label in $EDITOR; what it is left empty of, or as it was, changes nothing."""
        self.session.refuse_if_read_only()
        triage, neuron = self.ready_triage(), self.current_neuron()
        begun, accepted = visible(self._begun(triage)), triage.label(self.current_id()).state == "accepted"
        whom, others = self._whom(triage, neuron), [visible(one.text) for one in triage.candidates()]
        why = None
        try:
            with self.app.suspend():
                # Whatever is raised in here would keep the terminal from being taken again.
                try:
                    text = written_in_editor(begun, f"label {whom}", others)
                except UserError as refusal:
                    why = refusal
        except SuspendNotSupported as error:
            hint = f"{self.neurotui.key('edit')} writes the label in the app"
            raise UserError("there is no editor to go to from here", hint) from error
        if why is not None:
            raise why
        self._asked_of = neuron
        most = LONGEST["label"]
        if len(text) > most:
            self.neurotui.say(f"the label is cut to {most} characters", "there is room for no more", "warning")
            self._type_label(text[:most])
        elif text and (triage.marked or text != begun or not accepted):
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
        elif message.purpose == "label" and self.prompt.is_open and not self.ready_triage().marked:
            self.score_typed(self._asked(), message.value.strip())

    @on(Prompt.Kept)
    def _kept(self, message: Prompt.Kept) -> None:
        try:
            if message.purpose == "filter":
                if not self._filter(message.value):
                    self.prompt.go_on()
                    return
                self.ready_triage().stay()
            elif message.purpose == "label":
                self._write_label(message.value.strip())
            else:
                self._decide_for(Decision(self._asked(), "note", message.value.strip()), go_on=False)
        except UserError as refusal:
            if refusal.hint:
                self.neurotui.refuse(refusal)
                self.prompt.say("not saved", wrong=True)
            else:
                self.prompt.say(refusal.message, wrong=True)
            self.prompt.go_on()
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
            self.refilter(whole_before(text, read))
            self.prompt.say(read.message, wrong=True, at=(read.position, read.end))
            return False
        self.refilter(read)
        self.prompt.say(self._shown())
        return True

    def model_changed(self) -> None:
        """Leave what is being typed for a neuron: the one that bears its name now is another."""
        if self.prompt.is_open and self.prompt.purpose != "filter":
            self._close()
            self.neurotui.say("what was being typed is left", "it was for a neuron of another model", "warning")

    def decided(self) -> None:
        """Be told that somebody decides here."""

    def begin_scoring(self) -> None:
        """Be told that somebody begins to type a label."""

    def score_typed(self, neuron: Neuron, text: str) -> None:
        """Be told what label is being typed for a neuron."""

    def filter_shown(self) -> None:
        """Say how many neurons fit, where a filter is being typed; what is wrong with it goes before."""
        typing = self.prompt.is_open and self.prompt.purpose == "filter"
        if typing and not isinstance(parse(self.prompt.field.value), Problem):
            self.prompt.say(self._shown())

    def _shown(self) -> str:
        triage = self.ready_triage()
        unknown = [asked for asked in triage.filter.asks if asked not in triage.found]
        if unknown:
            does = "peaks at" if unknown[0].key == "token" else "promotes"
            return f"looking for what {does} '{unknown[0].word}'"
        return told(triage, self.no_meaning)

    def _write_label(self, text: str) -> None:
        if not text:
            raise UserError(f"an empty label; {self.neurotui.key('reject')} rejects instead", "")
        triage = self.ready_triage()
        if triage.marked:
            here = self._marked_here(triage)
            self._save_marked(triage, {number: self._written(triage, number, text) for number in here})
            return
        neuron = self._asked()
        neuron_id = triage.find(neuron)
        if neuron_id is None:  # another run lies there meanwhile, without this neuron
            self._decide_for(Decision(neuron, "accept", text, PERSON), go_on=False)
            return
        self._decide_for(self._written(triage, neuron_id, text), go_on=neuron_id == triage.current)

    def _written(self, triage: Triage, neuron_id: int, text: str) -> Decision:
        """Accept what was typed; in a candidate's own words it is that candidate, by whoever proposed it."""
        neuron = triage.overview.neuron(neuron_id)
        # What was typed is what was seen: a name that was left as it is stays as it was proposed.
        for one in triage.candidates(neuron_id):
            if visible(one.text) == text:
                return one.accepted_for(neuron)
        fits = triage.fits.get(neuron_id, {}).get(text, BothFits())
        return Decision(neuron, "accept", text, PERSON, *fits, triage.side(neuron_id))

    def _asked(self) -> Neuron:
        return self._asked_of or self.current_neuron()

    def _decide_for(self, decision: Decision, *, go_on: bool) -> None:
        self._save(lambda: self.session.decide([decision]))
        self.said_saved(f"saved: {decision.neuron} {_DONE[decision.action]}")
        if go_on:
            self.ready_triage().move(1)
        self.take_changes()
        self.list.cursor_moved()
        self.show_standing()

    def _save(self, save: Callable[[], list[Event]]) -> list[Event]:
        """Save, and where that fails say so in the status line too."""
        self.session.refuse_if_read_only()
        try:
            saved = save()
        except UserError:
            self.said_trouble("not saved")
            raise
        self.decided()
        return saved
