"""Places that a URL names: a folder by ``file://`` always, and a bucket of a real S3 server where moto is installed."""

import json
import shlex
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from patience import PATIENCE
from pyarrow.fs import FileSystem

_SERVES = "import sys; from moto.server import main; main(['-H', '127.0.0.1', '-p', sys.argv[1]])"
KINDS = [
    "file",
    pytest.param(
        "s3",
        marks=pytest.mark.skipif(
            find_spec("moto") is None or find_spec("flask_cors") is None,
            reason="a real S3 server is not installed: pip install 'moto[s3]' flask flask-cors",
        ),
    ),
]


class Storage:
    """Files that are named by URLs, and can be put there, changed and taken away."""

    def __init__(self, base, query=""):
        self.base, self.query = base, query
        self._filesystem, self._root = FileSystem.from_uri(base + query)

    def url(self, name):
        return f"{self.base}/{name}{self.query}"

    def put(self, name, content):
        """Put bytes, or the bytes of a file, under a name; return the URL."""
        path = f"{self._root}/{name}"
        self._filesystem.create_dir(path.rpartition("/")[0])
        with self._filesystem.open_output_stream(path, compression=None) as file:
            file.write(content if isinstance(content, bytes) else content.read_bytes())
        return self.url(name)

    def put_folder(self, name, folder):
        for file in folder.iterdir():
            self.put(f"{name}/{file.name}", file)
        return self.url(name)

    def remove(self, name):
        self._filesystem.delete_file(f"{self._root}/{name}")


@pytest.fixture(params=KINDS)
def storage(request, tmp_path, monkeypatch):
    """Return a place for files, each kind of it; what is fetched from it goes to a cache of the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if request.param == "file":
        (tmp_path / "bucket").mkdir()
        return Storage(f"file://{tmp_path}/bucket")
    query = request.getfixturevalue("s3_server")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anybody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    bucket = f"s3://bucket-{time.monotonic_ns()}"
    filesystem, root = FileSystem.from_uri(f"{bucket}{query}&allow_bucket_creation=true")
    filesystem.create_dir(root)
    return Storage(bucket, query)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    """Return the query of URLs that a real S3 server of the tests' own answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (tmp_path_factory.mktemp("s3") / "server.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", _SERVES, str(port)], stdout=log, stderr=log)
        try:
            _await(f"http://127.0.0.1:{port}/moto-api/", process)
            yield f"?endpoint_override=127.0.0.1:{port}&scheme=http"
        finally:
            process.kill()
            process.wait()


@contextmanager
def refusing_server(status):
    """Yield the query of URLs that a server answers which refuses everything with a status of HTTP."""

    class Refusal(BaseHTTPRequestHandler):
        def refuse(self):
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD = refuse  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"?endpoint_override=127.0.0.1:{server.server_port}&scheme=http"
        server.shutdown()


def command_of(hint):
    """Return the Python program of the command that a hint ends with."""
    words = shlex.split(hint.partition(": ")[2])
    assert words[:2] == ["python3", "-c"]
    return words[2]


def lines(*bodies):
    return "".join(json.dumps({"text": body}) + "\n" for body in bodies).encode()


def _await(url, process):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(url, timeout=1):  # noqa: S310 - our own
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise AssertionError("the S3 server did not start")
