"""The commands: one thin function each. Heavy rooms are imported inside the function that needs them."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from neurotui import __version__, console
from neurotui.precompute.settings import Device, Dtype, Pool
from neurotui.words import Refusal, State

if TYPE_CHECKING:
    from neurotui.demo import Demo
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run

_NAME = "neurotui"
_MOST_LAYERS = 10_000

app = typer.Typer(
    name=_NAME,
    help="Find out what a language model's neurons respond to, and check it, at the keyboard.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


Backend = Literal["keywords"]
Format = Literal["jsonl", "csv"]

RunFile = Annotated[Path, typer.Argument(metavar="RUN", help="The run, a .duckdb file.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The run to write.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
LabelsFile = Annotated[
    Path | None, typer.Option("--labels", help="The journal; by default the one beside the run.")
]
Annotator = Annotated[
    str, typer.Option(envvar="NEUROTUI_ANNOTATOR", help="Who decides; by default your login name.")
]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default the command line's) name; return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    return console.guarded(lambda: app(given, prog_name=_NAME, standalone_mode=False))


def _version(wanted: bool) -> None:
    if wanted:
        console.show(f"{_NAME} {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--output", "-o", help="The folder to make it in.")] = Path(
        "neurotui-demo"
    ),
    as_json: Json = False,
) -> None:
    """Make and open a run of the packaged corpus, without a network."""
    with _model_side(), console.progress() as progress:
        from neurotui.demo import prepare

        made = prepare(folder, progress=progress)
    if as_json:
        console.answer(asdict(made))
    elif _at_a_terminal():
        _open(Path(made.run), None, _login(), read_only=False)
    else:
        _show_demo(made)


@app.command()
def precompute(
    texts: Annotated[
        list[str], typer.Argument(metavar="TEXTS...", help="JSONL, CSV, Parquet or plain text files, or globs.")
    ],
    output: Output,
    model: Annotated[
        str, typer.Option("--model", help="A folder, a name on the hub, or minilm, which is packaged.")
    ] = "minilm",
    text_field: Annotated[
        list[str], typer.Option(help="The field that holds the text; given again, they are joined.")
    ] = ["text"],
    id_field: Annotated[str | None, typer.Option(help="The field that names a text.")] = None,
    gold_field: Annotated[
        list[str], typer.Option(help="A field with a text's gold label or labels; may be given again.")
    ] = [],
    layers: Annotated[str | None, typer.Option(help="Layers from 0, as in 0,4-5; by default all.")] = None,
    max_tokens: Annotated[int, typer.Option(help="Where a text is cut.")] = 256,
    pool: Annotated[Pool, typer.Option(help="How a trace becomes one number.")] = "mean",
    dtype: Annotated[Dtype, typer.Option(help="auto: float32, products as quick as the machine has.")] = "auto",
    device: Annotated[Device, typer.Option(help="Where the model runs.")] = "auto",
    exemplars: Annotated[int, typer.Option(help="How many top exemplars a neuron keeps.")] = 20,
    seed: Annotated[int, typer.Option(help="Decides the splits and the random exemplars.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes; 0 leaves it to the machine.")] = 0,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Make the I-th of N parts of the shards, then stop.")
    ] = None,
    shards: Annotated[Path | None, typer.Option(help="The folder for shards, to keep or to share.")] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Run a model over texts and write the run.

    Killed, the same command goes on where it was.
    """
    part = _part(shard, shards)
    with _model_side(), console.progress() as progress:
        from neurotui.precompute.pipeline import Settings
        from neurotui.precompute.pipeline import precompute as make

        settings = Settings(
            model=model,
            text_fields=tuple(text_field),
            id_field=id_field,
            gold_fields=tuple(gold_field),
            layers=_layers(layers),
            max_tokens=max_tokens,
            pool=pool,
            dtype=dtype,
            device=device,
            exemplars=exemplars,
            seed=seed,
            workers=workers,
        )
        made = make(texts, output, settings, progress=progress, replace=force, shards=shards, part=part)
    if made:
        console.summary(asdict(made), as_json=as_json)
    else:
        console.summary({"shards": str(shards), "part": shard}, as_json=as_json)


