"""What needs a model while a person triages: fits, labels, probes. The app asks it in processes of its own."""
