"""The library: what `import curate` offers to programs. docs/api.md shows it at work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from curate.api.notebook import profile_html
from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    LINE,
    MALFORMED,
    RECORD,
    described,
    schema,
)
from curate.artifacts.outputs import whole_directory
from curate.audio.options import AudioWish
from curate.errors import ConfigError, Fault, raise_all
from curate.manifest.chunks import Chunk
from curate.manifest.fields import ASKED
from curate.manifest.mapping import Reading
from curate.manifest.nemo import read_batch
from curate.metrics import chosen
from curate.metrics.measure import Settings
from curate.metrics.measure import measure as measure_clips
from curate.profiles import OURS, profile_into, settings_for, unchanged
from curate.profiles.own_fields import OwnFields
from curate.profiles.summary import open_profile
from curate.rules.evaluate import tag_batch
from curate.rules.file import load_rules
from curate.rules.overrides import Overrides
from curate.rules.overrides import read as read_log

__all__ = ["Amount", "MetricSummary", "Profile", "judge", "measure", "profile", "read_profile"]

_ROWS_AT_ONCE = 1 << 16
_NEEDED = ("duration", "text")


@dataclass(frozen=True, slots=True)
class Amount:
    """So many rows, and their declared hours."""

    rows: int
    hours: float


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """How a metric is spread over the rows that have it; None where no row has.

    `quantiles` goes by p01, p05, p25, p50, p75, p95, p99, p999 and is exact (nearest rank).
    """

    name: str
    unit: str
    rows: int
    nulls: int
    mean: float | None
    min: float | None
    max: float | None
    quantiles: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile directory: `path`, what it says in short, and `json`, all of profile.json."""

    path: Path
    totals: Amount
    verdicts: Mapping[str, Amount]
    metrics: Mapping[str, MetricSummary]
    json: Mapping[str, Any]

    def records(self, *fields: str) -> pl.LazyFrame:
        """One row per non-blank line of the manifests, with metrics, verdict, tags and reason.

        `fields` are names of the manifests' own (`text`, `audio_filepath`, any other; `record` is
        the whole line): columns that are read from the manifests when rows are collected, of the
        rows that are left then. InputError where a manifest has changed since it was profiled,
        ConfigError for a field that no line has.
        """
        plan = pl.scan_parquet(self.path / "records.parquet")
        wanted = [name for name in fields if name not in plan.collect_schema().names()]
        if not wanted:
            return plan
        own = OwnFields(self.path)
        kinds = own.kinds(wanted)
        what = "no line of the manifests has this field"
        raise_all(ConfigError, [Fault(name, what) for name in wanted if name not in kinds])
        return own.beside(plan, {name: kinds[name] for name in wanted})

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return profile_html(str(self.path), self.totals, self.verdicts, self.metrics)


def profile(
    manifests: str | Path | Sequence[str | Path],
    out: str | Path,
    rules: str | Path | None = None,
    by: Sequence[str] = (),
    cached: bool = True,
    groups: Sequence[str] = (),
    phrases: Sequence[str | Path] = (),
    format: str | None = None,
    tokenizer: str | Path | None = None,
    overrides: str | Path | None = None,
    audio_root: str | Path | None = None,
    allow_roots: Sequence[str | Path] = (),
    audio_sample: str | None = None,
    fields: Mapping[str, str] | None = None,
    normalise: Sequence[str] = (),
) -> Profile:
    """Measure and judge every record of `manifests` into the directory `out`, which is replaced.

    As `curate profile`, without the page. `rules` is a preset's name or a rule file; `by` names
    further fields to keep and to group by. With `cached`, what has not changed since `out` was
    made is not measured again. `groups` are metrics that cost more (docs/metrics.md), `phrases`
    files of phrases that recognisers invent, `tokenizer` a .model or .nemo whose tokens are
    counted; `overrides` is a log of what people decided (docs/overrides.md); `format` says what the
    inputs are where their content does not, `fields` by which names ours go in them
    (`{"text": "sentence"}`). Where a group or a rule needs the audio, relative paths
    begin at `audio_root` (None: each manifest's folder), what lies out of `allow_roots` is refused,
    and `audio_sample` (5%, 10000) says of how many records. `normalise` are the steps before word
    and character errors are counted (docs/concepts.md). Raises curate.errors.CurateError with
    every fault.

    >>> import tempfile, curate
    >>> folder = Path(tempfile.mkdtemp())
    >>> line = '{"audio_filepath": "a.wav", "duration": 2.0, "text": "two words"}'
    >>> _ = (folder / "manifest.jsonl").write_text(line)
    >>> made = curate.profile(folder / "manifest.jsonl", out=folder / "profile")
    >>> made.totals.rows, made.verdicts["clean"].rows, made.metrics["char_rate"].max
    (1, 1, 4.5)
    >>> made.records().select("words", "verdict").collect().row(0)
    (2, 'clean')
    """
    single = isinstance(manifests, str | Path)
    names = [str(name) for name in ([manifests] if single else manifests)]  # type: ignore[union-attr]
    folder, judges = Path(out), load_rules(None if rules is None else str(rules))
    root = None if audio_root is None else Path(audio_root)
    read_as = Reading(format, fields) if fields else format
    wish = AudioWish.of(root, [Path(each) for each in allow_roots], audio_sample)
    settings = settings_for(judges, groups, phrases, tokenizer, wish, normalise)
    old = folder if cached else None
    people = Overrides(read_log(overrides) if overrides else None)
    if not (cached and unchanged(folder, names, judges, by, settings, read_as, people)):
        with whole_directory(folder, OURS, "profile.json") as scratch:
            profile_into(
                names, scratch, judges, by,
                settings=settings, old=old, format=read_as, overrides=people,
            )  # fmt: skip
    return read_profile(folder)


