"""Make shards, in this process or in several.

Each process computes on one thread and takes the next shard when it has finished one; which process makes which
shard changes nothing. A process that loses its parent ends at once, whatever it was doing.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.models.activations import Model, reproducible
from neurotui.precompute.shard_forward import compute, read_shard
from neurotui.precompute.shards import Folder
from neurotui.safe_subprocess import safe_path

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from neurotui.precompute.manifest import Manifest

_MOST_WORKERS = 8


@dataclass(frozen=True, slots=True)
class ShardJob:
    """What every worker needs to know: where the model and the shards are, and what the shards are of."""

    model: Path
    folder: Path
    manifest: Manifest
    dtype: str


Advance = Callable[[int], None]
"""Called with the number of further texts that have gone through the model."""


def decide(wanted: int, shards: int, device: str) -> int:
    """Return how many workers to use: `wanted`, or one a core up to eight; never more than there are shards."""
    if device != "cpu":
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(wanted or min(cores, _MOST_WORKERS), shards))


def make(job: ShardJob, shards: list[int], workers: int, advance: Advance) -> None:
    """Make the shards of these numbers; ``UserError``, and no process is left behind, if one cannot be made."""
    # Every length of a batch has products of its own, which oneDNN keeps ready: a thousand of them take most of
    # a gigabyte a process. Those of one batch, which its layers share, are enough.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32")
    if workers == 1:
        maker = Maker(job)
        for number in shards:
            maker.make(number, advance)
    else:
        _make_apart(job, shards, workers, advance)


class Maker:
    """A loaded model that makes one shard after another."""

    def __init__(self, job: ShardJob) -> None:
        self._job = job
        self._folder = Folder(job.folder)
        dtype = "bfloat16" if job.dtype == "bfloat16" else "float32"
        self._model = Model(job.model, dtype=dtype, device=job.manifest.device, hook=job.manifest.hook)
        self._selection = self._folder.selection()
        self._sample = self._folder.sample()

    def make(self, number: int, advance: Advance) -> None:
        """Make a shard and write it."""
        manifest = self._job.manifest
        texts = read_shard(self._folder, manifest, number)
        with reproducible(self._job.dtype), self._folder.new_shard(number, manifest.key, manifest.units) as writer:
            compute(self._model, texts, self._selection, self._sample, manifest, writer, advance)


def _make_apart(job: ShardJob, shards: list[int], workers: int, advance: Advance) -> None:
    with _processes(job, workers) as connections:
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
        connection.send(number)
    return number is not None


def _heard(connection: Connection) -> int | UserError | None:
    """Return a worker's report: texts done, None for a finished shard, or why it could not."""
    try:
        report = connection.recv()
    except (EOFError, OSError):
        return UserError(
            "a worker process was killed",
            "if memory ran out, choose fewer with --workers; the same command goes on from the finished shards",
        )
    return UserError(*report) if isinstance(report, tuple) else report


@contextmanager
def _processes(job: ShardJob, workers: int) -> Iterator[list[Connection]]:
    """Start workers, yield a connection to each, and end them whatever happens."""
    context = multiprocessing.get_context("spawn")
    started: list[SpawnProcess] = []
    connections: list[Connection] = []
    try:
        with _interrupts_held_back(), safe_path():
            for _ in range(workers):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(job, theirs), daemon=True)
                process.start()
                theirs.close()
                started.append(process)
                connections.append(ours)
        yield connections
    finally:
        for connection in connections:
            connection.close()
        for process in started:
            process.kill()
            process.join()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: it is for their parent, which ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(job: ShardJob, connection: Connection) -> None:
    """Make the shards that come in through `connection`, in a process of its own."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        maker = Maker(job)
        while True:
            maker.make(connection.recv(), connection.send)
            connection.send(None)
    except UserError as refusal:
        connection.send((refusal.message, refusal.hint))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
