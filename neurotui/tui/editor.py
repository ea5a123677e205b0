"""A label written in a person's own editor, as git asks for a commit's message."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from neurotui.visible import visible
from neurotui.words import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COMMENT = "#"
_FALLBACK = "vi"


def written_in_editor(
    begun: str, what: str, others: Sequence[str], environment: Mapping[str, str] = os.environ
) -> str:
    """Let $VISUAL or $EDITOR write a text that begins as `begun`; return it on one line, made visible.

    Lines that begin with ``#`` say `what` it is, and what `others` there are; they do not count. Empty where
    nothing is left. ``Refusal`` if the editor cannot be run or fails.
    """
    editor = environment.get("VISUAL") or environment.get("EDITOR") or _FALLBACK
    notes = [f"{what}: the first line that is not empty counts", "leave it empty to change nothing", *others]
    with tempfile.TemporaryDirectory(prefix="neurotui-") as folder:
        file = Path(folder, "label.txt")
        file.write_text("\n".join([begun, "", *(f"{_COMMENT} {note}" for note in notes), ""]), encoding="utf-8")
        try:
            # Whose editor it is says what is run.
            status = subprocess.run(  # noqa: S603
                [*shlex.split(editor), str(file)], check=False
            ).returncode
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise Refusal(
                f"the editor '{visible(editor)}' cannot be used: {error}", "set EDITOR to another"
            ) from error
    if status:
        raise Refusal(f"the editor '{visible(editor)}' ended with status {status}", "nothing has been changed")
    written = (visible(line).strip() for line in lines if not line.startswith(_COMMENT))
    return next(filter(None, written), "")
