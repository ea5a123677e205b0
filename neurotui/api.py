"""The functions of the Python interface: open a run, make one, describe it, evaluate and score it, export."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from neurotui.annotator_name import annotator_name
from neurotui.api_run import OpenRun
from neurotui.backends.judge_protocol import EXAMPLES
from neurotui.models.load_encoder import encoder_if_there, load_encoder
from neurotui.review.session import Session
from neurotui.store.beside_run import journal_of
from neurotui.store.journal_labels import journal_labels
from neurotui.store.run import Run
from neurotui.store.url_refusals import on_a_disk, refuse_writing_to
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neurotui.backends.settings import BackendSettings
    from neurotui.describe.pipeline import DescribeSummary as Described
    from neurotui.evaluate.by_gold import GoldJudgement
    from neurotui.evaluate.by_labels import Judgement
    from neurotui.evaluate.causal import Causal
    from neurotui.evaluate.compare_runs import RunComparison
    from neurotui.evaluate.rank_describers import Equal, Ranking
    from neurotui.exchange.run_scores import RunScores
    from neurotui.precompute.settings import PrecomputeSettings
    from neurotui.precompute.settings import PrecomputeSummary as Precomputed
    from neurotui.store.labels import Labels
    from neurotui.types import Progress, State


def open_run(
    path: str | Path, *, labels: str | Path | None = None, annotator: str = "", read_only: bool = False
) -> OpenRun:
    """Open a run with the labels of its neurons; one at a URL, as ``s3://bucket/run.duckdb``, is fetched.

    `labels` is the journal, by default the run's own (``run.labels.jsonl`` beside ``run.duckdb``); `annotator` is
    the name that decisions are saved under, by default that of ``NEUROTUI_ANNOTATOR``, of the configuration or of
    the login. Raises ``UserError`` if a file of these cannot be read.
    """
    run = Run(path)
    try:
        session = Session.open(
            run,
            labels=on_a_disk(labels) if labels is not None else None,
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
    """Run a model over texts (files, globs and URLs) and write a run; see ``neurotui precompute --help``.

    If it is interrupted, the same call resumes where it stopped. ``UserError`` for whatever the user can fix.
    """
    from neurotui.precompute import pipeline
    from neurotui.precompute import settings as defaults

    refuse_writing_to(output)
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

    return pipeline.describe(on_a_disk(run), backend, settings, namer=namer, as_=as_, progress=progress, tell=tell)


def forget_describer(run: str | Path, name: str) -> tuple[str, ...]:
    """Take a describer beside the run's own out of a run; return the names of those that are left.

    Labels that were accepted of it stay. ``UserError`` if the run has none of that name.
    """
    from neurotui.describe.side_by_side import forget

    return forget(on_a_disk(run), name).describers


def evaluate(run: str | Path, labels: Sequence[str | Path] = (), k: int = 2) -> Judgement:
    """Evaluate a run's descriptors against annotators' journals, by default the run's own, and the other split.

    The figures at k are over each neuron's first `k` descriptors. Meanings are compared where the sentence encoder
    is installed. Raises ``UserError`` if a file cannot be read.
    """
    from neurotui.evaluate.by_labels import judge

    with Run(run) as opened:
        return judge(opened, _journals(opened, labels), k, encoder=encoder_if_there)


def _journals(run: Run, files: Sequence[str | Path]) -> dict[str, Labels]:
    """Return the labels of some journals, by default of the run's own, by the journal's path."""
    journals: Sequence[str | Path | None] = files or [None]
    return {str(one or journal_of(run.path)): journal_labels(run, one).labels for one in journals}


def evaluate_by_gold(run: str | Path, k: int = 2) -> GoldJudgement:
    """Evaluate a run's text descriptors against its gold labels, layer by layer; ``UserError`` if it has none."""
    from neurotui.evaluate.by_gold import judge_by_gold

    with Run(run) as opened:
        return judge_by_gold(opened, k)


