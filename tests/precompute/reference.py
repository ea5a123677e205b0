"""What a run should hold, found the plain way: one text at a time, every activation kept, then numpy."""

import hashlib
import unicodedata
from typing import NamedTuple

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from neurotui.precompute.texts import SAMPLED


class Reading(NamedTuple):
    """One text: what of its body the tokens cover, its token ids, and (counted tokens, neurons)."""

    body: str
    tokens: list[int]
    first: int
    activations: np.ndarray


def read(folder, family, bodies, most, chosen=None):
    """Run a model over texts one by one; None for a text without a token that counts.

    `chosen` are layers, by default all.
    """
    network = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    layers = range(network.config.num_hidden_layers) if chosen is None else chosen
    reader = network.get_submodule(family.reader)
    put_out = {}

    def keep(name):
        return lambda _module, _inputs, output: put_out.__setitem__(
            name, output[0] if isinstance(output, tuple) else output
        )

    names = [inner.format(layer) for layer in layers for inner in family.inner]
    for name in names:
        reader.get_submodule(name).register_forward_hook(keep(name))
    before, after = (tokenizer.convert_tokens_to_ids(list(tokens)) for tokens in (family.before, family.after))
    room = most - len(before) - len(after)
    readings = []
    for body in bodies:
        whole = tokenizer(body, add_special_tokens=False, return_offsets_mapping=True)
        counted = whole["input_ids"][:room]
        if not body.strip() or not counted:
            readings.append(None)
            continue
        covered = body[: whole["offset_mapping"][room - 1][1]] if len(whole["input_ids"]) >= room else body
        tokens = [*before, *counted, *after]
        with torch.no_grad():
            reader(input_ids=torch.tensor([tokens]))
        found = []
        for layer in layers:
            # Longformer pads a text to whole windows.
            outs = [put_out[inner.format(layer)] for inner in family.inner]
            inner = [out.reshape(-1, out.shape[-1])[: len(tokens)] for out in outs]
            found.append(family.activation(*inner).numpy())
        activations = np.concatenate(found, axis=1)[len(before) : len(before) + len(counted)]
        readings.append(Reading(covered, tokens, len(before), activations))
    return readings


def content(body, seed=0):
    """Return a content's hash: SHA-256 of the seed and the text, without case, form and space."""
    folded = " ".join(unicodedata.normalize("NFKC", body).casefold().split())
    return hashlib.sha256(f"{seed}\n{folded}".encode()).digest()


class Truth:
    """What the run of some readings should hold; arrays are (texts, neurons) or (neurons,)."""

    def __init__(self, readings, seed=0):
        self.sources = [f"t{number}" for number, reading in enumerate(readings) if reading is not None]
        self.readings = [reading for reading in readings if reading is not None]
        traces = [reading.activations for reading in self.readings]
        self.peaks = np.array([trace.max(0) for trace in traces])
        self.lows = np.array([trace.min(0) for trace in traces])
        self.means = np.array([trace.mean(0, dtype=np.float64) for trace in traces])
        every = np.concatenate(traces).astype(np.float64)
        self.tokens = len(every)
        self.mean, self.std = every.mean(0), every.std(0)
        self.minimum, self.maximum = every.min(0), every.max(0)
        # What float32 sums leave open, in an activation of this model.
        self.slack = 2e-5 * float(np.abs(every).max())
        hashes = [content(reading.body, seed) for reading in self.readings]
        first = {}
        for text, digest in enumerate(hashes):
            first.setdefault(digest, text)
        self.originals = sorted(first.values())
        self.sample = [first[digest] for digest in sorted(first)][:SAMPLED]
        # What keeps pooled activations: the first copy of each content.
        self.pooled = self.originals
        self.splits = ["validation" if digest[16] % 2 else "calibration" for digest in hashes]
