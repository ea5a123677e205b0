"""All rows of an imported file, checked against the run, or a refusal that names every line that does not fit.

"The run has no neuron" is said here; the values of a single row are read in ``read_row.py``.
"""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from neurotui.errors import UserError
from neurotui.exchange.column_mapping import Mapping, refuse_lacking
from neurotui.exchange.label_row import named, refuse_doubled
from neurotui.exchange.read_row import CANDIDATE, ImportedRow, parse_row
from neurotui.exchange.recognise_format import format_in, read_as, records_in, standard_input
from neurotui.exchange.registry import STANDARD_INPUT
from neurotui.exchange.same_model import same_model
from neurotui.exchange.spreadsheet_times import day_first
from neurotui.store.neuron_index import NeuronIndex
from neurotui.types import PERSON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from neurotui.exchange.spec import FormatSpec
    from neurotui.store.run import Run
    from neurotui.types import Neuron

DICTIONARY, NO_NEURON, SCORE = "dictionary", "no_neuron", "score"
"""What readers of others' formats say beside our fields: the dictionary whose features the file numbers, what a
record is about that is no neuron, and scores of the label: a tuple of ``StatedScore``, or anything else."""

_NOW = "now"  # after every time
_MOST_SHOWN = 20
_IMPORTED = "import"
_INSIST = "if it is right all the same, add --insist"


class Reading(NamedTuple):
    """How a file is read: the ``form`` is what it is in where its name does not say so.

    ``candidates`` says whether labels come as candidates rather than as decisions; None leaves it to the format.
    ``insist`` takes what is of another model, or of the features of a dictionary, as this run's neurons.
    """

    form: str | None = None
    encoding: str = ""
    mapping: Mapping = Mapping()
    candidates: bool | None = None
    insist: bool = False


class _Numbered(NamedTuple):
    """A record under our names, with its number and where it stands, for a message."""

    number: int
    where: str
    record: dict[str, Any]


class FileRows(NamedTuple):
    """The rows of a file, and how many of its records are none: see ``import_labels.Imported``."""

    rows: list[ImportedRow]
    other_models: int
    without_model: int
    without_label: int
    no_neurons: int
    scores: int


