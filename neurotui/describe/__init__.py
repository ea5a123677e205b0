"""From a run to descriptors and matches: propose, cluster, match. Arrays in, arrays out."""
