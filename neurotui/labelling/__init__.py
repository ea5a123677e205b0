"""Labels of one neuron: having a backend write them, and scoring how well any label fits."""
