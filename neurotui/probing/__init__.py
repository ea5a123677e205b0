"""What the model of a run does on any text."""
