"""All SQL of the project but for browsing's (curate.reviews.browse): DuckDB over
records.parquet, locked down, deterministic.

Sums are of whole microseconds and every result is ordered, so that threads change nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling

from curate.errors import ConfigError, Fault
from curate.profiles.opened import Row
from curate.profiles.records_table import IN_MEMORY, RecordsTable


@contextmanager
def open_records(records: Path) -> Iterator[Records]:
    """The records table of a profile for SQL queries; nothing else can be read through it."""
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
            f"{_text(str(records.resolve()))}, file_row_number = true)"
        )
        connection.execute(
            "CREATE VIEW records AS SELECT * EXCLUDE (file_row_number) FROM numbered"
        )
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield Records(connection)
    finally:
        connection.close()


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
    described = connection.execute(f"DESCRIBE FROM read_parquet({_text(file)})").fetchall()
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
        return f"SELECT *{more[0]} FROM read_parquet({_text(files[0])})"
    parts = [
        f"SELECT {_text(str(table.parent))} AS profile, *{own} FROM read_parquet({_text(file)})"
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


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def quoted(column: str) -> str:
    """A name as SQL has it, whatever its characters."""
    return '"' + column.replace('"', '""') + '"'


def _valued(column: str) -> str:
    """The column as `value`, and what is summed: no field of a manifest is taken for an alias."""
    return f"SELECT {quoted(column)} AS value, duration_us, verdict FROM records"


class Records(RecordsTable):
    """The answers of SQL about one records table."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of a query with these parameters. Not thread-safe."""
        return self._connection.execute(sql, list(values)).fetchall()

    def one(self, sql: str) -> Row:
        """The only row of a query."""
        (row,) = self.query(sql)
        return row

    def by_verdict(self) -> Mapping[str, tuple[int, int, int]]:
        """As `RecordsTable` says."""
        rows = self.query(
            "SELECT verdict::VARCHAR, count(*), sum(byte_length)::BIGINT, "
            "coalesce(sum(duration_us), 0)::BIGINT FROM records GROUP BY 1 ORDER BY 1"
        )
        return {str(v): (_int(n), _int(b), _int(us)) for v, n, b, us in rows}

    def by_tags(self) -> list[tuple[tuple[str, ...], str, int, int]]:
        """As `RecordsTable` says."""
        rows = self.query(
            "SELECT tags, verdict::VARCHAR AS verdict, count(*), "
            "coalesce(sum(duration_us), 0)::BIGINT FROM records "
            "WHERE verdict != 'clean' GROUP BY tags, verdict ORDER BY tags, verdict"
        )
        return [(tuple(tags), str(verdict), _int(n), _int(us)) for tags, verdict, n, us in rows]

    def wer_by_tag(self) -> Mapping[str, tuple[int, float]]:
        """As `RecordsTable` says."""
        rows = self.query(
            "SELECT tag, count(*), median(wer) FROM (SELECT unnest(tags) AS tag, wer FROM records "
            "WHERE verdict != 'clean' AND wer IS NOT NULL) GROUP BY tag ORDER BY tag"
        )
        return {str(tag): (_int(n), float(wer)) for tag, n, wer in rows}

    def first_of_tags(self, verdict: str, most: int) -> list[tuple[tuple[str, ...], list[int]]]:
        """As `RecordsTable` says."""
        rows = self.query(
            f"SELECT tags, min(file_row_number, {most}) FROM numbered "
            "WHERE verdict = $1 GROUP BY tags ORDER BY tags",
            [verdict],
        )
        return [(tuple(tags), sorted(map(_int, row_numbers))) for tags, row_numbers in rows]

    def malformed_kinds(self) -> list[tuple[str, int, str, int]]:
        """As `RecordsTable` says."""
        rows = self.query(
            """
            SELECT split_part(malformed, ' (', 1), count(*),
                   arg_min(source || ':' || line, (source, line)),
                   arg_min(byte_offset, (source, line))
            FROM records WHERE verdict::VARCHAR = 'malformed' GROUP BY 1 ORDER BY 2 DESC, 1
            """
        )
        return [(str(kind), _int(n), str(first), _int(at)) for kind, n, first, at in rows]

    def known(self, metrics: Sequence[str]) -> Mapping[str, int]:
        """As `RecordsTable` says."""
        counts = self.one(
            f"SELECT {', '.join(f'count({quoted(name)})' for name in metrics)} FROM records"
        )
        return {name: _int(n) for name, n in zip(metrics, counts, strict=True)}

    def rows(self, numbers: Sequence[int]) -> Mapping[int, Row]:
        """As `RecordsTable` says."""
        if not numbers:
            return {}
        in_list = ", ".join(map(str, sorted(set(numbers))))
        rows = self.query(
            f"""
            SELECT file_row_number, source, line, byte_offset, byte_length, duration_us,
                   verdict::VARCHAR, tags, lang, speaker
            FROM numbered WHERE file_row_number IN ({in_list}) ORDER BY file_row_number
            """
        )
        return {_int(at): tuple(rest) for at, *rest in rows}

    def values(
        self, numbers: Sequence[int], metrics: Sequence[str]
    ) -> Mapping[int, Mapping[str, Any]]:
        """As `RecordsTable` says."""
        if not numbers:
            return {}
        in_list = ", ".join(map(str, sorted(set(numbers))))
        columns = "".join(f", {quoted(name)}" for name in metrics)
        rows = self.query(
            f"SELECT file_row_number{columns} FROM numbered WHERE file_row_number IN ({in_list})"
        )
        return {_int(at): dict(zip(metrics, rest, strict=True)) for at, *rest in rows}

    def worst_groups(self, column: str, least_us: int, most: int) -> list[Row]:
        """As `RecordsTable` says."""
        return self.query(
            f"""
            SELECT value, count(*), sum(duration_us)::BIGINT AS us,
                   coalesce(sum(duration_us) FILTER (verdict = 'bad'), 0)::BIGINT AS bad
            FROM ({_valued(column)}) WHERE value IS NOT NULL GROUP BY value
            HAVING bad > 0 AND us >= {least_us}
            ORDER BY bad / us DESC, bad DESC, value LIMIT {most}
            """
        )

    def coverage(self, columns: Sequence[str]) -> Mapping[str, tuple[int, int, int]]:
        """As `RecordsTable` says."""
        counts = ", ".join(
            f"count(DISTINCT {name}), count({name}), "
            f"coalesce(sum(duration_us) FILTER ({name} IS NOT NULL), 0)::BIGINT"
            for name in map(quoted, columns)
        )
        answer = list(map(_int, self.one(f"SELECT {counts} FROM records")))
        of = (tuple(answer[at : at + 3]) for at in range(0, len(answer), 3))
        return {name: (n, rows, us) for name, (n, rows, us) in zip(columns, of, strict=True)}

    def strata(self, column: str, most: int) -> list[Row]:
        """As `RecordsTable` says."""
        parts = ", ".join(
            f"coalesce(sum(duration_us) FILTER (verdict = '{verdict}'), 0)::BIGINT"
            for verdict in ("clean", "borderline", "unknown", "bad")
        )
        rows = self.query(
            f"""
            SELECT value, count(*), coalesce(sum(duration_us), 0)::BIGINT AS us, {parts}
            FROM ({_valued(column)}) GROUP BY value
            ORDER BY us DESC, value NULLS LAST LIMIT {most}
            """
        )
        medians = self._median_char_rates(quoted(column), [value for value, *_ in rows])
        return [(*row, medians.get(row[0])) for row in rows]

    def _median_char_rates(self, name: str, values: Sequence[object]) -> Mapping[object, float]:
        """The middle char_rate of these groups of a column, the lower one of two.

        Counted in bins first, so that only the values of one bin of each group are held. `rates` is
        read from the file twice: DuckDB would keep all of its rows between the two, 33 bytes each.
        """
        rows = self.query(
            f"""
            WITH rates AS NOT MATERIALIZED (
                SELECT {name} AS value, char_rate, floor(least(char_rate, 1e9) * 16) AS bin
                FROM records WHERE char_rate IS NOT NULL
                AND ({name} IN (SELECT unnest($1::VARCHAR[])) OR $2 AND {name} IS NULL)
            ), counted AS (SELECT value, bin, count(*) AS n FROM rates GROUP BY value, bin),
            running AS (
                SELECT value, bin, n, sum(n) OVER (PARTITION BY value ORDER BY bin) AS upto,
                       (sum(n) OVER (PARTITION BY value) + 1) // 2 AS middle
                FROM counted
            ), middle AS (
                SELECT value, bin, middle - (upto - n) AS rank FROM running
                WHERE upto >= middle AND upto - n < middle
            )
            SELECT middle.value, list_sort(list(char_rate))[any_value(rank)::BIGINT]
            FROM rates JOIN middle
            ON rates.bin = middle.bin AND rates.value IS NOT DISTINCT FROM middle.value
            GROUP BY middle.value
            """,
            [[value for value in values if value is not None], None in values],
        )
        return dict(rows)


def _int(value: object) -> int:
    assert isinstance(value, int), value
    return value
