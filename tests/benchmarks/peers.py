"""neurotui beside other programs that record activations: `python tests/benchmarks/peers.py [OPTIONS]`.

Each runs the same texts through the same model, exact float32, one thread, in a process of its own. Of the others,
as of the bare forward, passes and writing alone are timed; of neurotui everything from the start of Python to the
finished run, so that a few texts say little. None of the others reduces: what they write is every activation at
every token (NeuroX: of the residual stream), and finding a neuron's exemplars in it is not in their figures.

A peer that cannot be imported is left out. They want other versions of the same libraries, so each may have a
Python of its own: `--python nnsight=/path/to/python`, in which neurotui is installed too.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from precompute import ONE_THREAD, SAMPLE, alike, bodies, loaded, tokens_of, whole_round

from neurotui.models.activations import Model
from neurotui.models.locate_model import locate

# delphi takes rows of one length: the texts one after another, cut. It holds 28 bytes of each value in memory, more
# than a laptop has for more tokens than these.
ROW_TOKENS, MOST_ROWS = 64, 128


def hooked(model):
    """Return the names of the modules whose inputs are the neurons, by layer."""
    watched = Model(locate(model))
    names = {module: name for name, module in watched.network.named_modules()}
    return [names[module] for module in watched.projections.values()]


def bare(given, rows, folder):
    """Pass the texts through, and keep nothing."""
    del folder
    network, _ = loaded(given.model, "float32")
    batches = alike(rows)
    yield
    with torch.inference_mode():
        for batch in batches:
            network(input_ids=batch)
    yield sum(map(len, rows))


def nnsight(given, rows, folder):
    """Trace, save each layer's neurons, write them as they are."""
    from nnsight import NNsight  # noqa: PLC0415 - a peer that may be missing

    network, _ = loaded(given.model, "float32")
    traced, batches = NNsight(network), alike(rows)
    # By their paths: the names `input` and `output` it keeps for itself.
    of = {module.path: module for module in traced.modules()}
    modules = [of[f"{traced.path}.{name}"] for name in hooked(given.model)]
    yield
    with (folder / "all.bin").open("wb") as sink:
        for batch in batches:
            with torch.inference_mode(), traced.trace(batch):
                kept = []
                for module in modules:
                    kept.append(module.input.save())  # noqa: PERF401 - it follows statements, not expressions
                kept = kept.save()
            for values in kept:
                np.save(sink, values.numpy())
    yield sum(map(len, rows))


def transformer_lens(given, rows, folder):
    """Run with a cache of the neurons alone, write them as they are."""
    from transformer_lens.model_bridge import TransformerBridge  # noqa: PLC0415 - a peer that may be missing
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer  # noqa: PLC0415

    torch.set_num_threads(1)
    source = locate(given.model)
    masked = "mask_token" in (tokenizer := AutoTokenizer.from_pretrained(source)).special_tokens_map
    head = AutoModelForMaskedLM if masked else AutoModelForCausalLM
    network = head.from_pretrained(source, dtype=torch.float32, attn_implementation="eager").eval()
    bridge = TransformerBridge.boot_transformers(str(source), hf_model=network, tokenizer=tokenizer, device="cpu")
    batches = alike(rows)
    yield
    with (folder / "all.bin").open("wb") as sink, torch.inference_mode():
        for batch in batches:
            _, cache = bridge.run_with_cache(batch, names_filter=lambda name: name.endswith("mlp.out.hook_in"))
            for values in cache.values():
                np.save(sink, values.numpy())
    yield sum(map(len, rows))


def neurox(given, rows, folder):
    """Extract what it extracts, the residual stream word by word, into its quicker format."""
    from neurox.data.extraction.transformers_extractor import (  # noqa: PLC0415 - a peer that may be missing
        extract_representations,
    )

    torch.set_num_threads(1)
    texts = folder.parent / "lines.txt"
    lines = (" ".join(body.split()) for body in bodies(given.data, given.texts))
    texts.write_text("\n".join(lines) + "\n", encoding="utf-8")
    yield
    extract_representations(str(locate(given.model)), str(texts), str(folder / "all.hdf5"), output_type="hdf5")
    yield sum(map(len, rows))


