"""Decisions on the Browse screen: what is saved, for which neurons, and the messages about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.review.candidates import PEAKS, YOURS
from neurotui.review.session import Decision
from neurotui.sanitize import visible
from neurotui.store.journal_actions import DONE
from neurotui.types import PERSON, Event, JournalAction, Neuron
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neurotui.review.candidates import Candidate
    from neurotui.review.state import ReviewState
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.panes import Panes
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.tui.dispatch import Handlers
    from neurotui.types import Label


class Decisions:
    """Accepts, rejects, skips, notes, undoes and marks. Raises ``UserError`` if a decision cannot be saved.

    `decided` is called after each decision made here.
    """

    def __init__(
        self, shell: ScreenProtocol, review: CurrentReview, panes: Panes, decided: Callable[[], object]
    ) -> None:
        self._shell = shell
        self._review = review
        self._panes = panes
        self._decided = decided

    @property
    def handlers(self) -> Handlers:
        """The handlers, by action id."""
        return {
            "accept": self.accept,
            "also": self.also,
            "settle": self.settle,
            "settle_none": self.settle_none,
            "settle_wording": self.settle_wording,
            "reject": self.reject,
            "skip": self.skip,
            "choose": self.choose,
            "undo": self.undo,
            "redo": self.redo,
            "mark": self.mark,
            "mark_range": self.mark_range,
        }

    def accept(self) -> None:
        """Accept the chosen candidate."""
        self._decide("accept")

    def also(self) -> None:
        """Accept the chosen candidate beside what the annotator accepted before; stay at the neuron."""
        review_state, neuron = self._review.ready(), self._review.current_neuron()
        decision = self._decision(neuron, "accept", review_state.candidate())
        about = decision.text, decision.side
        if about in {(one.text, one.side) for one in review_state.seen.own(neuron).accepted}:
            raise UserError(f"{neuron}: you have accepted '{decision.text}' already", "choose another candidate")
        self._decide_for(decision._replace(action="also"), go_on=False)

    def settle(self) -> None:
        """Let the chosen candidate stand where people differ, and go on."""
        neuron = self._review.current_neuron()
        self._settle(neuron, self._decision(neuron, "accept", self._review.ready().candidate()))

    def settle_none(self) -> None:
        """Let no label stand where people differ, and go on."""
        self._settle(self._review.current_neuron(), None)

    def settle_wording(self) -> None:
        """Settle, in one step, every conflict in which people differ in wording alone."""
        # The first screen does not wait for these.
        from neurotui.evaluate.find_wording_conflicts import find_wording_conflicts  # noqa: PLC0415
        from neurotui.tui.views.base import same_command  # noqa: PLC0415

        session = self._review.session
        session.refresh()
        found = [one for one in find_wording_conflicts(session.labels) if session.seen.label(one.neuron).differ]
        if not found:
            if any(label.differ == "wording" for label in map(session.seen.label, session.seen.neurons())):
                hint = f"{self._shell.host.key('settle')} settles one neuron"
                raise UserError("each of them gave several labels: which stand, a person has to say", hint)
            compares = same_command(session, "settle", "--equal", "meaning")
            raise UserError("people differ nowhere in wording alone", f"{compares} compares what labels mean")

        def settled() -> list[Event]:
            session.settle_together(found)
            return []

        self._save(settled)
        self._panes.saved(f"saved: {counted(len(found), 'neuron')} {DONE['settle']}")

    def reject(self) -> None:
        """Reject the neuron: no candidate describes it."""
        self._decide("reject")

    def skip(self) -> None:
        """Skip the neuron: seen, but undecided."""
        self._decide("skip")

    def choose(self, key: str) -> None:
        """Choose a candidate by its number."""
        review_state = self._review.ready()
        count = len(review_state.candidates())
        if int(key) > count:
            many = counted(count, "candidate") if count else "no candidates"
            hint = f"{self._key('edit')} writes a label of your own"
            raise UserError(f"{self._review.current_neuron()} has {many}", hint)
        review_state.choose(int(key) - 1)
        self._panes.show_neuron()

    def undo(self) -> None:
        """Undo the annotator's last decision and go to its neuron."""
        self._turn(self._review.session.undo, "undo", "undone")

    def redo(self) -> None:
        """Redo what the annotator undid last and go to its neuron."""
        self._turn(self._review.session.redo, "redo", "redone")

    def mark(self) -> None:
        """Mark the neuron, or unmark it, and move to the next row."""
        review_state = self._review.ready()
        review_state.mark()
        review_state.move(1)
        self._panes.show_move()

    def mark_range(self) -> None:
        """Mark all rows from the last mark to the cursor."""
        self._review.ready().mark_range()
        self._panes.show_rows()

    def marked_here(self) -> list[int]:
        """Return the marked neurons that the filter shows; ``UserError`` if it hides them all."""
        review_state = self._review.ready()
        here = review_state.marked_here
        if not here:
            hint = f"{self._key('clear')} takes the marks away"
            raise UserError(f"the filter hides the {counted(len(review_state.marked), 'marked neuron')}", hint)
        return here

    def note(self, neuron: Neuron, text: str) -> None:
        """Save a note on a neuron."""
        self._decide_for(Decision(neuron, "note", text), go_on=False)

    def write_label(self, neuron: Neuron, text: str) -> None:
        """Accept a typed label for a neuron, or for all marked neurons if there are any."""
        if not text:
            raise UserError(f"an empty label; {self._key('reject')} rejects instead", "")
        review_state = self._review.ready()
        if review_state.marked:
            here = self.marked_here()
            self._save_marked(review_state, {number: self._written(review_state, number, text) for number in here})
            return
        neuron_id = review_state.find(neuron)
        if neuron_id is None:  # meanwhile another run was loaded, without this neuron
            self._decide_for(Decision(neuron, "accept", text, PERSON), go_on=False)
            return
        self._decide_for(self._written(review_state, neuron_id, text), go_on=neuron_id == review_state.current)

    def _key(self, action_id: str) -> str:
        return self._shell.host.key(action_id)

    def _decide(self, action: JournalAction) -> None:
        """Save a decision for the marked neurons, or the one under the cursor; report it and move on."""
        review_state = self._review.ready()
        if review_state.marked:
            self._decide_marked(review_state, action)
        else:
            neuron = self._review.current_neuron()
            candidate = review_state.candidate() if action == "accept" else None
            self._decide_for(self._decision(neuron, action, candidate), go_on=True)

    def _decision(self, neuron: Neuron, action: JournalAction, candidate: Candidate | None) -> Decision:
        if action != "accept":
            return Decision(neuron, action)
        if candidate is None:
            hint = f"{self._key('edit')} writes a label of your own"
            raise UserError(f"{neuron} has no candidate to accept", hint)
        return candidate.accepted_for(neuron)

    def _decide_marked(self, review_state: ReviewState, action: JournalAction) -> None:
        """Decide all marked neurons together; accepting accepts each neuron's own best candidate."""
        decisions = {}
        for neuron_id in self.marked_here():
            # Peak words are known only for neurons that have been displayed.
            candidates = [one for one in review_state.candidates(neuron_id) if one.origin not in {PEAKS, YOURS}]
            if candidates or action != "accept":
                best = candidates[0] if candidates else None
                decisions[neuron_id] = self._decision(review_state.overview.neuron(neuron_id), action, best)
        if not decisions:
            hint = f"{self._key('edit')} writes one label for all of them"
            raise UserError("no marked neuron has a candidate to accept", hint)
        self._save_marked(review_state, decisions)

    def _save_marked(self, review_state: ReviewState, decisions: dict[int, Decision]) -> None:
        """Save decisions by neuron_id in one step; marked neurons without one stay marked and are reported."""
        before = [label for one in decisions.values() if (label := self._own_before(one)) is not None]
        self._save(lambda: self._review.session.decide(list(decisions.values()), together=True))
        review_state.marked -= decisions.keys()
        self._tell_before(before, len(decisions))
        action = next(iter(decisions.values())).action
        self._panes.saved(f"saved: {counted(len(decisions), 'neuron')} {DONE[action]}")
        if review_state.marked:
            hint = "hidden by the filter, or without a candidate"
            self._shell.host.say(f"{counted(len(review_state.marked), 'neuron')} left marked", hint, "warning")

    def _written(self, review_state: ReviewState, neuron_id: int, text: str) -> Decision:
        """Return the decision that accepts a typed label: the candidate with just these words, if there is one."""
        neuron = review_state.overview.neuron(neuron_id)
        # The text was typed as it was shown: compare it with what is shown too, and keep the proposed original.
        same = [one for one in review_state.candidates(neuron_id) if text in {one.text, visible(one.text)}]
        if same:
            return max(same, key=lambda one: one.text == text).accepted_for(neuron)
        fits = review_state.candidate_cache.fit(neuron_id, text)
        return Decision(neuron, "accept", text, PERSON, *fits, review_state.candidate_cache.side(neuron_id))

    def _decide_for(self, decision: Decision, *, go_on: bool) -> None:
        before = self._own_before(decision)
        self._save(lambda: self._review.session.decide([decision]))
        if before is not None:
            self._tell_before([before], 1)
        if go_on:
            self._review.ready().move(1)
        accepted = decision.text if decision.action in {"accept", "also"} else ""
        self._panes.saved(f"saved: {decision.neuron} {DONE[decision.action]}", accepted=accepted, moved=True)

    def _own_before(self, decision: Decision) -> Label | None:
        """Return the annotator's own label that a decision replaces; None if it replaces none."""
        if decision.action not in {"accept", "reject", "skip"}:
            return None
        own = self._review.session.seen.own(decision.neuron)
        return own if own.state != "open" else None

    def _tell_before(self, before: Sequence[Label], decided: int) -> None:
        """Say what new decisions replace: a list keeps its decided rows, so that one may be decided twice."""
        if not before:
            return
        undo = f"{self._key('undo')} takes the new {'decision' if decided == 1 else 'decisions'} back"
        if decided > 1:
            self._shell.host.say(f"you had decided {len(before):,} of these {decided:,} before", undo)
            return
        label = before[0]
        text = " " + ", ".join(f"“{one.text}”" for one in label.accepted) if label.accepted else ""
        self._shell.host.say(f"{label.neuron}: you had {label.state}{text} before", undo)

    def _settle(self, neuron: Neuron, decision: Decision | None) -> None:
        def settled() -> list[Event]:
            self._review.session.settle(neuron, decision)
            return []

        self._save(settled)
        self._review.ready().move(1)
        self._panes.saved(f"saved: {neuron} {DONE['settle']}", moved=True)

    def _turn(self, turn: Callable[[], list[Event]], name: str, done: str) -> None:
        """Undo or redo by `turn`, and go to the neuron concerned."""
        review_state, host = self._review.ready(), self._shell.host
        events = self._save(turn)
        if not events:
            host.say(f"there is nothing of {self._review.session.annotator} to {name}")
            return
        neuron = events[0].neuron
        neurons = len({event.neuron for event in events})
        what = str(neuron) if neurons == 1 else f"{neurons:,} neurons"
        neuron_id = review_state.find(neuron)
        if neuron_id is not None and not review_state.go_to(neuron_id):
            host.say(f"{neuron} is {done}; the filter hides it", f"{self._key('clear')} clears the filter")
        self._panes.saved(f"saved: {what} {done}", moved=True)

    def _save(self, save: Callable[[], list[Event]]) -> list[Event]:
        """Save; if that fails, report it in the status line too."""
        self._review.session.refuse_if_read_only()
        try:
            saved = save()
        except UserError:
            self._panes.say_trouble("not saved")
            raise
        self._decided()
        return saved
