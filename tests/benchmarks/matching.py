"""Matching beside its bare matrix product, in one process: `python tests/benchmarks/matching.py [NEURONS]`."""

import resource
import sys
import time

import numpy as np

from neurotui.describe.match import Evidence, match

TEXTS, DESCRIPTORS, BLOCK = 10_000, 500, 1_024


def blocks(neurons):
    """Yield random pooled codes, a block at a time."""
    random = np.random.default_rng(0)
    for first in range(0, neurons, BLOCK):
        codes = random.normal(30_000, 6_000, (min(BLOCK, neurons - first), TEXTS)).clip(0, 65_535)
        yield first, codes.astype(np.uint16)


def main(neurons):
    """Print the seconds of each, their ratio and the process's peak memory.

    The two take turns, so that whatever else the machine does slows both alike. The bare product is that of
    ranks and descriptors of both splits in float64, and nothing else.
    """
    random = np.random.default_rng(1)
    holds = random.random((TEXTS, DESCRIPTORS)) < 0.03
    given = Evidence(holds, np.arange(TEXTS) % 2 == 0, random.integers(-1, TEXTS, (neurons, 20)))
    ranks, flags = np.arange(BLOCK * TEXTS, dtype=np.float64).reshape(BLOCK, TEXTS), holds.astype(np.float64)
    product = whole = 0.0
    waiting = []
    matching = match(iter(waiting.pop, None), given)
    for first, codes in blocks(neurons):
        waiting.append((first, codes))
        started = time.perf_counter()
        next(matching)
        between = time.perf_counter()
        np.matmul(ranks[: neurons - first], flags)
        whole, product = whole + between - started, product + time.perf_counter() - between
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{neurons:,} neurons x {DESCRIPTORS} descriptors x {TEXTS:,} texts")
    print(f"bare product {product:.1f} s, matching {whole:.1f} s: {whole / product:.1f}x; peak {peak:.1f} GiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 36_864)
