"""A worker process: a child of ours that answers one question at a time until it is closed.

Models are loaded there, so that no key press waits for torch and a job can be cancelled by ending its process.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

from neurotui.backends.llm.budget import Account, Spent
from neurotui.errors import UserError
from neurotui.safe_subprocess import python
from neurotui.sanitize import visible
from neurotui.types import no_progress
from neurotui.workers.transport import (
    AnswerMessage,
    ConnectionLost,
    ProgressMessage,
    QuestionMessage,
    receive,
    send,
)

if TYPE_CHECKING:
    from neurotui.types import Progress
    from neurotui.worker_question import Question

A = TypeVar("A")

_MOST_CHARACTERS = 200
# Seconds that a worker process may take to exit once it has closed its end of the pipe.
_PATIENCE = 5.0


class WorkerClient:
    """Answers questions about one run. The process starts with the first question, and again if it has died.

    May be used from any thread: `ask` blocks and takes one question at a time; `close` ends the process, and with
    it a running `ask`, at once.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._turn = threading.Lock()
        self._state = threading.Lock()
        self._child: _Child | None = None
        self._closed = False

    def ask(
        self,
        question: Question[A],
        progress: Progress = no_progress,
        account: Account | None = None,
    ) -> A:
        """Return the answer to a question; blocks until it arrives.

        `account` is the session's: what is in it counts towards the limits on requests, and what the answer takes
        is added as it is spent. `progress` runs in the calling thread. Raises ``UserError`` if the question cannot
        be answered, the process dies or the worker process is closed.
        """
        with self._turn:
            child = self._started()
            try:
                message = child.ask(question, progress, account or Account())
            except ConnectionLost:
                raise self._let_go(child) from None
            except BaseException:
                # A callback raised, so that nothing would read the rest of the answer.
                child.kill()
                self._let_go(child)
                raise
        if isinstance(message, UserError):
            raise message
        return cast("A", message.value)

    def close(self) -> None:
        """End the process at once; a blocked `ask` raises ``UserError``, and so does every later one.

        Waits only for an idle process to exit.
        """
        with self._state:
            self._closed = True
            child = self._child
        if child is not None:
            child.kill()
            # If a thread is waiting for an answer, it sees the end and cleans up; it may be waiting for ours.
            if self._turn.acquire(blocking=False):
                try:
                    child.let_go()
                finally:
                    self._turn.release()

    def _let_go(self, child: _Child) -> UserError:
        """Forget a process that has ended; return the reason."""
        why = child.let_go()
        with self._state:
            self._child = None
            return _closed() if self._closed else why

    def _started(self) -> _Child:
        with self._state:
            if self._closed:
                raise _closed()
            if self._child is None:
                self._child = _Child(self._run)
            return self._child


class _Child:
    """One process, from its start to its end."""

    def __init__(self, run: Path) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the child
        try:
            # A session of its own: ctrl+c and a terminal that closes are for the parent, which then ends it.
            self._process = subprocess.Popen(  # noqa: S603 - this program again
                python("-m", "neurotui.workers", str(run)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,
            )
        except OSError as error:
            self._errors.close()
            raise UserError(
                f"no worker process could be started: {error.strerror}", "close other programs and try again"
            ) from error
        self._to = cast("BinaryIO", self._process.stdin)
        self._from = cast("BinaryIO", self._process.stdout)

    def ask(self, question: Question[Any], progress: Progress, account: Account) -> AnswerMessage | UserError:
        """Return the answer to a question, or its error; raises ``ConnectionLost`` if the process ends first."""
        send(self._to, QuestionMessage(question, account.spent))
        while isinstance(message := receive(self._from), ProgressMessage | Spent):
            if isinstance(message, ProgressMessage):
                progress(*message)
            else:
                account.go_on_from(message)
        return cast("AnswerMessage | UserError", message)

    def kill(self) -> None:
        """Kill the process; it may take a moment to be gone."""
        self._process.kill()

    def let_go(self) -> UserError:
        """Wait until the process is gone, close its pipes and return why it ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self._process.kill()
        code = self._process.wait()
        why = f"signal {-code}" if code < 0 else f"status {code}"
        if not self._errors.closed:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip().rpartition("\n")[2]
            why = visible(said)[:_MOST_CHARACTERS] or why
        for stream in (self._to, self._from, self._errors):
            with contextlib.suppress(OSError):
                stream.close()
        return UserError(f"the worker process ended: {why}", "try again; if memory ran out, close other programs")


def _closed() -> UserError:
    return UserError("cancelled: the worker process was closed", "ask again")
