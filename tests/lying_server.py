"""A server of chat completions that says what a test tells it to, true or not, and remembers what it was asked."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from patience import PATIENCE


class Asked(NamedTuple):
    """One request: when it came, by the server's own clock, and what it was."""

    at: float
    body: dict
    headers: dict

    @property
    def prompt(self):
        return self.body["messages"][0]["content"]

    @property
    def texts(self):
        return texts_of(self.prompt)


def texts_of(prompt):
    """Return the texts that a prompt asks about, in the order of their ids."""
    _, lines, *_ = prompt.split("\n-----\n", 2) if "\n-----\n" in prompt else ("", prompt)
    lines = lines.removesuffix("\n-----")
    return [json.loads(line)["text"] for line in lines.splitlines()]


def honest(prompt):
    """Return the reply of a model that names the first two words of every text."""
    entries = [
        {"id": place, "phrases": [f"about {word.lower()}" for word in text.split()[:2]]}
        for place, text in enumerate(texts_of(prompt), 1)
    ]
    return json.dumps({"texts": entries})


def says(content, finish="stop", usage=None, **more):
    """Return a response with these words of the model; a function is given the prompt."""

    def answer(handler, asked):
        words = content(asked.prompt) if callable(content) else content
        choice = {"index": 0, "message": {"role": "assistant", "content": words}, "finish_reason": finish}
        handler.send(200, json.dumps({"choices": [choice], "usage": usage, **more}).encode())

    return answer


def refuses(status, body=b'{"error": {"message": "no"}}', **headers):
    """Return a response with this status; an underscore in a header's name stands for a hyphen."""

    def answer(handler, _asked):
        handler.send(status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    return answer


def sends(body):
    """Return a response with this body, whatever it is."""
    return lambda handler, _asked: handler.send(200, body)


def hangs(handler, _asked):
    """Say nothing until the server is shut."""
    handler.server.shut.wait(PATIENCE)


def hangs_up(handler, _asked):
    """Close the connection in the middle of a response."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
    handler.close_connection = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked(time.monotonic(), body, dict(self.headers))
        with self.server.lock:
            self.server.asked.append(asked)
            answers = self.server.answers
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        answer(self, asked)

    def send(self, status, body, headers=()):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **dict(headers)}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Stay quiet."""


class LyingServer(ThreadingHTTPServer):
    """Gives its answers in turn, the last of them for ever; ``asked`` is every request that came."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, answers):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers)
        self.asked = []
        self.lock = threading.Lock()
        self.shut = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, *_):
        """A client that has gone away is no error of ours."""


@contextmanager
def lying_server(*answers):
    """Yield a server that answers in this way, honestly where nothing is given."""
    server = LyingServer(answers or (says(honest),))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shut.set()
        server.shutdown()
        thread.join()
        server.server_close()
