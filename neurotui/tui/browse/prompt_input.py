"""Typing on the Browse screen: a filter, a label or a note in the line below, or a label in one's own editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from neurotui.errors import UserError
from neurotui.review.filters import Filter, FilterProblem, parse, whole_before
from neurotui.review.search import told
from neurotui.sanitize import visible
from neurotui.tui.browse.typed_fit import SAVES
from neurotui.tui.external_editor import written_in_editor
from neurotui.tui.widgets.prompt import LONGEST, Prompt, Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.review.state import ReviewState
    from neurotui.tui.browse.decisions import Decisions
    from neurotui.tui.browse.list_filter import ListFilter
    from neurotui.tui.browse.meaning_search import MeaningSearch
    from neurotui.tui.browse.open_review import OpenReview
    from neurotui.tui.browse.shell import Shell
    from neurotui.tui.browse.typed_fit import TypedFit
    from neurotui.tui.dispatch import Handlers
    from neurotui.types import Neuron


class PromptInput:
    """Opens the prompt, follows what is typed into it, and gives what is kept to who does it.

    A label or a note is for the neuron that was under the cursor when one began to type.
    """

    def __init__(
        self,
        shell: Shell,
        review: OpenReview,
        prompt: Prompt,
        list_filter: ListFilter,
        meaning: MeaningSearch,
        decisions: Decisions,
        fit: TypedFit,
    ) -> None:
        self._shell = shell
        self._review = review
        self._prompt = prompt
        self._list_filter = list_filter
        self._meaning = meaning
        self._decisions = decisions
        self._fit = fit
        self._asked_in_detail = False
        self._asked_of: Neuron | None = None

    @property
    def handlers(self) -> Handlers:
        """Who does what."""
        return {"filter": self.filter, "edit": self.edit, "note": self.note, "editor": self.editor}

    def filter(self) -> None:
        """Filter as one types."""
        text = self._review.ready().filter.text
        self._open("filter", "/", f"{text} " if text else "", self._shown())

    def edit(self) -> None:
        """Write a label, beginning with the present one or the chosen candidate."""
        triage = self._begin()
        self._type_label(self._begun(triage))

    def note(self) -> None:
        """Write a note, beginning with the present one."""
        triage = self._begin()
        self._open("note", f"note on {self._asked()}", triage.label(self._review.current_id()).note, SAVES)

    def editor(self) -> None:
        """Write the label in $EDITOR; what it is left empty of, or as it was, changes nothing."""
        self._review.session.refuse_if_read_only()
        triage, neuron = self._review.ready(), self._review.current_neuron()
        begun = visible(self._begun(triage))
        accepted = triage.label(self._review.current_id()).state == "accepted"
        others = [visible(one.text) for one in triage.candidates()]
        text = self._written_outside(begun, f"label {self._whom(triage, neuron)}", others)
        self._asked_of = neuron
        most = LONGEST["label"]
        if len(text) > most:
            self._shell.host.say(f"the label is cut to {most} characters", "there is room for no more", "warning")
            self._type_label(text[:most])
        elif text and (triage.marked or text != begun or not accepted):
            self._decisions.write_label(neuron, text)

    def typed(self, message: Prompt.Changed) -> None:
        """Show what fits a filter, or how a label fits, while it is typed."""
        if not self._prompt.is_open:
            return
        if message.purpose == "filter":
            self._filter(message.value)
        elif message.purpose == "label" and not self._review.ready().marked:
            self._fit.type(self._asked(), message.value.strip())

    def kept(self, message: Prompt.Kept) -> None:
        """Do what was typed, and close; where that cannot be done, say why and let one type on."""
        try:
            done = self._keep(message)
        except UserError as refusal:
            if refusal.hint:
                self._shell.host.refuse(refusal)
            self._prompt.say("not saved" if refusal.hint else refusal.message, wrong=True)
            done = False
        if done:
            self._close()
        else:
            self._prompt.go_on()

    def left(self, message: Prompt.Left) -> None:
        """Close; without a filter, where one was typed."""
        self._close()
        if message.purpose == "filter":
            self._list_filter.refilter(Filter())

    def model_changed(self) -> None:
        """Leave what is being typed for a neuron: the one that bears its name now is another."""
        if self._prompt.is_open and self._prompt.purpose != "filter":
            self._close()
            self._shell.host.say("what was being typed is left", "it was for a neuron of another model", "warning")

    def filter_shown(self) -> None:
        """Say how many neurons fit, where a filter is being typed; what is wrong with it goes before."""
        typing = self._prompt.is_open and self._prompt.purpose == "filter"
        if typing and not isinstance(parse(self._prompt.field.value), FilterProblem):
            self._prompt.say(self._shown())

    def keep_focus(self) -> None:
        """Let a click elsewhere not take the keys away from what is being typed."""
        if self._prompt.is_open:
            self._shell.focus_prompt()

    def _begin(self) -> ReviewState:
        """Take note of the neuron that something is typed for; return the triage."""
        triage = self._review.ready()
        self._review.session.refuse_if_read_only()
        self._asked_of = self._review.current_neuron()
        return triage

    def _keep(self, message: Prompt.Kept) -> bool:
        """Do what was typed; False where it is no filter."""
        if message.purpose == "filter":
            if not self._filter(message.value):
                return False
            self._review.ready().stay()
        elif message.purpose == "label":
            self._decisions.write_label(self._asked(), message.value.strip())
        else:
            self._decisions.note(self._asked(), message.value.strip())
        return True

    def _type_label(self, begun: str) -> None:
        """Open the line for a label that begins as `begun`, of the neuron that is asked of or of the marked."""
        triage, neuron = self._review.ready(), self._asked()
        names = [*(one.text for one in triage.candidates()), *triage.overview.names]
        self._open("label", f"label {self._whom(triage, neuron)}", begun, SAVES, names)
        self._fit.begin()
        if not triage.marked:
            self._fit.type(neuron, begun)

    def _begun(self, triage: ReviewState) -> str:
        """Return what a label begins as: the present one, or the chosen candidate."""
        label, candidate = triage.label(self._review.current_id()), triage.candidate()
        return label.text if label.state == "accepted" else candidate.text if candidate else ""

    def _whom(self, triage: ReviewState, neuron: Neuron) -> str:
        return f"{len(self._decisions.marked_here()):,} marked" if triage.marked else str(neuron)

    def _written_outside(self, begun: str, title: str, others: Sequence[str]) -> str:
        """Return what is written in $EDITOR; ``UserError`` where there is none, or nothing can be read of it."""
        why, text = None, ""
        try:
            with self._shell.outside():
                # Whatever is raised in here would keep the terminal from being taken again.
                try:
                    text = written_in_editor(begun, title, others)
                except UserError as refusal:
                    why = refusal
        except SuspendNotSupported as error:
            hint = f"{self._shell.host.key('edit')} writes the label in the app"
            raise UserError("there is no editor to go to from here", hint) from error
        if why is not None:
            raise why
        return text

    def _open(self, purpose: Purpose, mark: str, begun: str, hint: str, names: Sequence[str] = ()) -> None:
        self._asked_in_detail = self._shell.place == "detail"
        self._prompt.open(purpose, mark, begun, hint, names)

    def _close(self) -> None:
        self._prompt.close()
        self._shell.focus_pane(detail=self._asked_in_detail)

    def _filter(self, text: str) -> bool:
        """Show what fits; return whether the text is a filter.

        Where it is none, say why, and show what fits all before the term that is at fault.
        """
        read = parse(text)
        if isinstance(read, FilterProblem):
            self._list_filter.refilter(whole_before(text, read))
            self._prompt.say(read.message, wrong=True, at=(read.position, read.end))
            return False
        self._list_filter.refilter(read)
        self._prompt.say(self._shown())
        return True

    def _shown(self) -> str:
        triage = self._review.ready()
        unknown = [asked for asked in triage.filter.asks if asked not in triage.found]
        if unknown:
            does = "peaks at" if unknown[0].key == "token" else "promotes"
            return f"looking for what {does} '{unknown[0].word}'"
        return told(triage, self._meaning.failed)

    def _asked(self) -> Neuron:
        return self._asked_of or self._review.current_neuron()
