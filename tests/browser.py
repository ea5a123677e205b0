"""A real browser without a window, driven over the DevTools protocol as a person drives hers."""

import asyncio
import base64
import os
import shutil
import time
from contextlib import asynccontextmanager

import aiohttp
from patience import PATIENCE

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def chromium():
    """Return a browser to start, or nothing: what CHROME names, else one that is installed."""
    return os.environ.get("CHROME") or next(filter(None, map(shutil.which, _NAMES)), None)


class Browser:
    """One page."""

    def __init__(self, socket):
        self._socket = socket
        self._asked = 0
        self._sent = {}
        self._blocked = set()

    async def ask(self, method, **params):
        """Ask the browser for something and return its answer; what it tells meanwhile is noted."""
        self._asked += 1
        await self._socket.send_json({"id": self._asked, "method": method, "params": params})
        while True:
            told = await self._socket.receive_json(timeout=PATIENCE)
            about = told.get("params", {})
            if told.get("method") == "Network.requestWillBeSent":
                self._sent[about["requestId"]] = about["request"]["url"]
            elif about.get("blockedReason"):
                self._blocked.add(about["requestId"])
            if told.get("id") == self._asked:
                return told.get("result", told)

    @property
    def reached(self):
        """The addresses that the page asked for and the browser did not keep it from."""
        return [url for request, url in self._sent.items() if request not in self._blocked]

    async def go(self, address):
        await self.ask("Page.navigate", url=address)

    async def value(self, expression):
        """Return what a JavaScript expression is."""
        return (await self.ask("Runtime.evaluate", expression=expression))["result"].get("value")

    async def click(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            await self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def press(self, *keys):
        for key in keys:
            text = {"Enter": "\r"}.get(key, key)
            await self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, text=text)
            await self.ask("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def picture(self):
        """Return the page as a PNG."""
        return base64.b64decode((await self.ask("Page.captureScreenshot"))["data"])

    async def until(self, holds):
        """Wait until something holds, asking again and again."""
        end = time.monotonic() + PATIENCE
        while not await holds():
            assert time.monotonic() < end, "waited in vain"
            await asyncio.sleep(0.1)


@asynccontextmanager
async def browsing(folder):
    """Start a browser that keeps what it keeps in a folder."""
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage")
    process = await asyncio.create_subprocess_exec(
        chromium(),
        *options,
        "--remote-debugging-port=0",
        f"--user-data-dir={folder}",
        "--window-size=1400,900",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + PATIENCE
        active = folder / "DevToolsActivePort"
        while not (active.exists() and active.read_text().count("\n")):
            assert time.monotonic() < end, "the browser does not start"
            await asyncio.sleep(0.1)
        port = active.read_text().split()[0]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                page = next(one for one in await answer.json() if one["type"] == "page")
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                browser = Browser(socket)
                for domain in ("Page", "Runtime", "Network"):
                    await browser.ask(f"{domain}.enable")
                yield browser
    finally:
        process.terminate()
        await process.wait()
