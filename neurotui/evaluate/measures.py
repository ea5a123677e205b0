"""The measures of `evaluate`: what each is called, what it says and what is good, for the app and the command.

A new measure is one record in ``MEASURES``, which the command, the view and ``Judgement.figures`` read, and its
computation: by people's labels a field of ``LayerFigures`` and ``Judgement`` in ``by_labels.py`` (of ``AtK`` for
one at k), by gold labels a figure in ``_row`` of ``by_gold.py``, of a describer against a curated set a field of
``Describer`` or ``Pair`` in ``rank_describers.py``, of how far people agree a field of ``Agreement`` in
``agreement.py``, where ``coefficients.py`` computes it, of a pushed neuron a field of ``AtDose`` in ``causal.py``.
All are written with three decimals.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Measure(NamedTuple):
    """One measure. ``name`` is its field and its key in ``--json``, ``title`` how people read it if not so.

    ``people`` and ``gold`` say what it means by either kind of label; ``gold`` is "" where that is the same, or
    where there is none. ``against`` says what it means of a describer against a curated set, "" where there is
    none; ``agreement`` what it says of how far people agree, ``causal`` what it means of pushed neurons.
    ``over`` is what it is computed over: each neuron's first k descriptors, the neurons, the descriptors, or two
    describers.
    """

    name: str
    people: str = ""
    gold: str = ""
    against: str = ""
    agreement: str = ""
    causal: str = ""
    title: str = ""
    over: Literal["first k", "neurons", "descriptors", "pairs"] = "neurons"


MEASURES = (
    Measure(
        "precision",
        people="of {first} of a judged neuron, the share that people accepted; {most}",
        gold="of {first} of a neuron, the share that holds on texts that chose "
        "nothing (AUROC 0.7 or more); 1 is best",
        against="of {first} of the set's neurons, the share that is right, and of a rejected neuron nothing is; "
        "1 is best, and then all of it is right",
        over="first k",
    ),
    Measure(
        "recall",
        people="of the labels that people accepted, the share that is in {first}; "
        "1 is best, and a label in one's own words counts as missed",
        gold="of the gold labels that hold for a neuron, the share that is in {first}; 1 is best",
        against="of the curated labels, the share that is in {first}; 1 is best",
        over="first k",
    ),
    Measure(
        "hit",
        people="of the neurons with an accepted label, the share for which it is in {first}; 1 is best",
        against="of the neurons with a curated label, the share for which one is in {first}, with its interval; "
        "1 is best, and the table goes by it",
        over="first k",
    ),
    Measure(
        "coverage",
        gold="of the gold labels that some neuron carries, the share that a description stands for; 1 is best",
        against="of the neurons with a curated label, the share of which the describer says anything; 1 is best",
    ),
    Measure(
        "reciprocal_rank",
        against="mean reciprocal rank: over the neurons with a curated label, the mean of 1 / the place of the "
        "first right name, however far down, and 0 where none is right; 1 is best",
        title="MRR",
    ),
    Measure(
        "win_rate",
        against="of the neurons with a curated label, the share for which the first of the two has a right name "
        "higher up than the second, ties half; 0.5 is neither, 1 is best for the first",
        title="wins",
        over="pairs",
    ),
    Measure(
        "difference",
        against="the first one's hit less the second's, with its interval (paired bootstrap over neurons): above "
        "0 is good for the first, and where the interval holds 0 it may be chance",
        over="pairs",
    ),
    Measure(
        "consistency",
        people="of the text descriptors that either half of the texts finds, the share that both find; 1 is best",
    ),
    Measure(
        "consistency_neurons",
        people="the same neuron by neuron: of the descriptors that either half gives it, "
        "the share that both give; 1 is best",
        title="consistency by neuron",
    ),
    Measure(
        "replication",
        people="of the token descriptors that the first half gives a neuron, the share that the other half "
        "gives it as well; 1 is best, and what is missing was luck",
    ),
    Measure(
        "purity",
        gold="the share of a descriptor's texts that bear one and the same gold label; 1 is best",
        over="descriptors",
    ),
    Measure(
        "overlap",
        gold="how far a descriptor shares its texts with the one most like it; low is good: each says its own",
        over="descriptors",
    ),
    Measure(
        "raw",
        agreement="of the pairs of labels of one neuron, the share that is the same; 1 is best, chance is not "
        "taken off",
    ),
    Measure(
        "kappa",
        agreement="the same beyond chance, chance from how often each person says what (Cohen's kappa; for "
        "several people the mean of the pairs); 1 is full agreement, 0 is chance",
    ),
    Measure(
        "alpha",
        agreement="the same beyond chance, chance from how often all together say what (Krippendorff's alpha); "
        "on meaning, by how far labels are from each other (1 - cosine); 1 is full agreement, 0 is chance, 0.8 is "
        "good",
    ),
    Measure(
        "ac1",
        agreement="the same beyond chance that does not grow where nearly all is one decision (Gwet's AC1); 1 is "
        "full agreement, 0 is chance",
        title="AC1",
    ),
    Measure(
        "near",
        agreement="of the pairs of accepted labels of one neuron, the share that is near in meaning (cosine "
        "{near} or more); 1 is best",
    ),
    Measure(
        "change",
        causal="how far the output moves: of a model that predicts the next token, the Kullback-Leibler "
        "divergence of its distribution in bits; of any other, one minus the cosine of the text's embedding; at "
        "dose 0 it must be 0, and more is good only beside random neurons",
    ),
    Measure(
        "stronger",
        causal="the share of random neurons of the layer that move the output less; 1 is best, 0.5 is chance",
    ),
    Measure(
        "toward",
        causal="the share of random neurons that move the output less toward the label; 1 is best, 0.5 is chance",
    ),
    Measure(
        "shuffled",
        causal="the same toward the labels of other neurons; low is good, and where it is as high as toward, the "
        "label says nothing of the output",
    ),
    Measure(
        "gain",
        causal="toward less shuffled: above 0 is good for the labels; where the interval holds 0 it may be chance",
    ),
    Measure(
        "among_labels",
        causal="the share of other neurons' labels toward which the output moves less; 1 is best, 0.5 is chance",
        title="among labels",
    ),
)
BY_HIDDEN = (
    "hidden: other people's labels, the machine's candidates, or both. Where the candidates are not hidden, "
    "people may be led by them, and the run fares better."
)
"""What figures say that are told apart by what was hidden from whoever decided."""
_BY_NAME = {one.name: one for one in MEASURES}
BY_LABELS = {
    over: tuple(one.name for one in MEASURES if one.people and one.over == over) for over in ("first k", "neurons")
}
"""What is measured by people's labels: of each neuron's first k descriptors, and of the neurons."""
AGAINST = tuple(one.name for one in MEASURES if one.against)
"""What is measured of a describer against a curated set, and of two of them."""
AGREEMENT = tuple(one.name for one in MEASURES if one.agreement)
"""What is measured of how far people agree."""
CAUSAL = tuple(one.name for one in MEASURES if one.causal)
"""What is measured of a pushed neuron at one dose."""
OF_DESCRIPTORS = tuple(one.name for one in MEASURES if one.over == "descriptors")
"""The names of what is measured of the descriptors themselves, by gold labels."""


def title(name: str) -> str:
    """Return a figure's name as people read it."""
    return _BY_NAME[name].title or name if name in _BY_NAME else name


def meaning(name: str, *, gold: bool = False, against: bool = False) -> str:
    """Return a sentence on what a figure says and what is good; by gold labels, against a set, or by people's.

    A measure of how far people agree has one sentence, and so has one of pushed neurons.
    """
    kind, _, depth = name.partition("@")
    measure = _BY_NAME[kind]
    k = int(depth or 1)
    best = "1 is best" if k == 1 else f"where people accept one label a neuron, {1 / k:.2g} is the most"
    who = "a describer" if against else "the run"
    first = f"what {who} says first" if k == 1 else f"the first {k} that {who} says"
    if measure.causal:
        return measure.causal
    if measure.agreement:
        from neurotui.labelling.near_meaning import NEAR_COSINE  # noqa: PLC0415 - help needs no numpy

        return measure.agreement.format(near=NEAR_COSINE)
    said = measure.against if against else measure.gold if gold and measure.gold else measure.people
    return said.format(first=first, most=best)
