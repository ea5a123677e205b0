"""Make shards, in this process or in several.

Each process computes on one thread and takes the next shard when it has finished one; which process makes which
shard changes nothing in the run. Processes are started while the texts are read: what they import takes seconds.
A process that loses its parent ends at once, whatever it was doing.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Self

from neurotui.errors import UserError
from neurotui.models.activations import Model, blueprint, reproducible
from neurotui.models.dtype import FEW_PRODUCTS, weights_of
from neurotui.precompute.promoted_tokens import outputs_of
from neurotui.precompute.shard_exemplars import best_texts
from neurotui.precompute.shard_forward import compute, read_shard
from neurotui.precompute.shards import Folder
from neurotui.safe_subprocess import safe_path

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from neurotui.models.dtype import Dtype
    from neurotui.precompute.manifest import Manifest
    from neurotui.precompute.shard_exemplars import BestTexts
    from neurotui.types import Progress

OUTPUTS = -1
"""Stands among the numbers of shards for what neurons promote and suppress."""

_MOST_WORKERS = 8


@dataclass(frozen=True, slots=True)
class ShardJob:
    """What every worker needs to know: where the model and the shards are, and what the shards are of."""

    model: Path
    folder: Path
    manifest: Manifest
    dtype: Dtype


Advance = Callable[[int], None]
"""Called with the number of further texts that have gone through the model."""


def decide(wanted: int, shards: int, device: str) -> int:
    """Return how many workers to use: `wanted`, or one a core up to eight; never more than there are shards."""
    if device != "cpu":
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(wanted or min(cores, _MOST_WORKERS), shards))


class Workers:
    """Processes that make shards, some started before it is known of what. Leaving the block ends them all."""

    def __init__(self) -> None:
        self._processes: list[SpawnProcess] = []
        self._connections: list[Connection] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Kill them before their connections close, or they would go on and report an error.
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()
        for connection in self._connections:
            connection.close()
        self._connections, self._processes = [], []

    def start(self, count: int, model: Path, hook: str) -> list[Connection]:
        """Start processes until there are `count` of them; return a connection to each, to which a job is sent."""
        os.environ.update(FEW_PRODUCTS | os.environ)
        context = multiprocessing.get_context("spawn")
        with safe_path(), _interrupts_held_back():
            while len(self._processes) < count:
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(model, hook, theirs), daemon=True)
                process.start()
                theirs.close()
                self._processes.append(process)
                self._connections.append(ours)
        return self._connections[:count]


def make(job: ShardJob, shards: list[int], workers: int, advance: Advance, started: Workers | None = None) -> None:
    """Make the shards of these numbers, and the outputs if ``OUTPUTS`` is among them.

    Several `workers` are those that were `started` before, and more if they are too few. Raises ``UserError``, and
    no process is left behind, if one cannot be made.
    """
    os.environ.update(FEW_PRODUCTS | os.environ)
    if workers == 1:
        maker = Maker(job)
        for number in shards:
            maker.make(number, advance)
    else:
        with started or Workers() as processes:
            _make_apart(processes.start(workers, job.model, job.manifest.hook), job, shards, advance)


def make_outputs(job: ShardJob, progress: Progress) -> None:
    """Write what the model's neurons promote and suppress; stage: reading output weights (layers)."""
    folder, manifest = Folder(job.folder), job.manifest
    vocabulary = folder.vocabulary()
    readable = zip(vocabulary["token_id"].to_pylist(), vocabulary["special"].to_pylist(), strict=True)
    tokens = [token_id for token_id, special in readable if not special]
    found = outputs_of(
        job.model, manifest.units, tokens, dtype=weights_of(job.dtype), hook=manifest.hook, progress=progress
    )
    folder.write_outputs(manifest.key, found._asdict() if found is not None else {})


class Maker:
    """A model that makes one shard after another; it is loaded for the first one."""

    def __init__(self, job: ShardJob) -> None:
        self._job = job
        self._folder = Folder(job.folder)
        self._selection = self._folder.selection()
        self._sample = self._folder.sample()
        self._best: dict[int, BestTexts] = {}

    @cached_property
    def _model(self) -> Model:
        job, manifest = self._job, self._job.manifest
        return Model(job.model, dtype=weights_of(job.dtype), device=manifest.device, hook=manifest.hook)

    def make(self, number: int, advance: Advance) -> None:
        """Make a shard, or the outputs, and write it."""
        if number == OUTPUTS:
            make_outputs(self._job, _untold)
            return
        manifest = self._job.manifest
        texts = read_shard(self._folder, manifest, number)
        best = self._best or best_texts(manifest.units, manifest.exemplars, self._model.device)
        # Forgotten until the shard is written: if it never is, its texts must not keep others out.
        self._best = {}
        with reproducible(self._job.dtype), self._folder.new_shard(number, manifest.key, manifest.units) as writer:
            compute(self._model, texts, self._selection, self._sample, manifest, best, writer, advance)
        self._best = best


def _untold(stage: str, done: int, total: int) -> None:
    """Ignore progress: a worker reports texts only."""


def _make_apart(connections: list[Connection], job: ShardJob, shards: list[int], advance: Advance) -> None:
    for worker in connections:
        _tell(worker, job)
    waiting = iter(shards)
    busy = [connection for connection in connections if _hand_over(connection, waiting)]
    while busy:
        for connection in wait(busy):
            report = _heard(connection)  # type: ignore[arg-type]
            if isinstance(report, UserError):
                raise report
            if report is not None:
                advance(report)
            elif not _hand_over(connection, waiting):  # type: ignore[arg-type]
                busy.remove(connection)  # type: ignore[arg-type]


def _hand_over(connection: Connection, waiting: Iterator[int]) -> bool:
    """Give a worker its next shard; False if there is none left."""
    number = next(waiting, None)
    if number is not None:
        _tell(connection, number)
    return number is not None


def _tell(connection: Connection, said: ShardJob | int) -> None:
    try:
        connection.send(said)
    except OSError as error:
        raise _killed() from error


def _heard(connection: Connection) -> int | UserError | None:
    """Return a worker's report: texts done, None for a finished shard, or why it could not."""
    try:
        report = connection.recv()
    except (EOFError, OSError):
        return _killed()
    return UserError(*report) if isinstance(report, tuple) else report


def _killed() -> UserError:
    return UserError(
        "a worker process was killed",
        "if memory ran out, choose fewer with --workers; the same command goes on from the finished shards",
    )


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: it is for their parent, which ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Multiprocessing's tracker lets interrupts through again when it starts. It is a process, too: ``safe_path``.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(model: Path, hook: str, connection: Connection) -> None:
    """Make the shards that come in through `connection`, after the job, in a process of its own."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        # It imports the model's family; what is wrong with the model is for the parent to say.
        with suppress(UserError):
            blueprint(model, hook)
        maker = Maker(connection.recv())
        while True:
            maker.make(connection.recv(), connection.send)
            connection.send(None)
    except UserError as refusal:
        # If the parent is gone in the middle of a shard, that looks like a disk error, and nobody hears of it.
        with suppress(OSError):
            connection.send((refusal.message, refusal.hint))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
