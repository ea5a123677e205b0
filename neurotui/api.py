"""The functions of the Python interface: open a run, make one, describe it, evaluate and score it, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from neurotui.annotator_name import annotator_name
from neurotui.backends.judge_protocol import EXAMPLES
from neurotui.errors import UserError
from neurotui.models.load_encoder import load_encoder
from neurotui.opened import OpenRun
from neurotui.review.session import Session
from neurotui.store.run import Run
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neurotui.backends.settings import BackendSettings
    from neurotui.describe.pipeline import DescribeSummary as Described
    from neurotui.evaluate.against import Equal, Ranking
    from neurotui.evaluate.by_gold import GoldJudgement
    from neurotui.evaluate.by_labels import Judgement
    from neurotui.exchange.run_scores import RunScores
    from neurotui.precompute.settings import PrecomputeSettings
    from neurotui.precompute.settings import PrecomputeSummary as Precomputed
    from neurotui.store.labels import Labels
    from neurotui.types import Progress, State


def open_run(
    path: str | Path, *, labels: str | Path | None = None, annotator: str = "", read_only: bool = False
) -> OpenRun:
    """Open a run with the labels of its neurons.

    `labels` is the journal, by default the run's own (``run.labels.jsonl`` beside ``run.duckdb``); `annotator` is
    the name that decisions are saved under, by default that of ``NEUROTUI_ANNOTATOR``, of the configuration or of
    the login. Raises ``UserError`` if a file of these cannot be read.
    """
    run = Run(path)
    try:
        session = Session.open(
            run,
            labels=Path(labels) if labels is not None else None,
            annotator=annotator_name(annotator),
            read_only=read_only,
        )
    except BaseException:
        run.close()
        raise
    return OpenRun(run, session)


def precompute(
    texts: str | Path | Sequence[str | Path],
    output: str | Path,
    settings: PrecomputeSettings | None = None,
    *,
    progress: Progress = no_progress,
    replace: bool = False,
) -> Precomputed:
    """Run a model over texts (files and globs) and write a run; see ``neurotui precompute --help``.

    If it is interrupted, the same call resumes where it stopped. ``UserError`` for whatever the user can fix.
    """
    from neurotui.precompute import pipeline
    from neurotui.precompute import settings as defaults

    sources = [str(texts)] if isinstance(texts, str | Path) else [str(one) for one in texts]
    made = pipeline.precompute(
        sources, Path(output), settings or defaults.PrecomputeSettings(), progress=progress, replace=replace
    )
    return cast("Precomputed", made)  # None only where a part of the shards is asked for


def describe(
    run: str | Path,
    backend: str = "keywords",
    settings: BackendSettings | None = None,
    *,
    namer: str | None = None,
    as_: str = "",
    progress: Progress = no_progress,
    tell: Callable[[str], None] = lambda _: None,
) -> Described:
    """Find a run's descriptors and match them to its neurons; see ``neurotui describe --help``.

    With a name, `as_`, what is found stands beside the run's own descriptors: ``OpenRun.describers`` lists them.
    """
    from neurotui.describe import pipeline

    return pipeline.describe(Path(run), backend, settings, namer=namer, as_=as_, progress=progress, tell=tell)


def forget_describer(run: str | Path, name: str) -> tuple[str, ...]:
    """Take a describer beside the run's own out of a run; return the names of those that are left.

    Labels that were accepted of it stay. ``UserError`` if the run has none of that name.
    """
    from neurotui.describe.side_by_side import forget

    return forget(Path(run), name).describers


def evaluate(run: str | Path, labels: Sequence[str | Path] = (), k: int = 2) -> Judgement:
    """Evaluate a run's descriptors against annotators' journals, by default the run's own, and the other split.

    The figures at k are over each neuron's first `k` descriptors. Raises ``UserError`` if a file cannot be read.
    """
    from neurotui.evaluate.by_labels import judge

    with Run(run) as opened:
        return judge(opened, _journals(opened, labels), k)


def _journals(run: Run, files: Sequence[str | Path]) -> dict[str, Labels]:
    """Return the labels of some journals, by default of the run's own, by the journal's path."""
    from neurotui.store.beside_run import journal_of

    journals: Sequence[str | Path | None] = files or [None]
    return {str(one or journal_of(run.path)): _labels(run, one) for one in journals}


def _labels(run: Run, named: str | Path | None) -> Labels:
    """Return the labels of a journal, by default of the run's own; one that is named must exist."""
    from neurotui.store.beside_run import journal_of
    from neurotui.store.journal import Journal
    from neurotui.store.labels import Labels

    if named is not None and not Path(named).exists():
        raise UserError(f"there is no journal '{named}'", "leave out labels for the run's own")
    return Labels(run.weights, Journal(journal_of(run.path) if named is None else Path(named)).events)


