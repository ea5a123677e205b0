"""How hints quote our commands on a run."""

from __future__ import annotations

import shlex
from pathlib import Path

from neurotui.store.fetch_cache import origin_of


def command_line(command: str, run: Path | str, *options: str) -> str:
    """Return a neurotui command for a run, quoted for a shell; one that was fetched is named by its URL.

    Not yet made safe to show: see ``sanitize``.
    """
    name = origin_of(run) if isinstance(run, Path) else run
    return shlex.join(["neurotui", command, f"./{name}" if name.startswith("-") else name, *options])
