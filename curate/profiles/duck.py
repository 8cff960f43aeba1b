"""The project's SQL, but for browsing (curate.reviews.browse) and users' own queries
(curate.profiles.own_query): DuckDB over records.parquet, locked down, deterministic.

Sums are of whole microseconds and every result is ordered, so that threads change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from curate.profiles.opened import Row
from curate.profiles.records_table import FIRST, IN_MEMORY, RecordsTable, Tagged


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


_SUMS = {
    **{verdict: f"verdict = '{verdict}'" for verdict in ("clean", "borderline", "unknown", "bad")},
    "sound_us": "sound",
    "bad_by_rules": "verdict = 'bad' AND by_rules",
    "borderline_by_rules": "verdict = 'borderline' AND by_rules",
}
"""What of the microseconds of a group is summed, by the name of the sum."""


def _amounts_of(column: str) -> str:
    """The query of `Records._amounts`; no field of a manifest is taken for an alias.

    Two sums of all rows, by all that the others tell apart, are a half of ten sums that filter.
    """
    sums = (
        f"coalesce(sum(us) FILTER ({rows}), 0)::BIGINT AS {name}" for name, rows in _SUMS.items()
    )
    return (
        "SELECT value, sum(n)::BIGINT AS rows, coalesce(sum(us), 0)::BIGINT AS us, "
        f"coalesce(sum(n) FILTER (sound), 0)::BIGINT AS sound, {', '.join(sums)} "
        "FROM (SELECT value, verdict, sound, by_rules, count(*) AS n, sum(duration_us) AS us "
        f"FROM (SELECT {quoted(column)} AS value, duration_us, verdict, "
        "malformed IS NULL AS sound, malformed IS NULL AND override IS NULL AS by_rules "
        "FROM records) GROUP BY ALL) GROUP BY value"
    )


_TAGGED = (
    f"SELECT tags, verdict::VARCHAR AS verdict, count(*) AS rows, "
    "coalesce(sum(duration_us), 0)::BIGINT AS us, "
    f"list_sort(min(file_row_number, {FIRST})) AS first "
    "FROM numbered WHERE verdict != 'clean' GROUP BY tags, verdict"
)
"""The query of `Records.by_tags`, which is put twice."""


class Records(RecordsTable):
    """The answers of SQL about one records table."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        made: dict[str, str] | None = None,
        making: Lock | None = None,
    ) -> None:
        self._connection = connection
        self._made, self._making = {} if made is None else made, making or Lock()

    @contextmanager
    def beside(self) -> Iterator[Records]:
        """As `RecordsTable` says."""
        cursor = self._connection.cursor()
        try:
            yield Records(cursor, self._made, self._making)
        finally:
            cursor.close()

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of a query with these parameters. Not thread-safe."""
        return self._connection.execute(sql, list(values)).fetchall()

    def one(self, sql: str) -> Row:
        """The only row of a query."""
        (row,) = self.query(sql)
        return row

    def by_verdict(self) -> Mapping[str, tuple[int, int]]:
        """As `RecordsTable` says.

        Clean are the rows that `by_tags` leaves of all, which are summed by language anyway.
        """
        from curate.artifacts.columns import LANG  # Polars, which `curate query` waits for in vain

        tagged = self.by_tags()
        rows, clean_us = self.one(
            "SELECT coalesce(sum(rows), 0)::BIGINT, coalesce(sum(clean), 0)::BIGINT "
            f"FROM {self._amounts(LANG.name)}"
        )
        amounts = {"clean": (_int(rows) - sum(each.rows for each in tagged), _int(clean_us))}
        for each in tagged:
            n, us = amounts.get(each.verdict, (0, 0))
            amounts[each.verdict] = n + each.rows, us + each.us
        return {verdict: amount for verdict, amount in sorted(amounts.items()) if amount[0]}

    def by_tags(self) -> list[Tagged]:
        """As `RecordsTable` says."""
        rows = self.query(f"FROM {self._made_once(_TAGGED)} ORDER BY tags, verdict")
        return [Tagged(tuple(tags), *rest) for tags, *rest in rows]

    def wer_by_tag(self) -> Mapping[str, tuple[int, float]]:
        """As `RecordsTable` says."""
        rows = self.query(
            "SELECT tag, count(*), median(wer) FROM (SELECT unnest(tags) AS tag, wer FROM records "
            "WHERE verdict != 'clean' AND wer IS NOT NULL) GROUP BY tag ORDER BY tag"
        )
        return {str(tag): (_int(n), float(wer)) for tag, n, wer in rows}

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

    def largest(self, column: str, most: int) -> tuple[list[str | None], int]:
        """As `RecordsTable` says."""
        rows = self.query(
            f"SELECT value, count(*) OVER () FROM {self._amounts(column)} "
            f"WHERE value IS NOT NULL OR us > 0 ORDER BY us DESC, value NULLS LAST LIMIT {most}"
        )
        return [value for value, _ in rows], _int(rows[0][1]) if rows else 0

    def distinct(self, column: str) -> int:
        """As `RecordsTable` says."""
        return _int(self.one(f"SELECT count(*) FROM {self._amounts(column)} WHERE sound > 0")[0])

    def losses(self, column: str, least_us: int, most: Mapping[str, float]) -> list[Row]:
        """As `RecordsTable` says."""
        lost = [f"{verdict}_by_rules" for verdict in most]
        above = [f"{name} > sound_us * $1[{at}]" for at, name in enumerate(lost, start=1)]
        return self.query(
            f"SELECT value, sound_us, {', '.join(lost)} FROM {self._amounts(column)} "
            f"WHERE sound > 0 AND sound_us >= {least_us} AND ({' OR '.join(above)}) "
            "ORDER BY value NULLS LAST",
            [list(most.values())],
        )

    def worst_groups(self, column: str, least_us: int, most: int) -> list[Row]:
        """As `RecordsTable` says."""
        return self.query(
            f"SELECT value, rows, us, bad FROM {self._amounts(column)} "
            f"WHERE value IS NOT NULL AND bad > 0 AND us >= {least_us} "
            f"ORDER BY bad / us DESC, bad DESC, value LIMIT {most}"
        )

    def coverage(self, columns: Sequence[str]) -> Mapping[str, tuple[int, int, int]]:
        """As `RecordsTable` says."""
        answers = {}
        for name in columns:
            values, rows, us = self.one(
                "SELECT count(*), coalesce(sum(rows), 0)::BIGINT, coalesce(sum(us), 0)::BIGINT "
                f"FROM {self._amounts(name)} WHERE value IS NOT NULL"
            )
            answers[name] = (_int(values), _int(rows), _int(us))
        return answers

    def strata(self, column: str, most: int) -> list[Row]:
        """As `RecordsTable` says."""
        rows = self.query(
            f"SELECT value, rows, us, clean, borderline, unknown, bad FROM {self._amounts(column)} "
            f"ORDER BY us DESC, value NULLS LAST LIMIT {most}"
        )
        medians = self._median_char_rates(quoted(column), [value for value, *_ in rows])
        return [(*row, medians.get(row[0])) for row in rows]

    def _amounts(self, column: str) -> str:
        """A table of the values of a column: rows and microseconds of each in all, by verdict, and
        of sound rows, where a person's verdicts are not the rules'.
        """
        return self._made_once(_amounts_of(column))

    def _made_once(self, sql: str) -> str:
        """The table of a query's rows, which is made at its first use."""
        with self._making:
            name = self._made.get(sql)
            if name is None:
                name = self._made[sql] = f"made_{len(self._made)}"
                self.query(f"CREATE TABLE {name} AS {sql}")
        return name

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
