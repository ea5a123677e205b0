"""What quicker products change, measured on some of the texts before the shards are made.

The same texts go through the model in exact float32 and as they would for the shards, the longest first: if
nothing of that differs, the machine has nothing quicker, and that is all. Otherwise two figures say what becomes
of the neurons: how many of a neuron's top texts both have, and how well its activations tell the word at which
most of these peak. docs/scale.md says what was measured, and why the bounds are where they are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import torch

from neurotui.models.activations import Model, reproducible
from neurotui.models.dtype import FEW_PRODUCTS, SAID_DTYPE, Dtype, weights_of
from neurotui.precompute.dtype_figures import TOP, commonest_sampled, overlaps, top_texts, word_auroc
from neurotui.precompute.texts import BLOCK

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from neurotui.types import Progress

LEAST_OVERLAP, MOST_AUROC = 0.99, 0.001
"""The bounds within which quicker products are taken: of both figures, the mean over neurons."""

# One text in so many is looked at, but some at least, and no more than tell anything. Of long ones, the beginning.
_ONE_IN, _LEAST_TEXTS, _MOST_TEXTS, _LONGEST = 64, 32, 128, 128
# Of the largest activation: float32 sums in another order differ by less, products of bfloat16 factors by about a
# hundred times as much.
_ROUNDING = 1e-5
# The AUROC is that of so many neurons, evenly spaced, at so many tokens.
_NEURONS, _TOKENS = 2_048, 2_048


class CheckedTexts(NamedTuple):
    """The texts of a check: each one's tokens, and from where to where they count.

    ``text`` and ``position`` (sampled tokens,) are the tokens at which activations are kept, in order.
    """

    tokens: list[list[int]]
    spans: list[tuple[int, int]]
    text: NDArray[np.int64]
    position: NDArray[np.int64]

    @property
    def sampled(self) -> NDArray[np.int64]:
        """The sampled tokens' ids."""
        places = zip(self.text.tolist(), self.position.tolist(), strict=True)
        return np.array([self.tokens[text][position] for text, position in places], np.int64)

    def only(self, text: int) -> CheckedTexts:
        """Return one text alone."""
        own = self.text == text
        return CheckedTexts(
            [self.tokens[text]], [self.spans[text]], np.zeros_like(self.text[own]), self.position[own]
        )


class Heard(NamedTuple):
    """What a model's neurons did with the texts.

    ``peak`` (texts, neurons) is the highest activation of the tokens that count. Of the neurons whose AUROC is
    compared, ``word`` (texts, some) is the token at which it is, ``at_tokens`` (sampled tokens, some).
    """

    peak: NDArray[np.float32]
    word: NDArray[np.int64]
    at_tokens: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DtypeCheck:
    """What `dtype` changes of exact float32: means over neurons, and the worst neuron's.

    ``overlap`` is the share of top texts that both have; ``auroc`` how far the AUROC of a neuron's word moves, NaN
    where no neuron has a word. ``same``: nothing differs but by float32's own rounding.
    """

    dtype: Dtype
    texts: int
    overlap: float
    overlap_least: float
    auroc: float
    auroc_most: float
    same: bool = False

    @property
    def within(self) -> bool:
        """Whether quicker products stay within the bounds."""
        return self.overlap >= LEAST_OVERLAP and not self.auroc > MOST_AUROC

    @property
    def chosen(self) -> Dtype:
        """The dtype to take: exact float32 in the place of ``auto`` that changes too much, or nothing."""
        return "float32" if self.dtype == "auto" and (self.same or not self.within) else self.dtype

    @property
    def meta(self) -> dict[str, str]:
        """What a run keeps of the check."""
        return {
            "dtype_check": self._said,
            "dtype_check_of": SAID_DTYPE[self.dtype],
            "dtype_check_texts": str(self.texts),
            "dtype_check_overlap": f"{self.overlap:.4f}",
            "dtype_check_overlap_least": f"{self.overlap_least:.4f}",
            "dtype_check_auroc": f"{self.auroc:.6f}",
            "dtype_check_auroc_most": f"{self.auroc_most:.6f}",
        }

    @property
    def _said(self) -> str:
        if self.same:
            return "the same figures as exact float32"
        figures = (
            f"top-{TOP} overlap {self.overlap:.4f} (at least {LEAST_OVERLAP:g}),"
            f" AUROC difference {self.auroc:.6f} (at most {MOST_AUROC:g})"
        )
        if self.within:
            return f"within bounds: {figures}"
        taken = "exact float32 was taken" if self.dtype == "auto" else "taken as asked"
        return f"beyond bounds, {taken}: {figures}"


