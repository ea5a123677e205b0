"""Every model that neurotui loads: the one under study, the sentence encoder, small language models."""
