"""A journal read and folded, beside a bare JSON parser: `python tests/benchmarks/journal.py [EVENTS]`."""

import gc
import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from neurotui.store.journal import Journal
from neurotui.store.journal_lines import line_of
from neurotui.store.labels import Labels
from neurotui.types import Event

NEURONS, LAYERS, TRIES = 20_000, 8, 5
BEGAN = datetime(2026, 11, 28, tzinfo=UTC)
ACTIONS = ("accept", "accept", "propose", "reject", "skip", "note", "accept", "undo")


def event(number):
    """Return one of many events by two people: decisions, notes, proposals, and an undo of every eighth."""
    action = ACTIONS[number % len(ACTIONS)]
    neuron = number * 7919 % NEURONS
    return Event(
        *(f"{number:032x}", (BEGAN + timedelta(seconds=number)).isoformat(timespec="microseconds")),
        *(("ada", "bob")[number // len(ACTIONS) % 2], action, "synthetic", "0" * 64),
        *(neuron % LAYERS, neuron // LAYERS, "rain" if action in {"accept", "propose", "note"} else ""),
        *("person" if action == "accept" else "", f"{number - 1:032x}" if action == "undo" else ""),
        fit=(0.7, 0.65, 0.75) if action == "propose" else (),
    )


def quickest(work):
    """Return what some work returns, and the fewest processor seconds that it took."""
    times = []
    for _ in range(TRIES):
        began = time.process_time()
        result = work()
        times.append(time.process_time() - began)
    return result, min(times)


def main():
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    gc.disable()  # as the app does while it opens a run
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.jsonl"
        path.write_bytes(b"".join(line_of(event(number)) for number in range(count)))
        lines = path.read_bytes().splitlines()
        _, bare = quickest(lambda: [json.loads(line) for line in lines])
        journal, read = quickest(lambda: Journal(path))
        labels, folded = quickest(lambda: Labels("0" * 64, journal.events))
    print(f"{count:,} events, {len(labels.neurons()):,} neurons: json.loads of each line {bare:.2f} s")
    print(f"read {read:.2f} s, {read / bare:.2f}x; folded {folded:.2f} s, {folded / bare:.2f}x")


if __name__ == "__main__":
    main()
