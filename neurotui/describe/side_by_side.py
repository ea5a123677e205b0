"""Describers that stand beside a run's own: who may be called what, how one is written, how one is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from neurotui.describe.description_meta import of_the_run
from neurotui.errors import UserError
from neurotui.store.describers import Describer, describer_name, named
from neurotui.store.migrations import DESCRIBER_TABLES
from neurotui.store.run import Run
from neurotui.store.run_commands import command_line
from neurotui.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from neurotui.describe.descriptors import Descriptors
    from neurotui.describe.token_evidence import TokenDescriptors

_REPLACED = {"meta", *DESCRIBER_TABLES}


@dataclass(frozen=True, slots=True)
class ForgetSummary:
    """Who was forgotten, and who else still stands beside the run's own describer, for people and ``--json``."""

    run: str
    forgotten: str
    describers: tuple[str, ...]


class Descriptions(NamedTuple):
    """The descriptors of a describer in order of their ids, as columns: all (descriptors,).

    ``prevalence`` is the share of the calibration texts, or tokens, that hold each.
    """

    scope: NDArray[np.object_]
    kind: NDArray[np.object_]
    name: NDArray[np.object_]
    prevalence: NDArray[np.float64]


def descriptions(
    texts: Descriptors, calibration: NDArray[np.bool_], tokens: TokenDescriptors, weight: NDArray[np.float32]
) -> Descriptions:
    """Return the descriptors of both scopes, those of texts first.

    `calibration` (texts,) marks the split of the texts with pooled activations; `weight` (places,) is that of the
    token sample.
    """
    features, learned = tokens.features, tokens.evidence.learned
    counted = weight.astype(np.float64) * learned
    of_tokens = [counted[one.rows[one.rows < len(learned)]].sum() / counted.sum() for one in features]
    of_texts = texts.holds[calibration].mean(axis=0).tolist()
    return Descriptions(
        np.array(["text"] * len(of_texts) + ["token"] * len(features), object),
        np.array(["topic"] * len(of_texts) + [one.kind for one in features], object),
        np.array([*texts.names, *(one.name for one in features)], object),
        np.array([*of_texts, *of_tokens], np.float64),
    )


def free_name(run: Run, given: str, backend: str) -> str:
    """Return the name under which a describer may be kept beside the run's own, "" for the run's own.

    That is called by its backend, where labels are told by their origin. ``UserError`` for a name that is none,
    and where the two would be called the same.
    """
    if given:
        name = describer_name(given)
        if named(name, [run.meta.get("backend", "")]):
            raise UserError(
                f"'{name}' is not free: the run's own descriptors are called so, by their backend",
                "give another name",
            )
        return name
    if taken := named(backend, _names(run)):
        forget = command_line("describe", run.path, "--forget", taken)
        raise UserError(
            f"the run's own descriptors would be called '{taken}', by their backend, as another describer is",
            f"keep that one under another name, or forget it: {forget}",
        )
    return ""


def tell_beside(run: Run, describer: str, tell: Callable[[str], None]) -> None:
    """Tell what a person should hear before something is kept as `describer`; nothing for the run's own, ""."""
    if not describer:
        return
    if "backend" not in run.meta:
        tell("the list says nothing of the neurons until the run is described without a name as well")
    if before := named(describer, _names(run)):
        tell(f"what '{before}' found before is replaced")


def write_beside(
    writer: Writer,
    run: Run,
    name: str,
    told: dict[str, str],
    found: Descriptions,
    matched: Iterable[dict[str, NDArray[np.generic]]],
) -> int:
    """Write a run anew with one more describer, in the place of one of its name; return how many it describes.

    `told` is what the description says of itself, and `matched` are rows of the table ``matches``. All that the
    run's own describer and the others found stays.
    """
    writer.copy_all_but(_REPLACED, run.path)
    writer.meta(of_the_run(run.meta, described=True))
    others = [one for one in _names(run) if not named(one, [name])]
    writer.copy_describers([one for one in others if one < name])
    described = 0
    for columns in matched:
        writer.append("described_by", _rows(name, found, columns))
        described += int((columns["described"].astype(bool) & (columns["rank"] == 0)).sum())
    record = Describer(
        name,
        told["backend"],
        told["namer"],
        told.get("llm", ""),
        told.get("prompts", ""),
        told["described"],
        len(found.name),
        described,
    )
    writer.append("describers", pa.Table.from_pylist([record._asdict()], schema=_DESCRIBERS))
    writer.copy_describers([one for one in others if one > name])
    return described


def forget(path: Path, given: str) -> ForgetSummary:
    """Write a run anew without one of the describers beside its own; labels in the journal stay.

    ``UserError`` where the run has none of that name.
    """
    with Run(path) as run:
        name = named(given, _names(run))
        if name is None:
            there = ", ".join(f"'{one}'" for one in _names(run))
            raise UserError(
                f"'{path}' has no describer '{given}' beside its own",
                f"it has {there}" if there else "describe --as NAME adds one",
            )
        others = [one for one in _names(run) if one != name]
        with Writer(path, replace=True) as target:
            refuse_swapped(run)
            target.copy_all_but(_REPLACED, path)
            target.meta(of_the_run(run.meta, described=True))
            target.copy_describers(others)
    return ForgetSummary(str(path), name, tuple(others))


def refuse_swapped(run: Run) -> None:
    """Raise ``UserError`` if another file lies meanwhile where a run was opened."""
    if run.swapped():
        raise UserError(f"'{run.path}' has been replaced by another run meanwhile", "give the command again")


def _names(run: Run) -> list[str]:
    return [one.name for one in run.describers.all()]


def _rows(name: str, found: Descriptions, columns: dict[str, NDArray[np.generic]]) -> pa.Table:
    """Return rows of the table ``matches`` as rows of the table ``described_by``."""
    own = columns["descriptor_id"].astype(np.int64)
    words = {
        "describer": pa.array([name] * len(own), pa.string()),
        **{key: pa.array(getattr(found, key)[own], pa.string()) for key in ("scope", "kind", "name")},
        "prevalence": found.prevalence[own].astype(np.float32),
    }
    return pa.table(words | {key: values for key, values in columns.items() if key != "descriptor_id"})


_DESCRIBERS = pa.schema(
    [(field, pa.int32() if field in {"descriptors", "described"} else pa.string()) for field in Describer._fields]
)
