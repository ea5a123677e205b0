"""A person at the keys of a real app, without a terminal: press, settle, read the screen and the disk."""

import asyncio
import json
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from patience import PATIENCE
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.strip import Strip

from neurotui.errors import UserError
from neurotui.review.orders import Sort
from neurotui.review.session import Session
from neurotui.sanitize import visible
from neurotui.store.run import Run
from neurotui.tui.app import NeurotuiApp
from neurotui.tui.config import Config
from neurotui.types import Blind
from neurotui.workers.client import WorkerClient


class Absent(WorkerClient):
    """Answers nothing, so that no test waits for a model but those that mean to."""

    def ask(self, *_):
        raise UserError("no model here", "this test needs none")


class Person:
    """Somebody who presses keys in an app and reads what it shows, line by line."""

    def __init__(self, pilot: Pilot[None], app: NeurotuiApp, session: Session) -> None:
        self.pilot = pilot
        self.app = app
        self.session = session
        self._strips = []

    async def press(self, *keys: str) -> None:
        """Press keys, by character or by Textual's name, each when the one before has had its whole effect."""
        for key in keys:
            self._send(key)
            await self._quiet()
        await self.settle()

    async def type(self, keys: Iterable[str]) -> None:
        """Press keys as fast as people type who do not look."""
        for key in keys:
            self._send(key)
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is on its way, and the screen is drawn as it will stay."""
        await self._quiet()
        while self.app.is_running and self._undrawn:
            await self.pilot.pause(0)
            await self._quiet()
        self._strips = []

    @property
    def _undrawn(self) -> bool:
        screen = self.app.screen
        return bool(screen._dirty_widgets or screen._layout_required or screen._repaint_required)

    async def _quiet(self) -> None:
        """Wait until there is no message, no worker and no message of a worker."""
        while True:
            await self.app.workers.wait_for_complete()
            # False after a fault of the app: then nothing is worth waiting for.
            if not await self.pilot._wait_for_screen() or not self._busy:
                return

    @property
    def _busy(self) -> bool:
        nodes = [
            self.app,
            *(node for screen in self.app.screen_stack for node in screen.walk_children(with_self=True)),
        ]
        return bool(len(self.app.workers)) or not all(node._message_queue.empty() for node in nodes)

    def _send(self, key: str) -> None:
        name = _character_to_key(key) if len(key) == 1 else key
        character = " " if key == "space" else key if len(key) == 1 else None
        self.app.post_message(events.Key(name, character))

    async def until(self, holds) -> None:
        """Wait for what the app will notice by itself."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await asyncio.sleep(0.02)
                await self.settle()

    @property
    def browse(self):
        return self.app.screen_stack[0]

    @property
    def review_state(self):
        return self.browse.review.review_state

    @property
    def strips(self):
        """The screen, drawn when somebody looks."""
        if not self._strips:
            compositor, below = self.app.screen._compositor, self.app._background_screens
            self._strips = list(map(Strip.join, compositor.render_update(full=True, screen_stack=below).strips))
        return self._strips

    @property
    def lines(self) -> list[str]:
        return [strip.text for strip in self.strips]

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines) + "\n"

    @property
    def typed(self) -> str:
        """The line that one types into, while one does."""
        return self.lines[-4]

    @property
    def told(self) -> str:
        """What is said of what one types."""
        return self.lines[-3]

    @property
    def status(self) -> str:
        return self.lines[-2]

    @property
    def keys(self) -> str:
        return self.lines[-1]

    @property
    def page(self) -> str:
        """Everything that the detail pane has, below the edge of the screen too."""
        return "\n".join(strip.text for strip in self.browse.detail.page.strips)

    @property
    def said(self) -> str:
        """The same as words, wherever its lines break."""
        return " ".join(self.page.split())

    @property
    def current(self) -> str:
        return str(self.review_state.overview.neuron(self.review_state.current))

    def tells(self, text: str) -> bool:
        """Tell whether a toast says this, wherever its lines break."""
        told = "".join(line.rpartition("▌")[2] for line in self.lines if line.rfind("▌") > 1)
        return "".join(text.split()) in "".join(told.split())

    def row(self, neuron: str) -> str:
        """Return the list's line for a neuron."""
        return next(line for line in self.lines if f" {neuron} " in line[: self.browse.list.size.width])

    @property
    def journal(self) -> list[tuple[str, str, str]]:
        """What is on the disk: neuron, action and text of each line."""
        return decisions(self.session.journal.path)


def decisions(path: Path) -> list[tuple[str, str, str]]:
    """Read a journal with nothing but a JSON parser."""
    if not path.exists():
        return []
    records = [json.loads(line) for line in path.read_text("ascii").splitlines()]
    return [(f"L{r['layer']}.{r['unit']}", r["action"], r.get("text", "")) for r in records]


@asynccontextmanager
async def at_the_keys(
    run: Path,
    labels: Path,
    size: tuple[int, int] = (140, 45),
    *,
    theme: str = "neurotui-dark",
    annotator: str = "ada",
    read_only: bool = False,
    blind: Blind = "",
    config: Config | None = None,
    new_worker: Callable[[Path], WorkerClient] = Absent,
    order: Sort = "layer",
):
    """Open a run in an app of a given size, until it has shown the first neuron.

    It opens in `order`: by layer, neurons stand where a reader of the test expects them.
    """
    session = Session.open(Run(run), labels=labels, annotator=annotator, read_only=read_only, blind=blind)
    session.new_worker = new_worker
    app = NeurotuiApp(session, (config or Config())._replace(order=order))
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        person = Person(pilot, app, session)
        app.theme = theme
        await person.settle()
        yield person
    session.run.close()


def harmless(text: str) -> bool:
    """Tell whether a line may be sent to a terminal as it is."""
    return visible(text) == text
