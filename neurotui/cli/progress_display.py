"""How far a command's work is: a bar on a terminal, lines elsewhere, both on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from neurotui.sanitize import visible
from neurotui.types import Progress

if TYPE_CHECKING:
    from typing import TextIO

_MINUTE = 60.0


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Yield a callback that shows progress on standard error.

    On a terminal it is a bar with rate and time left, elsewhere one line a minute and one at the end of a stage.
    """
    if not sys.stderr.isatty():
        yield ProgressLines(sys.stderr)
        return
    with _bars() as report:
        yield report


@contextmanager
def _bars() -> Iterator[Progress]:
    """Yield a callback that draws one bar for each stage."""
    from rich import progress as rich

    from neurotui.cli.sanitizing_console import SanitizingConsole, standard_error_sanitized

    stages: dict[str, rich.TaskID] = {}
    with rich.Progress(
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn("{task.fields[rate]}", markup=False),
        rich.TimeRemainingColumn(),
        console=SanitizingConsole(stderr=True),
    ) as bars:

        def report(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stages[stage] = bars.add_task(visible(stage), total=total, rate="")
            task = bars.tasks[bars.task_ids.index(stages[stage])]
            speed = task.finished_speed or task.speed
            bars.update(task.id, completed=done, total=total, rate=f"{speed:,.1f}/s" if speed else "")

        with standard_error_sanitized():
            yield report


class ProgressLines:
    """Progress as lines, for logs: one a minute, one at each stage's end.

    `clock` returns seconds and is there for tests.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._stage = ""
        self._ended = False
        self._first = 0
        self._started = self._spoke = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Record the progress of a stage; print a line if one is due."""
        now = self._clock()
        if stage != self._stage:
            self._stage, self._ended, self._first = stage, False, done
            self._started = self._spoke = now
        if self._ended or (done < total and now - self._spoke < _MINUTE):
            return
        self._spoke, self._ended = now, done >= total
        print(visible(self._line(done, total, now - self._started)), file=self._stream, flush=True)

    def _line(self, done: int, total: int, seconds: float) -> str:
        rate = (done - self._first) / seconds if seconds > 0 else 0.0
        said = f"{self._stage}: {done:,} of {total:,}"
        if rate > 0:
            said += f", {rate:,.1f} a second"
        if self._ended:
            return f"{said}, done in {duration(seconds)}"
        return f"{said}, {duration((total - done) / rate)} left" if rate > 0 else said


def duration(seconds: float) -> str:
    """Format a duration: ``8 s``, ``3 min``, ``2 h 5 min``."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / _MINUTE), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
