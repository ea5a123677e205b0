"""Describers of a run, of journals and of files, ranked against a curated set that a file holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.evaluate.described_by import described_by_all
from neurotui.evaluate.description_sets import free_name, proposed_by, texts_of
from neurotui.evaluate.rank_describers import curated, rank, same_meaning, same_text
from neurotui.exchange.label_files import labels_in, names_in
from neurotui.exchange.read_descriptions import existing_files
from neurotui.store.describers import named
from neurotui.store.fetch_cache import origin_of
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neurotui.evaluate.rank_describers import Curated, Equal, Ranked, Ranking, Same
    from neurotui.models.protocol import Encoder
    from neurotui.store.journal_labels import JournalLabels
    from neurotui.store.run import Run
    from neurotui.types import Progress


def rank_against(
    run: Run,
    curated_set: Path,
    journals: Sequence[JournalLabels],
    chosen: Sequence[str] = (),
    *,
    equal: Equal = "text",
    k: int = 2,
    encoder: Callable[[], Encoder],
    progress: Progress = no_progress,
) -> Ranking:
    """Rank describers against a curated set: a journal, or any file that `import` reads.

    They are the run's own and those beside it, each origin of proposals in `journals`, and the describers of
    files. `chosen` has names of the former, and then there are no others, and paths of files. `encoder` makes the
    sentence encoder, for `equal` "meaning". Raises ``UserError`` for files that cannot be used, and where nothing
    is described.
    """
    held = labels_in(run, curated_set)
    remarks = [*held.remarks]
    wanted = curated(held.labels.all())
    describers = _describers(run, journals, chosen, wanted, remarks)
    same: Same = same_text
    if equal == "meaning":
        same = same_meaning(describers, wanted.right, encoder(), progress)
    return replace(rank(describers, wanted, k, same, progress), remarks=tuple(remarks))


def _describers(
    run: Run, journals: Sequence[JournalLabels], chosen: Sequence[str], wanted: Curated, remarks: list[str]
) -> dict[str, Ranked]:
    """Return what each describer says, by a name of its own; add to `remarks` what was passed over."""
    found: dict[str, Ranked] = dict(described_by_all(run))
    for journal in journals:
        for origin, names in texts_of(proposed_by(journal.labels, wanted.right)).items():
            places = (journal.path.name, str(journal.path)) if journal.path else ("the journal",)
            found[free_name(origin, found, *places)] = names
    by_name = {one: named(one, found) for one in chosen}
    files = existing_files((one for one, name in by_name.items() if not name), found)
    if any(by_name.values()):
        found = {name: names for name, names in found.items() if name in by_name.values()}
    for file in files:
        held = names_in(run, file, wanted.right)
        remarks += held.remarks
        for name, names in held.names.items():
            found[free_name(name, found, file.name, str(file))] = names
    if not found:
        raise UserError(
            f"'{origin_of(run.path)}' describes no neuron, and nothing else is named that does",
            "name a file of explanations with --describer",
        )
    return found
