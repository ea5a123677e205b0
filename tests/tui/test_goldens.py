"""Whole screens as they were read and found good.

``NEUROTUI_GOLDEN=write`` writes them anew; read every one that changed before it is kept.
"""

import itertools
import os
from pathlib import Path

import pytest
from synthetic import write_run
from tui.driving import at_the_keys

from neurotui.store import journal as room

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("NEUROTUI_GOLDEN") == "write"
SCENES = {
    "first": [],
    "decided": ["a", "x", "space", "2", "a", "k", "n", *"fires in the rain", "enter"],
    "exemplars": ["tab", "G"],
    "second candidate": ["j", "2"],
    "score": ["o", "g"],
    "filter": ["/", *"layer:1 football score>0.3"],
    "filter kept": ["/", *"layer:1 !football", "enter"],
    "filter wrong": ["/", *"score>high"],
    "filter empty": ["/", *"submarine", "enter"],
    "edit": ["e", "ctrl+u", *"bak"],
    "note": ["n", *"fires at commas"],
    "help": ["?"],
    "palette": [":", *"layer"],
    "jump": [":", *"L1.30"],
    "refused": ["9"],
    "copy": ["y"],
}
BOTH_SCOPES = {"word": ["j", "j", "j", "j", "j", "j", "tab"], "negative": ["j", "j", "j", "j", "tab"]}


def check(name, text):
    """Hold a screen against the file of that name."""
    file = GOLDEN / f"{name}.txt"
    if WRITE:
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")


@pytest.fixture(autouse=True)
def still_clock(monkeypatch):
    ticks = itertools.count()
    # What is near in meaning, and a typed label's fit, come when they come: these screens are of the moment before.
    monkeypatch.setattr("neurotui.review.meaning_requests.PAUSE", 3600.0)
    monkeypatch.setattr("neurotui.tui.browse.typed_fit._PAUSE", 3600.0)
    monkeypatch.setattr(room, "_now", lambda: f"2026-11-02T09:{next(ticks):02}:00.000000+00:00")


sizes = pytest.mark.parametrize("size", [(80, 24), (140, 45)], ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.mark.anyio
@sizes
@pytest.mark.parametrize("scene", SCENES)
async def test_a_screen_is_as_it_was_reviewed(run, labels, size, scene):
    async with at_the_keys(run, labels, size) as person:
        await person.press(*SCENES[scene])
        check(f"{scene.replace(' ', '-')}-{size[0]}x{size[1]}", person.text)


@pytest.mark.anyio
@sizes
async def test_a_run_that_was_never_described_is_as_it_was_reviewed(tmp_path, labels, size, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "run.duckdb", units=6, names=())
    async with at_the_keys(Path("run.duckdb"), labels, size) as person:
        await person.press("j")
        check(f"undescribed-{size[0]}x{size[1]}", person.text)


@pytest.mark.anyio
@sizes
@pytest.mark.parametrize("scene", BOTH_SCOPES)
async def test_a_run_of_both_scopes_is_as_it_was_reviewed(two_scope_run, labels, size, scene):
    async with at_the_keys(two_scope_run, labels, size) as person:
        await person.press(*BOTH_SCOPES[scene])
        check(f"{scene.replace(' ', '-')}-{size[0]}x{size[1]}", person.text)


@pytest.mark.anyio
@sizes
async def test_hostile_texts_and_names_are_as_they_were_reviewed(hostile_run, labels, size):
    async with at_the_keys(hostile_run, labels, size, annotator="ada") as person:
        await person.press("j")
        check(f"hostile-{size[0]}x{size[1]}", person.text)


@pytest.mark.anyio
@sizes
async def test_read_only_is_as_it_was_reviewed(run, labels, size):
    async with at_the_keys(run, labels, size, read_only=True) as person:
        await person.press("a")
        check(f"read-only-{size[0]}x{size[1]}", person.text)


def test_every_golden_is_of_a_test_that_is_there():
    names = [name.replace(" ", "-") for name in (*SCENES, *BOTH_SCOPES, "undescribed", "hostile", "read-only")]
    expected = {f"{name}-{size}.txt" for name in names for size in ("80x24", "140x45")}
    assert {file.name for file in GOLDEN.iterdir()} == expected