def read_profile(folder: str | Path) -> Profile:
    """A profile directory made earlier. InputError where it is none."""
    path = Path(folder)
    profile = open_profile(path)
    metrics = {
        metric.name: MetricSummary(
            name=metric.name,
            unit=metric.unit,
            rows=metric.rows,
            nulls=metric.nulls,
            mean=metric.mean,
            min=metric.min,
            max=metric.max,
            quantiles=MappingProxyType(metric.quantiles),
        )
        for metric in profile.metrics
    }
    return Profile(
        path=path,
        totals=Amount(profile.totals.rows, profile.totals.hours),
        verdicts=MappingProxyType(
            {each.verdict: Amount(each.rows, each.hours) for each in profile.verdicts}
        ),
        metrics=MappingProxyType(metrics),
        json=MappingProxyType(profile.as_json()),
    )


def measure(frame: object) -> pl.DataFrame:
    """Every metric of every row, in order, as a manifest of these rows would be measured.

    Metrics that cost more (the opt-in groups of docs/metrics.md) are left out.
    `frame` is a Polars, pandas or Arrow table (anything that speaks Arrow's C stream) or a mapping
    of columns, with `duration` and `text`, and what other fields of a manifest there are. A row
    that no manifest could hold says why in `malformed`, and its metrics are null. ConfigError
    where a column is missing.

    >>> measured = measure({"duration": [1.0, None], "text": ["a a a", "b"]})
    >>> measured.select("words", "repetitions", "malformed").rows()
    [(3, 3, None), (None, None, 'duration is no number (null)')]
    """
    return _measured(_polars(frame), Settings())


def _measured(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    missing = [Fault("frame", f"has no column {name!r}") for name in _NEEDED if name not in rows]
    raise_all(ConfigError, missing)
    if "audio_filepath" not in rows.columns:
        numbers = pl.int_range(pl.len()).cast(pl.String)
        rows = rows.with_columns(audio_filepath=pl.concat_str(pl.lit("row "), numbers))
    rows = rows.select([name for name in ASKED if name in rows.columns])
    return pl.concat(_batches(rows, settings)) if rows.height else _nothing(settings)


def _batches(rows: pl.DataFrame, settings: Settings) -> Iterator[pl.DataFrame]:
    """Batches of rows, written as lines and read as such: one meaning, whatever the source."""
    for first in range(0, rows.height, _ROWS_AT_ONCE):
        lines = rows[first : first + _ROWS_AT_ONCE].write_ndjson()
        clips = read_batch(Chunk("frame", 0, lines.encode()))
        found = measure_clips(clips, settings).with_columns(LINE.expr + first)
        yield found.drop(BYTE_OFFSET.name, BYTE_LENGTH.name)


def _nothing(settings: Settings) -> pl.DataFrame:
    metrics = {metric.name: metric.dtype for metric in chosen(settings.groups)}
    columns = {**schema(RECORD), **schema(described(settings.groups)), **metrics}
    return pl.DataFrame(schema=columns).drop(BYTE_OFFSET.name, BYTE_LENGTH.name)


def judge(frame: object, rules: str | Path | None = None) -> pl.DataFrame:
    """The rows with verdict, tags and reason by `rules` (a preset's name or a rule file).

    `frame` is what `measure` gave or takes, or a profile's records.

    >>> judged = judge({"duration": [1.0, 2.0], "text": ["x" * 40, "fine words"]})
    >>> judged["verdict"].to_list(), judged["tags"][0].to_list()[0]
    (['bad', 'clean'], 'bad:char_rate')
    """
    rows, judges = _polars(frame), load_rules(None if rules is None else str(rules))
    known = MALFORMED.name in rows.columns
    return tag_batch(rows if known else _measured(rows, settings_for(judges)), judges)


def _polars(frame: object) -> pl.DataFrame:
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if isinstance(frame, pl.DataFrame):
        return frame
    if hasattr(frame, "__arrow_c_stream__") or isinstance(frame, Mapping):
        return pl.DataFrame(frame)
    what = f"{type(frame).__name__} is no table"
    raise ConfigError.of("frame", what, "hand in a Polars, pandas or Arrow table")
