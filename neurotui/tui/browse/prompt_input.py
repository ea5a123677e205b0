"""Text input on the Browse screen: a filter, label or note in the prompt, or a label in an external editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from neurotui.errors import UserError
from neurotui.review.filters import Filter, FilterProblem, parse, whole_before
from neurotui.review.meaning_requests import filter_summary
from neurotui.review.terms import LOOKUPS
from neurotui.sanitize import visible
from neurotui.tui.browse.typed_fit import SAVES
from neurotui.tui.external_editor import written_in_editor
from neurotui.tui.widgets.prompt import LONGEST, Prompt, Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.review.state import ReviewState
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.decisions import Decisions
    from neurotui.tui.browse.list_filter import ListFilter
    from neurotui.tui.browse.meaning_search import MeaningSearch
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.tui.browse.typed_fit import TypedFit
    from neurotui.tui.dispatch import Handlers
    from neurotui.types import Label, Neuron


class PromptInput:
    """Opens the prompt, reacts to typing, and passes the entered text to the controller that it is for.

    A label or a note is for the neuron that was under the cursor when typing began. What of it is not edited stays
    as it was, and a note that is not edited is not saved again.
    """

    def __init__(
        self,
        shell: ScreenProtocol,
        review: CurrentReview,
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
        """The handlers, by action id."""
        return {
            "filter": self.filter,
            "edit": self.edit,
            "note": self.note,
            "editor": self.editor,
            "keep_filter": self.keep_filter,
        }

    def filter(self) -> None:
        """Open the prompt for a filter, which is applied while it is typed."""
        text = self._review.ready().filter.text
        self._open("filter", "/", f"{text} " if text else "", self._shown())

    def edit(self) -> None:
        """Open the prompt for a label, starting from the present one or the selected candidate."""
        review_state = self._begin()
        self._type_label(self._begun(review_state))

    def note(self) -> None:
        """Open the prompt for a note, starting from the present one."""
        review_state = self._begin()
        self._open("note", f"note on {self._asked()}", self._present(review_state).note, SAVES)

    def keep_filter(self) -> None:
        """Ask for a name to save the present filter by, starting from the filter itself."""
        text = self._review.ready().filter.text
        if not text:
            raise UserError("there is no filter to save", f"{self._shell.host.key('filter')} begins one")
        self._open("name", "save the filter as", text[: LONGEST["name"]], SAVES)

    def editor(self) -> None:
        """Edit the label in $EDITOR; an empty or unchanged text leaves it as it was."""
        self._review.session.refuse_if_read_only()
        review_state, neuron = self._review.ready(), self._review.current_neuron()
        begun = self._begun(review_state)
        accepted = review_state.seen.own(neuron).state == "accepted"
        others = [visible(one.text) for one in review_state.candidates()]
        text = self._written_outside(begun, f"label {self._whom(review_state, neuron)}", others)
        self._asked_of = neuron
        most = LONGEST["label"]
        if len(text) > most:
            self._shell.host.say(f"the label is cut to {most} characters", "there is room for no more", "warning")
            self._type_label(text[:most])
        elif text and (review_state.marked or text != begun or not accepted):
            self._decisions.write_label(neuron, text)

    def typed(self, message: Prompt.Changed) -> None:
        """Show the matches of a filter, or the fit of a label, while it is typed."""
        if not self._prompt.is_open:
            return
        if message.purpose == "filter":
            self._filter(message.value)
        elif message.purpose == "label" and not self._review.ready().marked:
            self._fit.type(self._asked(), message.value.strip())

    def kept(self, message: Prompt.Kept) -> None:
        """Do what was entered and close the prompt; if that fails, say why and keep it open."""
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
        """Close the prompt without effect; a filter being typed is cleared."""
        self._close()
        if message.purpose == "filter":
            self._list_filter.refilter(Filter())

    def model_changed(self) -> None:
        """Abandon a label or note being typed: its neuron's name now belongs to another model's neuron."""
        if self._prompt.is_open and self._prompt.purpose != "filter":
            self._close()
            self._shell.host.say("what was being typed is left", "it was for a neuron of another model", "warning")

    def filter_shown(self) -> None:
        """Show how many neurons match the filter being typed, unless there is an error in it to show."""
        typing = self._prompt.is_open and self._prompt.purpose == "filter"
        if typing and not isinstance(parse(self._prompt.field.value), FilterProblem):
            self._prompt.say(self._shown())

    def keep_focus(self) -> None:
        """Keep the focus in the prompt when something else is clicked."""
        if self._prompt.is_open:
            self._shell.focus_prompt()

    def _begin(self) -> ReviewState:
        """Remember the neuron that the text is for; return the review state."""
        review_state = self._review.ready()
        self._review.session.refuse_if_read_only()
        self._asked_of = self._review.current_neuron()
        return review_state

    def _keep(self, message: Prompt.Kept) -> bool:
        """Do what was entered; False if it is not a valid filter."""
        if message.purpose == "filter":
            if not self._filter(message.value):
                return False
            self._review.ready().stay()
        elif message.purpose == "label":
            self._decisions.write_label(self._asked(), message.value.strip() if message.edited else message.value)
        elif message.purpose == "name":
            self._list_filter.keep_as(message.value)
        elif message.edited:
            self._decisions.note(self._asked(), message.value.strip())
        return True

    def _type_label(self, begun: str) -> None:
        """Open the prompt for a label that starts as `begun`, for the remembered neuron or the marked ones."""
        review_state, neuron = self._review.ready(), self._asked()
        machines = () if review_state.seen.hides_machine(neuron) else review_state.overview.names
        names = [*review_state.own, *(one.text for one in review_state.candidates()), *machines]
        self._open("label", f"label {self._whom(review_state, neuron)}", begun, SAVES, names)
        self._fit.begin()
        if not review_state.marked:
            self._fit.type(neuron, begun)

    def _begun(self, review_state: ReviewState) -> str:
        """Return the text that a label starts from: the present one, or the selected candidate."""
        label, candidate = self._present(review_state), review_state.candidate()
        return label.text if label.state == "accepted" else candidate.text if candidate else ""

    def _present(self, review_state: ReviewState) -> Label:
        """Return the label and note to start from: one's own, and where one has none, those that stand."""
        neuron = self._review.current_neuron()
        own, stands = review_state.seen.own(neuron), review_state.seen.label(neuron)
        label = stands if own.state == "open" else own
        return label._replace(note=own.note or stands.note)

    def _whom(self, review_state: ReviewState, neuron: Neuron) -> str:
        return f"{len(self._decisions.marked_here()):,} marked" if review_state.marked else str(neuron)

    def _written_outside(self, begun: str, title: str, others: Sequence[str]) -> str:
        """Return the text written in $EDITOR; ``UserError`` if there is no editor or its text cannot be read."""
        why, text = None, ""
        try:
            with self._shell.outside():
                # An exception in here would keep the app from taking the terminal back.
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
        """Show the neurons that match; return whether the text is a valid filter.

        If it is not, say why, and apply the valid part before the wrong term.
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
        review_state = self._review.ready()
        unknown = [asked for asked in review_state.filter.asks if asked not in review_state.found]
        if unknown:
            return f"looking for what {LOOKUPS[unknown[0].key].what} '{unknown[0].word}'"
        return filter_summary(review_state, self._meaning.failed)

    def _asked(self) -> Neuron:
        return self._asked_of or self._review.current_neuron()
