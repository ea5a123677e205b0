"""What of DuckDB a run is read and written with: its engine alone, and not the rest of its Python package.

The package builds relations and expressions on the engine, and looks up its own version: the app's first screen
would wait for what nobody here calls. What the package exports under the same names are these same objects.
"""

from __future__ import annotations

from _duckdb import DuckDBPyConnection as Connection
from _duckdb import Error, connect

__all__ = ["Connection", "Error", "connect"]
