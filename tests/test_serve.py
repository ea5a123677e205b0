"""The app in a real browser: keys decide, nobody else gets in, and everything ends together."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from synthetic import write_run
from tui.driving import decisions

from neurotui.cli import main

aiohttp = pytest.importorskip("aiohttp")
pytest.importorskip("textual_serve")

from browser import PATIENCE, browsing, chromium  # noqa: E402 - needs what may be missing

pytestmark = pytest.mark.skipif(shutil.which("ps") is None, reason="no ps here to tell processes by")
in_a_browser = pytest.mark.skipif(chromium() is None, reason="no chromium or chrome here; CHROME names one")


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("served") / "run.duckdb", units=10)


class Server:
    """A server, its address with the key, and the processes that it started."""

    def __init__(self, process):
        self.process = process
        said = process.stdout.readline()
        found = re.search(r"(http://127\.0\.0\.1:\d+/)\?key=(\S+)", said)
        assert found, said + process.stderr.read()
        self.address, self.origin, self.key = found[0], found[1], found[2]

    @property
    def children(self):
        return [int(pid) for pid, parent, _ in processes() if int(parent) == self.process.pid]


def processes():
    """Return every process's id, its parent's and its state."""
    listed = subprocess.run(
        [shutil.which("ps"), "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    )
    return [line.split()[:3] for line in listed.stdout.splitlines()]


@contextmanager
def served(run, labels, *options):
    process = subprocess.Popen(
        [sys.executable, "-m", "neurotui", "serve", str(run), "--port", "0", "--labels", str(labels), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Server(process)
    finally:
        process.kill()
        process.communicate()


def are_gone(pids):
    """Wait until none of these processes runs; what nobody has asked after yet is no more."""
    end = time.monotonic() + PATIENCE
    while any(int(pid) in pids and not state.startswith("Z") for pid, _, state in processes()):
        assert time.monotonic() < end, "still there"
        time.sleep(0.1)
    return True


def keep(picture):
    """Write a picture to where NEUROTUI_TEST_PICTURES wants to look at it."""
    if folder := os.environ.get("NEUROTUI_TEST_PICTURES"):
        Path(folder, "serve.png").write_bytes(picture)


async def decided(browser, labels, count):
    """Wait until so many decisions are on the disk; return them."""

    async def are_there():
        return len(decisions(labels)) == count

    await browser.until(are_there)
    return decisions(labels)


@in_a_browser
@pytest.mark.anyio
async def test_a_key_pressed_in_a_browser_is_a_decision_on_the_disk(run, tmp_path):
    labels = tmp_path / "run.labels.jsonl"
    with served(run, labels, "--annotator=grace") as server:
        async with browsing(tmp_path / "profile") as browser:
            await browser.go(server.address)
            await browser.until(lambda: browser.value("document.body.classList.contains('-first-byte')"))
            assert await browser.value("document.title") == "run.duckdb · neurotui"
            # Nobody has clicked: keys go to the app by themselves.
            await browser.until(lambda: browser.value("document.activeElement.tagName === 'TEXTAREA'"))
            # What is pressed before the run has been read is refused, in a browser as anywhere.
            done = 0
            while not done or done < len(decisions(labels)):
                done = len(decisions(labels))
                if not done:
                    await browser.press("a")
                await asyncio.sleep(1)
            assert [neuron for neuron, _, _ in decisions(labels)] == [f"L0.{place}" for place in range(done)]
            await browser.press("x")
            assert (await decided(browser, labels, done + 1))[-1][:2] == (f"L0.{done}", "reject")
            await browser.press("e", *"rain", "Enter")
            assert (await decided(browser, labels, done + 2))[-1][2] == "rain"
            keep(await browser.picture())
            assert "key=" not in await browser.value("location.href")
            assert {url.partition("/static/")[0] for url in browser.reached} <= {
                *(
                    server.origin[:-1],
                    server.origin,
                    server.address,
                    f"{server.origin}favicon.ico",
                    "about:blank",
                )
            }
            assert len(server.children) == 1
            await browser.press("E")
            await browser.press("q")
            await browser.until(lambda: browser.value("document.body.classList.contains('-closed')"))
        assert are_gone(server.children)
    assert '"by": "grace"' in labels.read_text()


async def asked(url, **headers):
    """Ask for a page as anybody could; return the status and what it says."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=headers, allow_redirects=False) as answer,
    ):
        return answer.status, await answer.text()