@app.command()
def merge(
    shards: Annotated[
        Path, typer.Argument(metavar="SHARDS", help="The folder that every part wrote its shards to.")
    ],
    output: Output,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Fold the shards of `precompute --shard` into a run."""
    with _model_side(), console.progress() as progress:
        from neurotui.precompute.pipeline import merge as fold

        made = fold(shards, output, progress=progress, replace=force)
    console.summary(asdict(made), as_json=as_json)


@app.command()
def describe(
    run: RunFile,
    backend: Annotated[Backend, typer.Option(help="Who writes the phrases.")] = "keywords",
    as_json: Json = False,
) -> None:
    """Find descriptors in a run's texts and tie them to neurons."""
    with _model_side(), console.progress() as progress:
        from neurotui.describe.pipeline import describe as find

        made = find(run, backend, progress=progress)
    console.summary(asdict(made), as_json=as_json)


@app.command("open")
def open_(
    run: RunFile,
    labels: LabelsFile = None,
    annotator: Annotator = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Look, decide nothing.")] = False,
) -> None:
    """Open a run in the app: search, read, accept, reject."""
    if not _at_a_terminal():
        raise Refusal("neurotui open needs a terminal", f"without one, try: neurotui info '{run}'")
    _open(run, labels, annotator or _login(), read_only=read_only)


@app.command()
def evaluate(
    run: RunFile,
    labels: Annotated[
        list[Path], typer.Option("--labels", help="A journal; given again, another person's.")
    ] = [],
    k: Annotated[int, typer.Option("--k", min=1, help="How many descriptors of a neuron to judge.")] = 2,
    as_json: Json = False,
) -> None:
    """Judge descriptors by people's labels and by the other split."""
    from neurotui.evaluate import judge
    from neurotui.store.run import Run

    with Run(run) as opened:
        files: Sequence[Path | None] = labels or [None]
        judged = judge(opened, {str(file or run): _labels(opened, file) for file in files}, k)
    if as_json:
        console.answer({"run": str(run), **asdict(judged)})
        return
    rows = [(name, *astuple(figure)) for name, figure in judged.figures()]
    console.show(console.table(("figure", "value", "lower", "upper", "of"), rows))
    if not judged.neurons:
        console.show(f"Nothing is accepted or rejected yet: neurotui open '{run}'")


@app.command()
def export(
    run: RunFile,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A .jsonl or .csv file; - is standard output.")
    ],
    labels: LabelsFile = None,
    state: Annotated[State, typer.Option(help="Which labels.")] = "accepted",
    form: Annotated[Format | None, typer.Option("--format", help="By default what the name says.")] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write labels to a file, with the machine's scores."""
    from neurotui.exchange.files import STANDARD_OUTPUT
    from neurotui.exchange.files import export as write
    from neurotui.store.run import Run

    if as_json and output == STANDARD_OUTPUT:
        raise Refusal("the labels and --json cannot both go to standard output", "name a file with -o")
    with Run(run) as opened:
        count = write(opened, _labels(opened, labels), state, output, form=form, replace=force)
    if output != STANDARD_OUTPUT:
        console.summary({"labels": count, "state": state, "file": str(output)}, as_json=as_json)


@app.command("import")
def import_(
    run: RunFile,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .jsonl or .csv file that `neurotui export` wrote.")
    ],
    labels: LabelsFile = None,
    form: Annotated[Format | None, typer.Option("--format", help="By default what the name says.")] = None,
    as_json: Json = False,
) -> None:
    """Take exported labels into a journal.

    Each stays under the name of who decided it; what is in the journal already is not taken twice.
    """
    from neurotui.exchange.files import take_in
    from neurotui.store.journal import Journal
    from neurotui.store.run import Run

    with Run(run) as opened:
        journal = Journal(_journal(run, labels))
        taken = take_in(opened, journal, file, form=form)
    console.summary({**asdict(taken), "journal": str(journal.path)}, as_json=as_json)


