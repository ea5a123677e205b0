"""neurotui tells people what the neurons of a language model respond to, and lets them check it."""

__version__ = "0.1.0"
