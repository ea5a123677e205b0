"""A causal language model, run in this process, that completes few-shot prompts with short texts.

All prompts of one task share a prefix, the instruction and the examples. The model processes the prefix once and
keeps its key-value cache; the rest of each prompt is processed after it, in batches. No chat template is used: a
small model follows examples far better than instructions.
"""

from __future__ import annotations

import copy
import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from neurotui.errors import UserError
from neurotui.models.loading import UNLOADABLE, quiet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from transformers import Cache

_TEMPERATURE = 0.8
_END = "\n"
# The prompts whose completions are scored together: each completion needs a copy of its prompt's key-value cache.
_SCORED_AT_ONCE = 2
# The processor features for bfloat16; without one of them, bfloat16 is emulated and slower than float32.
_BFLOAT16_UNITS = ("amx_bf16", "avx512_bf16")


class _Rows(NamedTuple):
    """Padded token ids, (rows, columns), and a mask of those that are not padding."""

    ids: torch.Tensor
    counts: torch.Tensor


class Generator:
    """A causal language model, loaded from a folder or by its name on the hub, in bfloat16 where that is fast.

    Raises ``UserError`` if it cannot be loaded. Code that comes with a model is never run.
    """

    def __init__(self, name: str, device: str = "auto") -> None:
        quiet()
        self.device = _device(device)
        safe: dict[str, Any] = {"trust_remote_code": False}
        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(name, **safe)
            model: Any = AutoModelForCausalLM.from_pretrained(
                name, use_safetensors=True, dtype=_quickest(self.device), **safe
            )
            self.model = model.eval().to(self.device)
        except UNLOADABLE as error:
            said = str(error).strip().partition("\n")[0] or type(error).__name__
            raise UserError(
                f"'{name}' cannot be loaded as a language model: {said}",
                "name a folder, or a model on the hub, that continues text and has safetensors weights",
            ) from error
        self._prefix: tuple[str, Any, int] = ("", None, 0)

    @torch.inference_mode()
    def read(self, prefix: str, suffixes: Sequence[str]) -> ProcessedPrompts:
        """Process the prompts `prefix` + suffix, one for each suffix; a prefix is computed only if it changed."""
        cache, length = self._read_prefix(prefix)
        rows = self._padded([self.token_ids(suffix) for suffix in suffixes], left=True)
        seen = torch.ones((len(suffixes), length), dtype=torch.bool, device=self.device)
        mask = torch.cat([seen, rows.counts], dim=1)
        own = copy.deepcopy(cache)
        if len(suffixes) > 1:
            own.batch_repeat_interleave(len(suffixes))
        found = self.model(
            input_ids=rows.ids,
            attention_mask=mask.long(),
            position_ids=_positions(mask)[:, length:],
            past_key_values=own,
            logits_to_keep=1,
        )
        return ProcessedPrompts(self, found.past_key_values, mask, found.logits[:, -1].float(), tuple(suffixes))

    def token_ids(self, text: str) -> list[int]:
        """Return a text's token ids, without special tokens."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def padded(self, rows: Sequence[Sequence[int]]) -> _Rows:
        """Return rows of token ids, padded on the right."""
        return self._padded(rows, left=False)

    def _padded(self, rows: Sequence[Sequence[int]], *, left: bool) -> _Rows:
        width = max(map(len, rows))
        ids = torch.zeros((len(rows), width), dtype=torch.long)
        counts = torch.zeros((len(rows), width), dtype=torch.bool)
        for place, row in enumerate(rows):
            span = slice(width - len(row), width) if left else slice(0, len(row))
            ids[place, span] = torch.tensor(row, dtype=torch.long)
            counts[place, span] = True
        return _Rows(ids.to(self.device), counts.to(self.device))

    def _read_prefix(self, prefix: str) -> tuple[Any, int]:
        known, cache, length = self._prefix
        if cache is None or known != prefix:
            ids: list[int] = self.tokenizer(prefix)["input_ids"]
            if ids and ids[-1] == self.tokenizer.eos_token_id:
                ids = ids[:-1]
            given = torch.tensor([ids], device=self.device)
            cache = self.model(input_ids=given, use_cache=True, logits_to_keep=1).past_key_values
            length = len(ids)
            self._prefix = (prefix, cache, length)
        return cache, length


class ProcessedPrompts:
    """Prompts that a model has processed, whose completions can be sampled and scored, in any order."""

    def __init__(
        self,
        generator: Generator,
        cache: Cache,
        mask: torch.Tensor,
        logits: torch.Tensor,
        prompts: tuple[str, ...],
    ) -> None:
        self._generator = generator
        self._cache = cache
        self._mask = mask  # (prompts, tokens read)
        self._logits = logits  # (prompts, vocabulary): of the next token
        self._prompts = prompts

    @torch.inference_mode()
    def sample(self, samples: int, tokens: int) -> list[tuple[str, ...]]:
        """Return completions of each prompt, up to the end of the line: the likeliest, then `samples` others.

        Each is at most `tokens` tokens long. A prompt has the same samples every time: its text is their seed.
        """
        each = samples + 1
        cache = copy.deepcopy(self._cache)
        cache.batch_repeat_interleave(each)
        mask = self._mask.repeat_interleave(each, dim=0)
        logits = self._logits.repeat_interleave(each, dim=0)
        chances = _uniform(self._prompts, samples, tokens)
        written: list[list[int]] = [[] for _ in range(len(logits))]
        for step in range(tokens):
            chosen = _next(logits, chances[:, step].to(logits.device))
            for row, token in zip(written, chosen.tolist(), strict=True):
                row.append(token)
            if step + 1 == tokens or all(map(self._ended, written)):
                break
            mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
            logits, cache = self._further(chosen[:, None], mask, cache)
        lines = [self._line(row) for row in written]
        return [tuple(lines[first : first + each]) for first in range(0, len(lines), each)]

    @torch.inference_mode()
    def log_likelihood(self, names: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
        """Return the log-likelihoods, in nats, of completing each prompt with each of its names: (names,) each.

        ``names[prompt]`` are the names of one prompt. The end of the line counts as part of a name, so that the
        beginning of a longer name is not likely by that.
        """
        return [
            found
            for first in range(0, len(names), _SCORED_AT_ONCE)
            for found in self._scored(first, names[first : first + _SCORED_AT_ONCE])
        ]

    def _scored(self, first: int, names: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
        """Score the names of some prompts, of which `first` is the first: one row for each name."""
        rows = [self._generator.token_ids(f" {name}{_END}") for own in names for name in own]
        if not rows:
            return [np.zeros(0) for _ in names]
        prompt = [place for place, own in enumerate(names, first) for _ in own]
        chosen = torch.tensor(prompt, device=self._mask.device)
        given = self._generator.padded(rows)
        mask = torch.cat([self._mask[chosen], given.counts], dim=1)
        cache = copy.deepcopy(self._cache)
        cache.batch_select_indices(chosen)
        found = self._generator.model(
            input_ids=given.ids,
            attention_mask=mask.long(),
            position_ids=_positions(mask)[:, -given.ids.shape[1] :],
            past_key_values=cache,
        )
        logits = torch.cat([self._logits[chosen][:, None], found.logits[:, :-1].float()], dim=1)
        each = logits.gather(2, given.ids[:, :, None])[:, :, 0] - logits.logsumexp(dim=2)
        total = (each * given.counts).sum(dim=1).double().cpu().numpy()
        return np.split(total, np.cumsum([len(own) for own in names])[:-1])

    def _further(self, ids: torch.Tensor, mask: torch.Tensor, cache: Cache) -> tuple[torch.Tensor, Cache]:
        found = self._generator.model(
            input_ids=ids,
            attention_mask=mask.long(),
            position_ids=_positions(mask)[:, -ids.shape[1] :],
            past_key_values=cache,
        )
        return found.logits[:, -1].float(), found.past_key_values

    def _ended(self, row: Sequence[int]) -> bool:
        return _END in self._generator.tokenizer.decode(row, skip_special_tokens=False).lstrip()

    def _line(self, row: Sequence[int]) -> str:
        text = str(self._generator.tokenizer.decode(row, skip_special_tokens=True))
        return text.lstrip().partition(_END)[0].strip()


def _next(logits: torch.Tensor, chances: torch.Tensor) -> torch.Tensor:
    """Return the next token of each row, (rows,): the likeliest if its chance is negative, else a sampled one."""
    likely = logits.argmax(dim=1)
    running = (logits / _TEMPERATURE).softmax(dim=1).double().cumsum(dim=1)
    drawn = torch.searchsorted(running, chances[:, None] * running[:, -1:])[:, 0]
    return torch.where(chances < 0, likely, drawn.clamp(max=logits.shape[1] - 1))


def _uniform(prompts: Iterable[str], samples: int, tokens: int) -> torch.Tensor:
    """Return random numbers from 0 to 1, seeded by each prompt's text: (prompts x (1 + samples), tokens).

    The first row of each prompt is -1, which means the likeliest token.
    """
    likeliest = np.full((1, tokens), -1.0)
    rows = []
    for prompt in prompts:
        seed = int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8], "little")
        rows += [likeliest, np.random.default_rng(seed).random((samples, tokens))]
    return torch.from_numpy(np.concatenate(rows))


def _positions(mask: torch.Tensor) -> torch.Tensor:
    """Return the position of each token in its row, padding not counted: (rows, columns)."""
    return (mask.long().cumsum(dim=1) - 1).clamp(min=0)


def _device(wanted: str) -> torch.device:
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("there is no CUDA device that torch can use", "leave out --device, or take --device cpu")
    return torch.device("cuda" if torch.cuda.is_available() and wanted != "cpu" else "cpu")


def _quickest(device: torch.device) -> torch.dtype:
    """Return bfloat16 if the machine computes in it (2.5 to 4 times as fast), else float32."""
    if device.type == "cuda":
        return torch.bfloat16
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return torch.bfloat16 if any(capabilities.get(unit) for unit in _BFLOAT16_UNITS) else torch.float32
