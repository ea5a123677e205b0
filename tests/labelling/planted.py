"""A run with one neuron of which everything is known: L0.0 fires at the word "battery", and nowhere else."""

import duckdb
import numpy as np
from synthetic import write_run

from neurotui.store.run import Run
from neurotui.types import Neuron

PLANTED, DEAD, EVERYWHERE = Neuron(0, 0), Neuron(0, 1), Neuron(0, 2)
WORD = "battery"
_OTHERS = ("goal", "oven", "comet", "guitar", "loan", "doctor", "ticket", "tulip")
_BEFORE = ("they saw the", "we had a new", "yesterday people said the", "it was an old", "again the")
_AFTER = ("was very bad", "came with it", "went slowly", "is quite good today", "and then they were at it")


def bodies(texts=200):
    """Return distinct texts of which every fifth speaks of a battery."""
    words = [WORD if number % 5 == 0 else _OTHERS[number % 8] for number in range(texts)]
    return [
        f"{_BEFORE[number // 5 % 5]} {word} {_AFTER[number // 25 % 5]} no {number}"
        for number, word in enumerate(words)
    ]


def write_planted(path, texts=200, calibration=None):
    """Write a run of which L0.0 fires at batteries, L0.1 never fires and L0.2 fires at every text.

    `calibration` names the only texts of that split; by default every other text is of it.
    """
    said = bodies(texts)
    write_run(path, layers=1, units=6, bodies=said, sample=1000)
    fires = np.array([WORD in body for body in said])
    chance = np.random.default_rng(3)
    codes = {0: np.where(fires, 50_000, 10_000) + chance.integers(0, 9_000, texts)}
    codes[1] = np.zeros(texts, np.int64)
    codes[2] = 40_000 + np.where(fires, 20_000, 0) + chance.integers(0, 5_000, texts)
    with duckdb.connect(str(path)) as connection:
        for number, row in codes.items():
            connection.execute("UPDATE pooled SET codes = ? WHERE neuron_id = ?", [row.tolist(), number])
        _plant_tokens(connection, said)
        connection.execute("DELETE FROM exemplars WHERE neuron_id = 0")
        strongest = sorted(np.flatnonzero(fires).tolist(), key=lambda text: -codes[0][text])[:8]
        for rank, text in enumerate(strongest):
            words = said[text].split()
            peak = words.index(WORD)
            trace = [255 if place == peak else 20 for place in range(len(words))]
            connection.execute(
                "INSERT INTO exemplars VALUES (0, 'top', ?, ?, 1, ?, 4, ?, -0.1, 4)",
                [rank, text, peak + 1, trace],
            )
        if calibration is not None:
            connection.execute(
                "UPDATE texts SET split = if(text_id IN ?, 'calibration', 'validation')", [calibration]
            )
    return path


def _plant_tokens(connection, said):
    """Let L0.0 fire at the word in the token sample, on a scale from -1 (L0.3: likewise, but downwards) to 4."""
    places = connection.execute("SELECT text_id, position FROM token_sample ORDER BY place").fetchall()
    at_word = np.array([said[text].split()[position - 1] == WORD for text, position in places])
    chance = np.random.default_rng(5).integers(0, 60, len(places))
    for number, row in ((0, np.where(at_word, 190, 0) + chance), (3, np.where(at_word, 0, 190) + chance)):
        connection.execute(
            "UPDATE token_activations SET codes = ?, lowest = -1, highest = 4 WHERE neuron_id = ?",
            [row.tolist(), number],
        )


def split(path, which):
    """Return the texts of a split."""
    with Run(path) as run:
        texts = run.texts()
        chosen = np.flatnonzero(texts.calibration == (which == "calibration"))
        return run.bodies_of(chosen.tolist())
