"""The table of exemplars and the type of their kinds name the same."""

from typing import get_args

from neurotui.exemplar_kinds import KINDS, BestKind, kept_of_each
from neurotui.types import Kind


def test_every_kind_is_in_the_table_and_none_is_left_out():
    assert tuple(KINDS) == get_args(Kind)
    assert tuple(kept_of_each(20)) == get_args(BestKind)


def test_half_as_many_are_kept_of_the_other_best_and_ten_of_those_that_are_of_the_sample():
    assert {name: kind.kept(20) for name, kind in KINDS.items()} == {
        "top": 20,
        "bottom": 10,
        "pooled": 10,
        "quantile": 10,
        "random": 10,
    }
