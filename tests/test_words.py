"""Neurons have one name."""

import pytest

from neurotui.words import Neuron, Refusal


def test_a_neuron_reads_back_from_its_name():
    assert Neuron.parse(str(Neuron(3, 797))) == Neuron(3, 797) == Neuron.parse(" l3.797\n")


@pytest.mark.parametrize(
    "name", ["", "3.797", "L3", "L3.", "L3.797.1", "L-1.2", "L٣.797", "L3.1234567890", "L3 .797"]
)
def test_anything_else_is_refused(name):
    with pytest.raises(Refusal, match="is not a neuron"):
        Neuron.parse(name)
