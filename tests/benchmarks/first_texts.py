"""What a worker's first texts cost beside later ones: `python tests/benchmarks/first_texts.py [TEXTS.jsonl [MODEL]]`.

One shard is made twice, in this process and on one thread: as the first one of a worker, for which nearly every text
is among the best, and after another one. Prints the processor seconds that its first 300 texts take, and the ratio.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import torch

from neurotui.models.dtype import FEW_PRODUCTS
from neurotui.models.locate_model import locate
from neurotui.precompute.pipeline import PrecomputeSettings, precompute
from neurotui.precompute.processes import Maker, ShardJob
from neurotui.precompute.shards import Folder
from neurotui.types import no_progress

SAMPLE = Path(__file__).parents[2] / "sample_data/texts.jsonl"
FIRST = 300


def seconds(maker, number):
    """Return the processor seconds in which a maker, with its model loaded, makes a shard's first texts."""
    texts, marks, start = 0, [], time.process_time()

    def advance(more):
        nonlocal texts
        texts += more
        if texts >= FIRST:
            marks.append(time.process_time())

    maker.make(number, advance)
    if not marks:
        raise SystemExit(f"a shard has {texts} texts: give a file of {4 * FIRST} or more")
    return marks[0] - start


def loaded(job):
    """Return a maker of shards that has made none."""
    maker = Maker(job)
    maker._model  # noqa: B018 - loads it
    return maker


def main():
    """Measure and print."""
    texts, model = [*sys.argv[1:], *(str(SAMPLE), "minilm")[len(sys.argv) - 1 :]]
    os.environ.update(FEW_PRODUCTS | os.environ)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name, "shards"))
        settings = PrecomputeSettings(model, device="cpu", dtype="float32")
        # A part that has no shards only lays down the texts.
        precompute(
            [texts], Path(name, "run"), settings, progress=no_progress, shards=folder.path, part=(10**6, 10**6)
        )
        job = ShardJob(locate(model), folder.path, folder.manifest(), "float32")
        loaded(job).make(1, lambda _: None)
        first = seconds(loaded(job), 1)
        later = loaded(job)
        later.make(0, lambda _: None)
        after = seconds(later, 1)
    print(
        f"{model}: the first {FIRST} texts of a worker's first shard {first:.2f} CPU s, of its second {after:.2f}"
    )
    print(f"{first / after:.2f}x")


if __name__ == "__main__":
    main()
