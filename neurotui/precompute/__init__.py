"""From texts to a run: shards of a model's activations, reduced and merged."""
