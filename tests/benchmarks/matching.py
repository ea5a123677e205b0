"""Matching beside its bare matrix product, in one process: `python tests/benchmarks/matching.py [NEURONS]`."""

import resource
import sys
import time

import numpy as np
from scipy import sparse

from neurotui.describe.match_texts import Block, TextEvidence, match
from neurotui.describe.match_tokens import Splits, TokenEvidence, match_tokens
from neurotui.describe.weighted_scores import held
from neurotui.store.run_tables import TokenBlock

TEXTS, DESCRIPTORS, BLOCK = 10_000, 500, 512
PLACES, TOKEN_DESCRIPTORS, HELD = 7_168, 1_500, 0.006


def blocks(neurons):
    """Yield random pooled codes and codes at tokens, a block at a time."""
    random = np.random.default_rng(0)
    for first in range(0, neurons, BLOCK):
        count = min(BLOCK, neurons - first)
        codes = random.normal(30_000, 6_000, (count, TEXTS)).clip(0, 65_535).astype(np.uint16)
        at_tokens = random.normal(80, 25, (count, PLACES)).clip(0, 255).astype(np.uint8)
        yield Block(codes, TokenBlock(first, np.zeros(count, np.float32), np.ones(count, np.float32), at_tokens))


def evidence(neurons, holds):
    """Return random evidence at tokens, of as many descriptors and places as a large data set has."""
    random = np.random.default_rng(2)
    learned = np.arange(PLACES) % 2 == 0
    weight = random.random(PLACES) + 1
    tokens = sparse.random(
        PLACES, TOKEN_DESCRIPTORS, HELD, "csr", np.float32, random, lambda n: np.ones(n, np.float32)
    )
    texts = sparse.csr_matrix(holds[np.sort(random.integers(0, TEXTS, PLACES))], dtype=np.float32)
    peaks = sparse.random(neurons, 1_000, 0.01, "csr", np.float32, random, lambda n: np.ones(n, np.float32))

    def splits(where):
        return Splits(*(held(where[mask], weight[mask]) for mask in (learned, ~learned)))

    return TokenEvidence(
        learned=learned,
        tokens=splits(tokens),
        texts=splits(texts),
        first_id=DESCRIPTORS,
        exact=np.arange(TOKEN_DESCRIPTORS) % 3 == 0,
        unsure=np.full(TOKEN_DESCRIPTORS, 2.0),
        peaks={1: peaks, -1: peaks},
        holds_at_peaks=tokens[:1_000],
        pairs=neurons * TOKEN_DESCRIPTORS,
    )


def main(neurons):
    """Print the seconds of each, their ratios and the process's peak memory.

    The three take turns, so that whatever else the machine does slows all alike. The bare product is that of ranks
    and text descriptors of both splits in float64, and nothing else. What matching takes beyond the token
    descriptors is put down to the text descriptors.
    """
    random = np.random.default_rng(1)
    holds = random.random((TEXTS, DESCRIPTORS)) < 0.03
    given = TextEvidence(holds, np.arange(TEXTS) % 2 == 0, random.integers(-1, TEXTS, (neurons, 10)))
    at_tokens = evidence(neurons, holds)
    ranks, flags = np.arange(BLOCK * TEXTS, dtype=np.float64).reshape(BLOCK, TEXTS), holds.astype(np.float64)
    product = tokens = whole = 0.0
    waiting = []
    matching = match(iter(waiting.pop, None), given, at_tokens)
    for block in blocks(neurons):
        waiting.append(block)
        times = [time.perf_counter()]
        next(matching)
        times.append(time.perf_counter())
        match_tokens(block.tokens, at_tokens)
        times.append(time.perf_counter())
        np.matmul(ranks[: len(block.pooled)], flags)
        times.append(time.perf_counter())
        whole, tokens, product = np.add((whole, tokens, product), np.diff(times))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{neurons:,} neurons; bare product with {DESCRIPTORS} text descriptors over {TEXTS:,} texts {product:.1f} s"
    )
    print(f"text descriptors {whole - tokens:.1f} s, {(whole - tokens) / product:.1f}x", end="; ")
    print(
        f"{TOKEN_DESCRIPTORS:,} token descriptors at {PLACES:,} tokens {tokens:.1f} s, {tokens / product:.1f}x",
        end="; ",
    )
    print(f"together {whole:.1f} s, {whole / product:.1f}x; peak {peak:.1f} GiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 36_864)
