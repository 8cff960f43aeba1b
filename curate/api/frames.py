"""Tables of the caller's own: metrics of their rows, and verdicts beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, overload

import polars as pl

from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    LINE,
    MALFORMED,
    RECORD,
    VERDICT_COLUMNS,
    described,
    schema,
)
from curate.errors import ConfigError, Fault, raise_all
from curate.manifest.chunks import Chunk
from curate.manifest.fields import READ_FIELDS
from curate.manifest.nemo import read_batch
from curate.metrics import chosen
from curate.metrics.measure import Settings
from curate.metrics.measure import measure as measure_clips
from curate.profiles.request import MeasureOptions, RuleOptions, Rules
from curate.rules.evaluate import tag_batch
from curate.rules.file import RuleSet

__all__ = ["apply_rules", "measure"]

_ROWS_AT_ONCE = 1 << 16
_NEEDED = ("duration", "text")

Frame = TypeVar("Frame")


def measure(frame: object, options: MeasureOptions | None = None) -> pl.DataFrame:
    """Every metric of every row, in order, as a manifest of these rows would be measured.

    `frame` is a Polars, pandas or Arrow table (anything that speaks Arrow's C stream) or a mapping
    of columns, with `duration` and `text`, and what other fields of a manifest there are. A row
    that no manifest could hold says why in `malformed`, and its metrics are null. `options` name
    opt-in metrics of texts (docs/metrics.md); audio is not opened. ConfigError where a column is
    missing.

    >>> measured = measure({"duration": [1.0, None], "text": ["a a a", "b"]})
    >>> measured.select("words", "repetitions", "malformed").rows()
    [(3, 3, None), (None, None, 'no duration (null)')]
    """
    settings = Settings() if options is None else options.settings(RuleOptions().load())
    return _measured(_polars(frame), settings)


@overload
def apply_rules(frame: Mapping[str, Any], rules: Rules | RuleOptions = None) -> pl.DataFrame: ...


@overload
def apply_rules(frame: Frame, rules: Rules | RuleOptions = None) -> Frame: ...


def apply_rules(frame: Any, rules: Rules | RuleOptions = None) -> Any:
    """The caller's own table with three more columns: verdict, tags and reason, by `rules`.

    `frame` is a Polars, pandas or Arrow table, and so is what comes back, with all its columns and
    rows in order; a mapping of columns becomes a Polars table. Metrics that the rules need are
    taken from the table where `measure` or a profile put them, else measured. ConfigError where
    the table has a column of one of these names already.

    >>> rows = pl.DataFrame({"duration": [1.0, 2], "text": ["x" * 40, "fine words"], "id": [7, 8]})
    >>> apply_rules(rows)["id", "verdict"].rows()
    [(7, 'bad'), (8, 'clean')]
    """
    rows = _polars(frame)
    names = [column.name for column in VERDICT_COLUMNS]
    raise_all(
        ConfigError,
        [
            Fault("frame", f"has a column {name!r} already", f"drop or rename {name!r} first")
            for name in names
            if name in rows.columns
        ],
    )
    loaded = (rules if isinstance(rules, RuleOptions) else RuleOptions(rules=rules)).load()
    measured = rows if MALFORMED.name in rows.columns else _measured(rows, _needed_by(loaded))
    return _beside(frame, rows, tag_batch(measured, loaded).select(names))


def _needed_by(rules: RuleSet) -> Settings:
    return MeasureOptions().settings(rules)


def _beside(frame: Any, rows: pl.DataFrame, added: pl.DataFrame) -> object:
    """The table with these columns, in its own kind."""
    if isinstance(frame, pl.LazyFrame):
        return rows.hstack(added).lazy()
    if hasattr(frame, "append_column"):  # an Arrow table
        columns = added.to_arrow()
        for name in added.columns:
            frame = frame.append_column(name, columns[name])
        return frame
    if hasattr(frame, "assign"):  # pandas, whose index stays
        return frame.assign(**{name: added[name].to_list() for name in added.columns})
    return rows.hstack(added)


def _measured(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    missing = [Fault("frame", f"has no column {name!r}") for name in _NEEDED if name not in rows]
    raise_all(ConfigError, missing)
    if "audio_filepath" not in rows.columns:
        numbers = pl.int_range(pl.len()).cast(pl.String)
        rows = rows.with_columns(audio_filepath=pl.concat_str(pl.lit("row "), numbers))
    rows = rows.select([name for name in READ_FIELDS if name in rows.columns])
    return pl.concat(_batches(rows, settings)) if rows.height else _nothing(settings)


def _batches(rows: pl.DataFrame, settings: Settings) -> Iterator[pl.DataFrame]:
    """Batches of rows, written as lines and read as such: one meaning, whatever the source."""
    for first in range(0, rows.height, _ROWS_AT_ONCE):
        lines = rows[first : first + _ROWS_AT_ONCE].write_ndjson()
        clips = read_batch(Chunk("frame", 0, lines.encode()))
        measured = measure_clips(clips, settings).with_columns(LINE.expr + first)
        yield measured.drop(BYTE_OFFSET.name, BYTE_LENGTH.name)


def _nothing(settings: Settings) -> pl.DataFrame:
    metrics = {metric.name: metric.dtype for metric in chosen(settings.groups)}
    columns = {**schema(RECORD), **schema(described(settings.groups)), **metrics}
    return pl.DataFrame(schema=columns).drop(BYTE_OFFSET.name, BYTE_LENGTH.name)


def _polars(frame: object) -> pl.DataFrame:
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if isinstance(frame, pl.DataFrame):
        return frame
    if hasattr(frame, "__arrow_c_stream__") or isinstance(frame, Mapping):
        return pl.DataFrame(frame)
    what = f"{type(frame).__name__} is not a table"
    raise ConfigError.of("frame", what, "hand in a Polars, pandas or Arrow table")
