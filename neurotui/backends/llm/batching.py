"""The texts of one `propose`: which are answered, which failed and which still wait to be asked.

A text's phrases are kept in the cache under the request that would ask for it alone, so that neither its
neighbours in a request nor the size of requests make it paid for twice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from neurotui.backends.llm.parse_reply import LABEL_CHARACTERS, PHRASE_CHARACTERS, clean
from neurotui.backends.llm.prompt_wording import plain
from neurotui.backends.llm.reply_cache import key_of
from neurotui.backends.protocol import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neurotui.backends.llm.prompt_wording import Wording
    from neurotui.backends.llm.reply_cache import Cache

# A text that speaks to the model rather than to a reader goes out alone: what it brings about, it alone bears.
# No such list is complete; one text a request is what holds against every text.
_SPEAKS_TO_THE_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:above|previous|prior|earlier|instructions?|prompt|rules)\b"
    r"|\b(?:system|developer|assistant)\s*(?:prompt|message|:)|<\|.{0,40}\|>|\[/?INST\]|</?(?:system|user|assistant)>"
    r"|\byou are (?:now|an? (?:ai|language model|assistant))\b|\bas an ai\b"
    r"|\b(?:every|each|all|other)\s+(?:of the\s+)?(?:other\s+)?(?:texts?|entr(?:y|ies)|ids?)\b"
    r"|\"(?:id|phrases|texts)\"|-----",
    re.IGNORECASE | re.DOTALL,
)


class Work:
    """The distinct texts of a data set, in the order in which they first occur; blank ones need no answer.

    `decides` is what decides a reply beside the prompt: the server, the model, the parameters.
    """

    def __init__(
        self, texts: Sequence[str], wording: Wording, cache: Cache, decides: Mapping[str, object]
    ) -> None:
        self._texts = [plain(text) for text in texts]
        self._cache = cache
        self._keys = {
            text: key_of(decides, wording.phrases([text])) for text in dict.fromkeys(self._texts) if text
        }
        self._faults: dict[str, str] = {}
        self._phrases: dict[str, tuple[str, ...]] = {}
        for text, key in self._keys.items():
            kept = cache.get(key)
            phrases = clean(kept, PHRASE_CHARACTERS)
            if phrases or kept == []:
                self._phrases[text] = phrases

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def done(self) -> int:
        """How many distinct texts need no more asking."""
        return len(self._phrases) + len(self._faults)

    def batches(self, size: int) -> list[tuple[str, ...]]:
        """Return what waits, `size` texts a request at most; a text that speaks to the model stands alone.

        Requests are made up before what is answered leaves them, so that a resumed run asks as the first would
        have; what is left over from those of which a part is answered is put together anew.
        """
        alone = [text for text in self._keys if _SPEAKS_TO_THE_MODEL.search(text)]
        quiet = self._keys.keys() - set(alone)
        together = [text for text in self._keys if text in quiet]
        made: list[tuple[str, ...]] = []
        left: list[str] = []
        for batch in _cut(together, size):
            waiting = [text for text in batch if text not in self._phrases]
            if len(waiting) == len(batch):
                made.append(batch)
            else:
                left.extend(waiting)
        singles = [(text,) for text in alone if text not in self._phrases]
        return [*made, *_cut(left, size), *singles]

    def answered(self, text: str) -> bool:
        """Tell whether one of the texts has its phrases."""
        return text in self._phrases

    def good(self, phrases: Mapping[str, tuple[str, ...]]) -> None:
        """Keep the phrases of some texts, in the cache first."""
        if phrases:
            self._cache.put({self._keys[text]: said for text, said in phrases.items()})
            self._phrases.update(phrases)
            for text in phrases:
                self._faults.pop(text, None)

    def bad(self, texts: Sequence[str], reason: str) -> None:
        """Note why some texts get no phrases."""
        self._faults.update(dict.fromkeys(texts, reason))

    def phrases(self) -> list[tuple[str, ...]]:
        """Return the phrases of every text; none where there are none."""
        return [self._phrases.get(text, ()) for text in self._texts]

    def failures(self, otherwise: str) -> tuple[Failure, ...]:
        """Return why texts have no answer; `otherwise` is why some were not asked."""
        return tuple(
            Failure(place, self._faults.get(text, otherwise))
            for place, text in enumerate(self._texts)
            if text and text not in self._phrases
        )


def kept_labels(cache: Cache, key: str) -> tuple[str, ...]:
    """Return the labels that the cache holds under a key; none where it holds none."""
    return clean(cache.get(key), LABEL_CHARACTERS)


def _cut(texts: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(texts[first : first + size]) for first in range(0, len(texts), size)]
