"""The formats by name: ours, one line each, and those of other packages, imported when they are named."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from neurotui import plugins
from neurotui.errors import UserError
from neurotui.exchange import csv, jsonl, parquet
from neurotui.exchange.spec import FormatSpec

if TYPE_CHECKING:
    from pathlib import Path

_REGISTRY = plugins.Registry(
    plugins.FORMATS,
    "format",
    FormatSpec,
    (
        jsonl.SPEC,
        csv.SPEC,
        parquet.SPEC,
    ),
)
BUILT_IN, names, spec_of = _REGISTRY.built_in, _REGISTRY.names, _REGISTRY.spec_of


def named_as(path: Path) -> FormatSpec | None:
    """Return the format that a file's name says, by the longest suffix; None where it says none.

    Other packages' are imported for a suffix that is none of ours. One whose suffix is its name is told if it
    cannot be: ``UserError``; any other that cannot be imported is passed over.
    """
    if not path.suffix:
        return None
    if (ours := _by_suffix(path, list(BUILT_IN.values()))) is not None:
        return ours
    others = [name for name in names() if name not in BUILT_IN]
    if (same := path.suffix.lower().lstrip(".")) in others:
        others = [same]
        theirs = [spec_of(same)]
    else:
        theirs = []
        for name in others:
            with suppress(UserError):
                theirs.append(spec_of(name))
    return _by_suffix(path, theirs)


def usual_suffixes() -> str:
    """Return how files of our formats end, in words: ``.jsonl, .csv or .parquet``."""
    *firsts, last = (spec.suffixes[0] for spec in BUILT_IN.values())
    return f"{', '.join(firsts)} or {last}"


def without_suffix(path: Path, form: FormatSpec) -> Path:
    """Return a path without the end that says its format."""
    end = max((one for one in form.suffixes if path.name.lower().endswith(one)), key=len, default="")
    return path.with_name(path.name[: len(path.name) - len(end)])


def _by_suffix(path: Path, specs: list[FormatSpec]) -> FormatSpec | None:
    name = path.name.lower()
    ends = [
        (len(suffix), place) for place, one in enumerate(specs) for suffix in one.suffixes if name.endswith(suffix)
    ]
    return specs[max(ends)[1]] if ends else None
