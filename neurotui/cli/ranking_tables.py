"""The part of `evaluate` that ranks describers against a curated set: what is read, and how it is shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

from neurotui.cli import console
from neurotui.cli.context import journal_labels_of
from neurotui.cli.progress_display import shown_progress
from neurotui.evaluate.measures import AGAINST, meaning, title
from neurotui.models.load_encoder import load_encoder
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from neurotui.evaluate.rank_describers import Equal, Ranking

_AT_K = ("hit", "precision", "recall")
_OF_PAIRS = ("win_rate", "difference")


class Chosen(NamedTuple):
    """Which describers are ranked: of `journals`, the run's own by default, and those that are named, or files."""

    journals: Sequence[Path]
    describers: Sequence[str]


def evaluate_against(run: Path, curated_set: Path, among: Chosen, equal: Equal, k: int, *, as_json: bool) -> None:
    """Rank describers against a curated set and print how each fares."""
    from neurotui.exchange.rank_against import rank_against
    from neurotui.store.run import Run

    with Run(run) as opened, shown_progress() as progress:
        files: Sequence[Path | None] = among.journals or [None]
        journals = [journal_labels_of(opened, file) for file in files]
        ranking = rank_against(
            opened,
            curated_set,
            journals,
            among.describers,
            equal=equal,
            k=k,
            encoder=load_encoder,
            progress=progress,
        )
    for remark in ranking.remarks:
        console.warn(f"note: {remark}")
    if as_json:
        console.answer_of(run, {"against": str(curated_set), "equal": equal, **asdict(ranking)})
    else:
        console.show(*_shown(ranking, curated_set, equal))


def _shown(ranking: Ranking, curated_set: Path, equal: Equal) -> list[RenderableType]:
    from neurotui.evaluate.rank_describers import EQUAL

    k = ranking.k
    titles = {name: f"{title(name)}@{k}" if name in _AT_K else title(name) for name in AGAINST}
    others = [name for name in AGAINST if name not in {"hit", *_OF_PAIRS}]
    hits = [(one.name, *one.hit.with_interval) for one in ranking.describers]
    rows = [(one.name, *(getattr(one, name).value for name in others)) for one in ranking.describers]
    pairs = [
        (f"{one.first} over {one.second}", one.win_rate.value, *one.difference.with_interval)
        for one in ranking.pairs
    ]
    columns = ("describer", *(titles[name] for name in others))
    of_pairs = ("compared", *(titles[name] for name in _OF_PAIRS), "lower", "upper")
    measured = ["hit", *others, *(_OF_PAIRS if pairs else ())]
    meant = [
        f"{titles[name]}: {meaning(f'{name}@{k}' if name in _AT_K else name, against=True)}." for name in measured
    ]
    return [
        *console.folded(*_said_of_the_set(ranking, curated_set), f"By {equal}: {EQUAL[equal]}."),
        console.table(("describer", titles["hit"], "lower", "upper"), hits, wraps="describer"),
        console.table(columns, rows, wraps="describer"),
        *([console.table(of_pairs, pairs, wraps="compared")] if pairs else []),
        *console.folded(*meant),
    ]


def _said_of_the_set(ranking: Ranking, curated_set: Path) -> list[str]:
    """Return, in sentences, which neurons the figures are of, and which are left out."""
    called = "standard input" if str(curated_set) == "-" else f"'{curated_set}'"
    said = [f"Against {called}: {counted(ranking.accepted, 'neuron')} with a curated label."]
    if ranking.rejected:
        said.append(f"{counted(ranking.rejected, 'neuron')} rejected: no label is right, which precision counts.")
    if ranking.conflicts or ranking.skipped:
        said.append(f"Left out: {ranking.conflicts:,} in conflict, {ranking.skipped:,} skipped.")
    if ranking.accepted:
        said.append(
            f"{ranking.unseen:,} of the {ranking.accepted:,} were labelled without sight of the machine's "
            "candidates; a label that was chosen among candidates favours whoever proposed it."
        )
    return said
