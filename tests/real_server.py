"""A model, by default the tiny one, behind `transformers serve`, in a process of its own, on the loopback address."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from patience import PATIENCE
from tiny_texts import TINY_MODEL

_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


class RealServer:
    """A running server; ``requests()`` counts by the server's own log what has been answered so far."""

    def __init__(self, port, log):
        self.url = f"http://127.0.0.1:{port}/v1"
        self._log = log

    def requests(self):
        return self._log.read_text().count('"POST /v1/chat/completions HTTP/1.1" 200')


@contextmanager
def real_server(folder, model=TINY_MODEL):
    """Yield a server that is ready; its log stands in `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "server.log"
    command = [Path(sys.executable).with_name("transformers"), "serve", model]
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*map(str, command), *options], stdout=out, stderr=out, env={**os.environ, **_ENVIRONMENT}
        )
    try:
        _await(f"http://127.0.0.1:{port}/health", process, log)
        yield RealServer(port, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(url, process, log):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the server did not come up:\n{log.read_text()[-3000:]}")
