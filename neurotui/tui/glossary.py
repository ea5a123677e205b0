"""What the signs, colours and figures of the screens mean: the part of the help that is not keys.

A test holds that every sign that widgets and views draw is explained here.
"""

from __future__ import annotations

from neurotui.firing import FIRES_FROM
from neurotui.review.description import NEGATIVE, SURENESS, THIN
from neurotui.tui.styles import MARKS

Entries = tuple[tuple[str, str], ...]
"""Terms, each with its meaning."""

_AT_LEAST = ", ".join(f"{least:g}" for least, _ in SURENESS)

SIGNS: Entries = (
    (
        " ".join(MARKS.values()),
        f"the neuron's state: {', '.join(MARKS)}; elsewhere {MARKS['open']} stands between two things",
    ),
    ("▌", "the cursor, or the pane that has the focus: in colour where keys work"),
    ("•", "marked: the next decision is for all marked neurons in view; in a choice, what is chosen"),
    (f"{NEGATIVE} before words", "it is said of where the activation is most negative"),
    (f"{NEGATIVE} at a title", "the list is in the order of this column"),
    ("≈", "found by its nearness in meaning to what you searched, not by the words"),
    ("▸", "the chosen candidate: accept takes this one"),
    ("◆", "the chosen candidate holds there: for the text, or at the underlined peak"),
    ("␣ ↵", "the exemplar peaks at a space, or at the end of a line"),
    ("━ ╸ ─", "a share or a correlation as a bar from 0 to 1; what is missing to 1 is thin"),
    ("▁▂▃▄▅▆▇█", "a share as a height: in the line of layers █ is all neurons of the layer"),
    (
        "0▅▂ 1▆ █ all",
        "the line of layers: behind each layer's number how much of it is described, then how much is reviewed",
    ),
    ("“ ”", "round a word as it stands in the texts"),
    ("±", "mean ± spread: the mean of the activation and its standard deviation; then the least and the most"),
    ("…", "cut here for want of room, or the text goes on"),
    ("—", "there is none, or it is not known"),
    ("␛ �", "a character of the text that would steer the terminal, or that cannot be seen"),
    ("● ─", "in the evaluation: a figure within its 95 % interval, on a scale from 0 to 1"),
    ("← →", "keys; in the probe, a probability before → after the change"),
)

LOOKS: Entries = (
    ("large, bold", "in green the accepted label; in amber what the run says and has the evidence for"),
    ("bold row", "in the list: a label that somebody accepted"),
    ("white row", "described by the run: the evidence is strong enough to say it"),
    (
        f"grey row; {THIN}",
        "too little evidence, or a fifth of the peaks or fewer: the best guess, to be read with care",
    ),
    ("amber token", "active there: the deeper, the more; nothing is tinted below a quarter of the most"),
    ("blue token", "the activation is negative there"),
    (
        "underlined",
        "the token at which the exemplar peaks; reversed: the token whose activation stands at its left",
    ),
    ("· word 7", "in a row, in grey: the word at which most top exemplars peak, and how many of them do"),
    ("cal, val", "the half of the texts that it is from: calibration chose what is said, validation judges it"),
    (
        "3/12, 25%",
        "an exemplar that is the third of twelve windows of a long document, or stands a quarter into it",
    ),
    (
        "9 of 10 top cal",
        "of the top exemplars only those marked cal count: 20 are shown, half of them or so are cal",
    ),
    ("1 2 3 7", "a candidate keeps its number: numbers that seem to be missing are in the other table, or folded"),
    ("yours elsewhere", "your own latest labels of other neurons: their numbers choose them, e completes them"),
    ("· smollm2", "who found a candidate: another describer than the run's own, kept with describe --as"),
    ("3 more ...", "candidates that hold no better than by chance, or that have no key, are counted, not shown"),
)

FIGURES: Entries = (
    ("what is said", "the accepted label, else what best predicts the neuron's activation at tokens"),
    ("r, score", "correlation with the activation at tokens, 0 to 1; score on the texts that it was chosen on"),
    ("r ... no part", "the same on texts that chose nothing: what it is trusted by"),
    ("closely ... part", f"r is at least {_AT_LEAST}; below that the evidence is thin"),
    ("peaks", "the words at which its top exemplars peak, each with how many; `peaks` proposes them as labels"),
    (
        "promotes",
        "the tokens that it makes likelier where it is active; suppresses, those that it makes less so",
    ),
    (
        "fires",
        f"the share of tokens at which it is at least {FIRES_FROM:.0%} of its largest, whatever its sign",
    ),
    ("strongest texts", "those whose pooled activation is highest"),
    ("by chance", "the share of all texts, or tokens, for which it holds"),
    ("AUROC", "how well it tells texts, or tokens, apart by activation: 0.5 is chance; in brackets its bounds"),
    ("valid, AP", "AUROC, and average precision, on texts that chose nothing"),
    ("fit, topic", "how well a label tells held-out texts that fire from quiet ones: 0.5 is chance"),
    ("fit, word", "how well the activation tells held-out tokens that the label names from all others"),
    ("understood", 'what of a label was read as words: away, "off", -ish, comma, a number, after wall'),
    ("queue", "the order of what is worth deciding: near-certain and frequent first, what is decided last"),
    ("z", "in the probe: how far an activation is from the neuron's mean, in standard deviations"),
)
