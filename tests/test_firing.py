"""When a neuron fires, when it is merely quiet, and how hot a token is."""

import pytest

from neurotui.firing import FIRES_FROM, heat, is_quiet


def test_a_side_is_quiet_whose_extreme_is_far_from_the_largest_activation():
    assert is_quiet(-1, -0.17, 4.0)
    assert not is_quiet(1, -0.17, 4.0)
    assert not is_quiet(-1, -1.0, 4.0)
    assert is_quiet(1, -8.0, 1.9)
    assert is_quiet(-1, 0.0, 1.0)


@pytest.mark.parametrize("steps", [2, 8, 16])
def test_there_is_heat_exactly_where_a_neuron_fires_whatever_the_ramp(steps):
    assert heat(FIRES_FROM - 0.001, 1, steps) == heat(float("nan"), 1, steps) == heat(1, 0, steps) == 0
    assert 1 <= heat(FIRES_FROM, 1, steps) < heat(1, 1, steps) == heat(7, 1, steps) == steps
