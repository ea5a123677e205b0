"""Read what a language model replied: whatever it is, never an exception, and nothing that was not said.

A reply may wrap its JSON in prose, reasoning or code fences, be cut off, hold raw control characters, mix up
the texts or hold no JSON at all. What can be read beyond doubt is kept; every other text is given a fault.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from neurotui.backends.llm.reply_json import json_values
from neurotui.backends.protocol import MOST_PHRASES
from neurotui.sanitize import visible

PHRASE_CHARACTERS, LABEL_CHARACTERS = 80, 160
"""What is longer is no phrase, and no label."""

# What stands around a phrase, but is no part of it: quotes, emphasis, the dot of a sentence.
_AROUND = " \t\"'`*_.,;:\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
# What stands in the prompts as an example, or says that there is nothing to say.
_NO_PHRASE = re.compile(
    r"(?:first|second|third|fourth|fifth|best|next|another) (?:phrase|label)"
    r"|labels?|phrases?|topics?|themes?|(?:not )?applicable|n\.?/?a|nil|null|none(?: of (?:the above|them|these))?"
    r"|nothing(?: in common| specific| to say)?|unknown|unclear|undefined|undetermined|unspecified|uncertain|empty"
    r"|not (?:sure|clear|available|enough information|specified)|i (?:do not|don.?t) know|insufficient \w+"
    r"|(?:cannot|can.?t|unable to) (?:be determined|determine|tell|say|identify)(?: a?\s?\w+)?"
    r"|no (?:\w+ ){0,3}(?:patterns?|themes?|topics?|labels?|phrases?|concepts?|answer|content|commonality|meaning)"
    r"(?: (?:is |was |can be |could be )?(?:found|identified|detected|available|apparent|given))?"
    r"|kein(?:e|es)?|nichts|aucune?|rien|ningun[oa]|nada|nessun[oa]?|nenhum[a]?|\u043d\u0435\u0442|\u65e0|\u6ca1\u6709|\u306a\u3057|\uc5c6\uc74c"
)
# A place in a list, and a word that announces what follows.
_ENUMERATED = re.compile(r"\A\(?([0-9]{1,2}|[a-e](?=[.)]))[.):](?:\s+|\Z)")
_ANNOUNCED = re.compile(
    r"\A(?:(?:best|final|first|second|third|short) )?(?:label|phrase|topic|theme|name|description|answer)s?"
    r"(?: ?#?[0-9]{1,2})?\s*:(?:\s+|\Z)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\A[-*\N{BULLET}\N{EN DASH}]\s+")
# An id, alone or behind a word: 3, text_3, #3.
_NUMBER = re.compile(r"(?:text|entry|item|id|t|no|nr)?[\s_.#:-]{0,2}([0-9]{1,6})[.:)]?", re.ASCII | re.IGNORECASE)
_IDS = ("id", "textid", "number", "index", "idx", "no", "nr", "num", "i", "n", "text", "key")
_SAID = ("phrases", "phrase", "labels", "label", "text", "name", "topic", "title", "value")
_PARTED = re.compile(r"[,;\n]+")

NO_JSON = "it holds no JSON that can be read"
LEFT_OUT = "it leaves the text out"
SHIFTED = "it numbers the texts from 0 and leaves some out"
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
    one text in one answer, or one that holds no list of phrases, are a fault of that text alone. An empty list is
    an answer. Of several answers the last one counts. Ids from 0 count where they are all there: else nobody knows
    which text is meant, and none is answered.
    """
    values = json_values(reply)
    answer = Answer({}, {})
    for value in values:
        entries = list(_entries(value, number))
        said = _answered(entries, number)
        if said.phrases.keys() & answer.phrases.keys():
            answer = said
        elif said.phrases or not answer.phrases:
            answer.faults.update(said.faults)
            answer.phrases.update(said.phrases)
    for place in range(1, number + 1):
        if place in answer.phrases:
            answer.faults.pop(place, None)
        else:
            answer.faults.setdefault(place, LEFT_OUT if values else NO_JSON)
    return answer


def _answered(entries: Sequence[tuple[int, object]], number: int) -> Answer:
    """Return what one JSON value answers."""
    answer = Answer({}, {})
    from_zero = any(place == 0 for place, _ in entries)
    if from_zero and {place for place, _ in entries} != set(range(number)):
        return Answer({}, dict.fromkeys(range(1, number + 1), SHIFTED))
    for given, said in entries:
        place = given + from_zero
        if not 1 <= place <= number:
            continue
        if place in answer.phrases or place in answer.faults:
            answer.phrases.pop(place, None)
            answer.faults[place] = TWICE
            continue
        phrases = clean(_listed(said), PHRASE_CHARACTERS)
        if phrases or said == []:
            answer.phrases[place] = phrases
        else:
            answer.faults[place] = NO_PHRASE
    return answer


