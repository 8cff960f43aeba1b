"""A user's own SELECT over the records tables of profiles; nothing else can be read through it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling

from curate.errors import ConfigError, Fault
from curate.profiles.duck import quoted, text_literal
from curate.profiles.opened import Row


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave: the columns, and the rows as they come."""

    columns: Sequence[str]
    rows: Iterator[Row]


@dataclass(frozen=True, slots=True)
class Field:
    """A column that the records have not: its SQL type, and its value on a row.

    `of` takes the row's source, byte offset and byte length, and is called only for rows and
    columns that the query needs.
    """

    name: str
    type: str
    of: Callable[[str, int, int], Any]


Beside = Callable[[Path, Sequence[str]], Sequence[Field]]
"""The fields beside a records table, by the names that a query uses and the table has not."""


@contextmanager
def run_query(tables: Sequence[Path], sql: str, beside: Beside | None = None) -> Iterator[Answer]:
    """One SELECT over the view `records` of these records tables, with what `beside` adds to each;
    nothing else can be read.

    Where there are several, a column `profile` says which one a row is of. ConfigError with
    DuckDB's words for whatever is no such query.
    """
    files = [str(path.resolve()) for path in tables]
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("SET allowed_paths = $1", [files])
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET temp_directory = ''")
        more = [
            _add_fields(connection, at, beside(table, _unknown(connection, file, sql)))
            if beside
            else ""
            for at, (table, file) in enumerate(zip(tables, files, strict=True))
        ]
        connection.execute(f"CREATE VIEW records AS {_union(tables, files, more)}")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield _answer(connection, sql)
    except duckdb.Error as error:
        raise ConfigError(_fault(str(error))) from None
    finally:
        connection.close()


def _fault(message: str) -> Fault:
    """DuckDB's words in one line: what is wrong, and the nearest name that it proposes."""
    what = " ".join(message.split("\n", 1)[0].split())
    named = re.search(r'(?:Candidate bindings: |Did you mean )"([^"]+)"', message)
    hint = f"did you mean '{named[1]}'?" if named else "write one SELECT FROM records"
    return Fault("query", what, hint)


def _unknown(connection: duckdb.DuckDBPyConnection, file: str, sql: str) -> list[str]:
    """Columns that the query names and the records table has not."""
    described = connection.execute(f"DESCRIBE FROM read_parquet({text_literal(file)})").fetchall()
    (tree,) = connection.execute("SELECT json_serialize_sql($1::VARCHAR)", [sql]).fetchall()[0]
    present = {str(name) for name, *_ in described}
    return [name for name in dict.fromkeys(_columns(json.loads(tree))) if name not in present]


def _columns(tree: object) -> Iterator[str]:
    """The last part of every column reference in a query's tree."""
    if isinstance(tree, dict):
        if tree.get("class") == "COLUMN_REF":
            yield tree["column_names"][-1]
        tree = list(tree.values())
    if isinstance(tree, list):
        for part in tree:
            yield from _columns(part)


def _add_fields(connection: duckdb.DuckDBPyConnection, at: int, fields: Sequence[Field]) -> str:
    """The columns of a table's fields as SQL, behind a function for each."""
    place: list[Any] = ["VARCHAR", "BIGINT", "BIGINT"]
    for index, each in enumerate(fields):
        connection.create_function(
            f"own_{at}_{index}",
            each.of,
            place,
            each.type,
            null_handling=FunctionNullHandling.SPECIAL,
        )
    return "".join(
        f", own_{at}_{index}(source, byte_offset, byte_length) AS {quoted(each.name)}"
        for index, each in enumerate(fields)
    )


def _union(tables: Sequence[Path], files: Sequence[str], more: Sequence[str]) -> str:
    if len(files) == 1:
        return f"SELECT *{more[0]} FROM read_parquet({text_literal(files[0])})"
    parts = [
        f"SELECT {text_literal(str(table.parent))} AS profile, *{own} "
        f"FROM read_parquet({text_literal(file)})"
        for table, file, own in zip(tables, files, more, strict=True)
    ]
    return " UNION ALL BY NAME ".join(parts)


def _answer(connection: duckdb.DuckDBPyConnection, sql: str) -> Answer:
    """The answer to one SELECT: all else could write (COPY) or reach out (ATTACH, INSTALL)."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ConfigError.of("query", "is not one SELECT", "write one SELECT FROM records")
    result = connection.execute(statements[0])
    columns = [str(part[0]) for part in result.description or ()]

    def rows() -> Iterator[Row]:
        while some := result.fetchmany(_AT_ONCE):
            yield from some

    return Answer(columns, rows())


_AT_ONCE = 4096
