"""The sentences in which this program says what a neuron does, read again where a person types them as a label.

They are made from ``describe/descriptor_kinds.py``, so that the sentence of a new kind is understood too.
"""

from __future__ import annotations

import re

from neurotui.describe.descriptor_kinds import DESCRIPTOR_KINDS
from neurotui.spelling import compared

# What stands before a sentence about the negative of an activation.
_NEGATIVE = re.compile(r"(?:most negative|silent):? (.+)")
# Stands for the name of a descriptor; no name has it.
_NAME = "\ue000"
# An article may be part of a name, as in "the first token of a text"; so are quotation marks.
_NAMED = re.compile(rf"(?:the\\ )?“?{_NAME}”?")
# As people type it.
_TYPED = (f"at the word {_NAME}", f"at the words {_NAME}")


def said_in(sentence: str) -> str | None:
    """Return what a sentence of this program speaks of; None for any other text, which is as it is compared.

    Of a sentence about the negative of an activation, that is the rest of it. Quotation marks and an
    article belong to a name.
    """
    negative = _NEGATIVE.fullmatch(sentence)
    if negative:
        return negative[1]
    found = _SENTENCE.fullmatch(sentence)
    return next(filter(None, found.groups())) if found else None


def _pattern() -> re.Pattern[str]:
    said = {*_TYPED, *(compared(kind.sentence(_NAME)) for kind in DESCRIPTOR_KINDS.values())}
    # "At the word dog" is also an "at dog": what has the most words of its own is tried first.
    in_order = sorted(said, key=lambda one: (-len(one), one))
    return re.compile("|".join(_NAMED.sub(_group, re.escape(one)) for one in in_order))


def _group(name: re.Match[str]) -> str:
    return f"({name[0].replace(_NAME, '.+')})"


_SENTENCE = _pattern()
