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
# The bound on what rounding does is taken for float sums too, which round a little themselves.
_SLACK = 1.1
# Tokens whose highest change is found at once.
_STRETCH = 64
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
    first = 0
    rows = _Rows(vocabulary, least)
    for done, (layer, units) in enumerate(layers.items(), 1):
        own = lens.directions[layer]
        for start in range(0, units, _BLOCK):
            block = own[start : start + _BLOCK]
            near, margin = vocabulary.coarse_means(block)
            maybe = torch.nonzero((near + margin > least).any(0))[:, 0]
            rows.add(block[maybe], first + start + maybe)
        first += units
        progress(_STAGE, done, len(layers))
    found = rows.all()
    return found._replace(token_id=allowed.numpy()[found.token_id].astype(np.int32))


class Vocabulary:
    """What tokens' logits read of the residual stream, as differences from the vocabulary's mean.

    `readings` is (tokens, width).
    """

    def __init__(self, readings: torch.Tensor) -> None:
        self._readings = readings - readings.mean(0)
        self._covariance = self._readings.T @ self._readings / len(readings)
        self._coarse = self._readings.to(torch.bfloat16)
        self._longest = float(self._readings.norm(dim=1).max())
        self._moved = float((self._readings - self._coarse).norm(dim=1).max())
        self.kept = min(OUTPUTS_KEPT, len(readings))

    def changes(self, directions: torch.Tensor) -> torch.Tensor:
        """Return how each token's logit changes, standardised: (directions, tokens), 0 for no direction."""
        return self._standardised(directions) @ self._readings.T

    def coarse_means(self, directions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the mean of each side's kept changes, (2, directions), and how far at most each is off.

        Products of bfloat16 take a third of the time, and settle for most neurons that no side is kept. They are
        off by no more than what rounding moved the factors by, and by the rounding of what comes out.
        """
        unit = self._standardised(directions)
        coarse = unit.to(torch.bfloat16)
        changes = coarse @ self._coarse.T
        means = torch.stack([self.extremes(changes, side)[0].float().mean(-1) for side in (1, -1)])
        moved = (unit - coarse).norm(dim=1) * (self._longest + self._moved) + unit.norm(dim=1) * self._moved
        return means, _SLACK * (moved + means.abs() * torch.finfo(torch.bfloat16).eps)

    def noise(self, layers: Sequence[torch.Tensor]) -> float:
        """Return the highest mean of the kept tokens that random mixtures of layers (units, width) reach."""
        generator = torch.Generator().manual_seed(0)
        share = -(-_MIXTURES // len(layers))
        mixtures, near, margins = [], [], []
        for directions in layers:
            for start in range(0, share, _BLOCK):
                count = min(_BLOCK, share - start)
                mixtures.append(torch.randn(count, len(directions), generator=generator) @ directions)
                mean, margin = self.coarse_means(mixtures[-1])
                near.append(mean)
                margins.append(margin)
        mean, margin = torch.cat(near, 1), torch.cat(margins, 1)
        maybe = torch.cat(mixtures)[(mean + margin >= (mean - margin).max()).any(0)]
        highest = -math.inf
        for start in range(0, len(maybe), _BLOCK):
            changes = self.changes(maybe[start : start + _BLOCK])
            for side in (1, -1):
                highest = max(highest, float(self.extremes(changes, side)[0].mean(-1).max()))
        return highest

    def extremes(self, changes: torch.Tensor, side: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the kept tokens' changes, turned round for side -1, and their places: (directions, kept)."""
        whole = changes.shape[1] // _STRETCH * _STRETCH
        if whole // _STRETCH <= self.kept:
            values, places = torch.topk(changes, self.kept, largest=side > 0)
            return side * values, places
        # All that is kept lies in the stretches whose own extremes are: one pass over the vocabulary finds those.
        stretches = changes[:, :whole].reshape(len(changes), whole // _STRETCH, _STRETCH)
        ends = stretches.amax(-1) if side > 0 else stretches.amin(-1)
        found = ends.topk(self.kept, largest=side > 0)[1].sort()[0]
        within = (found[:, :, None] * _STRETCH + torch.arange(_STRETCH)).flatten(1)
        rest = torch.arange(whole, changes.shape[1]).expand(len(changes), -1)
        among = torch.cat([within, rest], dim=1)
        values, chosen = changes.gather(1, among).topk(self.kept, largest=side > 0)
        return side * values, among.gather(1, chosen)

    def _standardised(self, directions: torch.Tensor) -> torch.Tensor:
        """Return directions by which logits change by 1 on average: (directions, width), 0 for no direction."""
        deviation = ((directions @ self._covariance) * directions).sum(-1, keepdim=True).clamp_min(0).sqrt()
        return torch.where(deviation > 0, directions / deviation, 0.0)


class _Rows:
    """The rows of neurons that may have some: computed a block at a time, which is quicker than a few of them."""

    def __init__(self, vocabulary: Vocabulary, least: float) -> None:
        self._vocabulary = vocabulary
        self._least = least
        self._directions = torch.empty(0, 0)
        self._neurons = torch.empty(0, dtype=torch.int64)
        self._parts: list[Outputs] = []

    def add(self, directions: torch.Tensor, neurons: torch.Tensor) -> None:
        """Take in neurons of these numbers, rising from one call to the next, and what they write."""
        self._directions = torch.cat([self._directions.reshape(-1, directions.shape[1]), directions])
        self._neurons = torch.cat([self._neurons, neurons])
        while len(self._neurons) >= _BLOCK:
            self._compute()

    def all(self) -> Outputs:
        """Return the rows of all, neuron by neuron."""
        self._compute()
        return Outputs(*(np.concatenate(columns) for columns in zip(*self._parts, strict=True)))

    def _compute(self) -> None:
        directions, neurons = self._directions[:_BLOCK], self._neurons[:_BLOCK].numpy()
        self._directions, self._neurons = self._directions[_BLOCK:], self._neurons[_BLOCK:]
        self._parts.append(_rows(self._vocabulary, directions, neurons, self._least))


def _rows(vocabulary: Vocabulary, directions: torch.Tensor, neurons: NDArray[np.int64], least: float) -> Outputs:
    """Return the rows of neurons of these numbers; their tokens are places in the vocabulary."""
    changes = vocabulary.changes(directions)
    parts = []
    for side in (1, -1):
        values, places = vocabulary.extremes(changes, side)
        spoken = torch.nonzero(values.mean(-1) > least)[:, 0].numpy()
        count = len(spoken)
        parts.append(
            Outputs(
                np.repeat(neurons[spoken], vocabulary.kept).astype(np.int32),
                np.full(count * vocabulary.kept, side, np.int8),
                np.tile(np.arange(vocabulary.kept, dtype=np.int16), count),
                places[spoken].numpy().ravel(),
                side * values[spoken].numpy().ravel(),
            )
        )
    both = Outputs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    order = np.lexsort((both.rank, -both.side, both.neuron_id))
    return both.ordered(order)
