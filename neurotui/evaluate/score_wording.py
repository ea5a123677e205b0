"""What the scores of `score` say, in sentences."""

from __future__ import annotations

from neurotui.evaluate.judge_examples import RANGES, WINDOW
from neurotui.evaluate.score_measures import SHARE_ACTIVE

SCORE_MEANINGS: dict[str, dict[str, str]] = {
    "text": {
        "AUROC": "how often a text at which the neuron is active is more like the description than one at which "
        "it is quiet; 1 is best, chance is what shuffled has",
        "correlation": "of likeness and activation, over all held-out texts; 1 is best, chance is what shuffled "
        "has",
        "average precision": "of the texts most like the description, the share that is active, averaged over "
        "the active ones; 1 is best",
        "F1": "of as many texts as are active, those most like it, the share that is active; 1 is best",
    },
    "token": {
        "AUROC": "how often the neuron is more active at a token that the description names than at another; 1 is "
        "best, chance is what shuffled has",
        "correlation": "of the activation with whether the token is named; 1 is best, chance is what shuffled has",
        "average precision": "of the most active tokens, the share that the description names, averaged over "
        "those that it names; 1 is best",
        "F1": f"of the tokens that the description names and the most active {SHARE_ACTIVE:.0%}: how far "
        "they are the same (precision and recall together); 1 is best",
    },
}
"""What each measure says, scope by scope."""

JUDGED_MEANINGS: dict[str, str] = {
    "balanced accuracy": "the mean of the shares of active and of quiet examples that the judge tells rightly; 1 "
    "is best, 0.5 is chance",
    "F1": "precision and recall together; 1 is best",
    "precision": "of the examples for which it says yes, the share that is active; 1 is best, 0.5 is chance",
    "recall": "of the active examples, the share for which it says yes; 1 is best",
    "AUROC": "how often it finds a yes more probable for an active example than for a quiet one; 0.5 is chance",
}
"""What each measure of a judge's answers says."""

TASK_MEANINGS = {
    "detection": f"the judge reads windows of up to {WINDOW} tokens, half of which make the neuron active, from "
    f"{RANGES} ranges of activation",
    "fuzzing": "the same windows with tokens marked, rightly in the active ones",
}
"""What a judge is asked."""
