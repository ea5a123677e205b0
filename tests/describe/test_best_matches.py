"""Lists of both scopes become one: the surest head that predicts leads, each list keeps its own order."""

import numpy as np
import pytest

from neurotui.describe.best_matches import BestMatches, only_described, rows
from neurotui.describe.described_rule import LEAST_CORRELATION


def found(descriptors, certain, described, side=1):
    """Return a list for one neuron; only what decides the order is told apart."""
    shape = (1, len(descriptors))
    figures = {
        name: np.full(shape, 0.5)
        for name in (
            "auroc_calibration",
            "lower",
            "upper",
            "auroc_validation",
            "average_precision",
            "correlation_calibration",
            "correlation_validation",
        )
    }
    return BestMatches(
        descriptor=np.array([descriptors]),
        side=np.full(shape, side, np.int8),
        certain=np.array([certain], float),
        top_with=np.zeros(shape, np.int64),
        top_of=np.zeros(shape, np.int64),
        described=np.array([described]),
        described_validation=np.zeros(shape, np.bool_),
        **figures,
    )


NONE = found([-1], [0.0], [False])
SURE, UNSURE = LEAST_CORRELATION + 0.1, LEAST_CORRELATION - 0.1


@pytest.mark.parametrize(
    ("tokens", "texts", "leads"),
    [
        ((SURE, True), (SURE + 0.1, True), 20),
        ((SURE + 0.1, True), (SURE, True), 10),
        ((UNSURE, False), (SURE, True), 20),
        ((SURE + 0.5, False), (SURE, True), 20),
        ((UNSURE, True), (UNSURE + 0.05, True), 10),
        ((UNSURE, False), (SURE, False), 10),
    ],
)
def test_the_surest_described_head_that_predicts_leads_and_without_one_the_first_list(tokens, texts, leads):
    lists = [found([10], [tokens[0]], [tokens[1]]), found([20], [texts[0]], [texts[1]])]
    table = rows(7, lists, NONE)
    assert table["descriptor_id"].tolist() == [leads, 30 - leads]
    assert table["rank"].tolist() == [0, 1]
    assert table["neuron_id"].tolist() == [7, 7]


def test_lists_are_merged_by_certainty_each_in_its_own_order_and_late_ones_come_last():
    tokens = found([10, 11, 12], [0.9, 0.3, 0.5], [True, False, False])
    texts = found([20, 21, -1], [0.6, 0.4, 9.0], [True, True, False])
    late = found([30, -1], [2.0, 2.0], [False, False])
    table = rows(0, [tokens, texts], late)
    # 12 is surer than 11, before which it may not come.
    assert table["descriptor_id"].tolist() == [10, 20, 21, 11, 12, 30]


def test_what_is_not_there_moves_nothing():
    texts = found([20, 21], [0.5, 0.4], [True, True])
    table = rows(0, [found([10, -1], [0.1, 9.0], [False, False]), texts], NONE)
    assert table["descriptor_id"].tolist() == [20, 21, 10]


def test_a_list_without_columns_is_no_fault():
    empty = found([], [], [])
    assert rows(0, [empty, found([20], [0.1], [False])], NONE)["descriptor_id"].tolist() == [20]
    assert rows(0, [empty, empty], empty)["descriptor_id"].tolist() == []


def test_what_is_not_described_leaves_no_gap():
    kept = only_described(found([5, 6, 7, 8], [0.1, 0.9, 0.8, 0.7], [False, True, False, True], side=-1))
    assert kept.descriptor.tolist() == [[6, 8, -1, -1]]
    assert kept.certain[0, :2].tolist() == [0.9, 0.7]
    # It leads then, and nothing of it comes behind what is less sure.
    table = rows(0, [found([1, 2], [0.2, 0.15], [True, False]), kept], NONE)
    assert table["descriptor_id"].tolist() == [6, 8, 1, 2]
    assert table["side"].tolist() == [-1, -1, 1, 1]


def test_rows_of_several_neurons_are_numbered_from_the_first():
    both = found([10, -1], [0.5, 0.0], [True, False])
    two = BestMatches(**{name: np.repeat(getattr(both, name), 2, axis=0) for name in both.__dataclass_fields__})
    two.descriptor[1] = [11, 12]
    none = found([-1], [0.0], [False])
    late = BestMatches(**{name: np.repeat(getattr(none, name), 2, axis=0) for name in none.__dataclass_fields__})
    table = rows(4, [two], late)
    assert table["neuron_id"].tolist() == [4, 5, 5]
    assert table["rank"].tolist() == [0, 0, 1]
    assert table["descriptor_id"].tolist() == [10, 11, 12]
