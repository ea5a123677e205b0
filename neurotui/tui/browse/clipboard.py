"""The key y: copies the neuron and what is said of it to the clipboard, by the terminal's OSC 52."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.sanitize import visible

if TYPE_CHECKING:
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.tui.dispatch import Handlers


class Clipboard:
    """Copies to the clipboard."""

    def __init__(self, shell: ScreenProtocol, review: CurrentReview) -> None:
        self._shell = shell
        self._review = review

    @property
    def handlers(self) -> Handlers:
        """The handlers, by action id."""
        return {"copy": self.copy}

    def copy(self) -> None:
        """Copy the neuron's name and its description in the list."""
        said = self._review.ready().says(self._review.current_id())
        text = visible(f"{self._review.current_neuron()} {said.sentence}".rstrip())
        host = self._shell.host
        host.copy_to_clipboard(text)
        # A terminal does not answer: whether it took the text cannot be known.
        host.say(
            f"sent to the clipboard: {text}", f"the terminal may refuse it; {host.key('export')} writes a file"
        )