def delphi(given, rows, folder):
    """Cache every neuron as if it were a latent, in rows of one length, and save the splits."""
    from delphi.latents.cache import LatentCache  # noqa: PLC0415 - a peer that may be missing

    network, _ = loaded(given.model, "float32")
    network = network.base_model
    stream = [token for row in rows for token in row]
    stream = torch.tensor(stream[: len(stream) // ROW_TOKENS * ROW_TOKENS]).view(-1, ROW_TOKENS)[:MOST_ROWS]
    layers = [name.rsplit(".dense", 1)[0] for name in hooked(given.model)]
    yield
    cache = LatentCache(
        network, {name.replace("output", "intermediate"): torch.nn.Identity() for name in layers}, batch_size=16
    )
    cache.run(stream.numel(), stream)
    cache.save_splits(1, folder)
    yield stream.numel()


PEERS = {"nnsight": nnsight, "TransformerLens": transformer_lens, "NeuroX": neurox, "delphi": delphi}


def inner(given):
    """Run one of the programs; print its figures, or nothing if it is not there."""
    rows = tokens_of(loaded(given.model, "float32")[1], bodies(given.data, given.texts))
    program = {"bare": bare, **PEERS}[given.inner]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "kept"
        folder.mkdir()
        steps = program(given, rows, folder)
        next(steps)
        wall, cpu = time.perf_counter(), time.process_time()
        tokens = next(steps)
        figures = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "tokens": tokens}
        disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({**figures, "disk": disk, "memory": memory}))


def told(given, name, python):
    """Return a program's figures from a process of its own; None if it cannot be imported there, or fails."""
    command = [python, __file__, "--inner", name, "--model", given.model, "--data", str(given.data)]
    command += ["--texts", str(given.texts)]
    done = subprocess.run(
        command, capture_output=True, env=os.environ | ONE_THREAD, text=True, check=False, timeout=3_600
    )
    if done.returncode:
        print(f"{name}: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1][:120]}")
        return None
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="minilm", help="as precompute names it")
    parser.add_argument("--texts", type=int, default=1_440)
    parser.add_argument("--data", type=Path, default=SAMPLE, help="JSON lines with a field 'text'")
    parser.add_argument("--python", action="append", default=[], metavar="PEER=PATH")
    parser.add_argument("--inner", choices=["bare", *PEERS], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inner:
        inner(given)
        return
    pythons = dict(one.split("=", 1) for one in given.python)
    given.workers, given.dtype = 1, "float32"
    print(f"{given.model}, {given.texts:,} texts, float32, one process of one thread")
    print(f"{'':20} {'tokens/s':>9} {'of bare':>8} {'CPU':>7} {'bytes a token':>14} {'memory':>9}")
    plain = told(given, "bare", sys.executable)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = folder / "texts.jsonl"
        file.write_text("".join(json.dumps({"text": body}) + "\n" for body in bodies(given.data, given.texts)))
        ours = whole_round(given, file, folder)
    found = {"bare forward": plain, "neurotui": {**ours, "disk": ours["run"], "tokens": plain["tokens"]}}
    for name in PEERS:
        if figures := told(given, name, pythons.get(name, sys.executable)):
            found[name] = figures
    wall, cpu = plain["seconds"] / plain["tokens"], plain["cpu"] / plain["tokens"]
    for name, one in found.items():
        tokens = one["tokens"]
        print(
            f"{name:20} {tokens / one['seconds']:9,.0f} {one['seconds'] / tokens / wall:7.2f}x"
            f" {one['cpu'] / tokens / cpu:6.2f}x {one['disk'] / tokens:14,.0f} {one['memory'] / 1e3:6,.0f} MB"
        )


if __name__ == "__main__":
    main()
