"""SQL of browsing: which records a query is about, in what order, a page at a time.

Queries run on the Parquet file itself: DuckDB finds a page of five million rows in a tenth of a
second. Only the tags of rows that have some are held in memory, since lists are slow to decode.
Names are checked against the table's own columns; values are parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from curate.profiles.duck import Records, quoted
from curate.profiles.opened import Row

DETAILS = (
    "source", "line", "byte_offset", "byte_length", "lang", "speaker", "verdict", "tags", "reason",
    "duration_us", "offset_s", "malformed", "audio_key", "text_key", "text_fix",
)  # fmt: skip
"""What is known of each row of a page."""

FIELDS = ("lang", "speaker", "source")
"""Text columns that one browses by."""

MOST = 200
"""Rows of one page at most."""


class NoSuch(ValueError):  # noqa: N818 - a fault of a request, answered to its client
    """What a query names and the table has not."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which records, and in what order.

    `verdicts`: any of these (empty: all). `tag`: `bad:rule`. `fields`: (name of FIELDS, value; ""
    is null). `ranges`: (metric, least, most), ends included, None is open. `keys`: only rows with
    these audio keys, or with `other_keys` only the others (None: either). `sort`: a metric (rows in
    which it is null are left out), None for input order; `down`: largest first.
    """

    verdicts: tuple[str, ...] = ()
    tag: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    ranges: tuple[tuple[str, float | None, float | None], ...] = ()
    keys: tuple[int, ...] | None = None
    other_keys: bool = False
    sort: str | None = None
    down: bool = True


Place = tuple[float | None, int]
"""Where a page ended: the sorted value (None in input order), and the row."""


class Browser:
    """Pages of one records table. Not thread-safe."""

    def __init__(self, records: Records) -> None:
        self._records = records
        described = records.query("DESCRIBE records")
        self.columns: Mapping[str, str] = {str(name): str(kind) for name, kind, *_ in described}
        records.query(
            "CREATE TEMP TABLE tagged AS "
            "SELECT file_row_number AS spot, tags FROM numbered WHERE len(tags) > 0"
        )

    def tally(self, query: Query) -> tuple[int, int]:
        """(rows, microseconds) that the query is about."""
        where, values = self._where(query)
        sql = f"SELECT count(*), coalesce(sum(duration_us), 0)::BIGINT FROM numbered WHERE {where}"
        ((rows, us),) = self._records.query(sql, values)
        return int(str(rows)), int(str(us))

    def page(self, query: Query, after: Place | None = None, count: int = 50) -> list[Place]:
        """The next rows behind a place, in order: their values and numbers."""
        where, values = self._where(query)
        if query.sort is None:
            if after is not None:
                where, values = f"{where} AND file_row_number > ?", [*values, after[1]]
            order, value = "file_row_number", "NULL"
        else:
            value = quoted(self._metric(query.sort))
            if after is not None:
                beyond = "<" if query.down else ">"
                where += f" AND ({value} {beyond} ? OR ({value} = ? AND file_row_number > ?))"
                values = [*values, after[0], after[0], after[1]]
            order = f"{value} {'DESC' if query.down else 'ASC'}, file_row_number"
        sql = (
            f"SELECT {value}, file_row_number FROM numbered WHERE {where} "
            f"ORDER BY {order} LIMIT {min(count, MOST)}"
        )
        return [_place(row) for row in self._records.query(sql, values)]

    def details(
        self, rows: Sequence[int], metrics: Sequence[str] = ()
    ) -> list[Mapping[str, object]]:
        """DETAILS and metrics of these rows, in the requested order; unknown rows are left out."""
        if not rows:
            return []
        names = [*DETAILS, *(self._metric(name) for name in metrics)]
        columns = ", ".join(
            f"{quoted(name)}::VARCHAR" if name == "verdict" else quoted(name) for name in names
        )
        numbers = ", ".join(str(int(row)) for row in sorted(set(rows)))
        rows_found = self._records.query(
            f"SELECT file_row_number, {columns} FROM numbered WHERE file_row_number IN ({numbers})"
        )
        known = {int(str(at)): dict(zip(names, rest, strict=True)) for at, *rest in rows_found}
        return [{"row": row, **known[row]} for row in rows if row in known]

    def _where(self, query: Query) -> tuple[str, list[object]]:
        parts = list(self._conditions(query))
        return " AND ".join(part for part, _ in parts) or "TRUE", [
            value for _, values in parts for value in values
        ]

    def _conditions(self, query: Query) -> Iterator[tuple[str, Sequence[object]]]:
        if query.verdicts:
            marks = ", ".join("?" * len(query.verdicts))
            yield f"verdict::VARCHAR IN ({marks})", query.verdicts
        if query.tag is not None:
            subquery = "SELECT spot FROM tagged WHERE list_contains(tags, ?)"
            yield f"file_row_number IN ({subquery})", [query.tag]
        for name, value in query.fields:
            if name not in FIELDS:
                raise NoSuch(f"{name!r} is nothing to browse by")
            yield (f"{quoted(name)} = ?", [value]) if value else (f"{quoted(name)} IS NULL", [])
        for name, least, most in query.ranges:
            column = quoted(self._metric(name))
            for sign, end in ((">=", least), ("<=", most)):
                if end is not None:
                    yield f"{column} {sign} ?", [end]
        if query.keys is not None:
            keys = ", ".join(str(int(key)) for key in sorted(query.keys)) or "NULL"
            negated = "NOT " if query.other_keys else ""
            if not query.keys:
                yield ("TRUE" if query.other_keys else "FALSE"), []
            else:
                yield f"coalesce(audio_key, 0) {negated}IN ({keys})", []
        if query.sort is not None:
            yield f"{quoted(self._metric(query.sort))} IS NOT NULL", []

    def _metric(self, name: str) -> str:
        kind = self.columns.get(name)
        if kind is None:
            raise NoSuch(f"the profile has no {name!r}")
        if not any(part in kind for part in ("INT", "FLOAT", "DOUBLE", "BOOLEAN")):
            raise NoSuch(f"{name!r} is not a number")
        return name


def _place(row: Row) -> Place:
    value, number = row
    return None if value is None else float(str(value)), int(str(number))
