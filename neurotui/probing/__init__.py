"""Probing: run a run's model on any text, and compare a neuron's response with the run."""
