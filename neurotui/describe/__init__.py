"""Describe a run: propose descriptors, cluster and name them, and match them to neurons."""
