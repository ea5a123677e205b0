"""Who writes phrases: each backend behind one small protocol."""
