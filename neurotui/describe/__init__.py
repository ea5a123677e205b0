"""From a run to descriptors and matches: propose, cluster, name, match."""
