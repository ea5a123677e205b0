"""A whole precompute beside the bare forward pass: `python tests/benchmarks/precompute.py [OPTIONS]`.

Programs take turns over the same texts and the same model, each in processes of its own: the bare forward as
transformers computes it (texts sorted by length, nothing kept), the same with the linear layers that a precompute
has (`models/linear_layers.py`), `neurotui precompute` (start, shards, merge: all of it) and, over fewer texts, the
loop that one would write first. Prints the median of each: tokens a second, seconds, processor seconds,
the ratio to the bare forward, memory and disk.

Of the bare forward only the passes are timed, and not the start of Python, the loading of the model and the
tokeniser. Its processes share nothing; each computes on one thread, as those of a precompute do.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from neurotui.models.activations import Model
from neurotui.models.linear_layers import quicken
from neurotui.models.locate_model import locate

SAMPLE = Path(__file__).parents[2] / "sample_data/texts.jsonl"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
BATCH_TOKENS, MOST_TOKENS, KEPT = 1_024, 256, 20


def bodies(file, number):
    """Return the first texts of a file of JSON lines."""
    lines = file.read_text(encoding="utf-8").splitlines()
    if len(lines) < number:
        raise SystemExit(f"'{file}' has {len(lines):,} texts: give --texts, or another file with --data")
    return [json.loads(line)["text"] for line in lines[:number]]


def loaded(model, dtype):
    """Return a model as transformers loads it, and its tokenizer."""
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("medium" if dtype == "auto" else "highest")
    folder = locate(model)
    kind = torch.bfloat16 if dtype == "bfloat16" else torch.float32
    network = AutoModel.from_pretrained(folder, dtype=kind, attn_implementation="sdpa").eval()
    return network, AutoTokenizer.from_pretrained(folder)


def tokens_of(tokenizer, texts):
    """Return the token ids of texts."""
    return tokenizer(texts, truncation=True, max_length=MOST_TOKENS)["input_ids"]


def alike(rows):
    """Return rows of token ids, sorted by length, in batches of one length: a list of tensors."""
    batches = []
    for row in sorted(rows, key=len):
        if batches and len(batches[-1][0]) == len(row) and (len(batches[-1]) + 1) * len(row) <= BATCH_TOKENS:
            batches[-1].append(row)
        else:
            batches.append([row])
    return [torch.tensor(batch) for batch in batches]


def bare(given):
    """Run one process's share of the batches forward; return its seconds and processor seconds."""
    network, tokenizer = loaded(given.model, given.dtype)
    if given.inner == "quick":
        quicken(network)
    rows = tokens_of(tokenizer, bodies(given.data, given.texts))
    own = alike(rows)[given.share :: given.workers]
    more = {"use_cache": False} if hasattr(network.config, "use_cache") else {}
    wall, cpu = time.perf_counter(), time.process_time()
    with torch.inference_mode():
        for batch in own:
            network(input_ids=batch, **more)
    return {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "tokens": sum(map(len, rows))}


def loop(given):
    """Do it the obvious way: a text at a time, every activation kept, the best found at the end."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = tokens_of(loaded(given.model, given.dtype)[1], bodies(given.data, given.texts))
    watched = Model(locate(given.model))
    network, kept = watched.network, {layer: [] for layer in watched.units}
    for layer, module in watched.projections.items():
        module.register_forward_pre_hook(
            lambda _, inputs, own=kept[layer]: own.append(inputs[0].reshape(-1, inputs[0].shape[-1]).numpy())
        )
    with torch.inference_mode():
        for row in rows:
            network(input_ids=torch.tensor([row]))
    for traces in kept.values():
        highest = np.stack([trace.max(axis=0) for trace in traces])
        best = np.argsort(-highest, axis=0)[:KEPT]
        found = [[traces[text][:, unit].tolist() for text in best[:, unit]] for unit in range(highest.shape[1])]
        json.dumps(found)
    return {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "tokens": sum(map(len, rows))}


def told(mode, given, share=0, texts=None):
    """Start this script as one of the programs."""
    command = [sys.executable, __file__, "--inner", mode, "--share", str(share), "--workers", str(given.workers)]
    command += ["--model", given.model, "--dtype", given.dtype, "--data", str(given.data)]
    command += ["--texts", str(texts or given.texts)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | ONE_THREAD, text=True)


def bare_round(given, mode):
    """Return the figures of as many bare processes at once as there are workers."""
    programs = [told(mode, given, share) for share in range(given.workers)]
    found = [json.loads(program.communicate()[0]) for program in programs]
    return {
        "seconds": max(one["seconds"] for one in found),
        "cpu": sum(one["cpu"] for one in found),
        "tokens": found[0]["tokens"],
        "memory": max(one["memory"] for one in found),
    }


class Watch(threading.Thread):
    """Looks, again and again, how much memory a command's processes take, and how much disk its shards."""

    def __init__(self, process, folder, alone):
        super().__init__(daemon=True)
        self.process, self.folder, self.alone = process, folder, alone
        self.memory = self.disk = 0

    def run(self):
        while self.process.poll() is None:
            own = self.process.pid
            try:
                children = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="ascii").split()
                # Beside the workers there is a small one that Python itself starts.
                workers = [child for child in children if self._peak(child) > 200_000]
                own_work = [own] if self.alone else []
                self.memory = max([self.memory, *map(self._peak, own_work or workers)])
            except (OSError, TypeError):
                pass
            self.disk = max(self.disk, self._size())
            time.sleep(0.2)

    @staticmethod
    def _peak(process):
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
        return 0

    def _size(self):
        total = 0
        for file in self.folder.glob("**/*"):
            try:
                total += file.stat().st_blocks * 512
            except OSError:
                continue
        return total


