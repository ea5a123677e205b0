"""Which vocabulary items each neuron promotes and suppresses, where that is more than noise.

For one unit of a neuron's activation every token's logit changes by some amount (``lens``). These changes are
standardised over the vocabulary. The ten highest and the ten lowest tokens are kept, each side only where their
mean lies beyond that of all of 10,000 random mixtures of a layer's output weights, drawn from all layers: a
mixture points where neurons do, but nowhere in particular, so that what it reaches is what the geometry of the
vocabulary gives to any direction. A neuron that were such a mixture itself would pass one time in ten thousand.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from neurotui.models.activations import blueprint, reproducible
from neurotui.models.heads import ModelWithHead, head_of
from neurotui.models.logit_lens import lens_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from neurotui.models.logit_lens import Lens
    from neurotui.types import Progress

OUTPUTS_KEPT = 10
"""How many tokens of each side a neuron has."""

# Each is two draws, one a side: the negative of a mixture is as likely as the mixture.
_MIXTURES = 5_000
# A block's changes of 50,000 logits take 50 MB.
_BLOCK = 256
_STAGE = "reading output weights"


class Outputs(NamedTuple):
    """The kept tokens of all neurons as columns, neuron by neuron; all are (rows,).

    ``side`` is 1 for promoted, -1 for suppressed; ``value`` is the change of the logit less its mean over the
    vocabulary, in standard deviations over it.
    """

    neuron_id: NDArray[np.int32]
    side: NDArray[np.int8]
    rank: NDArray[np.int16]
    token_id: NDArray[np.int32]
    value: NDArray[np.float32]

    def ordered(self, order: NDArray[np.intp]) -> Outputs:
        """Return the rows in another order."""
        return Outputs(
            self.neuron_id[order], self.side[order], self.rank[order], self.token_id[order], self.value[order]
        )


def outputs_of(
    folder: Path,
    layers: dict[int, int],
    tokens: Sequence[int],
    *,
    dtype: str,
    hook: str = "",
    progress: Progress,
) -> Outputs | None:
    """Return what the neurons of a model promote and suppress among `tokens`, ids of its vocabulary.

    `layers` holds the units of each layer, whose neurons are numbered from 0; `hook` is as in ``Model``. None
    where the model has no unembedding to which its neurons write directly. It is computed in float32 on one
    thread of the processor.
    """
    if head_of(blueprint(folder, hook).config) != "causal":
        return None  # a masked-language-model head has a layer of its own before the unembedding
    with reproducible("float32"):
        lens = lens_of(ModelWithHead(folder, dtype=dtype, hook=hook))
        return None if lens is None else read_through(lens, layers, tokens, progress=progress)


@torch.inference_mode()
def read_through(lens: Lens, layers: dict[int, int], tokens: Sequence[int], *, progress: Progress) -> Outputs:
    """Return what neurons promote and suppress through a lens, as ``outputs_of`` does."""
    allowed = torch.tensor([token for token in tokens if token < len(lens.readings)])
    vocabulary = Vocabulary(lens.readings[allowed])
    least = vocabulary.noise(list(lens.directions.values()))
    parts, first = [], 0
    for done, (layer, units) in enumerate(layers.items(), 1):
        own = lens.directions[layer]
        parts += [
            _rows(vocabulary, own[start : start + _BLOCK], first + start, least)
            for start in range(0, units, _BLOCK)
        ]
        first += units
        progress(_STAGE, done, len(layers))
    found = Outputs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    return found._replace(token_id=allowed.numpy()[found.token_id].astype(np.int32))


class Vocabulary:
    """What tokens' logits read of the residual stream, as differences from the vocabulary's mean.

    `readings` is (tokens, width).
    """

    def __init__(self, readings: torch.Tensor) -> None:
        self._readings = readings - readings.mean(0)
        self._covariance = self._readings.T @ self._readings / len(readings)
        self.kept = min(OUTPUTS_KEPT, len(readings))

    def changes(self, directions: torch.Tensor) -> torch.Tensor:
        """Return how each token's logit changes, standardised: (directions, tokens), 0 for no direction."""
        deviation = ((directions @ self._covariance) * directions).sum(-1, keepdim=True).clamp_min(0).sqrt()
        unit = torch.where(deviation > 0, directions / deviation, 0.0)
        return unit @ self._readings.T

    def noise(self, layers: Sequence[torch.Tensor]) -> float:
        """Return the highest mean of the kept tokens that random mixtures of layers (units, width) reach."""
        generator = torch.Generator().manual_seed(0)
        share = -(-_MIXTURES // len(layers))
        highest = -math.inf
        for directions in layers:
            for start in range(0, share, _BLOCK):
                count = min(_BLOCK, share - start)
                weights = torch.randn(count, len(directions), generator=generator)
                changes = self.changes(weights @ directions)
                for side in (1, -1):
                    highest = max(highest, float(self.extremes(changes, side)[0].mean(-1).max()))
        return highest

    def extremes(self, changes: torch.Tensor, side: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the kept tokens' changes, turned round for side -1, and their places: (directions, kept)."""
        values, places = torch.topk(changes, self.kept, largest=side > 0)
        return side * values, places


def _rows(vocabulary: Vocabulary, directions: torch.Tensor, first: int, least: float) -> Outputs:
    """Return the rows of neurons numbered from `first`; their tokens are places in the vocabulary."""
    changes = vocabulary.changes(directions)
    parts = []
    for side in (1, -1):
        values, places = vocabulary.extremes(changes, side)
        spoken = torch.nonzero(values.mean(-1) > least)[:, 0].numpy()
        count = len(spoken)
        parts.append(
            Outputs(
                np.repeat(spoken + first, vocabulary.kept).astype(np.int32),
                np.full(count * vocabulary.kept, side, np.int8),
                np.tile(np.arange(vocabulary.kept, dtype=np.int16), count),
                places[spoken].numpy().ravel(),
                side * values[spoken].numpy().ravel(),
            )
        )
    both = Outputs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    order = np.lexsort((both.rank, -both.side, both.neuron_id))
    return both.ordered(order)
