"""Score the sets of a run, and any others, as a person asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from neurotui.backends.judge_protocol import EXAMPLES, JUDGED
from neurotui.backends.judge_registry import choose_judge, judging_server
from neurotui.backends.protocol import Estimate
from neurotui.backends.settings import BackendSettings
from neurotui.errors import UserError
from neurotui.evaluate.description_scorer import DescriptionScorer
from neurotui.evaluate.detection import Trial
from neurotui.evaluate.score import chosen_neurons, sanity_of, score
from neurotui.exchange.delphi_scores import read_scores
from neurotui.exchange.read_descriptions import neuron_ids, sets_of
from neurotui.exchange.stated_scores import stated_of
from neurotui.review.filtered_list import WIDEN, neurons_listed
from neurotui.store.beside_run import replies_of
from neurotui.store.held_out import HeldOut
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.backends.judge_protocol import Judge
    from neurotui.evaluate.detection import JudgedSet
    from neurotui.evaluate.sanity import Sanity
    from neurotui.evaluate.score import Scored
    from neurotui.exchange.stated_scores import StatedScores
    from neurotui.models.protocol import Encoder
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run
    from neurotui.types import Progress


@dataclass(frozen=True, slots=True)
class ScoreSettings:
    """What is scored, on what a ``filter`` shows.

    ``describers`` are those of the run to score, all of them if none is named, and files to score as well.
    A ``sample`` of them is drawn at random, None for all, or ``JUDGED`` where a ``judge`` is asked, about
    ``examples`` of each. ``sanity``: the measures are tested too.
    """

    describers: tuple[str, ...] = ()
    filter: str = ""
    sample: int | None = None
    judge: str | None = None
    examples: int = EXAMPLES
    backend: BackendSettings = field(default_factory=BackendSettings)
    sanity: bool = False


@dataclass(frozen=True, slots=True)
class RunScores:
    """The scores of all sets; ``judged`` by the model ``judge``.

    ``others`` and ``stated`` are scores that came with a set, of others on other texts: measured from a judge's
    answers, or as a file states them.
    ``sanity`` are the tests of the measures on the first set, None where nobody asked. ``remarks`` say what of the
    sets was passed over or is taken on trust.
    """

    scored: Scored
    judge: str | None
    judged: tuple[JudgedSet, ...]
    others: tuple[JudgedSet, ...]
    sanity: Sanity | None
    remarks: tuple[str, ...] = ()
    stated: tuple[StatedScores, ...] = ()


class Scoring:
    """A run with what is to be scored: its sets, those of its journal's `labels`, and files.

    `encoder` makes the sentence encoder, at most once. Nothing is asked before ``scores``. ``remarks`` say what of
    the sets was passed over; ``neurons`` counts those that are scored. ``UserError`` for files that cannot be
    read, a judge that cannot serve, or sets that say nothing of these neurons.
    """

    def __init__(
        self, run: Run, how: ScoreSettings, labels: Labels, *, encoder: Callable[[], Encoder], ask: bool = True
    ) -> None:
        ids = neuron_ids(run)
        found = sets_of(run, ids, labels, how.describers)
        listed = neurons_listed(run, labels, how.filter) if how.filter else None
        most = how.sample or (JUDGED if how.judge is not None else None)
        self._drawn = {neuron: ids[neuron] for neuron in chosen_neurons(found.sets, ids, listed, most)}
        if not self._drawn:
            raise UserError("no set says anything of these neurons", WIDEN)
        self._how = how
        self._sets = found.sets
        self._held = HeldOut(run)
        self._encoder = cache(encoder)
        # Before the judge is asked, so that nothing is paid where a file is spoiled.
        among = self._drawn if how.filter or most else None
        folders = (path for path in found.files if path.is_dir())
        self._others = tuple(one for path in folders for one in read_scores(path, among))
        self._judge: Judge | None = None
        if how.judge is not None:
            kept = replies_of(run.path)
            self._judge = choose_judge(how.judge, how.backend, cache=kept if ask or kept.exists() else None)
            self._trial = Trial(self._held, found.sets, self._drawn, how.examples)
        self.remarks = found.remarks
        self._stated = found.stated if among is None else stated_of(found.stated, among)
        self.neurons = len(self._drawn)

    def estimate(self) -> Estimate:
        """Return what the judge would be asked."""
        return Estimate() if self._judge is None else self._judge.estimate(self._trial.questions())

    def warnings(self) -> tuple[str, ...]:
        """Return what a person should hear before the judge is asked: whom, how often, and at what cost."""
        if self._judge is None or self._how.judge is None:
            return ()
        asked, server = self.estimate(), judging_server(self._how.judge, self._how.backend)
        told: tuple[str, ...] = ()
        if asked.calls:
            whom = server or f"{self._how.judge}, on this machine,"
            cost = "" if asked.cost is None else f", at {asked.cost:g}"
            said = f"{whom} is asked {asked.calls:,} times, about {asked.input_tokens:,} tokens to read{cost}"
            bound = ", --max-calls and --max-cost bound it" if server else ", --sample and --examples ask less"
            told = (f"{said}; --dry-run asks nothing{bound}",)
        return (*told, *self._judge.warnings)

    def scores(self, progress: Progress = no_progress) -> RunScores:
        """Return all scores; ``UserError`` where the judge cannot be asked, or its budget ends."""
        judged: tuple[JudgedSet, ...] = ()
        if self._judge is not None:
            judged = self._trial.judged(self._judge, progress)
        scorer = DescriptionScorer(self._held, self._encoder)
        scored = score(self._held, scorer, self._sets, self._drawn, progress)
        sanity = sanity_of(self._held, scorer, self._sets, self._drawn, progress) if self._how.sanity else None
        model = None if self._judge is None else self._judge.model
        return RunScores(scored, model, judged, self._others, sanity, self.remarks, self._stated)
