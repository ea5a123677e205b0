"""The formats by name: ours, one line each, and those of other packages, imported when they are named."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurotui import plugins
from neurotui.errors import UserError
from neurotui.exchange import (
    argilla,
    csv,
    data_card,
    datasheet,
    delphi,
    excel,
    feature_circuits,
    html,
    jsonl,
    neuronpedia,
    neuronpedia_batch,
    openai_explanations,
    parquet,
    prodigy,
)
from neurotui.exchange.spec import FormatSpec

if TYPE_CHECKING:
    from neurotui.exchange.rows import LabelRows
    from neurotui.exchange.spec import Records

STANDARD_OUTPUT = STANDARD_INPUT = Path("-")
"""The path that stands for a program's own output or input."""

PACKED = ".gz"
"""How a packed file ends: texts are read from one, and written into one that is named so."""

_OURS = (OSError, UnicodeError)
"""What goes wrong with the file that is read or written, and is told as such."""

_SPREADSHEETS = {".xls", ".ods", ".numbers"}


def _guarded(spec: FormatSpec, package: plugins.Package) -> FormatSpec:
    """Return another package's format such that its faults are told as the package's."""

    def write(rows: LabelRows, target: Any) -> int:  # noqa: ANN401 - what the mode says
        with package.blamed(but=_OURS):
            return spec.write(rows, target) if spec.write else 0

    def read(source: Any, name: str) -> Records:  # noqa: ANN401 - what the mode says
        with package.blamed(but=_OURS):
            yield from spec.read(source, name) if spec.read else ()

    return replace(spec, write=write if spec.write else None, read=read if spec.read else None, read_columns=None)


_REGISTRY = plugins.Registry(
    plugins.FORMATS,
    "format",
    FormatSpec,
    (
        jsonl.SPEC,
        csv.SPEC,
        parquet.SPEC,
        excel.SPEC,
        html.SPEC,
        datasheet.SPEC,
        neuronpedia.SPEC,
        neuronpedia_batch.SPEC,
        delphi.SPEC,
        openai_explanations.SPEC,
        feature_circuits.SPEC,
        prodigy.SPEC,
        argilla.SPEC,
        data_card.SPEC,
    ),
    _guarded,
)
BUILT_IN, names, spec_of = _REGISTRY.built_in, _REGISTRY.names, _REGISTRY.spec_of


def writable_formats() -> tuple[str, ...]:
    """Return the names of the formats that labels are written in, neurotui's own first."""
    return tuple(name for name in names() if name not in BUILT_IN or BUILT_IN[name].write is not None)


def readable_formats() -> tuple[str, ...]:
    """Return the names of the formats that labels are read from, neurotui's own first."""
    return tuple(name for name in names() if name not in BUILT_IN or BUILT_IN[name].read is not None)


def named_as(path: Path) -> FormatSpec | None:
    """Return the format that a file's name says, by the longest suffix; None where it says none.

    Other packages' are imported for a suffix that is none of ours. One whose suffix is its name is told if it
    cannot be: ``UserError``; any other that cannot be imported is passed over.
    """
    if path.suffix.lower() == PACKED:
        path = path.with_suffix("")
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


def format_of(path: Path, wanted: str | None) -> FormatSpec:
    """Return the requested format, else the one that the file's suffix names; ``UserError`` if there is none."""
    if wanted:
        return spec_of(wanted)
    if path == STANDARD_OUTPUT:
        return spec_of("jsonl")
    found = named_as(path)
    if found is None:
        hint = f"end its name in {usual_suffixes()}, or add --format"
        if path.suffix.lower() in _SPREADSHEETS:
            hint = "save it as CSV or .xlsx in the spreadsheet, and name that file"
        raise UserError(f"'{path}' does not say which format it is", hint)
    return found


def usual_suffixes() -> str:
    """Return how files of our own end that are written and read back, in words: ``.jsonl, .csv or .parquet``."""
    *firsts, last = (
        spec.suffixes[0]
        for spec in BUILT_IN.values()
        if spec.read is not None and spec.write is not None and not spec.of_others
    )
    return f"{', '.join(firsts)} or {last}"


def without_suffix(path: Path, form: FormatSpec) -> Path:
    """Return a path without the end that says its format."""
    if path.suffix.lower() == PACKED:
        path = path.with_suffix("")
    end = max((one for one in form.suffixes if path.name.lower().endswith(one)), key=len, default="")
    return path.with_name(path.name[: len(path.name) - len(end)])


def _by_suffix(path: Path, specs: list[FormatSpec]) -> FormatSpec | None:
    name = path.name.lower()
    # If two formats have the same suffix, the first counts: ours come before others'.
    ends = [
        (len(suffix), -place)
        for place, one in enumerate(specs)
        for suffix in one.suffixes
        if name.endswith(suffix)
    ]
    return specs[-max(ends)[1]] if ends else None
