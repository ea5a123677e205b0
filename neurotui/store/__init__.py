"""The run and the journal: the only package that uses DuckDB or writes decisions."""
