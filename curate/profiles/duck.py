"""The project's SQL, for browsing (curate.reviews.browse) and users' own queries
(curate.profiles.own_query): DuckDB over records.parquet, locked down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from curate.profiles.opened import Row


@contextmanager
def open_records(records: Path) -> Iterator[Records]:
    """The records table of a profile for SQL queries; nothing else can be read through it."""
    from curate.profiles.records_table import IN_MEMORY  # Polars, which `curate query` leaves out

    connection = duckdb.connect(":memory:")
    try:
        folder = str(records.resolve().parent)
        connection.execute("SET allowed_directories = [$1]", [folder])
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET preserve_insertion_order = false")
        is_small = records.stat().st_size <= IN_MEMORY
        if is_small:
            connection.execute("SET threads = 1")
        connection.execute(
            f"CREATE {'TABLE' if is_small else 'VIEW'} numbered AS FROM read_parquet("
            f"{text_literal(str(records.resolve()))}, file_row_number = true)"
        )
        connection.execute(
            "CREATE VIEW records AS SELECT * EXCLUDE (file_row_number) FROM numbered"
        )
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield Records(connection)
    finally:
        connection.close()


def text_literal(value: str) -> str:
    """A text as SQL has it."""
    return "'" + value.replace("'", "''") + "'"


def quoted(column: str) -> str:
    """A name as SQL has it, whatever its characters."""
    return '"' + column.replace('"', '""') + '"'


class Records:
    """The answers of SQL about one records table."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of a query with these parameters. Not thread-safe."""
        return self._connection.execute(sql, list(values)).fetchall()
