"""The real encoder, once for the tests of a module."""

import pytest

from neurotui.models.encoder import MiniLM


class RecordingEncoder:
    """The real encoder; ``read`` is every text that it has encoded, in order."""

    def __init__(self):
        self.read = []
        self._encoder = MiniLM()

    def encode(self, texts, progress):
        self.read.extend(texts)
        return self._encoder.encode(texts, progress)


@pytest.fixture(scope="module")
def encoder():
    return RecordingEncoder()
