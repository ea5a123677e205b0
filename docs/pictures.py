"""Draw the pictures of the README: the app on the demo's run, with a few decisions taken by its keys.

`make pictures` makes the demo's run if need be and writes ``docs/*.svg``.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from neurotui.demo import prepare
from neurotui.review.session import Session
from neurotui.store.run import Run
from neurotui.tui.app import NeurotuiApp
from neurotui.tui.themes import DARK, LIGHT

FOLDER = Path(__file__).parent
SIZE = (140, 45)
# Past the signs and function words that come first, to a class of words.
TRIAGE = ("a", "a", "x", "a", "space", "a", "a", *"jjjjjjjjjjjjjjjjjjjj")
PICTURES = (
    ("browse", DARK, TRIAGE),
    ("browse-light", LIGHT, TRIAGE),
    ("whole", DARK, (*TRIAGE, "w", "tab", "l", "l")),
    ("probe", DARK, (*TRIAGE, "p", *"The keeper was offside, and so was the flute.")),
)
# What is typed is asked about a moment after the last key.
MOMENT = 1.0


async def draw(run: Path, name: str, theme: str, keys: tuple[str, ...]) -> None:
    """Press `keys` in a new app and write what it shows to ``docs/name.svg``."""
    with tempfile.TemporaryDirectory() as folder:
        session = Session.open(Run(run), labels=Path(folder) / "labels.jsonl", annotator="ada", read_only=False)
        app = NeurotuiApp(session)
        async with app.run_test(size=SIZE) as pilot:
            app.theme = theme
            for key in keys:
                # What a key asks for is read in the background: the next one waits for it, as a person would.
                await app.workers.wait_for_complete()
                await pilot.press(key)
            await asyncio.sleep(MOMENT)
            await app.workers.wait_for_complete()
            await pilot.pause()
            (FOLDER / f"{name}.svg").write_text(app.export_screenshot(title=f"neurotui open {run.name}"))
        session.run.close()


def main() -> None:
    """Draw every picture."""
    # The same wherever they are drawn: a terminal with all colours.
    os.environ.pop("NO_COLOR", None)
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
    made = prepare(Path("neurotui-demo"), progress=lambda *_: None)
    run = Path(made.run)
    for name, theme, keys in PICTURES:
        asyncio.run(draw(run, name, theme.name, keys))


if __name__ == "__main__":
    main()
