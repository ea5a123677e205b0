"""A backend of another package: errors inside it are reported as that package's, not as neurotui's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.backends.label_evidence import LabelEvidence
    from neurotui.backends.protocol import Backend, Estimate, Failure
    from neurotui.plugins import Package
    from neurotui.types import Progress


class OutsideBackend:
    """Passes every request on to a backend of another package.

    Whatever goes wrong in there raises ``UserError`` that names the backend and its package, and so does an answer
    to `propose` that is not one tuple of phrases for each text.
    """

    def __init__(self, backend: Backend, package: Package) -> None:
        self._backend = backend
        self._package = package

    @property
    def name(self) -> str:
        """What the run and the labels call it."""
        with self._package.blamed():
            return self._backend.name

    @property
    def prompts_hash(self) -> str:
        """What tells its prompts from others; empty where there are none."""
        with self._package.blamed():
            return self._backend.prompts_hash

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should hear before anything is asked."""
        with self._package.blamed():
            return tuple(self._backend.warnings)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What the last `propose` or `label` could not answer, and why."""
        with self._package.blamed():
            return tuple(self._backend.failures)

    def propose(
        self, texts: Sequence[str], calibration: NDArray[np.bool_], progress: Progress
    ) -> list[tuple[str, ...]]:
        """Return the phrases of each text, as ``Backend.propose`` says."""
        with self._package.blamed():
            found = [_phrases(phrases) for phrases in self._backend.propose(texts, calibration, progress)]
            if len(found) != len(texts):
                raise ValueError(f"it answers for {len(found):,} texts of {len(texts):,}")
            return found

    def label(self, shown: LabelEvidence, progress: Progress = no_progress) -> tuple[str, ...]:
        """Return the labels of a neuron, as ``Backend.label`` says."""
        with self._package.blamed():
            return _phrases(self._backend.label(shown, progress))

    def estimate(self, texts: Sequence[str]) -> Estimate:
        """Return what `propose` would take."""
        with self._package.blamed():
            return self._backend.estimate(texts)

    def estimate_label(self, shown: LabelEvidence) -> Estimate:
        """Return what `label` would take."""
        with self._package.blamed():
            return self._backend.estimate_label(shown)


def _phrases(found: Sequence[str]) -> tuple[str, ...]:
    """Return phrases as a tuple; ``TypeError`` if they are anything else, such as one text in place of several."""
    if isinstance(found, str) or not all(isinstance(one, str) for one in found):
        raise TypeError(f"{found!r:.60} is not a tuple of phrases")
    return tuple(found)