def score(  # noqa: PLR0913 - each is a choice of its own
    run: str | Path,
    describers: Sequence[str | Path] = (),
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

    The run's own, those of describers beside it and those of the journal `labels`, by default the run's own.
    `describers` names some of them, which are then scored alone, and files to score as well. Of the neurons that
    `filter` shows a `sample` is drawn, None for all. A `judge` is shown `examples` of each neuron and asked
    without a further word: ``settings.max_calls`` and ``settings.max_cost`` bound it. ``remarks`` of what is
    returned say what was passed over. Raises ``UserError`` if a file cannot be read, or the judge cannot be
    asked.
    """
    from neurotui.backends import settings as defaults
    from neurotui.exchange.run_scores import ScoreSettings, Scoring

    backend = settings or defaults.BackendSettings()
    how = ScoreSettings(tuple(map(str, describers)), filter, sample, judge, examples, backend, sanity)
    with Run(run) as opened:
        own = journal_labels(opened, labels).labels
        return Scoring(opened, how, own, encoder=load_encoder).scores(progress)


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
    from neurotui.exchange.rank_against import rank_against

    with Run(run) as opened:
        files: list[str | Path | None] = [*labels] or [None]
        journals = [journal_labels(opened, one) for one in files]
        chosen = [*map(str, describers)]
        return rank_against(
            opened, on_a_disk(curated_set), journals, chosen, equal=equal, k=k, encoder=load_encoder
        )


def causal(  # noqa: PLR0913 - each is a choice of its own
    run: str | Path,
    describer: str | Path = "",
    labels: str | Path | None = None,
    *,
    filter: str = "",
    sample: int = 40,
    doses: Sequence[float] = (0.0, 0.5, 2.0, 10.0),
    others: int = 100,
    texts: int = 16,
    after: int = 0,
    model: str | Path = "",
    progress: Progress = no_progress,
) -> Causal:
    """Push neurons at their held-out peaks, to see whether the output goes where their labels say.

    The same as ``neurotui causal``. Of the neurons that `filter` shows a `sample` is drawn. Tested is what
    people accepted in the journal `labels`, by default the run's own, else what the run says aloud; or what a
    `describer` says, a name or a file. Each is pushed by `doses`, in its own standard deviations, on at most so
    many `texts`, beside random `others` of its layer. `model` is the folder of the run's model, where it is not
    the one that the run names. Raises ``UserError`` if a file or the model cannot be used.
    """
    from neurotui.evaluate.causal import CausalJudge
    from neurotui.evaluate.causal_settings import CausalSettings
    from neurotui.exchange.causal_labels import labels_to_test

    how = CausalSettings(tuple(doses), others, texts, after)
    with Run(run) as opened:
        own = journal_labels(opened, labels).labels
        chosen, remarks = labels_to_test(opened, own, filter, sample, str(describer))
        return replace(CausalJudge(opened, chosen, how, str(model)).judge(progress), remarks=remarks)


def compare(
    run: str | Path,
    other: str | Path,
    *,
    labels: str | Path | None = None,
    other_labels: str | Path | None = None,
    filter: str = "",
    equal: Equal = "text",
    sample: int = 500,
    progress: Progress = no_progress,
) -> RunComparison:
    """Compare two runs of models of one shape: which labels carry over, and which neurons changed.

    The same as ``neurotui compare``. Over the neurons that `filter` matches in the first run, with the journals
    `labels` and `other_labels`, by default the runs' own. The fits are of a `sample` of labels. Two names are
    the same by `equal`, text or meaning. Raises ``UserError`` for models of different shapes.
    """
    from neurotui.evaluate.compare_runs import RunWithLabels, compare_runs

    with Run(run) as first, Run(other) as second:
        one = RunWithLabels(first, journal_labels(first, labels).labels)
        there = RunWithLabels(second, journal_labels(second, other_labels).labels)
        return compare_runs(
            one, there, cache(load_encoder), equal=equal, text=filter, most=sample, progress=progress
        )


def export(
    run: str | Path,
    path: str | Path,
    *,
    state: State = "accepted",
    filter: str = "",
    everyone: bool = False,
    replace: bool = False,
) -> int:
    """Write a run's labels to a file, in the format given by its suffix; return how many.

    For `everyone`, each person's own labels, whatever stands where they differ.
    """
    with open_run(run, read_only=True) as opened:
        return opened.export(path, state=state, filter=filter, everyone=everyone, replace=replace)