def evaluate_by_gold(run: str | Path, k: int = 2) -> GoldJudgement:
    """Evaluate a run's text descriptors against its gold labels, layer by layer; ``UserError`` if it has none."""
    from neurotui.evaluate.by_gold import judge_by_gold

    with Run(run) as opened:
        return judge_by_gold(opened, k)


def score(  # noqa: PLR0913 - each is a choice of its own
    run: str | Path,
    sets: Sequence[str | Path] = (),
    labels: str | Path | None = None,
    *,
    filter: str = "",
    sample: int | None = None,
    judge: str | None = None,
    examples: int = EXAMPLES,
    settings: BackendSettings | None = None,
    sanity: bool = False,
    progress: Progress = no_progress,
) -> RunScores:
    """Score descriptions on what no describer of the run saw; see ``neurotui score --help``.

    The run's own, those of describers beside it, those of the journal `labels` (by default the run's own) and of
    further journals and files, `sets`. Of the neurons that `filter` shows a `sample` is drawn, None for all. A
    `judge` is shown `examples` of each neuron and asked without a further word: ``settings.max_calls`` and
    ``settings.max_cost`` bound it. ``remarks`` of what is returned say what was passed over. Raises ``UserError``
    if a file cannot be read, or the judge cannot be asked.
    """
    from neurotui.backends import settings as defaults
    from neurotui.exchange.run_scores import ScoreSettings, Scoring

    files = tuple(map(Path, sets))
    backend = settings or defaults.BackendSettings()
    how = ScoreSettings(files, filter, sample, judge, examples, backend, sanity)
    with Run(run) as opened:
        return Scoring(opened, how, _labels(opened, labels), encoder=load_encoder).scores(progress)


def evaluate_against(
    run: str | Path,
    curated_set: str | Path,
    *,
    describers: Sequence[str | Path] = (),
    labels: Sequence[str | Path] = (),
    k: int = 2,
    equal: Equal = "text",
) -> Ranking:
    """Rank describers against a curated set, a journal or an export: what ``evaluate --against --json`` prints.

    Those are the run's own, those beside it, and each origin of proposals in `labels`, journals, by default the
    run's own. `describers` names some of them, which are then ranked alone, and files to rank as well. A name is
    the same as a label by `equal`, text or meaning. Raises ``UserError`` if a file cannot be used.
    """
    from neurotui.exchange.ranked_against import JournalLabels, ranked_against

    with Run(run) as opened:
        files: list[Path | None] = [*map(Path, labels)] or [None]
        journals = [JournalLabels(one, _labels(opened, one)) for one in files]
        chosen = [*map(str, describers)]
        return ranked_against(
            opened, Path(curated_set), journals, chosen, equal=equal, k=k, encoder=load_encoder
        ).ranking


def export(
    run: str | Path, path: str | Path, *, state: State = "accepted", filter: str = "", replace: bool = False
) -> int:
    """Write a run's labels to a file, in the format given by its suffix; return how many."""
    with open_run(run, read_only=True) as opened:
        return opened.export(path, state=state, filter=filter, replace=replace)
