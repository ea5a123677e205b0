"""Who writes phrases and labels: one module a backend, and the registry of them."""
