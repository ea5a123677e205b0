"""Labels come into a journal by `import`, while somebody decides in the app: real processes on one journal."""

import csv
import itertools
import re
import subprocess
import sys
from collections import Counter

from synthetic import write_run
from tui.driving import decisions
from tui.terminal import Terminal

_KEYS = {"a": ("accept", "accepted"), "x": ("reject", "rejected"), "space": ("skip", "skipped")}


def importing(run, labels, file):
    """Start an import of a file of labels."""
    command = ["import", run, file, "--labels", labels, "--annotator", "bob", "--as-decisions"]
    return subprocess.Popen(
        [sys.executable, "-m", "neurotui", *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def saved(app, word):
    """Return the neuron of which the screen says that a decision is saved, '' if of none."""
    found = re.search(rf"saved: (L0\.\d+) {word}", app.text)
    return found[1] if found else ""


def decide_while_labels_come(run, labels, folder, rounds, imported=3):
    """Decide by keys while labels are imported, again and again; return what was done and what stands in the journal.

    The app decides on layer 0, the imports on layer 1.
    """
    done = Counter()
    last, keys = "", itertools.cycle(_KEYS)
    with Terminal(
        ["-m", "neurotui", "open", run, "--labels", labels, "--annotator", "ada"], size=(100, 30)
    ) as app:
        app.until("▸ 1")
        app.press("/", *"layer:0", "enter")
        app.until("layer:0")
        for turn in range(rounds):
            file = folder / f"labels{turn}.csv"
            rows = [(f"L1.{imported * turn + number}", f"rain {turn}") for number in range(imported)]
            with file.open("w", newline="", encoding="utf-8") as opened:
                csv.writer(opened).writerows([("neuron", "label"), *rows])
            # The same file twice at once: what one has written the other skips.
            others = [importing(run, labels, file) for _ in range(2)]
            while True:
                action, word = _KEYS[key := next(keys)]
                app.press(key)
                app.until_that(lambda before=last, word=word: saved(app, word) not in {"", before})
                last = saved(app, word)
                done[last, action] += 1
                if all(other.poll() is not None for other in others):
                    break
                app.read_for(0.1)
            for other in others:
                said = other.communicate()[0]
                assert other.returncode == 0, said
            done.update((neuron, "accept") for neuron, _ in rows)
            accepted = sum(action == "accept" for _, action in done)
            app.until(f"✓ {accepted} ")
        app.press("q")
        assert app.ends() == 0
    return done, Counter((neuron, action) for neuron, action, _ in decisions(labels))


def test_labels_that_are_imported_while_the_app_decides_are_shown_and_none_is_lost_or_doubled(tmp_path):
    run = write_run(tmp_path / "run.duckdb", units=400)
    done, journal = decide_while_labels_come(run, tmp_path / "labels.jsonl", tmp_path, rounds=1)
    assert journal == done
