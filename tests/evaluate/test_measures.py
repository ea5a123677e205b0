"""The table of measures and the figures that are computed name the same things."""

from dataclasses import fields

import pytest

from neurotui.evaluate.agreement import Agreement
from neurotui.evaluate.by_gold import GoldJudgement
from neurotui.evaluate.by_labels import AtK, Judgement, LayerFigures
from neurotui.evaluate.causal import AtDose
from neurotui.evaluate.coefficients import Coefficients
from neurotui.evaluate.measures import AGAINST, AGREEMENT, BY_LABELS, CAUSAL, MEASURES, OF_DESCRIPTORS, meaning
from neurotui.evaluate.rank_describers import Describer, Pair

FIGURES = {
    kind: {field.name for field in fields(kind) if field.type == "Figure"}
    for kind in (AtK, LayerFigures, Judgement, GoldJudgement, Describer, Pair, AtDose)
}


def test_every_figure_that_is_computed_is_in_the_table_and_none_is_left_out():
    assert set(BY_LABELS["first k"]) == FIGURES[AtK]
    assert set(BY_LABELS["neurons"]) == FIGURES[LayerFigures] == FIGURES[Judgement]
    assert set(OF_DESCRIPTORS) == FIGURES[GoldJudgement]
    assert set(AGREEMENT) == {field.name for field in fields(Agreement) if "Figure" in str(field.type)}
    assert set(AGREEMENT) == {*Coefficients._fields, "near"}
    assert set(AGAINST) == FIGURES[Describer] | FIGURES[Pair]
    assert set(CAUSAL) == FIGURES[AtDose]


@pytest.mark.parametrize("measure", MEASURES, ids=lambda one: one.name)
def test_a_measure_says_what_is_good(measure):
    said = [meaning(measure.name, gold=True)] if measure.gold else []
    said += [meaning(measure.name)] if measure.people else []
    said += [meaning(measure.name, against=True)] if measure.against else []
    said += [meaning(measure.name)] if measure.agreement or measure.causal else []
    assert said
    for sentence in said:
        assert "1 is" in sentence or "is good" in sentence
        assert "{" not in sentence
