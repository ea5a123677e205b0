"""When a neuron fires, and when it is merely quiet."""

from neurotui.firing import is_quiet


def test_a_side_is_quiet_whose_extreme_is_far_from_the_largest_activation():
    assert is_quiet(-1, -0.17, 4.0)
    assert not is_quiet(1, -0.17, 4.0)
    assert not is_quiet(-1, -1.0, 4.0)
    assert is_quiet(1, -8.0, 1.9)
    assert is_quiet(-1, 0.0, 1.0)
