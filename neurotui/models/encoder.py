"""The sentence encoder that comes with neurotui's ``models`` extra: all-MiniLM-L6-v2, mean-pooled."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from neurotui.models.loading import quiet
from neurotui.models.minilm import model_folder
from neurotui.models.weights import weights_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.models.embedding_cache import EmbeddingCache
    from neurotui.models.protocol import Encoder
    from neurotui.types import Progress

_BATCH_TOKENS = 2048
_MAX_TOKENS = 128  # what a phrase should sum up stands early; the model itself was trained on 128

_SHORTEST_WORD = 3
_STAGE = "placing texts"


class MiniLM:
    """The packaged sentence encoder, on the CPU."""

    def __init__(self) -> None:
        folder = model_folder()
        quiet()
        self._tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        self._model = AutoModel.from_pretrained(folder, trust_remote_code=False, use_safetensors=True).eval()
        self._folder = folder

    @property
    def version(self) -> str:
        """Tells the encoder from any other whose vectors may differ."""
        return f"{weights_hash(self._folder)} {_MAX_TOKENS} {_BATCH_TOKENS} torch {torch.__version__}"

    def encode(self, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        """Return one row of length 1 a text: (texts, 384) float32."""
        vectors = np.zeros((len(texts), self._model.config.hidden_size), np.float32)
        if not texts:
            return vectors
        tokens = self._tokenizer(list(texts), truncation=True, max_length=_MAX_TOKENS)["input_ids"]
        done = 0
        for batch in _batches([len(row) for row in tokens]):
            with torch.inference_mode():
                states = self._model(input_ids=torch.tensor([tokens[i] for i in batch])).last_hidden_state
                vectors[batch] = torch.nn.functional.normalize(states.mean(dim=1), dim=1).numpy()
            done += len(batch)
            progress(_STAGE, done, len(texts))
        return vectors

    def vocabulary(self, most: int) -> tuple[str, ...]:
        """Return up to `most` plain words of the tokenizer's vocabulary, which has the frequent ones first."""
        words = sorted(self._tokenizer.get_vocab().items(), key=lambda entry: entry[1])
        plain = (word for word, _ in words if word.isalpha() and len(word) >= _SHORTEST_WORD)
        return tuple(islice(plain, most))


class CachingEncoder:
    """An encoder that places no text twice: it keeps the vectors of all that it was asked for.

    With `kept`, it keeps them beyond the command too.
    """

    def __init__(self, encoder: Encoder, kept: EmbeddingCache | None = None) -> None:
        self._encoder = encoder
        self._kept = kept
        self._known: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        """Return one row of length 1 a text: (texts, dimensions) float32."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new or not texts:
            vectors = self._encoded(new, progress)
            if not texts:
                return vectors
            self._known.update(zip(new, vectors, strict=True))
        return np.array([self._known[text] for text in texts])

    def _encoded(self, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        found = self._kept.get(texts) if self._kept is not None and texts else None
        if found is not None:
            progress(_STAGE, len(texts), len(texts))
            return found
        vectors = self._encoder.encode(texts, progress)
        if self._kept is not None and texts:
            self._kept.put(texts, vectors)
        return vectors


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Group texts of one exact length, about `_BATCH_TOKENS` tokens a batch: no padding, so no mask."""
    batches: list[list[int]] = []
    length = -1
    for index in sorted(range(len(lengths)), key=lambda i: (lengths[i], i)):
        if lengths[index] != length or (len(batches[-1]) + 1) * length > _BATCH_TOKENS:
            length = lengths[index]
            batches.append([])
        batches[-1].append(index)
    return batches