def read_labels(reply: str) -> tuple[str, ...]:
    """Return the labels that the last answer of a reply holds, at most five; none where there is no label."""
    values = list(reversed(json_values(reply)))
    inner = [part for value in values if isinstance(value, dict) for part in value.values()]
    named = [value for value in (*values, *inner) if isinstance(value, dict)]
    lists: list[object] = [value for value in values if isinstance(value, list)]
    for said in (*map(_labels_of, named), *lists):
        found = clean(_listed(said), LABEL_CHARACTERS)
        if found:
            return found
    return ()


def _labels_of(value: dict[str, object]) -> object:
    """Return what an object calls labels; one label is whole, however many commas it holds."""
    keys = {_plain(key): key for key in value}
    name = next((name for name in _SAID if name in keys), None)
    said = value[keys[name]] if name is not None else None
    return [said] if isinstance(said, str) and name == "label" else said


def clean(said: object, most: int) -> tuple[str, ...]:
    """Return the strings of a list as phrases: at most five, each once, one line, visible, `most` characters.

    Whatever is no string, holds no letter or digit, copies the prompt's examples, or is longer, is left out.
    """
    if not isinstance(said, list):
        return ()
    parts = [part if isinstance(part, str) else "" for part in said]
    numbers = [_ENUMERATED.match(part.strip()) for part in parts if part.strip()]
    listed = bool(numbers) and all(numbers)
    found: dict[str, str] = {}
    for place, part in enumerate(parts, 1):
        phrase = _cleaned(part, most, place, listed=listed)
        if phrase:
            found.setdefault(phrase.casefold(), phrase)
    return tuple(found.values())[:MOST_PHRASES]


def _cleaned(phrase: str, most: int, place: int, *, listed: bool) -> str:
    # Longer by far than any phrase: not worth the work, and no phrase however it is folded.
    if len(phrase) > 10 * most:
        return ""
    folded = " ".join(unicodedata.normalize("NFC", phrase).split())
    shown = _BULLET.sub("", visible(folded)).strip(" \t\"'`*_")
    number = _ENUMERATED.match(shown)
    if number and (listed or number[1] == str(place) or number.end() == len(shown)):
        shown = shown[number.end() :]
    shown = _ANNOUNCED.sub("", shown.strip(" \t\"'`*_")).strip(_AROUND)
    if _NO_PHRASE.fullmatch(shown.casefold()) or not any(map(str.isalnum, shown)):
        return ""
    return shown if len(shown) <= most else ""


def _listed(said: object) -> object:
    """Return phrases as a list of strings, in whichever of the usual shapes they stand."""
    if isinstance(said, str):
        return _PARTED.split(said)
    if not isinstance(said, list):
        return said
    return [_worded(part) if isinstance(part, dict) else part for part in said]


def _worded(part: dict[str, object]) -> object:
    """Return the phrase that an object holds: under a usual name, or as its only string."""
    keys = {_plain(key): key for key in part}
    strings = [value for value in part.values() if isinstance(value, str)]
    named = next((part[keys[name]] for name in _SAID if name in keys), None)
    return named if isinstance(named, str) else (strings[0] if len(strings) == 1 else None)


def _plain(key: str) -> str:
    return key.casefold().replace("_", "").replace("-", "").replace(" ", "")


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
    own = list(_entry(value))
    yield from own
    if own:
        return
    if "phrases" in value:
        yield from [(1, value["phrases"])] if number == 1 else []
        return
    yield from _keyed(value)
    for name, part in value.items():
        if _number(name) is None:
            yield from _keyed(part) if isinstance(part, dict) else _entries(part, 0)


def _keyed(value: dict[str, object]) -> Iterator[tuple[int, object]]:
    """Yield the (id, phrases) of an object whose keys are ids."""
    for name, part in value.items():
        place = _number(name)
        if place is not None:
            yield place, _phrases_of(part) if isinstance(part, dict) else part


def _entry(value: dict[str, object]) -> Iterable[tuple[int, object]]:
    keys = {_plain(key): key for key in value}
    places = (_number(value[keys[name]]) for name in _IDS if name in keys)
    place = next((place for place in places if place is not None), None)
    said = _phrases_of(value)
    return [] if place is None or said is None else [(place, said)]


def _phrases_of(value: dict[str, object]) -> object:
    """Return what an entry calls phrases, or the only list that it holds."""
    if "phrases" in value:
        return value["phrases"]
    lists = [part for part in value.values() if isinstance(part, list)]
    return lists[0] if len(lists) == 1 else None


def _number(found: object) -> int | None:
    """Return an id that is a number, or a string that ends in one."""
    if isinstance(found, str):
        number = _NUMBER.fullmatch(found.strip())
        return int(number[1]) if number else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None
