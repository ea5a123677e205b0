"""A walk through the app on a real terminal, as text screens: `python docs/walk.py RUN NEURON [OPTIONS]`.

OPTIONS are those of `neurotui open`: who writes labels. It filters, decides twenty neurons, asks for labels of
NEURON, types a better one and sees its fit, undoes and redoes that, probes a sentence and exports. The run is
only read: journal, replies and export lie in a folder that is gone at the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from tui.terminal import Terminal

SIZE = (140, 45)
# A person's pace.
PAUSE = 0.15
TWENTY = ("a",) * 8 + ("x", "space", "2", "a", "a", "x", "a", "a", "3", "a", "a", "a", "space", "a")
NOTHING = ("\x7f",) * 60


def main(run: Path, neuron: str, options: list[str], label: str, sentence: str) -> None:
    """Print each screen under what was done."""
    with tempfile.TemporaryDirectory() as folder:
        journal, exported = Path(folder, "walk.jsonl"), Path(folder, "labels.jsonl")
        linked = Path(folder, run.name)
        linked.symlink_to(run.resolve())
        command = ("-m", "neurotui", "open", linked, "--labels", journal, "--annotator", "walker", *options)
        walk = (
            ("the run is opened", (), "top exemplars"),
            ("a filter is typed", ("/", *"score>0.65 state:open"), "enter keeps"),
            ("the queue: first what is worth deciding", ("enter", "o"), "by what is worth deciding"),
            ("twenty neurons are decided", TWENTY, "saved: L"),
            (f"on to {neuron}", (":", *neuron, "enter"), f" {neuron} "),
            ("labels are asked for: the cost first", ("R",), "asks, esc leaves it"),
            ("and asked", ("R",), f"for {neuron}"),
            ("a better label is typed, and has its fit", ("e", *NOTHING, *label), "\n fit "),
            ("it is saved", ("enter",), f"saved: {neuron} accepted"),
            ("undone", ("u",), f"saved: {neuron} undone"),
            ("and redone", ("ctrl+r",), f"saved: {neuron} redone"),
            ("a sentence of one's own is probed", ("p", *sentence), f"without {neuron}"),
            (
                "the labels are exported",
                ("escape", "X", "tab", "tab", "\x15", *str(exported), "enter"),
                "written",
            ),
        )
        with Terminal(command, SIZE) as terminal:
            for done, keys, shows in walk:
                for key in keys:
                    terminal.press(key)
                    terminal.read_for(PAUSE)
                terminal.until(shows)
                terminal.read_for(1)
                print(f"\n{done}\n{'=' * len(done)}\n{terminal.text}")
            terminal.press("escape", "q")
            terminal.ends()
        print(exported.read_text(encoding="utf-8"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("neuron", help="such as L5.879")
    parser.add_argument("--label", default="court cases and lawsuits", help="what is typed for it")
    parser.add_argument("--sentence", default="The judge heard the case today", help="what is probed")
    known, others = parser.parse_known_args()
    main(known.run, known.neuron, others, known.label, known.sentence)
