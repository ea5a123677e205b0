"""Make shards on Ray: one actor a processor of the cluster, each with a loaded model, takes shard after shard.

The folder of shards and the model's must have the same paths on every node. A shard of an actor that dies goes to
another one. Which actor makes which shard changes nothing.
"""

from __future__ import annotations

import socket
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.models.dtype import FEW_PRODUCTS
from neurotui.precompute import processes
from neurotui.precompute.shards import shard_name

if TYPE_CHECKING:
    from neurotui.precompute.processes import Advance, ShardJob

LOCAL = "local"
"""The address of a Ray of its own on this machine, which ends with the command."""

# So often one shard may lose the actor that makes it: then it is the shard that kills them.
_TRIES = 3
_PATIENCE = 10  # seconds
# Results are written to the folder: Ray itself carries numbers.
_STORE_BYTES = 100 << 20


def make(job: ShardJob, shards: list[int], workers: int, advance: Advance, address: str) -> None:
    """Make the shards of these numbers; `workers` 0 takes all processors of the cluster, or all its GPUs.

    Raises ``UserError`` if there is no Ray at `address`, or a shard cannot be made.
    """
    with _connected(address, workers) as ray:
        resource = "CPU" if job.manifest.device == "cpu" else "GPU"
        there = int(ray.cluster_resources().get(resource, 0))
        if not there:
            raise UserError(
                f"the Ray at '{address}' has no {resource}", "start its nodes with some, or take --device"
            )
        makers = _Makers(ray, replace(job, folder=job.folder.resolve(), model=job.model.resolve()), resource)
        try:
            _make_all(makers, shards, min(workers or there, there, len(shards)), advance)
        finally:
            makers.end()


class Maker:
    """What an actor is: a loaded model that makes one shard after another."""

    def __init__(self, job: ShardJob) -> None:
        self._refusal: tuple[str, str] | None = None
        try:
            self._maker = processes.Maker(job)
        except UserError as refusal:
            self._refusal = (refusal.message, refusal.hint)

    def make(self, number: int) -> int | tuple[str, str]:
        """Make a shard; return how many texts it has, or why it could not be made."""
        texts: list[int] = []
        if self._refusal is not None:
            return self._refusal
        try:
            self._maker.make(number, texts.append)
        except UserError as refusal:
            return refusal.message, refusal.hint
        return sum(texts)


class _Makers:
    """The actors: started as they are wanted, and ended together."""

    def __init__(self, ray: Any, job: ShardJob, resource: str) -> None:  # noqa: ANN401 - a module without types
        self.ray, self._job = ray, job
        wanted = {"num_cpus": 1, "num_gpus": 1 if resource == "GPU" else 0, "max_restarts": 0}
        self._kind = ray.remote(**wanted, runtime_env={"env_vars": FEW_PRODUCTS})(Maker)
        self._started: list[Any] = []

    def start(self) -> Any:  # noqa: ANN401 - a handle of Ray's
        """Start an actor."""
        self._started.append(self._kind.remote(self._job))
        return self._started[-1]

    def end(self) -> None:
        """End all of them, whatever they are doing."""
        for maker in self._started:
            self.ray.kill(maker)


def _make_all(makers: _Makers, shards: list[int], count: int, advance: Advance) -> None:
    waiting, lost = deque(shards), Counter[int]()
    busy: dict[Any, tuple[Any, int]] = {}

    def hand_over(maker: Any) -> None:  # noqa: ANN401 - a handle of Ray's
        if waiting:
            number = waiting.popleft()
            busy[maker.make.remote(number)] = (maker, number)

    for _ in range(count):
        hand_over(makers.start())
    while busy:
        (done,), _ = makers.ray.wait(list(busy))
        maker, number = busy.pop(done)
        try:
            report = makers.ray.get(done)
        except makers.ray.exceptions.RayActorError as error:
            lost[number] += 1
            if lost[number] == _TRIES:
                raise UserError(
                    f"{_TRIES} workers died on {_called(number)}: {str(error).strip().splitlines()[0]}",
                    "if memory ran out, start Ray's nodes with fewer processors: ray start --num-cpus N;"
                    " the same command goes on from the finished shards",
                ) from error
            waiting.appendleft(number)
            maker = makers.start()
        else:
            if isinstance(report, tuple):
                raise UserError(*report)
            advance(report)
        hand_over(maker)


def _called(number: int) -> str:
    return "the output weights" if number == processes.OUTPUTS else shard_name(number)


@contextmanager
def _connected(address: str, workers: int) -> Iterator[Any]:
    """Connect to the Ray at an address, or start one here, and let go of it at the end."""
    try:
        import ray  # noqa: PLC0415 - an extra, loaded by those alone who ask for it
    except ImportError as error:
        raise UserError("Ray is not installed", "install it with: pip install 'neurotui[ray]'") from error
    _refuse_silent(address)
    here = {"include_dashboard": False, "object_store_memory": _STORE_BYTES, "num_cpus": workers or None}
    try:
        ray.init(address=address, logging_level="ERROR", log_to_driver=False, **(here if address == LOCAL else {}))
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise _absent(address, error) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _refuse_silent(address: str) -> None:
    """Raise ``UserError`` if nothing listens at an address: Ray would try it again for minutes."""
    host, found, port = address.rpartition("://")[2].rpartition(":")
    if found and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), _PATIENCE).close()
        except (OSError, OverflowError) as error:
            raise _absent(address, error) from error


def _absent(address: str, error: Exception) -> UserError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return UserError(
        f"there is no Ray at '{address}': {reason}", f"start one with: ray start --head; or take --ray {LOCAL}"
    )
