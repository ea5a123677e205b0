"""Asks a run's model about any text: who fires, how that compares, and what a neuron does to the output."""

from __future__ import annotations

import math
import random
from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.errors import UserError
from neurotui.models.activations import reproducible
from neurotui.models.heads import ModelWithHead
from neurotui.models.run_model import RunModel
from neurotui.models.token_pieces import UNKNOWN_PIECE, vocabulary
from neurotui.pooling import pooling_of
from neurotui.probing.questions import Others, Prediction, Probed, Response, Silenced, Token
from neurotui.probing.statistics import highest, peak_of, percentile, rank_among, unusual
from neurotui.store.run_tables import HIGHEST_CODE
from neurotui.types import EXEMPLAR_KINDS, Neuron

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from neurotui.models.tokens import TokenizedText
    from neurotui.probing.questions import Probe, Silence
    from neurotui.store.run import Run

    Figures = NDArray[np.float64]

# A token that is less probable than this both with and without the neuron is not listed as rising or falling.
_LEAST_PROBABILITY = 1e-3


# The same random neurons are drawn each time.
_SEED = 0


class _Read(NamedTuple):
    """A text's tokens, which of them count, and where the text holds a mask, -1 where it holds none."""

    tokens: TokenizedText
    counts: NDArray[np.bool_]
    mask: int


