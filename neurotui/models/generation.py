"""A language model in this process: prompts in, greedy continuations out, in batches."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    StoppingCriteria,
    StoppingCriteriaList,
)

from neurotui.errors import UserError
from neurotui.models.loading import UNLOADABLE, quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

_END = "]"
_FIELD = "max_position_embeddings"


class LocalModel:
    """A causal model or one with encoder and decoder, loaded from a folder or a name on the hub.

    Raises ``UserError`` where it cannot be loaded. No code that comes with a model is run.
    """

    def __init__(self, name: str, device: str) -> None:
        quiet()
        cuda = torch.cuda.is_available() and device != "cpu"
        if device == "cuda" and not cuda:
            raise UserError(
                "there is no CUDA device that torch can use", "leave out --device, or take --device cpu"
            )
        self._device = torch.device("cuda" if cuda else "cpu")
        safe: dict[str, Any] = {"trust_remote_code": False}
        try:
            config = AutoConfig.from_pretrained(name, **safe)
            self._tokenizer = AutoTokenizer.from_pretrained(name, padding_side="left", **safe)
            self._pairs = bool(config.is_encoder_decoder)
            kind = AutoModelForSeq2SeqLM if self._pairs else AutoModelForCausalLM
            dtype = torch.bfloat16 if cuda else torch.float32
            model = kind.from_pretrained(name, use_safetensors=True, dtype=dtype, **safe)
            self._model: Any = model.eval().to(self._device)
        except UNLOADABLE as error:
            said = str(error).strip().partition("\n")[0] or type(error).__name__
            raise UserError(
                f"'{name}' cannot be loaded as a language model: {said}",
                "name a folder, or a model on the hub, that writes text and has safetensors weights",
            ) from error
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token or self._tokenizer.unk_token
        self._settings = copy.deepcopy(self._model.generation_config)
        self._settings.update(do_sample=False, num_beams=1, temperature=None, top_p=None, top_k=None)
        self._settings.update(pad_token_id=self._tokenizer.pad_token_id, max_length=None)
        self._most = getattr(config, _FIELD, None) or 10**9

    def complete(self, prompts: Sequence[str], opening: str, tokens: int) -> list[str | None]:
        """Return what the model writes to each prompt: `opening`, and how it goes on until a list closes.

        None for a prompt that is longer than the model reads. A model whose tokens cannot spell the opening
        writes as it likes.
        """
        forced = opening if self._spells(opening) else ""
        written = [self._written(prompt, "" if self._pairs else forced) for prompt in prompts]
        rows = [self._tokenizer(text, add_special_tokens=self._bare)["input_ids"] for text in written]
        most = self._most - tokens
        fitting = [place for place, row in enumerate(rows) if 0 < len(row) <= most]
        replies: list[str | None] = [None] * len(prompts)
        if fitting:
            found = self._generated([rows[place] for place in fitting], forced, tokens)
            for place, reply in zip(fitting, found, strict=True):
                replies[place] = forced + reply
        return replies

    @property
    def _bare(self) -> bool:
        """Whether the tokenizer has no chat template, which would bring the special tokens itself."""
        return self._tokenizer.chat_template is None

    def _written(self, prompt: str, forced: str) -> str:
        if self._bare:
            return f"{prompt}\n{forced}" if forced else prompt
        turn = [{"role": "user", "content": prompt}]
        return f"{self._tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)}{forced}"

    def _spells(self, text: str) -> bool:
        ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return "".join(str(self._tokenizer.decode(ids)).split()) == "".join(text.split())

    @torch.inference_mode()
    def _generated(self, rows: Sequence[list[int]], forced: str, tokens: int) -> list[str]:
        given = self._tokenizer.pad({"input_ids": list(rows)}, return_tensors="pt").to(self._device)
        start = given["input_ids"].shape[1]
        more: dict[str, Any] = {}
        if self._pairs:
            first = self._model.config.decoder_start_token_id
            opening = self._tokenizer(forced, add_special_tokens=False)["input_ids"] if forced else []
            more["decoder_input_ids"] = torch.tensor([[first, *opening]] * len(rows), device=self._device)
            start = 1 + len(opening)
        stop = [_ListCloses(self._tokenizer)] if forced else []
        try:
            ids = self._model.generate(
                input_ids=given["input_ids"],
                attention_mask=given["attention_mask"],
                generation_config=self._settings,
                max_new_tokens=tokens,
                stopping_criteria=StoppingCriteriaList(stop),
                **more,
            )
        except torch.OutOfMemoryError as error:
            raise UserError(
                "the model needs more memory than there is", "give a smaller --texts-per-request"
            ) from error
        return [str(self._tokenizer.decode(row[start:], skip_special_tokens=True)) for row in ids]


class _ListCloses(StoppingCriteria):
    """Ends a row as soon as its last token closes a list: the answer is whole, or can be closed."""

    def __init__(self, tokenizer: Any) -> None:  # noqa: ANN401 - transformers has many kinds
        self._closing = torch.tensor([_END in tokenizer.decode([token]) for token in range(len(tokenizer))])

    def __call__(self, input_ids: torch.Tensor, scores: object, **_: object) -> torch.Tensor:
        del scores
        return self._closing.to(input_ids.device)[input_ids[:, -1]]


def fingerprint(name: str) -> str:
    """Return a cheap fingerprint that distinguishes a model from earlier ones of the same name.

    For a folder: its files with their sizes and times. For the hub: the revision.
    """
    folder = Path(name)
    if folder.is_dir():
        stats = [(file.name, file.stat()) for file in sorted(folder.iterdir()) if file.is_file()]
        found = [(title, stat.st_size, stat.st_mtime_ns) for title, stat in stats]
        return hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16]
    try:
        config = AutoConfig.from_pretrained(name, trust_remote_code=False)
    except UNLOADABLE:
        return ""  # loading it will say why
    return str(getattr(config, "_commit_hash", "") or "")