def how_many(texts: int) -> int:
    """Return how many of a corpus' texts are looked at."""
    return min(texts, max(_LEAST_TEXTS, min(_MOST_TEXTS, texts // _ONE_IN)))


def read_texts(file: Path, chosen: NDArray[np.int64]) -> CheckedTexts:
    """Return the chosen texts, by id, of the file that ``write_texts`` wrote, long ones cut."""
    tokens, spans = [], []
    with pa.memory_map(str(file)) as source:
        reader = pa.ipc.open_file(source)
        for text in chosen.tolist():
            row = reader.get_batch(text // BLOCK).slice(text % BLOCK, 1).select(["tokens", "first", "end"])
            ids, first, end = (column[0].as_py() for column in row.columns)
            # Special tokens stay at both ends of what is left.
            kept = min(end, max(first + 1, _LONGEST - (len(ids) - end)))
            tokens.append(ids[:kept] + ids[end:])
            spans.append((first, kept))
    text = np.repeat(np.arange(len(spans)), [end - first for first, end in spans])
    position = np.concatenate([np.arange(first, end) for first, end in spans])
    drawn = np.sort(np.random.default_rng(0).permutation(len(text))[:_TOKENS])
    return CheckedTexts(tokens, spans, text[drawn], position[drawn])


def check(
    model: Path,
    texts: CheckedTexts,
    units: Mapping[int, int],
    dtype: Dtype,
    *,
    device: str = "cpu",
    hook: str = "",
    progress: Progress,
) -> DtypeCheck:
    """Compare what the units of each layer do in exact float32 and in `dtype`; the same figures every time.

    One model is in memory at a time, and 1 kB a neuron. Stage: checking the dtype (texts, each read twice;
    none where the machine has nothing quicker).
    Raises ``UserError`` as ``Model`` does.
    """
    os.environ.update(FEW_PRODUCTS | os.environ)
    done, total = 0, 2 * len(texts.tokens)

    def advance() -> None:
        nonlocal done
        done += 1
        progress("checking the dtype", done, total)

    loaded = Model(model, device=device, hook=hook)
    if dtype == "auto" and _nothing_quicker(loaded, texts, units):
        return DtypeCheck(dtype, texts=1, same=True, overlap=1, overlap_least=1, auroc=0, auroc_most=0)
    exact = listen(loaded, texts, units, "float32", advance)
    if weights_of(dtype) != "float32":
        del loaded
        loaded = Model(model, dtype=weights_of(dtype), device=device, hook=hook)
    quick = listen(loaded, texts, units, dtype, advance)
    return compare(exact, quick, texts.sampled, dtype)


def _nothing_quicker(model: Model, texts: CheckedTexts, units: Mapping[int, int]) -> bool:
    """Return whether exact float32 is all that the machine has: the longest text differs by rounding alone."""
    longest = texts.only(max(range(len(texts.tokens)), key=lambda text: len(texts.tokens[text])))
    exact, quick = (listen(model, longest, units, dtype, lambda: None) for dtype in ("float32", "auto"))
    differ = max(
        np.abs(a - b).max(initial=0) for a, b in ((exact.peak, quick.peak), (exact.at_tokens, quick.at_tokens))
    )
    return bool(differ <= _ROUNDING * np.abs(exact.peak).max())


def listen(
    model: Model, texts: CheckedTexts, units: Mapping[int, int], dtype: Dtype, advance: Callable[[], None]
) -> Heard:
    """Run the model over the texts, one by one, at the precision of `dtype`."""
    ends = np.cumsum([0, *units.values()])
    start = dict(zip(units, ends.tolist(), strict=False))
    neurons, count = int(ends[-1]), len(texts.tokens)
    some = np.unique(np.linspace(0, neurons - 1, min(neurons, _NEURONS)).astype(np.int64))
    heard = Heard(
        np.empty((count, neurons), np.float32),
        np.empty((count, len(some)), np.int64),
        np.empty((len(texts.text), len(some)), np.float32),
    )
    for number, (ids, (first, end)) in enumerate(zip(texts.tokens, texts.spans, strict=True)):
        at = slice(*np.searchsorted(texts.text, [number, number + 1]).tolist())

        def keep(
            layer: int,
            activations: torch.Tensor,
            number: int = number,
            at: slice = at,
            span: slice = slice(first, end),
        ) -> None:
            counted = activations[0, span].float()
            here = slice(start[layer], start[layer] + units[layer])
            heard.peak[number, here] = counted.amax(dim=0).cpu().numpy()
            columns = slice(*np.searchsorted(some, [here.start, here.stop]).tolist())
            own = counted[:, torch.from_numpy(some[columns] - here.start).to(counted.device)].cpu().numpy()
            heard.word[number, columns] = np.array(texts.tokens[number])[span][own.argmax(axis=0)]
            heard.at_tokens[at, columns] = own[texts.position[at] - span.start]

        with reproducible(dtype):
            model.listen(torch.tensor([ids]), keep, units)
        advance()
    return heard


def compare(exact: Heard, quick: Heard, tokens: NDArray[np.int64], dtype: Dtype) -> DtypeCheck:
    """Compare what was heard in exact float32 and in `dtype`; `tokens` are the sampled ones' ids."""
    overlap = overlaps(top_texts(exact.peak), top_texts(quick.peak))
    neurons = np.linspace(0, exact.peak.shape[1] - 1, exact.word.shape[1]).astype(np.int64)
    best = top_texts(exact.peak[:, neurons])
    words = commonest_sampled(np.take_along_axis(exact.word.T, best, axis=1), tokens)
    moved = np.abs(word_auroc(exact.at_tokens.T, tokens, words) - word_auroc(quick.at_tokens.T, tokens, words))
    moved = moved[words >= 0]
    return DtypeCheck(
        dtype,
        texts=len(exact.peak),
        overlap=float(overlap.mean()),
        overlap_least=float(overlap.min()),
        auroc=float(moved.mean()) if len(moved) else nan,
        auroc_most=float(moved.max()) if len(moved) else nan,
    )
