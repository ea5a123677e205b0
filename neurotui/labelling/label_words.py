"""Interpret a label as a statement about tokens: find the sampled tokens at which it holds.

A label may be the name of one of the run's token descriptors, or describe something that any sample has, such as
"a number", "a comma", "-ish" or "after wall". Otherwise it holds at the words that it names: those in quotes, or
without quotes, all but function words.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from snowballstemmer import stemmer

from neurotui.describe.features import positions, shapes
from neurotui.describe.features.protocol import grouped
from neurotui.describe.features.signs import called
from neurotui.labelling.typed_sentences import said_in
from neurotui.segmentation import units, words
from neurotui.spelling import compared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from neurotui.describe.features.protocol import TokenTable

    Places = NDArray[np.int64]

FEWEST = 5
"""A word that occurs at fewer validation tokens is taken together with the other words of its stem."""

_GRAMMAR = re.compile(
    r"an?|the|of|if|in|on|at|to|for|from|by|with|and|or|nor|as|is|are|was|were|be|been|being|that|this|these|those|its?|"
    r"about|like|such|than|then|which|who|whose|when|where|while|into|onto|over|under|between|near|some|any|all|"
    r"others?|etc|not|no"
)
# Words with which labels speak of language, as in "the word dog": they are not what the label is about.
_OF_LANGUAGE = re.compile(
    r"(?:word|token|name|term|phrase|text|mention|kind|sign|letter|thing)s?|mentioned|related"
)
_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|«([^»]+)»|(?<!\w)[‘\']([^‘’\']+)[’\'](?!\w)')  # noqa: RUF001 - quotes
_NEIGHBOUR = re.compile(r"(?:(?:right|just|directly) )?(after|before) (.+)")
_LEAD = re.compile(r"(?:the |a |an )?(?:words?|tokens?|terms?|signs?|letters?) (.+)")
_ARTICLE = re.compile(r"(?:a|an|the) (.+)")
_AFFIX = re.compile(r"(-?)([^\W\d_]+)(-?)")
_BETWEEN = re.compile(r"\s*[,;/]\s*|\s+(?:or|and)\s+")
_LISTED = re.compile(r"(.+) \(([^(),]+)\)")
_EXAMPLES = re.compile(r"[^()]*\(([^()]+)\)")


class LabelReading(NamedTuple):
    """How a label was interpreted.

    ``places`` are the indices, ascending, of the sampled tokens at which it holds. ``understood`` are its parts
    that occur in the sample, ``missing`` those that do not. ``of_tokens``: it speaks of tokens and not of a topic,
    as a sign, a suffix or a word in quotes does.
    """

    places: Places
    understood: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    of_tokens: bool = False


class _Item(NamedTuple):
    """One part of a label, and the sampled tokens at which it occurs; ``places`` is None if there are none."""

    name: str
    places: Places | None
    of_tokens: bool = False


class LabelReader:
    """Interprets labels by one token sample.

    ``own[name]`` are the places of one of the run's token descriptors. `of_tokens` names those that are no word,
    stem or class of words.
    """

    def __init__(self, tokens: TokenTable, own: Mapping[str, Places], of_tokens: Iterable[str] = ()) -> None:
        self._tokens = tokens
        self._own = {compared(name): places for name, places in own.items()}
        self._own_of_tokens = {compared(name) for name in of_tokens}
        # A class of words may be called by its own name alone: "months" for "months: may, june".
        self._in_full = {name.partition(": ")[0]: name for name in reversed(self._own) if ": " in name}

    def read(self, label: str) -> LabelReading:
        """Return the interpretation of a label."""
        found = self._items(compared(label))
        there = [item for item in found if item.places is not None]
        places = [item.places for item in there if item.places is not None]
        return LabelReading(
            np.unique(np.concatenate(places)) if places else np.zeros(0, np.int64),
            tuple(dict.fromkeys(item.name for item in there)),
            tuple(dict.fromkeys(item.name for item in found if item.places is None)),
            bool(found) and all(item.of_tokens for item in found),
        )

    def _items(self, label: str) -> list[_Item]:
        whole = self._named(label) or self._beside(label)
        if whole is not None:
            return [whole]
        inner = said_in(label)
        if inner is not None:
            parts = _BETWEEN.split(inner)
            if len(parts) > 1 and all(len(units(part)) == 1 for part in parts) and self._named(inner) is None:
                return [self._single(part) for part in parts]
            return self._items(inner)
        quoted = [next(filter(None, found.groups())).strip() for found in _QUOTED.finditer(label)]
        if quoted:
            return [self._literal(text) for text in quoted if text]
        if len(units(label)) == 1:
            return [self._single(label)]
        examples = _EXAMPLES.fullmatch(label)
        parts = _BETWEEN.split(examples[1]) if examples else []
        if len(parts) < 2:  # noqa: PLR2004 - one word in brackets is no list
            parts = _BETWEEN.split(re.sub(r"[()]", ",", label))
        return [item for part in parts if part.strip() for item in self._part(part.strip())]

    def _part(self, part: str) -> list[_Item]:
        """Interpret a part of a label that stands between two commas."""
        one = self._named(part) or self._beside(part)
        if one is not None:
            return [one]
        lead = _LEAD.fullmatch(part)
        if lead and len(units(lead[1])) == 1:
            return [self._single(lead[1])]
        if len(units(part)) == 1 or _affix(part):
            return [self._single(part)]
        told = words(part)
        content = [word for word in told if not _GRAMMAR.fullmatch(word) and not _OF_LANGUAGE.fullmatch(word)]
        if not content and told and not any(map(_OF_LANGUAGE.fullmatch, told)):
            return [self._literal(part)]
        return [self._single(word) for word in content]

    def _named(self, text: str) -> _Item | None:
        """Return the descriptor of the run, or the shape, position or sign with exactly this name, or None."""
        listed = _LISTED.fullmatch(text)
        for name in (text, f"{listed[2]}: {listed[1]}" if listed else ""):
            own = name if name in self._own else self._in_full.get(name, "")
            if own:
                return _Item(own, self._own[own], own in self._own_of_tokens)
        article = _ARTICLE.fullmatch(text)
        for name in (text, article[1] if article else ""):
            places = self._shapes.get(name)
            if places is None:
                places = self._signs.get(name)
            if places is not None:
                return _Item(name, places, of_tokens=True)
        return None

    def _beside(self, text: str) -> _Item | None:
        """Interpret a text such as "after wall" or "before a comma"; None for any other text."""
        found = _NEIGHBOUR.fullmatch(text)
        if not found:
            return None
        said = found[2].strip("\"'“”‘’« »")  # noqa: RUF001 - quotes
        article = _ARTICLE.fullmatch(said)
        key = self._sign_keys.get(said) or (self._sign_keys.get(article[1]) if article else None)
        if key is None:
            key = article[1] if article and len(units(said)) > 1 else said
        if len(units(key)) != 1:
            return None
        index = self._after if found[1] == "after" else self._before
        return _Item(f"{found[1]} {said}", index.get(key), of_tokens=True)

    def _literal(self, text: str) -> _Item:
        """Return where a text in quotes occurs exactly as it is written."""
        if _affix(text):
            return _Item(text, self._affixed(text), of_tokens=True)
        if len(units(text)) == 1:
            return _Item(text, self._keys.get(text), of_tokens=True)
        return _Item(text, self._phrase([unit.text for unit in units(text)]), of_tokens=True)

    def _single(self, text: str) -> _Item:
        """Return where a word, a sign or an affix occurs; a rare word is taken with the words of its stem."""
        if _affix(text):
            return _Item(text, self._affixed(text), of_tokens=True)
        places = self._keys.get(text)
        if not words(text):
            return _Item(text, places, of_tokens=True)
        if places is None or self._judged(places) < FEWEST:
            family = self._families.get(self._stem(text), [])
            others = [key for key in family if key != text]
            if others:
                everywhere = np.sort(np.concatenate([self._keys[key] for key in family]))
                return _Item(f"{text} ({', '.join(others[:2])})", everywhere)
        return _Item(text, places)

    def _judged(self, places: Places) -> int:
        return int((~self._tokens.calibration[places]).sum())

    def _affixed(self, text: str) -> Places | None:
        """Return the first tokens of words that begin with a prefix, or the last tokens of those with a suffix."""
        begins = text.endswith("-")
        inner, marks = text.strip("-"), self._tokens.opens if begins else self._tokens.closes

        def fits(key: str) -> bool:
            return key != inner and (key.startswith(inner) if begins else key.endswith(inner))

        found = [places[marks[places]] for key, places in self._keys.items() if fits(key)]
        return np.sort(np.concatenate(found)) if found else None

    def _phrase(self, keys: Sequence[str]) -> Places | None:
        """Return where words occur side by side; of each sampled token, only the two neighbours are known."""
        found = []
        for number, key in enumerate(keys):
            places = self._keys.get(key, np.zeros(0, np.int64))
            if number:
                places = np.intersect1d(places, self._after.get(keys[number - 1], ()))
            if number < len(keys) - 1:
                places = np.intersect1d(places, self._before.get(keys[number + 1], ()))
            found.append(places.astype(np.int64))
        everywhere = np.unique(np.concatenate(found))
        return everywhere if len(everywhere) else None

    def _stem(self, word: str) -> str:
        return str(self._stemmer.stemWord(word))

    @cached_property
    def _stemmer(self) -> stemmer:
        return stemmer("english")

    @cached_property
    def _keys(self) -> dict[str, Places]:
        """The places of every word and sign."""
        return _by_text(self._tokens.key)

    @cached_property
    def _after(self) -> dict[str, Places]:
        """The places right after each word or sign."""
        return _by_text(self._tokens.before)

    @cached_property
    def _before(self) -> dict[str, Places]:
        """The places right before each word or sign."""
        return _by_text(self._tokens.after)

    @cached_property
    def _families(self) -> dict[str, list[str]]:
        """The words of each stem, the most frequent first."""
        found: dict[str, list[str]] = {}
        for key in sorted(self._keys, key=lambda key: (-len(self._keys[key]), key)):
            found.setdefault(self._stem(key), []).append(key)
        return found

    @cached_property
    def _shapes(self) -> dict[str, Places]:
        """The places of every shape and position that the held-out part of the sample has, by name."""
        found = [
            (name, np.flatnonzero(mask))
            for name, mask in (*shapes.holds(self._tokens), *positions.holds(self._tokens))
        ]
        return {compared(name): places for name, places in found if self._judged(places)}

    @cached_property
    def _sign_keys(self) -> dict[str, str]:
        """The signs by what people call them, with the sign and without it: both "comma ," and "comma"."""
        signs = {
            unit
            for column in (self._tokens.key, self._tokens.before, self._tokens.after)
            for unit in set(column)
            if unit and not words(unit)
        }
        names: dict[str, str] = {}
        for sign in sorted(signs):
            full = compared(called(sign))
            names.setdefault(full, sign)
            names.setdefault(full.removesuffix(sign).strip() or full, sign)
        return names

    @cached_property
    def _signs(self) -> dict[str, Places]:
        """The places of the signs, by what people call them."""
        return {name: self._keys[sign] for name, sign in self._sign_keys.items() if sign in self._keys}


def _affix(text: str) -> bool:
    """Return whether a text is a prefix such as un-, or a suffix such as -ish."""
    found = _AFFIX.fullmatch(text)
    return bool(found) and bool(found[1]) != bool(found[3]) if found else False


def _by_text(column: Sequence[str]) -> dict[str, Places]:
    keys = {text: compared(text) for text in set(column)}
    return grouped(keys[text] for text in column)
