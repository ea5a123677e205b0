"""Import and export of labels, one module a format."""