@pytest.mark.anyio
async def test_nobody_gets_in_without_the_key_by_another_name_or_from_another_page(run, tmp_path):
    with served(run, tmp_path / "l.jsonl") as server:
        port = server.origin.rpartition(":")[2].rstrip("/")
        cookie = f"neurotui-{port}={server.key}"
        for path in ("", "ws", "static/js/textual.js", "download/x", "?key=", "?key=wrong"):
            assert (await asked(server.origin + path))[0] == 403
        status, page = await asked(server.origin, Cookie=cookie)
        assert status == 200
        assert "<title>run.duckdb · neurotui</title>" in page
        assert "xterm-helper-textarea" in page.partition("</head>")[0]
        assert (await asked(server.address))[0] == 303
        for stranger in ("evil.example", f"evil.example:{port}", "10.0.0.1", "127.0.0.1.evil.example"):
            assert (await asked(server.address, Host=stranger))[0] == 403
        assert (await asked(server.origin, Host="localhost:9999", Cookie=cookie))[0] == 200
        assert "ws://localhost:9999/ws" in (await asked(server.origin, Host="localhost:9999", Cookie=cookie))[1]
        for origin in (
            "http://evil.example",
            "null",
            f"http://127.0.0.1:{int(port) + 1}",
            f"https://127.0.0.1:{port}",
        ):
            assert (await asked(f"{server.origin}ws", Origin=origin, Cookie=cookie))[0] == 403
        assert server.children == []


@pytest.mark.parametrize("options", [[], ["--read-only"]], ids=["deciding", "read-only"])
def test_the_address_says_whether_anything_can_be_decided_there(run, tmp_path, options):
    with served(run, tmp_path / "l.jsonl", *options) as server:
        said = server.process.stdout.readline()
    assert ("decides in your name" in said, "nothing can be decided there" in said) == (not options, bool(options))


@asynccontextmanager
async def looking(server):
    """Look at the app as a browser would, without one."""
    cookie = f"neurotui-{server.origin.rpartition(':')[2].rstrip('/')}={server.key}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{server.origin}ws?width=100&height=30", headers={"Cookie": cookie}) as socket,
    ):
        seen = b""
        while b"strongest" not in seen:
            seen += (await socket.receive(timeout=PATIENCE)).data
        yield socket


@pytest.mark.anyio
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_whatever_ends_the_server_ends_every_app(run, tmp_path, number):
    with served(run, tmp_path / "l.jsonl") as server:
        async with looking(server), looking(server):
            children = server.children
            assert len(children) == 2
            server.process.send_signal(number)
            assert await asyncio.to_thread(server.process.wait, PATIENCE) == (
                -9 if number == signal.SIGKILL else 0
            )
            assert await asyncio.to_thread(are_gone, children)
        assert server.process.stderr.read() == ""
        assert "Traceback" not in server.process.stdout.read()


@pytest.mark.anyio
async def test_a_page_that_is_closed_ends_its_app_and_no_other(run, tmp_path):
    with served(run, tmp_path / "l.jsonl") as server:
        async with looking(server):
            async with looking(server):
                first, second = server.children
            assert await asyncio.to_thread(are_gone, {second})
            assert server.children == [first]


@pytest.mark.anyio
async def test_an_app_that_cannot_begin_closes_the_page(tmp_path):
    run = write_run(tmp_path / "run.duckdb", units=3)
    with served(run, tmp_path / "l.jsonl") as server:
        run.unlink()
        cookie = f"neurotui-{server.origin.rpartition(':')[2].rstrip('/')}={server.key}"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{server.origin}ws", headers={"Cookie": cookie}) as socket,
        ):
            assert (await socket.receive(timeout=PATIENCE)).type == aiohttp.WSMsgType.CLOSE
        server.process.terminate()
        assert "error: there is no file" in server.process.communicate()[0]


def test_what_could_not_be_opened_is_refused_before_anything_listens(run, tmp_path, capsys):
    (tmp_path / "bad.jsonl").write_text("not a decision\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for arguments, says in (
            ([tmp_path / "no.duckdb"], "there is no file"),
            ([run, "--labels", tmp_path / "bad.jsonl"], "bad.jsonl"),
            ([run, "--labels", tmp_path / "no" / "l.jsonl"], "there is no folder"),
            ([run, "--host", "10.0.0.1"], "'10.0.0.1' is not the loopback address"),
            ([run, "--host", "::"], "is not the loopback address"),
            ([run, "--port", port], f"port {port} cannot be had"),
            ([run, "--port", "70000"], "70000 is no port"),
        ):
            assert main(["serve", *map(str, arguments)]) == 1
            told = capsys.readouterr()
            assert says in told.err
            assert "hint: " in told.err
            assert told.out == ""
        assert main(["serve", str(run), "--frob"]) == 2


def test_without_the_library_the_way_to_it_is_told(run, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    monkeypatch.delitem(sys.modules, "neurotui.web.server", raising=False)
    assert main(["serve", str(run)]) == 1
    told = capsys.readouterr().err
    assert "textual-serve" in told
    assert "hint: pip install 'neurotui[serve]'" in told
