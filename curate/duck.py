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

    def summary(self, metric: str, quantiles: Sequence[float]) -> Row:
        """(non-null rows, mean, min, max, [exact quantiles, nearest rank]) of a metric.

        The mean is of values rounded to millionths, so that no order of adding changes it.
        """
        name = _name(metric)
        return self.one(
            f"SELECT count({name}), sum(round({name} * 1e6)::HUGEINT)::DOUBLE / 1e6 / "
            f"nullif(count({name}), 0), min({name}), max({name}), "
            f"quantile_disc({name}, {list(quantiles)}) FROM records"
        )

    def histogram(
        self, metric: str, low: float, high: float, bins: int
    ) -> list[tuple[int, int, int]]:
        """(bin, rows, microseconds) in bin order; bin -1 is below `low`, `bins` is from `high`."""
        name, width = _name(metric), (high - low) / bins
        rows = self.query(
            f"""
            SELECT CASE WHEN {name} < {low!r} THEN -1 WHEN {name} >= {high!r} THEN {bins}
                   ELSE least({bins - 1}, floor(({name} - {low!r}) / {width!r}))::INTEGER
                   END AS bin,
                   count(*), coalesce(sum(duration_us), 0)::BIGINT
            FROM records WHERE {name} IS NOT NULL GROUP BY bin ORDER BY bin
            """
        )
        return [(_int(at), _int(n), _int(us)) for at, n, us in rows]

    def extremes(self, metric: str, ascending: bool, count: int) -> list[Row]:
        """Worst rows of a metric: source, line, byte_offset, byte_length, value, duration_us,
        verdict, tags, lang, speaker; ties in input order."""  # noqa: D209
        name = _name(metric)
        return self.query(
            f"""
            SELECT source, line, byte_offset, byte_length, {name}, duration_us,
                   verdict::VARCHAR, tags, lang, speaker
            FROM records WHERE {name} IS NOT NULL
            ORDER BY {name} {"ASC" if ascending else "DESC"}, source, line LIMIT {count}
            """
        )

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
