"""What a file states of its explanations is kept by set, measure and judge, of the explanation that is scored."""

from neurotui.exchange.read_row import parse_row
from neurotui.exchange.stated_scores import stated_in


def row(label, **scores):
    record = {"neuron": "L0.1", "state": "accepted", "label": label, "annotator": "ada"}
    stated = tuple((measure, "judge", value) for measure, value in scores.items())
    return parse_row(record, "line 1", day_first=None)._replace(scores=stated)


def test_of_several_explanations_of_a_neuron_only_the_first_has_its_scores_told():
    rows = [row("snow", fuzz=1.0), row("ice", fuzz=0.25, recall=0.5)]
    assert [(one.measure, one.mean.value) for one in stated_in(rows, "them")] == [("fuzz", 1.0)]
