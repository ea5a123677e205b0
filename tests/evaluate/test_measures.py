"""The table of measures and the figures that are computed name the same things."""

from dataclasses import fields

import pytest

from neurotui.evaluate.by_gold import GoldJudgement
from neurotui.evaluate.by_labels import AtK, Judgement, LayerFigures
from neurotui.evaluate.measures import BY_LABELS, MEASURES, OF_DESCRIPTORS, meaning

FIGURES = {
    kind: {field.name for field in fields(kind) if field.type == "Figure"}
    for kind in (AtK, LayerFigures, Judgement, GoldJudgement)
}


def test_every_figure_that_is_computed_is_in_the_table_and_none_is_left_out():
    assert set(BY_LABELS["first k"]) == FIGURES[AtK]
    assert set(BY_LABELS["neurons"]) == FIGURES[LayerFigures] == FIGURES[Judgement]
    assert set(OF_DESCRIPTORS) == FIGURES[GoldJudgement]


@pytest.mark.parametrize("measure", MEASURES, ids=lambda one: one.name)
def test_a_measure_says_what_is_good(measure):
    for gold in {bool(measure.gold), not measure.people}:
        said = meaning(measure.name, gold=gold)
        assert "1 is" in said or "is good" in said
        assert "{" not in said
