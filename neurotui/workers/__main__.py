"""The worker process: ``python -m neurotui.workers RUN``, started by ``client.WorkerClient``."""

from __future__ import annotations

import os
import sys
import threading
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, cast

from neurotui.backends.llm.budget import Account
from neurotui.errors import UserError
from neurotui.workers.server import WorkerState
from neurotui.workers.transport import (
    AnswerMessage,
    ConnectionLost,
    ProgressMessage,
    QuestionMessage,
    receive,
    send,
)


def main(run: Path) -> None:
    """Answer one question after another until the parent is gone."""
    # torch reads this when it is loaded, and would use every core; one is left to the screen.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) - 1)))
    incoming, outgoing = _line_of_our_own()
    questions: SimpleQueue[QuestionMessage] = SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, questions), daemon=True).start()
    account = Account(partial(send, outgoing))
    state = WorkerState(run, account)

    def tell(stage: str, done: int, total: int) -> None:
        send(outgoing, ProgressMessage(stage, done, total))

    while True:
        question, spent = questions.get()
        account.go_on_from(spent)
        try:
            message: object = AnswerMessage(state.answer(question, tell))
        except UserError as refusal:
            message = refusal
        except ModuleNotFoundError as error:
            message = _not_installed(error)
        except Exception as error:  # noqa: BLE001 - the last catch before the parent
            message = _fault(error)
        send(outgoing, message)


def _line_of_our_own() -> tuple[BinaryIO, BinaryIO]:
    """Return private copies of the pipes to the parent, so that libraries cannot print to or read from them."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return incoming, outgoing


def _listen(incoming: BinaryIO, questions: SimpleQueue[QuestionMessage]) -> None:
    """Queue incoming questions. Once the parent is gone, end the process at once, even in the middle of work."""
    code = 1  # where a question cannot be read: its own words then stand on standard error
    try:
        while True:
            questions.put(cast("QuestionMessage", receive(incoming)))
    except ConnectionLost:
        code = 0
    except Exception as error:  # noqa: BLE001 - nobody would answer any more
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)  # noqa: T201 - for the parent
    finally:
        os._exit(code)


def _not_installed(error: ModuleNotFoundError) -> UserError:
    missing = (error.name or "").partition(".")[0]
    return UserError(
        f"this needs a model, for which '{missing}' is not installed", "pip install 'neurotui[models]'"
    )


def _fault(error: Exception) -> UserError:
    said = f"{type(error).__name__}: {error}".strip().partition("\n")[0]
    return UserError(f"this is a fault of neurotui: {said}", "report it; everything that was decided is saved")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
