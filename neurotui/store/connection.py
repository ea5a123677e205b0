"""Open a DuckDB file that may come from an untrusted source.

A file that DuckDB opens as its main database can shadow functions with macros and read other files through
views. So the file is attached, read only, to an empty database in memory with all external access switched off,
and it is rejected unless its tables are exactly ours and it holds nothing else.
"""

from __future__ import annotations

from pathlib import Path

from neurotui.errors import UserError
from neurotui.store.atomic import refuse_other_than_file
from neurotui.store.duckdb_engine import Connection, Error, connect
from neurotui.store.fetch_cache import if_fetched_again, is_fetched, origin_of
from neurotui.store.migrations import MIGRATIONS, Migration
from neurotui.store.sql import statement

RUN_FORMAT = 4
_LONGEST_VERSION = 20

_ATTACH = "ATTACH ? AS {} (READ_ONLY, TYPE duckdb)"
_REMEDY = "make a run with: neurotui precompute TEXTS -o run.duckdb"

# By what makes the tables of a schema: each table's CREATE statement, as this DuckDB spells it.
_SPELLED: dict[str, dict[str, str]] = {}

_CAUTION: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
}


def memory() -> Connection:
    """Return a connection to an empty in-memory database that loads no extensions and stores no secrets."""
    return connect(":memory:", config=_CAUTION)


def open_run(path: Path) -> Connection:
    """Return a connection in which the run at `path` is attached, read only, as ``run``.

    Where a run of an earlier format is read through views, it is attached as ``older``, and ``run`` holds them:
    see ``migrations``. Raise ``UserError`` if the file does not exist, is not a run, has an unsupported format or
    is damaged.
    """
    refuse_other_than_file(path, "a run", "name the .duckdb file itself")
    if not path.exists():
        raise UserError(f"there is no file '{path}'", "make a run with: neurotui precompute TEXTS -o run.duckdb")
    connection = memory()
    try:
        ours = _our_tables(connection, "schema")
        connection.execute(_ATTACH.format("run"), [str(path)])
        migration = _migration(connection, origin_of(path), ours)
        in_views = bool(migration.views)
        ours = {name: made for name, made in ours.items() if name not in migration.without}
        if in_views:
            connection.execute("DETACH run")
            ours = _our_tables(connection, migration.schema)
            connection.execute(_ATTACH.format("older"), [str(path)])
            connection.execute("ATTACH ':memory:' AS run")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        _refuse_changed(connection, origin_of(path), ours, "older" if in_views else "run")
        if in_views:
            connection.execute(statement(migration.views))
    except Error as error:
        connection.close()
        raise _explained(error, path) from error
    except UserError:
        connection.close()
        raise
    return connection


def create(connection: Connection) -> None:
    """Create the run's tables in the database that is attached as ``run``."""
    connection.execute(statement("schema"))


def _our_tables(connection: Connection, schema: str) -> dict[str, str]:
    """Return each table's name and CREATE statement, as this DuckDB spells it, for a named schema.

    The tables are made once a process, in the connection that the run is attached to next: starting another DuckDB
    would take as long as all the rest of opening.
    """
    makes = statement(schema)
    if makes not in _SPELLED:
        connection.execute("ATTACH ':memory:' AS run")
        connection.execute(makes)
        _SPELLED[makes] = _tables(connection, "run")
        connection.execute("DETACH run")
    return _SPELLED[makes]


def _tables(connection: Connection, database: str) -> dict[str, str]:
    return dict(connection.execute(statement("tables"), {"database": database}).fetchall())


def _migration(connection: Connection, run: str, ours: dict[str, str]) -> Migration:
    """Return how a run of its format is read, the present one as it is; ``UserError`` if it is not a run.

    Only the catalogue is read here, and ``meta`` once it is known to be a table.
    """
    if _tables(connection, "run").get("meta") != ours["meta"]:
        raise UserError(f"'{run}' is a database, but not a neurotui run", _REMEDY)
    version = dict(connection.execute(statement("meta")).fetchall()).get("format_version", "")
    # NULL is no version, and nothing has thousands of them.
    version = (version or "")[:_LONGEST_VERSION]
    if version.isdecimal() and int(version) > RUN_FORMAT:
        raise UserError(
            f"'{run}' is a run of format {version}; this neurotui reads formats up to {RUN_FORMAT}",
            "update it with: pip install --upgrade neurotui",
        )
    if version != str(RUN_FORMAT) and version not in MIGRATIONS:
        raise UserError(f"'{run}' does not say which format it has", _REMEDY)
    return MIGRATIONS.get(version, Migration())


def _refuse_changed(connection: Connection, run: str, ours: dict[str, str], database: str) -> None:
    """Raise ``UserError`` unless the attached file holds the tables of its format and nothing else."""
    theirs = _tables(connection, database)
    if theirs != ours:
        different = sorted(name for name in theirs | ours if theirs.get(name) != ours.get(name))
        raise UserError(f"'{run}' is not as neurotui wrote it: table '{different[0]}'", _REMEDY)
    intruder = connection.execute(statement("intruders"), {"database": database}).fetchone()
    if intruder:
        raise UserError(
            f"'{run}' holds a {intruder[0]} '{intruder[1]}' that neurotui did not write",
            "it could run code of its maker's; ask for the run as neurotui wrote it",
        )


def locked(error: Error) -> bool:
    """Return whether DuckDB could not open a file because another program is writing it."""
    return "set lock" in str(error)


def _explained(error: Error, path: Path) -> UserError:
    """Return DuckDB's reason for not opening `path` as a ``UserError``."""
    text = str(error)
    if locked(error):
        return UserError(f"another program is writing to '{path}'", "wait until it has ended")
    if "not a valid DuckDB database file" in text:
        hint = if_fetched_again(path, _REMEDY)
        return UserError(
            f"'{origin_of(path)}' is not a neurotui run", f"if it was, {hint}" if is_fetched(path) else hint
        )
    hint = f"it may be damaged: {if_fetched_again(path, 'make it again')}"
    return UserError(f"'{origin_of(path)}' cannot be read: {text.splitlines()[0]}", hint)