class BadLines:
    """The lines of a file that do not fit, told together in their order."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: list[tuple[int, UserError]] = []

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._found)

    def add(self, number: int, error: UserError) -> None:
        """Keep the error of a line, or of what else the file counts."""
        self._found.append((number, error))

    @contextmanager
    def collected(self, number: int) -> Iterator[None]:
        """Keep the ``UserError`` of the block, if it has one, and go on after it."""
        try:
            yield
        except UserError as error:
            self.add(number, error)

    def refuse(self) -> None:
        """Raise ``UserError`` if there are any: one as it is, several with a line for each of the first."""
        if not self._found:
            return
        errors = [error for _, error in sorted(self._found, key=lambda one: one[0])]
        if len(errors) == 1:
            raise errors[0]
        shown = [error.message.removeprefix(self._name).removeprefix(", ") for error in errors[:_MOST_SHOWN]]
        if more := len(errors) - len(shown):
            shown.append(f"and {more:,} more")
        what = f"{len(errors):,} lines of {self._name} do not fit, and nothing is taken"
        raise UserError(what, Counter(error.hint for error in errors).most_common(1)[0][0], shown)


def rows_of(run: Run, journal: Path, path: Path, how: Reading) -> FileRows:
    """Return what a file says of this run's neurons; ``UserError`` if any of it does not fit.

    `journal` is where lines of a journal belong, for a hint.
    """
    given = standard_input() if path == STANDARD_INPUT else None
    # With a mapping, the columns are taken as they are, not as another project's format.
    plain = bool(how.mapping.columns)
    if given is not None and not how.form:
        reader = format_in(given, plain=plain)
    else:
        reader = read_as(path, how.form, plain=plain)
    name = f"'{path}'" if given is None else "standard input"
    bad = BadLines(name)
    read: list[_Numbered] = []
    columns: set[str] = set()
    wanted = how.mapping.wanted
    for number, record in records_in(path, reader, run.path, encoding=how.encoding, given=given, columns=wanted):
        if isinstance(record, UserError):
            bad.add(number, record)
            continue
        _refuse_journal(record, name, path, journal)
        columns |= record.keys()
        where = f"{name}, {reader.counts} {number}"
        with bad.collected(number):
            read.append(_Numbered(number, where, _normalised(how.mapping.apply(record, where), str(path))))
    if columns:
        refuse_lacking(how.mapping, columns, name)
    elif reader.mode == "folder" and not bad:
        raise UserError(
            f"{name} holds no {reader.counts} of {reader.name}", "name the folder that has them inside"
        )
    sorted_out = _Sorted(run, reader, how, name, bad)
    found = sorted_out.rows(read)
    bad.refuse()
    return found


class _Sorted:
    """Sorts a file's records: this run's neurons with something said, and all others."""

    def __init__(self, run: Run, reader: FormatSpec, how: Reading, name: str, bad: BadLines) -> None:
        self._run, self._reader, self._how, self._name, self._bad = run, reader, how, name, bad
        self._known: NeuronIndex | None = None
        self._counts: Counter[str] = Counter()
        self._other_names: Counter[str] = Counter()
        self._labels_of: Counter[tuple[str, ...]] = Counter()

    def rows(self, read: list[_Numbered]) -> FileRows:
        """Return the rows, the newest of each neuron last."""
        which = day_first(record.get(column) for _, _, record in read for column in ("time", "note_time"))
        rows = []
        for number, where, record in read:
            if not self._is_of_this_run(record):
                continue
            with self._bad.collected(number):
                row = parse_row(self._as_asked(record), where, day_first=which)
                self._refuse_unknown(row, record)
                stated = record.get(SCORE)
                rows.append(row._replace(scores=stated) if isinstance(stated, tuple) else row)
                self._counts["scores"] += stated is not None
        if self._other_names and not rows:
            model = self._other_names.most_common(1)[0][0]
            raise UserError(f"{self._name} is of the model '{model}', and the run of '{self._run.model}'", _INSIST)
        counts = self._counts
        return FileRows(
            _newest_last(rows),
            counts["others"] + self._other_names.total(),
            counts["without_model"],
            counts["without_label"],
            counts["no_neurons"],
            counts["scores"],
        )

    def _is_of_this_run(self, record: dict[str, Any]) -> bool:
        """Return whether a record says something of a neuron of this run's model, and count it if it does not."""
        of = [record.get(column) for column in ("weights", "model")]
        weights, model = ("" if isinstance(one, dict | list) else str(one or "").strip() for one in of)
        insist = self._how.insist
        if not insist and weights and weights != self._run.weights:
            self._counts["others"] += 1
        elif not insist and not weights and model and not same_model(model, self._run.model):
            self._other_names[model] += 1
        elif record.get(NO_NEURON):
            self._counts["no_neurons"] += 1
        elif self._says_nothing(record):
            self._counts["without_label"] += 1
        else:
            if (dictionary := record.get(DICTIONARY)) and not insist:
                raise UserError(
                    f"{self._name} is about features of the dictionary '{dictionary}', and not about neurons",
                    _INSIST,
                )
            self._counts["without_model"] += not weights
            return True
        return False

    def _says_nothing(self, record: dict[str, Any]) -> bool:
        """Return whether a record of others' leaves a neuron unlabelled, or has nothing for a candidate."""
        label = record.get("label")
        empty = label is None or (isinstance(label, str) and not label.strip())
        if self._how.candidates:
            return empty
        theirs = bool(self._how.mapping) or self._reader.of_others
        return empty and theirs and not (record.get("state") or record.get("note"))

    def _as_asked(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record as a candidate, or as a decision, if that is asked for."""
        wanted, state = self._how.candidates, record.get("state")
        if wanted is None and self._reader.machines and not state:
            wanted = True
        if wanted is None or (not wanted and (state or not self._reader.machines) and state != CANDIDATE):
            return record
        if not wanted:
            whose = tuple(str(record.get(field)) for field in ("layer", "unit", "annotator"))
            self._labels_of[whose] += 1
            return record | {"state": "accepted", "label_number": self._labels_of[whose]}
        told = [record.get("origin"), record.get("annotator")]
        origins = [str(one) for one in told if one and one != PERSON]
        machine = self._reader.name if self._reader.of_others else _IMPORTED
        return record | {"state": CANDIDATE, "origin": next(iter(origins), machine)}

    def _refuse_unknown(self, row: ImportedRow, record: dict[str, Any]) -> None:
        """Raise ``UserError`` if the run has no such neuron; of the same weights it may have fewer layers."""
        if record.get("weights") and not self._how.insist:
            return
        if self._known is None:
            overview = self._run.overview()
            self._known = NeuronIndex(overview.layer, overview.unit)
        if self._known.find(row.neuron) is None:
            raise UserError(f"{row.where}: the run has no neuron {row.neuron}", "mend or remove that line")


def _refuse_journal(record: dict[str, Any], name: str, path: Path, journal: Path) -> None:
    if "action" in record and "by" in record and "state" not in record:
        # Refused at the first line: damage further down in a journal does not matter to an import.
        what = "" if path == STANDARD_INPUT else f" {shlex.quote(str(path))}"
        raise UserError(
            f"{name} is a journal, not an export: journals are merged line by line",
            f"cat{what} >> {shlex.quote(str(journal))}",
        )


def _newest_last(rows: list[ImportedRow]) -> list[ImportedRow]:
    """Put the rows of each neuron in the order of their times: the newest stands, however files were joined."""
    of_each: defaultdict[Neuron, list[ImportedRow]] = defaultdict(list)
    for said in rows:
        of_each[said.neuron].append(said)
    in_order = {neuron: iter(sorted(said, key=lambda one: one.time or _NOW)) for neuron, said in of_each.items()}
    return [next(in_order[said.neuron]) for said in rows]


def _normalised(record: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a record with its columns named as ours are; ``UserError`` if one of ours is there twice."""
    renamed = {named(column): value for column, value in record.items()}
    if len(renamed) < len(record):
        refuse_doubled(record, name)
    return renamed
