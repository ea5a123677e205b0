"""What needs a model while a person triages, in processes of its own: scores and labels for one neuron."""