class Prober:
    """A run beside its model, loaded on making; ``UserError`` where the model is not the run's."""

    def __init__(self, run: Run, model: str = "") -> None:
        self._run = run
        self._again = RunModel(run.meta, ModelWithHead, named=model)
        self._overview = run.overview()
        self._pooling = pooling_of(run.meta)
        self._pieces = {token_id: piece for token_id, piece, _ in vocabulary(self._again.tokenizer)}

    def probe(self, question: Probe) -> Probed:
        """Return who fires on a text; ``UserError`` for one without a token that counts."""
        read, response = self._read(question.text), None
        traces = self._again.trace(read.tokens)
        at, overall = unusual(traces, read.counts, self._overview, question.top)
        if question.neuron is not None:
            neuron_id = self._run.number_of(question.neuron)
            trace = traces[question.neuron.layer][:, question.neuron.unit]
            response = self._response(question.neuron, neuron_id, trace, read.counts)
        # White space at the end, which many tokenizers do not see, is no loss.
        cut = len(read.tokens.body) < len(question.text.rstrip())
        return Probed(question.text, cut, self._shown(read), at, overall, response)

    def silence(self, question: Silence) -> Silenced:
        """Return what changes with a neuron changed; ``UserError`` as `probe` does."""
        read, neuron = self._read(question.text), question.neuron
        self._run.number_of(neuron)
        head, ids = self._again.model.head, list(read.tokens.ids)
        peak = peak_of(self._again.trace(read.tokens)[neuron.layer][:, neuron.unit], read.counts)
        position, hidden = read.tokens.end - 1, head == "masked" and read.mask < 0
        if head == "masked":
            position = peak if hidden else read.mask
        if hidden:
            ids[position] = self._mask_id()
        changed = peak if question.at == "peak" else None
        before, after, rest = self._outputs(question, ids, position, changed)
        moved = _cosine_distance if head is None else _bits
        far = moved(before, after)
        answer = Silenced(
            neuron,
            head or "",
            position,
            hidden,
            scale=question.scale,
            changed=changed,
            others=_among(far, [moved(before, one) for one in rest]),
        )
        if head is None:
            return answer._replace(distance=far)
        return self._saying(answer._replace(bits=far), before, after, question.top)

    def _saying(self, answer: Silenced, before: Figures, after: Figures, top: int) -> Silenced:
        """Return the answer with what is most probable, and what rises and falls."""
        change = after - before
        heard = np.flatnonzero(np.maximum(before, after) >= math.log(_LEAST_PROBABILITY))
        falling = heard[np.argsort(change[heard], kind="stable")].tolist()

        def said(token_ids: Iterable[int]) -> tuple[Prediction, ...]:
            return tuple(
                Prediction(self._pieces.get(one, UNKNOWN_PIECE), float(before[one]), float(after[one]))
                for one in token_ids
            )

        return answer._replace(
            before=said(highest(before, top)),
            after=said(highest(after, top)),
            rises=said(one for one in falling[::-1][:top] if change[one] > 0),
            falls=said(one for one in falling[:top] if change[one] < 0),
        )

    def _outputs(
        self, question: Silence, ids: list[int], position: int, changed: int | None
    ) -> tuple[Figures, Figures, list[Figures]]:
        """Return the output as it is, with the neuron changed, and with each of the others changed as much.

        Log probabilities at a position, or the text's embedding where there is no head.
        """
        model, (layer, unit) = self._again.model, question.neuron

        def output(shifted: int | None = None) -> Figures:
            shift = nullcontext() if shifted is None else model.shifted(layer, shifted, by)
            with shift:
                found = model.embedding(ids) if model.head is None else model.log_probabilities(ids, position)
            figures: Figures = found.numpy()
            return figures

        # Quick products would add noise of their own to what the neuron changes.
        with reproducible("float32"):
            by = (question.scale - 1) * model.trace(ids)[layer][:, unit]
            if changed is not None:
                by[[place for place in range(len(by)) if place != changed]] = 0
            others = [one for one in range(model.units[layer]) if one != unit]
            drawn = random.Random(_SEED).sample(others, min(question.others, len(others)))  # noqa: S311 - no secret
            return output(), output(unit), [output(other) for other in drawn]

    def _read(self, text: str) -> _Read:
        tokenizer, masked = self._again.tokenizer, self._again.model.head == "masked"
        holds_mask = masked and bool(tokenizer.mask_token) and tokenizer.mask_token in text
        tokens = self._again.tokens(text, special=holds_mask) if text.strip() else None
        if tokens is None:
            raise UserError("the text has no token besides special ones", "write a few words")
        place, ids = np.arange(len(tokens.ids)), np.array(tokens.ids)
        counts = (place >= tokens.first) & (place < tokens.end)
        masks: list[int] = []
        if holds_mask:
            masks = np.flatnonzero(ids == tokenizer.mask_token_id).tolist()
            counts &= ~np.isin(ids, tokenizer.all_special_ids)
        if not counts.any():
            raise UserError(
                "the text has no token besides special ones and its mask", "write a few words around it"
            )
        return _Read(tokens, counts, masks[0] if masks else -1)

    def _mask_id(self) -> int:
        mask_id = self._again.tokenizer.mask_token_id
        if not isinstance(mask_id, int):
            raise UserError(
                "the model's tokenizer has no mask token", "what its head would say cannot be asked without one"
            )
        return mask_id

    def _shown(self, read: _Read) -> tuple[Token, ...]:
        """Return the tokens as the text has them, like an exemplar's."""
        begins = [0, *read.tokens.ends[:-1]]
        spans = zip(read.tokens.ids, begins, read.tokens.ends, read.counts.tolist(), strict=True)
        return tuple(
            Token(read.tokens.body[begin:end] or self._pieces.get(token_id, UNKNOWN_PIECE), counts)
            for token_id, begin, end, counts in spans
        )

    def _response(
        self, neuron: Neuron, neuron_id: int, trace: NDArray[np.float32], counts: NDArray[np.bool_]
    ) -> Response:
        counted = trace[counts]
        pooled = float(self._pooling.text(counted))
        detail, among = self._run.detail(neuron_id), self._run.pooled(neuron_id)
        # The run does not tell apart what has one code.
        step = (detail.statistics.pooled_highest - detail.statistics.pooled_lowest) / HIGHEST_CODE
        ranks = [rank_among(kind, counted, detail.exemplars) for kind in EXEMPLAR_KINDS]
        return Response(
            neuron,
            tuple(trace.tolist()),
            peak_of(trace, counts),
            pooled,
            percentile(pooled, among, step / 2),
            len(among),
            tuple(rank for rank in ranks if rank is not None),
            detail.statistics.minimum,
            detail.statistics.maximum,
        )


def _bits(before: Figures, after: Figures) -> float:
    """Return the divergence of one distribution from another, given as natural log probabilities, in bits."""
    return max(0.0, float(np.exp(before) @ (before - after)) / math.log(2))


def _cosine_distance(before: Figures, after: Figures) -> float:
    return max(0.0, 1 - float(before @ after / math.sqrt((before @ before) * (after @ after))))


def _among(far: float, others: list[float]) -> Others | None:
    """Return where a neuron stands among others by how far the output moves; None without others."""
    if not others:
        return None
    return Others(len(others), sum(one < far for one in others), float(np.median(others)))
