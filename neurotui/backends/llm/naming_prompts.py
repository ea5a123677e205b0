"""The few-shot prompts by which a language model names a group of texts or of words.

The examples' topics are rare ones on purpose: a small model copies a common one wherever it half fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from neurotui.backends.llm.prompt_wording import plain
from neurotui.backends.llm.reasoning import without_reasoning

_WORDS = 8
_TEXT_CHARACTERS = 90
_TOPIC = "Topic:"


class FewShotPrompt(NamedTuple):
    """What a name is asked for: a group's words, most telling first, and up to three of its texts."""

    words: tuple[str, ...]
    texts: tuple[str, ...] = ()


_OF_TEXTS = "Each line of words belongs to one topic, and so do the texts below it."
_OF_WORDS = "Each line of words belongs to one kind of word."
_NAMED = "It is named in one to three words."

_TEXT_EXAMPLES = (
    (
        FewShotPrompt(
            ("hive", "honey", "queen", "swarm", "nectar", "frames", "smoker", "bees"),
            ("The swarm settled in the plum tree, and by noon the queen was in the box.",),
        ),
        "beekeeping",
    ),
    (
        FewShotPrompt(
            ("lava", "eruption", "ash", "crater", "magma", "summit", "plume", "slopes"),
            ("Ash from the crater closed three airports on Monday.",),
        ),
        "volcanoes",
    ),
    (
        FewShotPrompt(
            ("bishop", "pawn", "rook", "endgame", "castled", "checkmate", "board", "opening"),
            ("She gave up a rook on move thirty and won the endgame with a single pawn.",),
        ),
        "chess",
    ),
    (
        FewShotPrompt(
            ("needle", "thread", "hem", "fabric", "seam", "pattern", "stitch", "cotton"),
            ("Turn the fabric inside out and pin the seam before you stitch it.",),
        ),
        "sewing",
    ),
    (
        FewShotPrompt(
            ("harbour", "anchor", "mast", "sails", "crew", "knots", "tide", "deck"),
            ("We lay at anchor for two tides, waiting for the wind to turn.",),
        ),
        "sailing ships",
    ),
    (
        FewShotPrompt(
            ("fossil", "jaw", "Jurassic", "skeleton", "bones", "species", "extinct", "teeth"),
            ("The jaw holds sixty teeth, each as long as a hand.",),
        ),
        "dinosaur fossils",
    ),
)
_WORD_EXAMPLES = (
    (FewShotPrompt(("ruby", "emerald", "opal", "sapphire", "topaz", "amethyst", "garnet", "jade")), "gemstones"),
    (FewShotPrompt(("perhaps", "maybe", "possibly", "presumably", "probably", "apparently")), "words of doubt"),
    (FewShotPrompt(("waltz", "tango", "polka", "foxtrot", "samba", "rumba")), "dances"),
    (FewShotPrompt(("inch", "metre", "mile", "yard", "furlong", "kilometre", "feet")), "units of length"),
    (FewShotPrompt(("cut", "sliced", "chopped", "carve", "trimmed", "sawed", "snip")), "verbs of cutting"),
    (FewShotPrompt(("beetle", "wasp", "moth", "ant", "cricket", "mosquito", "flea")), "insects"),
)


def beginning(*, texts: bool) -> str:
    """Return what all prompts of one kind begin with: the instruction and the examples."""
    head = f"{_OF_TEXTS if texts else _OF_WORDS} {_NAMED}"
    examples = _TEXT_EXAMPLES if texts else _WORD_EXAMPLES
    return "\n\n".join([head, *(f"{ending(asked)} {name}" for asked, name in examples)]) + "\n\n"


def ending(asked: FewShotPrompt) -> str:
    """Return what one prompt ends with; a model goes on from it with a name and the end of the line."""
    words = ", ".join(plain(word, _TEXT_CHARACTERS) for word in asked.words[:_WORDS])
    texts = [f"Text: {_short(text)}" for text in asked.texts]
    return "\n".join([f"Words: {words}", *texts, _TOPIC])


def names_in(said: str) -> tuple[str, ...]:
    """Return the names in what a model wrote after a prompt: of the first line of its answer, parted by commas."""
    line = without_reasoning(said).strip().removeprefix(_TOPIC).strip().partition("\n")[0]
    return tuple(filter(None, (part.strip(" .\"'*`") for part in line.replace(";", ",").split(","))))


def _short(text: str) -> str:
    """Return a text on one line, cut between two words."""
    line = " ".join(plain(text, 4 * _TEXT_CHARACTERS).split())
    if len(line) <= _TEXT_CHARACTERS:
        return line
    return line[:_TEXT_CHARACTERS].rpartition(" ")[0] or line[:_TEXT_CHARACTERS]


def grouped_by_kind(asked: Sequence[FewShotPrompt]) -> dict[bool, list[int]]:
    """Return the places of those with texts (True) and of those with words alone (False)."""
    places: dict[bool, list[int]] = {}
    for place, one in enumerate(asked):
        places.setdefault(bool(one.texts), []).append(place)
    return places
