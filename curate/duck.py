"""All SQL of the project: DuckDB over records.parquet, locked down, deterministic.

Sums are of whole microseconds and every result is ordered, so that threads change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

Row = tuple[object, ...]


@contextmanager
def open_records(records: Path) -> Iterator[Records]:
    """The records table of a profile for asking; nothing else can be read through it."""
    connection = duckdb.connect(":memory:")
    try:
        folder = str(records.resolve().parent)
        connection.execute("SET allowed_directories = [$1]", [folder])
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(
            f"CREATE VIEW records AS FROM read_parquet({_text(str(records.resolve()))})"
        )
        connection.execute(
            "CREATE VIEW numbered AS FROM read_parquet("
            f"{_text(str(records.resolve()))}, file_row_number = true)"
        )
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield Records(connection)
    finally:
        connection.close()


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


class Records:
    """Questions about one records table. Column names are the project's own, never SQL."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def query(self, sql: str) -> list[Row]:
        """All rows of a query."""
        return self._connection.execute(sql).fetchall()

    def one(self, sql: str) -> Row:
        """The only row of a query."""
        (row,) = self.query(sql)
        return row

    def by_verdict(self) -> Mapping[str, tuple[int, int, int]]:
        """Verdict to (rows, bytes, microseconds)."""
        rows = self.query(
            "SELECT verdict::VARCHAR, count(*), sum(byte_length)::BIGINT, "
            "coalesce(sum(duration_us), 0)::BIGINT FROM records GROUP BY 1 ORDER BY 1"
        )
        return {str(v): (_int(n), _int(b), _int(us)) for v, n, b, us in rows}

    def by_tag(self) -> list[tuple[str, int, int, int]]:
        """(tag, rows, microseconds, rows with this tag of its severity alone), ordered by tag.

        Alone means: no other rule of the same severity hit the row.
        """
        rows = self.query(
            """
            WITH tagged AS (SELECT tags, duration_us FROM records WHERE len(tags) > 0),
            single AS (
                SELECT unnest(tags) AS tag, duration_us, tags FROM tagged
            )
            SELECT tag, count(*), coalesce(sum(duration_us), 0)::BIGINT,
                   count(*) FILTER (len(list_filter(tags,
                       lambda t: split_part(t, ':', 1) = split_part(tag, ':', 1))) = 1)
            FROM single GROUP BY tag ORDER BY tag
            """
        )
        return [(str(tag), _int(n), _int(us), _int(alone)) for tag, n, us, alone in rows]

    def malformed_kinds(self) -> list[tuple[str, int, str, int]]:
        """(kind, rows, id of the first, its byte offset), commonest first."""
        rows = self.query(
            """
            SELECT split_part(malformed, ' (', 1) AS kind, count(*),
                   arg_min(source || ':' || line, (source, line)),
                   arg_min(byte_offset, (source, line))
            FROM records WHERE malformed IS NOT NULL GROUP BY kind ORDER BY 2 DESC, kind
            """
        )
        return [(str(kind), _int(n), str(first), _int(at)) for kind, n, first, at in rows]

    def known(self, metrics: Sequence[str]) -> Mapping[str, int]:
        """Rows in which each metric is not null."""
        found = self.one(
            f"SELECT {', '.join(f'count({_name(name)})' for name in metrics)} FROM records"
        )
        return {name: _int(n) for name, n in zip(metrics, found, strict=True)}

    def counts(self, metric: str) -> list[tuple[int, int, int]]:
        """(value, rows, microseconds) of an integer metric, in order of value; nulls left out."""
        name = _name(metric)
        rows = self.query(
            f"SELECT {name}, count(*), coalesce(sum(duration_us), 0)::BIGINT FROM records "
            f"WHERE {name} IS NOT NULL GROUP BY {name} ORDER BY {name}"
        )
        return [(_int(value), _int(n), _int(us)) for value, n, us in rows]

    def bins(
        self, metric: str, low: float, high: float, bins: int
    ) -> list[tuple[int, int, int, int, float, float]]:
        """Equal bins of a metric that hold rows: (bin, rows, microseconds, sum in millionths,
        least, greatest), in bin order.

        Bin -1 is below `low` and bin `bins` from `high` on. The sum is of values rounded to
        millionths, so that no order of adding changes it.
        """
        name, width = _name(metric), (high - low) / bins
        rows = self.query(
            f"""
            SELECT CASE WHEN {name} < {low!r} THEN -1 WHEN {name} >= {high!r} THEN {bins}
                   ELSE least({bins - 1}, floor(({name} - {low!r}) / {width!r}))::INTEGER
                   END AS bin,
                   count(*), coalesce(sum(duration_us), 0)::BIGINT,
                   sum(round({name} * 1e6)::HUGEINT), min({name}), max({name})
            FROM records WHERE {name} IS NOT NULL GROUP BY bin ORDER BY bin
            """
        )
        return [
            (_int(at), _int(n), _int(us), _int(total), _float(least), _float(most))
            for at, n, us, total, least, most in rows
        ]

    def between(
        self, metric: str, ranges: Sequence[tuple[float, float]]
    ) -> list[tuple[float, int]]:
        """(value, rows) of a metric in any of the closed ranges, in order of value."""
        name = _name(metric)
        inside = " OR ".join(f"{name} BETWEEN {low!r} AND {high!r}" for low, high in ranges)
        rows = self.query(
            f"SELECT {name}, count(*) FROM records WHERE {inside} GROUP BY {name} ORDER BY {name}"
        )
        return [(_float(value), _int(n)) for value, n in rows]

    def extremes(self, metric: str, ascending: bool, count: int) -> list[int]:
        """Row numbers of a metric's worst rows, worst first, ties in input order."""
        name = _name(metric)
        order = f"{name} {'ASC' if ascending else 'DESC'}, file_row_number"
        rows = self.query(
            f"SELECT file_row_number FROM numbered WHERE {name} IS NOT NULL "
            f"ORDER BY {order} LIMIT {count}"
        )
        return [_int(at) for (at,) in rows]

    def rows(self, numbers: Sequence[int], metrics: Sequence[str]) -> Mapping[int, Row]:
        """Rows by number: source, line, byte_offset, byte_length, duration_us, verdict, tags,
        lang, speaker, then the metrics asked for.
        """
        if not numbers:
            return {}
        columns = ", ".join(map(_name, metrics))
        wanted = ", ".join(map(str, sorted(set(numbers))))
        rows = self.query(
            f"""
            SELECT file_row_number, source, line, byte_offset, byte_length, duration_us,
                   verdict::VARCHAR, tags, lang, speaker, {columns}
            FROM numbered WHERE file_row_number IN ({wanted}) ORDER BY file_row_number
            """
        )
        return {_int(at): tuple(rest) for at, *rest in rows}

    def strata(self, column: str, most: int) -> list[Row]:
        """Largest groups of a column: value, rows, microseconds in all and as clean, borderline,
        unknown, bad, and the median char_rate; by hours, then by value."""  # noqa: D209
        name = _name(column)
        parts = ", ".join(
            f"coalesce(sum(duration_us) FILTER (verdict = '{verdict}'), 0)::BIGINT"
            for verdict in ("clean", "borderline", "unknown", "bad")
        )
        return self.query(
            f"""
            SELECT {name}, count(*), coalesce(sum(duration_us), 0)::BIGINT AS us, {parts},
                   quantile_disc(char_rate, 0.5)
            FROM records GROUP BY {name} ORDER BY us DESC, {name} NULLS LAST LIMIT {most}
            """
        )

    def duplicates(self) -> tuple[int, int, int]:
        """(distinct texts, rows whose text stands elsewhere too, repeats of audio and offset)."""
        texts, repeated = self.one(
            "SELECT count(*), coalesce(sum(n) FILTER (n > 1), 0)::BIGINT FROM "
            "(SELECT count(*) AS n FROM records WHERE malformed IS NULL GROUP BY text_key)"
        )
        (audio,) = self.one(
            "SELECT count(*) - count(DISTINCT audio_key) FROM records WHERE malformed IS NULL"
        )
        return _int(texts), _int(repeated), _int(audio)


def _int(value: object) -> int:
    assert isinstance(value, int), value
    return value


def _float(value: object) -> float:
    assert isinstance(value, int | float), value
    return float(value)
