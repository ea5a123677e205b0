"""Labels of one neuron: written by a backend, and how well any label fits."""