def whole_round(given, file, folder):
    """Return the figures of one precompute."""
    run, shards = folder / "run.duckdb", folder / "run.duckdb.shards"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter()
    command = [sys.executable, "-m", "neurotui", "precompute", str(file), "-o", str(run), "--force"]
    command += ["--model", given.model, "--dtype", given.dtype, "--workers", str(given.workers), "--json"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | ONE_THREAD
    )
    watch = Watch(process, shards, given.workers == 1)
    watch.start()
    if process.wait():
        raise SystemExit(f"it failed: {' '.join(command)}")
    wall = time.perf_counter() - wall
    watch.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "seconds": wall, "cpu": cpu, "memory": watch.memory, "disk": watch.disk, "run": run.stat().st_size,
    }  # fmt: skip


def row(name, rounds, against=None, tokens=None):
    """Print a program's medians; return them."""
    found = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    tokens = tokens or found["tokens"]
    said = (
        f"{name:22} {tokens / found['seconds']:8,.0f} tokens/s {found['seconds']:7.1f} s {found['cpu']:7.1f} CPU s"
    )
    if against:
        ratios = (
            statistics.median(a[key] / b[key] for a, b in zip(rounds, against, strict=True))
            for key in ("seconds", "cpu")
        )
        said += " {:5.2f}x {:5.2f}x CPU".format(*ratios)
    else:
        said += " " * 18
    print(f"{said} {found['memory'] / 1_000:7,.0f} MB a process", flush=True)
    return found


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="minilm", help="as precompute names it")
    parser.add_argument("--texts", type=int, default=1_440)
    parser.add_argument("--data", type=Path, default=SAMPLE, help="JSON lines with a field 'text'")
    parser.add_argument("--dtype", default="float32", choices=["float32", "auto", "bfloat16"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--loop-texts", type=int, default=100, help="of the obvious loop, which keeps everything; 0: none"
    )
    parser.add_argument("--inner", choices=["bare", "quick", "loop"], help=argparse.SUPPRESS)
    parser.add_argument("--share", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inner:
        found = {"bare": bare, "quick": bare, "loop": loop}[given.inner](given)
        print(json.dumps({**found, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = folder / "texts.jsonl"
        file.write_text("".join(json.dumps({"text": body}) + "\n" for body in bodies(given.data, given.texts)))
        rounds = [
            (bare_round(given, "bare"), bare_round(given, "quick"), whole_round(given, file, folder))
            for _ in range(given.rounds)
        ]
        loops = (
            [json.loads(told("loop", given, texts=given.loop_texts).communicate()[0])] if given.loop_texts else []
        )
    bares, quick, wholes = zip(*rounds, strict=True)
    print(f"{given.model}, {given.texts:,} texts, {given.dtype}, {given.workers} processes of one thread")
    plain = row("bare forward", bares)
    row("its linear layers", quick, bares)
    whole = row("neurotui precompute", wholes, bares, plain["tokens"])
    if loops:
        found = row(f"obvious loop ({given.loop_texts})", loops)
        rates = plain["tokens"] / whole["cpu"], found["tokens"] / found["cpu"]
        print(f"tokens a CPU second: {rates[0] / rates[1]:.1f} times those of the obvious loop")
    extra = (whole["memory"] - plain["memory"]) / 1_000
    print(
        f"a worker takes {extra:,.0f} MB more than a bare process; the run has {whole['run'] / 1e6:,.0f} MB,",
        end=" ",
    )
    print(f"temporary files {whole['disk'] / 1e6:,.0f} MB: {whole['disk'] / whole['run']:.2f}x")


if __name__ == "__main__":
    main()
