"""Neurons have one name, and commands are spelled as a shell reads them."""

import shlex
from pathlib import Path

import pytest

from neurotui.errors import UserError
from neurotui.store.run_commands import command_line
from neurotui.types import Neuron


def test_a_neuron_reads_back_from_its_name():
    assert Neuron.parse(str(Neuron(3, 797))) == Neuron(3, 797) == Neuron.parse(" l3.797\n")


@pytest.mark.parametrize(
    "name", ["", "3.797", "L3", "L3.", "L3.797.1", "L-1.2", "L٣.797", "L3.1234567890", "L3 .797"]
)
def test_anything_else_is_refused(name):
    with pytest.raises(UserError, match="is not a neuron"):
        Neuron.parse(name)


@pytest.mark.parametrize("name", ["run.duckdb", "my run.duckdb", "it's.duckdb", "-dash.duckdb", "--json", "$HOME"])
def test_a_command_that_is_spelled_names_the_run_whatever_it_is_called(name):
    command, verb, run, option = shlex.split(command_line("info", Path(name), "--json"))
    assert (command, verb, option) == ("neurotui", "info", "--json")
    assert not run.startswith("-")
    assert Path(run) == Path(name)
