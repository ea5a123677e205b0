"""Evaluate a run's descriptors: by annotators' labels, by the validation split and by gold labels."""
