"""Read what a language model replied: whatever it is, never an exception, and nothing that was not said.

A reply may wrap its JSON in prose, reasoning or code fences, be cut off, hold raw control characters, mix up
the texts or hold no JSON at all. What can be read beyond doubt is kept; every other text is given a fault.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from neurotui.sanitize import visible

MOST_PHRASES = 5
"""Phrases a text, and labels a neuron."""

PHRASE_CHARACTERS, LABEL_CHARACTERS = 80, 160
"""What is longer is no phrase, and no label."""

_MOST_CHARACTERS = 2_000_000
# How deep the brackets of a cut reply may stand: ours stand three deep.
_DEEPEST = 16
# At how many brackets reading may fail before a reply is given up.
_MOST_STARTS = 200
# What stands around a phrase, but is no part of it: quotes, emphasis, the dot of a sentence.
_AROUND = " \t\"'`*_.,;:\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
# What stands in the prompts as an example, or says that there is nothing to say.
_NO_PHRASES = frozenset(
    {"first phrase", "second phrase", "best label", "second label", "none", "null", "n/a", "not applicable"}
)
_REASONING = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_START = re.compile(r"[\[{]")
_BULLET = re.compile(r"\A[-*\N{BULLET}\N{EN DASH}]\s+")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)
_DECODER = json.JSONDecoder(strict=False)

NO_JSON = "it holds no JSON that can be read"
LEFT_OUT = "it leaves the text out"
TWICE = "it answers the text twice"
NO_PHRASE = "it gives the text nothing that is a phrase"
NO_LABEL = "it holds nothing that is a label"
"""What can be wrong with a reply."""


class Answer(NamedTuple):
    """What a reply says of texts numbered from 1: the phrases of some, and what is wrong with the others."""

    phrases: dict[int, tuple[str, ...]]
    faults: dict[int, str]


def read_phrases(reply: str, number: int) -> Answer:
    """Return what a reply says of `number` texts.

    An entry counts for the text whose id it names, and for none where it names no such text. Two entries for
    one text, or one that holds no list of phrases, are a fault of that text alone. An empty list is an answer.
    """
    values = _values(reply)
    answer = Answer({}, {})
    for place, said in ((place, said) for value in values for place, said in _entries(value, number)):
        if not 1 <= place <= number:
            continue
        if place in answer.phrases or place in answer.faults:
            answer.phrases.pop(place, None)
            answer.faults[place] = TWICE
            continue
        phrases = clean(said, PHRASE_CHARACTERS) if isinstance(said, list) else ()
        if phrases or said == []:
            answer.phrases[place] = phrases
        else:
            answer.faults[place] = NO_PHRASE
    for place in range(1, number + 1):
        if place not in answer.phrases:
            answer.faults.setdefault(place, LEFT_OUT if values else NO_JSON)
    return answer


def read_labels(reply: str) -> tuple[str, ...]:
    """Return the labels that a reply holds, at most five; none where it holds nothing that is a label."""
    for value in _values(reply):
        said = value.get("labels", value.get("label")) if isinstance(value, dict) else value
        found = clean([said] if isinstance(said, str) else said, LABEL_CHARACTERS)
        if found:
            return found
    return ()


def clean(said: object, most: int) -> tuple[str, ...]:
    """Return the strings of a list as phrases: at most five, each once, one line, visible, `most` characters.

    Whatever is no string, holds no letter or digit, copies the prompt's examples, or is longer, is left out.
    """
    if not isinstance(said, list):
        return ()
    found: dict[str, str] = {}
    for phrase in filter(None, (_cleaned(part, most) for part in said if isinstance(part, str))):
        found.setdefault(phrase.casefold(), phrase)
    return tuple(found.values())[:MOST_PHRASES]


def _cleaned(phrase: str, most: int) -> str:
    # Longer by far than any phrase: not worth the work, and no phrase however it is folded.
    if len(phrase) > 10 * most:
        return ""
    folded = " ".join(unicodedata.normalize("NFC", phrase).split())
    shown = _BULLET.sub("", visible(folded)).strip(_AROUND)
    if shown.casefold() in _NO_PHRASES or not any(map(str.isalnum, shown)):
        return ""
    return shown if len(shown) <= most else ""


def _entries(value: object, number: int) -> Iterator[tuple[int, object]]:
    """Yield the (id, phrases) that a JSON value holds, in any of the shapes that models give."""
    if isinstance(value, list):
        if number == 1 and value and all(isinstance(part, str) for part in value):
            yield 1, value
        else:
            yield from (entry for part in value if isinstance(part, dict) for entry in _entry(part))
        return
    if not isinstance(value, dict):
        return
    if "id" in value:
        yield from _entry(value)
    elif number == 1 and "phrases" in value:
        yield 1, value["phrases"]
    for name, part in value.items():
        if _NUMBER.fullmatch(name) and isinstance(part, list):
            yield int(name), part
        elif name not in {"id", "phrases"} and isinstance(part, list):
            yield from _entries(part, 0)


def _entry(value: dict[str, object]) -> Iterable[tuple[int, object]]:
    place = value.get("id")
    if isinstance(place, str) and _NUMBER.fullmatch(place):
        place = int(place)
    if isinstance(place, int) and not isinstance(place, bool) and "phrases" in value:
        return [(place, value["phrases"])]
    return []


def _values(reply: str) -> list[object]:
    """Return the outermost JSON values of a reply, or the one that its cut-off end can be closed to."""
    text = _REASONING.sub("", reply[:_MOST_CHARACTERS])
    values: list[object] = []
    place = failed = 0
    while failed < _MOST_STARTS and (start := _START.search(text, place)):
        try:
            value, place = _DECODER.raw_decode(text, start.start())
            values.append(value)
        except (ValueError, RecursionError):
            place, failed = start.end(), failed + 1
    if values:
        return values
    try:
        return [_DECODER.decode(_closed(text))]
    except (ValueError, RecursionError):
        return []


def _closed(text: str) -> str:
    """Return a reply that was cut off, shortened to its last whole element and with its brackets closed."""
    start = _START.search(text)
    place = first = start.start() if start else len(text)
    closers: list[str] = []
    kept = ""
    end = first
    while place < len(text) and len(closers) <= _DEEPEST:
        character = text[place]
        place = _string_end(text, place) if character == '"' else place + 1
        if place < 0:
            break
        if character in "[{":
            closers.append("]" if character == "[" else "}")
        elif character in "]}" and (not closers or closers.pop() != character):
            break
        # A string that stands in an object may be a key: only one in a list is whole by itself.
        if character in "]}" or (character == '"' and closers and closers[-1] == "]"):
            end, kept = place, "".join(reversed(closers))
    return text[first:end] + kept


def _string_end(text: str, place: int) -> int:
    """Return where the string that begins at `place` has ended, or -1."""
    found = _STRING.match(text, place)
    return found.end() if found else -1
