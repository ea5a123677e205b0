"""The run and the journal: the only room that knows DuckDB or writes a decision."""
