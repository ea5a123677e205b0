"""How far a command's work is: a bar on a terminal, lines elsewhere, both on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
        self._stages: dict[str, _Stage] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Record the progress of a stage; print a line if one is due.

        A stage may alternate with others, and begin anew: of one that has ended before, a line a minute is enough.
        """
        now = self._clock()
        known = self._stages.get(stage)
        if known is None:
            known = self._stages[stage] = _Stage(done, now, now)
        elif done < known.done:
            known.first, known.started = done, now
        known.done = done
        ends = done >= total and not known.ended
        if not ends and now - known.spoke < _MINUTE:
            return
        known.spoke, known.ended = now, known.ended or ends
        print(visible(_line(stage, known, total, now - known.started)), file=self._stream, flush=True)


@dataclass(slots=True)
class _Stage:
    """How far a stage was when it began and is now, when it began and a line was printed, and if its end was."""

    first: int
    started: float
    spoke: float
    done: int = 0
    ended: bool = False


def _line(stage: str, known: _Stage, total: int, seconds: float) -> str:
    rate = (known.done - known.first) / seconds if seconds > 0 else 0.0
    said = f"{stage}: {known.done:,} of {total:,}"
    if rate > 0:
        said += f", {rate:,.1f} a second"
    if known.done >= total:
        return f"{said}, done in {duration(seconds)}"
    return f"{said}, {duration((total - known.done) / rate)} left" if rate > 0 else said


def duration(seconds: float) -> str:
    """Format a duration: ``8 s``, ``3 min``, ``2 h 5 min``."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / _MINUTE), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
