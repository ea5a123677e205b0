"""What a language model is asked, word for word, for phrases and labels; `naming_prompts.py` asks for names.

The prompts are files in ``prompts/`` that a person may copy and edit. A text of the data set is data there: its
controls are made visible, it is cut, and it stands as JSON on a line of its own, so that it cannot end the
place it stands in; the templates are filled in one pass, so that no text is read as one.
"""

from __future__ import annotations

import hashlib
import json
import re
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from neurotui.backends.protocol import MOST_PHRASES
from neurotui.errors import UserError
from neurotui.sanitize import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from neurotui.backends.judge_protocol import Question
    from neurotui.backends.label_evidence import LabelEvidence

_DESCRIBING = ("label.txt", "phrases.txt", "repair.txt")
FILES = {
    "phrases.txt": "texts",
    "label.txt": "texts",
    "repair.txt": "fault",
    "detection.txt": "texts",
    "fuzzing.txt": "texts",
}
"""The prompts, and what each must leave a place for."""

PHRASES_OPENING = '{"texts": [{"id": 1, "phrases": ["'
LABEL_OPENING = '{"labels": ["'
"""How the answer about one text, and about a neuron, begins: a model that only continues text is given it."""

_MOST = "most"
"""Another place that a prompt may have: how many phrases or labels there may be at most."""

_TEXT_CHARACTERS = 2_000
_EXCERPT_CHARACTERS = 600
_EXAMPLE_CHARACTERS = 400
_LINE_END = re.compile(r"\r\n|\r|\n")


class Wording:
    """The prompts, ours or those that a `folder` holds; a prompt that is not there is ours.

    ``hash`` tells two wordings apart in which texts and neurons are described. Raises ``UserError`` for a file
    that cannot serve.
    """

    def __init__(self, folder: Path | None = None) -> None:
        if folder is not None and not folder.is_dir():
            raise UserError(
                f"'{folder}' is not a folder of prompts", f"name a folder that holds any of: {', '.join(FILES)}"
            )
        self._templates = {name: _template(name, folder) for name in FILES}
        # With the number in its place: what was paid for is found again by prompts that say it in digits.
        written = [self._templates[name].template.replace(f"${_MOST}", str(MOST_PHRASES)) for name in _DESCRIBING]
        together = json.dumps(written)
        self.hash = hashlib.sha256(together.encode()).hexdigest()[:16]

    def phrases(self, texts: Sequence[str]) -> str:
        """Return the prompt that asks for the phrases of some texts, which are numbered from 1."""
        lines = [{"id": place, "text": plain(text)} for place, text in enumerate(texts, 1)]
        return self._filled("phrases.txt", texts=_lines(lines))

    def label(self, shown: LabelEvidence) -> str:
        """Return the prompt that asks for the labels of a neuron."""
        firing = [
            {
                "fires": True,
                "text": plain(excerpt.text, _EXCERPT_CHARACTERS),
                "peaks": [plain(peak, _EXCERPT_CHARACTERS) for peak in excerpt.peaks],
            }
            for excerpt in shown.firing
        ]
        silent = [{"fires": False, "text": plain(text, _EXCERPT_CHARACTERS)} for text in shown.silent]
        return self._filled("label.txt", texts=_lines([*firing, *silent]))

    def judging(self, question: Question) -> str:
        """Return the prompt that asks whether a description holds for examples, which are numbered from 1."""
        return self._filled(
            "fuzzing.txt" if question.marked else "detection.txt", texts=_lines(_request_of(question))
        )

    def again(self, prompt: str, fault: str) -> str:
        """Return a prompt as it is sent a second time, with what was wrong with the first reply."""
        return f"{prompt}\n\n{self._filled('repair.txt', fault=fault)}"

    def _filled(self, name: str, **values: str) -> str:
        return self._templates[name].substitute(values, most=MOST_PHRASES).strip()


def plain(text: str, most: int = _TEXT_CHARACTERS) -> str:
    """Return a data set's text as it goes into a prompt: cut, in visible characters, its lines kept."""
    lines = _LINE_END.split(text[:most].replace("\t", " "))
    return "\n".join(visible(line) for line in lines).strip()


def plain_example(text: str) -> str:
    """Return an example as it goes into a prompt: one line, in visible characters."""
    return " ".join(plain(text, _EXAMPLE_CHARACTERS).split())


def _request_of(question: Question) -> list[dict[str, object]]:
    """Return a question as the JSON lines of a prompt: the description, and the examples with their ids."""
    examples = [{"id": place, "text": plain_example(text)} for place, text in enumerate(question.examples, 1)]
    return [{"description": plain_example(question.description)}, *examples]


def write_originals(folder: Path) -> list[Path]:
    """Write our prompts into a folder, to be edited there; raise ``UserError`` where one would be overwritten."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in FILES]
    for path in paths:
        if path.exists():
            raise UserError(f"'{path}' is there already", "name another folder, or edit what is there")
    for path in paths:
        path.write_text(_original(path.name), encoding="utf-8")
    return paths


def _lines(records: Iterable[dict[str, object]]) -> str:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records)


def _original(name: str) -> str:
    return (files("neurotui.backends.llm") / "prompts" / name).read_text(encoding="utf-8")


def _template(name: str, folder: Path | None) -> Template:
    """Read one prompt; a stray ``$`` or a missing place is told now, not in the middle of the work."""
    path = folder / name if folder is not None else None
    if path is None or not path.exists():
        return Template(_original(name))
    try:
        template = Template(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise UserError(f"'{path}' is not UTF-8 text", "save it as UTF-8") from error
    wanted = FILES[name]
    places = set(template.get_identifiers()) if template.is_valid() else set()
    if places - {_MOST} != {wanted}:
        raise UserError(
            f"'{path}' must hold ${wanted} and no other place to fill in than ${_MOST}",
            f"write ${wanted} where it belongs, and $$ for a dollar sign",
        )
    return template
