"""Count, layer by layer, the accepted labels that are what the run says first.

python examples/agreement.py RUN.duckdb
"""

from __future__ import annotations

import sys
from collections import defaultdict

import neurotui


def main(path: str) -> None:
    """Print, for each layer, how many accepted labels are what the run says first of the neuron."""
    same: defaultdict[int, list[bool]] = defaultdict(list)
    with neurotui.open_run(path, read_only=True) as run:
        for row in run.labels("accepted").to_pylist():
            page = run[row["neuron"]]
            first = page.detail.matches[:1]
            same[page.neuron.layer].append(bool(first) and first[0].name == row["label"])
    for layer, agreed in sorted(same.items()):
        print(f"L{layer}: {sum(agreed)} of {len(agreed)} accepted labels are what the run says first")
    if not same:
        print(f"nothing is accepted yet: neurotui open {path}")


if __name__ == "__main__":
    main(sys.argv[1])