@app.command()
def info(run: RunFile, labels: LabelsFile = None, as_json: Json = False) -> None:
    """Say what a run is, and how much of it is decided."""
    from neurotui.store.run import Run

    with Run(run) as opened:
        states = [label.state for label in _labels(opened, labels).all()]
        record: dict[str, console.Value] = {
            "run": str(run),
            "bytes": run.stat().st_size,
            **opened.counts(),
            **{state: states.count(state) for state in ("accepted", "rejected", "skipped")},
        }
        record = {**record, **{key: value for key, value in opened.meta.items() if key not in record}}
    console.summary(record, as_json=as_json)


@contextmanager
def _model_side() -> Iterator[None]:
    """Say how to install the model side where a package of it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in {"", _NAME}:
            raise
        message = f"this command runs a model, for which '{missing}' is not installed"
        raise Refusal(message, "pip install 'neurotui[models]'") from error


def _open(run: Path, labels: Path | None, annotator: str, *, read_only: bool) -> None:
    from neurotui.tui.app import open_app

    open_app(run, labels=_journal(run, labels), annotator=annotator, read_only=read_only)


def _journal(run: Path, named: Path | None) -> Path:
    """Return the journal to write to: the one that was named, or the one beside the run."""
    from neurotui.store.journal import journal_of

    journal = named or journal_of(run)
    if not journal.parent.is_dir():
        raise Refusal(f"there is no folder '{journal.parent}'", f"make it with: mkdir -p '{journal.parent}'")
    return journal


def _labels(run: Run, named: Path | None) -> Labels:
    """Return what a journal adds up to for a run's model; one that was named must be there."""
    from neurotui.store.journal import Journal, journal_of
    from neurotui.store.labels import Labels

    if named is not None and not named.exists():
        raise Refusal(
            f"there is no journal '{named}'", "neurotui open writes one; leave out --labels for the run's own"
        )
    journal = Journal(named or journal_of(run.path))
    if journal.torn:
        console.warn(f"warning: '{journal.path}' ends in a line that was never finished; it is left out")
    labels = Labels(run.weights)
    labels.apply(journal.events)
    return labels


def _layers(said: str | None) -> tuple[int, ...] | None:
    """Read ``0,4-5`` as layers."""
    if said is None:
        return None
    chosen: list[int] = []
    for part in said.split(","):
        found = re.fullmatch(r"\s*(\d{1,5})(?:-(\d{1,5}))?\s*", part, re.ASCII)
        if not found or int(found[2] or found[1]) > _MOST_LAYERS:
            raise Refusal(f"'{said}' does not name layers", "write them from 0, as in 0,4-5")
        chosen.extend(range(int(found[1]), int(found[2] or found[1]) + 1))
    return tuple(sorted(set(chosen)))


def _part(said: str | None, shards: Path | None) -> tuple[int, int] | None:
    """Read ``2/8`` as a part of the shards."""
    if said is None:
        return None
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", said, re.ASCII)
    if not found:
        raise Refusal(f"'{said}' is not a part", "write which of how many, as in --shard 2/8")
    if shards is None:
        raise Refusal("the parts of a precompute need one folder to meet in", "name it with --shards DIR")
    return int(found[1]), int(found[2])


def _at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as containers have
        return "unknown"


def _show_demo(made: Demo) -> None:
    columns = ("neuron", "descriptor", "AUROC", "lower", "upper", "validation", "top texts peak at")
    best = [(*astuple(one)[:-1], ", ".join(one.peaks)) for one in made.best]
    console.show(
        f"{made.texts:,} texts, {made.neurons:,} neurons, {made.descriptors:,} descriptors found in the texts;"
        f" {made.described_neurons:,} neurons are described.",
        console.table(columns, best, "The best neuron of the ten best descriptors"),
        f"The run is {made.run}{' (made before)' if made.reused else ''}. Open it in a terminal:",
        f"  neurotui open {made.run}",
    )
