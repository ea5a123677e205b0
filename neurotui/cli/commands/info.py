"""The command `info`: shows what a run holds, and how much of it is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.cli import console
from neurotui.cli.context import labels_of
from neurotui.cli.options import Json, LabelsFile, RunFile
from neurotui.cli.truncation_report import said_of_cut
from neurotui.wording import counted

if TYPE_CHECKING:
    from neurotui.store.describers import Describer

# So near 0 or 1 that people see them as the run writes them.
_FINE = {"dtype_check_overlap", "dtype_check_overlap_least", "dtype_check_auroc", "dtype_check_auroc_most"}
_NUMBERS = {
    *("format_version", "seed", "max_tokens", "tokens", "token_sample", "exemplars"),
    *("texts_calibration", "texts_validation", "texts_left_out", "texts_cut", "texts_failed"),
    *("window", "stride", "overlap", "documents"),
    *("dtype_check_texts", *_FINE),
    *("cluster_cut", "match_alpha", "match_correlation", "match_threshold"),
}


def info(run: RunFile, labels: LabelsFile = None, as_json: Json = False) -> None:
    """Say what a run is, and how much of it is decided."""
    from neurotui.store.beside_run import journal_of
    from neurotui.store.fetch_cache import origin_of
    from neurotui.store.run import Run

    with Run(run) as opened:
        decided = labels_of(opened, labels)
        states = [label.state for label in decided.all()]
        record: dict[str, console.Value] = {
            "run": origin_of(run),
            "bytes": run.stat().st_size,
            **opened.counts(),
            **{state: states.count(state) for state in ("accepted", "rejected", "skipped")},
            "other_models": decided.others,
            "journal": str(labels or journal_of(run)),
        }
        others = opened.describers.all()
        if others and not as_json:
            record["describers"] = "; ".join(map(_told, others))
        if opened.lacks:
            record["lacks"] = opened.lacks
        record = {**record, **{key: _value(key, text) for key, text in opened.meta.items() if key not in record}}
    if not as_json:
        record |= {key: text for key, text in opened.meta.items() if key in _FINE}
    if not as_json and isinstance(cut := record.get("texts_cut"), int):
        record["texts_cut"] = said_of_cut(cut, int(opened.meta["max_tokens"]))
    if as_json and others:
        console.answer({**record, "describers": [one._asdict() for one in others]})
    else:
        console.summary(record, as_json=as_json)


def _told(one: Describer) -> str:
    """Return a describer that stands beside the run's own in words."""
    from neurotui.store.describers import with_what

    counts = f"{counted(one.descriptors, 'descriptor')}, {counted(one.described, 'neuron')} described"
    return f"{one.name} ({with_what(one.backend, one.llm, one.namer)}: {counts})"


def _value(key: str, text: str) -> console.Value:
    """Return what a run says of itself: a number where it is one."""
    if key not in _NUMBERS:
        return text
    try:
        return float(text) if "." in text or "e" in text else int(text)
    except ValueError:
        return text
