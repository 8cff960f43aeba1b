"""The manifests' own fields beside a profile's records: text, path and whatever else a line says.

records.parquet holds measures and places, no texts: it stays small, and a text stands in one file.
What a question names beside its columns is read from the lines it is about, by their byte offsets.
A manifest whose content is not that which was profiled is refused.
"""

from __future__ import annotations

import json
import os
import tempfile
import weakref
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from curate.artifacts.base import read_artifact
from curate.artifacts.profile import Input, Profile
from curate.errors import CurateError, InputError
from curate.profiles.opened import origin_of

if TYPE_CHECKING:  # the readers and Polars are loaded where a query names a field
    import polars as pl

    from curate.manifest.origin import Origin
    from curate.rules.expression.declare import Kind

ALWAYS: Final = ("audio_filepath", "text")
"""Fields that are there whether any line has them or not."""
RECORD: Final = "record"
"""The name of a whole line's JSON, where it is an object."""
SAMPLED = 1_000
"""Lines of each manifest in which fields are looked for first; then the others are."""
_EXACT = 2**53
"""Integers beyond are not distinct as floating-point numbers: such a field is text."""

Line = Callable[[int, int], bytes]
"""The bytes of a line by byte offset and length."""


class OwnFields:
    """The fields of one profile's manifests. Reading one is an InputError where `folder` is not a
    profile.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._records = folder, folder / "records.parquet"
        self._lines: dict[str, Line] = {}
        self._last: tuple[tuple[str, int, int], Mapping[str, object]] = (("", -1, -1), {})
        self.failure: CurateError | None = None

    @cached_property
    def _inputs(self) -> Mapping[str, Input]:
        return {entry.source: entry for entry in read_artifact(self._folder, Profile).inputs}

    def kinds(self, names: Iterable[str]) -> Mapping[str, Kind]:
        """What those of the names are that some line has; text where the lines do not agree.

        Numbers are floating-point; the text of what is neither text, number nor truth is its JSON.
        """
        kinds: dict[str, Kind] = dict.fromkeys((*ALWAYS, RECORD), "text")
        unknown = [name for name in dict.fromkeys(names) if name not in kinds]
        if unknown:
            seen = self._seen(unknown)
            kinds |= {name: _kind(values) for name, values in seen.items() if values}
        return kinds

    def value(self, name: str, kind: Kind, place: tuple[str, int, int]) -> object:
        """A field of the line at (source, byte offset, byte length); None where it has none.

        InputError where the manifest has changed, or a value is not of the field's kind.
        """
        try:
            record = self._record(*place)
            value = (record or None) if name == RECORD else record.get(name)
            return _fitting(value, kind, name, place)
        except CurateError as error:
            self.failure = error
            raise

    def beside(self, records: pl.LazyFrame, kinds: Mapping[str, Kind]) -> pl.LazyFrame:
        """The records with these fields as columns; only the requested rows are read."""
        import polars as pl

        from curate.artifacts.columns import BYTE_LENGTH, BYTE_OFFSET, SOURCE

        types: Mapping[Kind, pl.DataType] = {
            "text": pl.String(), "number": pl.Float64(), "truth": pl.Boolean(),
        }  # fmt: skip
        places = pl.struct(SOURCE.name, BYTE_OFFSET.name, BYTE_LENGTH.name)

        def column(name: str, kind: Kind) -> pl.Expr:
            def read(rows: pl.Series) -> pl.Series:
                values = [self.value(name, kind, tuple(row.values())) for row in rows]
                return pl.Series(values, dtype=types[kind])

            made = places.map_batches(read, return_dtype=types[kind], is_elementwise=True)
            return made.alias(name)

        return records.with_columns(column(name, kind) for name, kind in kinds.items())

    def demand_unchanged(self, source: str) -> None:
        """InputError where a manifest of NeMo's form is not as it was when it was profiled."""
        from curate.manifest.origins import format_named
        from curate.profiles.measure.unchanged import is_unchanged

        entry = self._inputs[source]
        origin = origin_of(entry)
        native = not format_named(origin.format).converted
        if native and not is_unchanged(self._records, origin, entry.fingerprint):
            what = "has changed since it was profiled"
            raise InputError.of(origin.name, what, "profile it again")

    def _record(self, source: str, offset: int, length: int) -> Mapping[str, object]:
        place, record = self._last
        if place == (source, offset, length):
            return record
        if source not in self._lines:
            self._lines[source] = self._open(source)
        record = _parsed(self._lines[source](offset, length))
        self._last = (source, offset, length), record
        return record

    def _open(self, source: str) -> Line:
        from curate.manifest.chunks import open_manifest
        from curate.manifest.decompressed import is_compressed
        from curate.manifest.origins import format_named

        entry = self._inputs[source]
        origin = origin_of(entry)
        if not format_named(origin.format).converted:
            descriptor = open_manifest(origin.name)
            if not is_compressed(os.pread(descriptor, 4, 0)):
                weakref.finalize(self, os.close, descriptor)
                self.demand_unchanged(source)
                return lambda offset, length: os.pread(descriptor, length, offset)
            os.close(descriptor)
        return self._spooled(origin, entry.fingerprint)

    def _spooled(self, origin: Origin, fingerprint: str) -> Line:
        """Lines that cannot be read by their place, in a file where they can."""
        from curate.manifest.lines import iter_unchanged

        places = sorted(set(self._places(origin.name)))
        at: list[tuple[int, int]] = []
        with tempfile.TemporaryFile() as file:
            for _, line in iter_unchanged(origin, fingerprint, places):
                at.append((file.tell(), len(line)))
                file.write(line)
            file.flush()
            descriptor = os.dup(file.fileno())
        weakref.finalize(self, os.close, descriptor)

        def read(offset: int, length: int) -> bytes:
            start, size = at[bisect_left(places, (offset, length))]
            return os.pread(descriptor, size, start)

        return read

    def _places(self, source: str, most: int | None = None) -> Iterator[tuple[int, int]]:
        import polars as pl

        from curate.artifacts.columns import BYTE_LENGTH, BYTE_OFFSET, SOURCE

        rows = pl.scan_parquet(self._records).filter(SOURCE.expr == source)
        rows = rows.select(BYTE_OFFSET.name, BYTE_LENGTH.name)
        yield from (rows if most is None else rows.head(most)).collect().iter_rows()

    def _seen(self, names: Sequence[str]) -> Mapping[str, list[object]]:
        """Values of each name in the first lines of every manifest, or in the first that has it."""
        values_by_name: dict[str, list[object]] = {name: [] for name in names}
        for source in self._inputs:
            for place in self._places(source, SAMPLED):
                record = self._record(source, *place)
                for name in record.keys() & values_by_name.keys():
                    values_by_name[name].append(record[name])
        for name in [name for name in names if not values_by_name[name]]:
            values_by_name[name] += self._first(name)
        return values_by_name

    def _first(self, name: str) -> list[object]:
        """The value of the first line that has the name, wherever it is."""
        every = (self._record(at, *place) for at in self._inputs for place in self._places(at))
        return list(islice((record[name] for record in every if name in record), 1))


def _parsed(line: bytes) -> Mapping[str, object]:
    """What a line says; nothing where it is no object, as in malformed rows."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _kind(values: Sequence[object]) -> Kind:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return "truth"
    numbers = [value for value in known if isinstance(value, int | float)]
    plain = len(numbers) == len(known) and not any(isinstance(value, bool) for value in known)
    return (
        "number" if known and plain and all(abs(number) <= _EXACT for number in numbers) else "text"
    )


def _fitting(value: object, kind: Kind, name: str, place: tuple[str, int, int]) -> object:
    if value is None or (kind == "truth" and isinstance(value, bool)):
        return value
    if kind == "text":
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return text.encode("utf-8", "backslashreplace").decode()  # lone surrogates have no bytes
    if kind == "number" and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    source, offset, _ = place
    shown = json.dumps(value, ensure_ascii=False)[:40]
    word = {"number": "a number", "truth": "true or false"}[kind]
    what = f"`{name}` is {shown} at byte {offset}, but {word} elsewhere"
    raise InputError.of(source, what, f"in SQL take it as text: record->>'$.{name}'")
