"""`curate audit`: what two manifests share and no two splits should, and benchmarks' texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.audit import Audit, AuditLeak, AuditSide
from curate.artifacts.columns import (
    DURATION_US,
    LANG,
    LINE,
    MALFORMED,
    NORMAL_KEY,
    RECORDING_KEY,
    SOURCE,
    SPEAKER,
    record_id,
    unread_verdict,
)
from curate.artifacts.frames import Languages, Spans
from curate.environment.versions import versions
from curate.errors import ConfigError, Fault, InputError, parameter, raise_all
from curate.errors.nearest import nearest
from curate.gates import Gate
from curate.manifest.audio_files import segment_key
from curate.manifest.fields import FIELDS
from curate.manifest.mapping import ReadOptions
from curate.manifest.unusable import unusable
from curate.profiles.named import hours
from curate.splits.audit_input import COMPARED, Dataset, find_sides
from curate.splits.content import BY_PATH, Files, by_content, files_of, is_by_content
from curate.splits.coverage import (
    GROUP_FROM,
    SESSIONS,
    Keys,
    coverage_by_side,
    identify,
    statement,
    unchecked,
)
from curate.splits.figures import describe_leaks
from curate.splits.leaks import SEGMENT
from curate.splits.near_duplicates import gather_sets
from curate.splits.path_patterns import group_pattern, groups_of, refuse_idle
from curate.splits.unknown_speakers import looked_up
from curate.splits.written_manifests import PATH
from curate.text.kernel import NORMAL_HASH, measure_spans
from curate.text.minhash import NearIndex
from curate.text.numerals import writing
from curate.text.packed import hash_normal

SHOWN = 3
"""Examples of each kind of leak between two sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """What is compared: `inputs` are manifests, a side each, or a split directory; `against` are
    benchmarks: texts, one a line (.txt), or a manifest.

    `group` are fields beside speaker and SESSIONS whose values should be on one side, as is what
    the pattern `group_from` captures in audio paths. Recordings are distinguished by
    `audio_identity`: the `path` of their files, or the `content`. `reading` says how manifests are
    read, and where relative audio paths begin.
    """

    inputs: Sequence[str]
    against: Sequence[str] = ()
    group: Sequence[str] = ()
    group_from: str | None = None
    audio_identity: str = BY_PATH
    reading: ReadOptions = field(default_factory=ReadOptions)
    gates: Sequence[Gate] = ()


def audit(request: AuditRequest, command: str = "") -> Audit:
    """audit.json: leaks between any two sides, by kind, with a few of them.

    Between a manifest and a benchmark only texts count, between benchmarks nothing.
    """
    sides = find_sides(request.inputs, request.against, request.reading)
    fields = list(
        dict.fromkeys(name for name in (*request.group, *SESSIONS) if name != SPEAKER.name)
    )
    pattern = None if request.group_from is None else group_pattern(request.group_from)
    rows = pl.concat([_keys(side, number, fields, pattern) for number, side in enumerate(sides)])
    _refuse_unusable(rows, sides)
    _refuse_absent(rows, request.group)
    fields = [name for name in fields if rows[name].count()]
    if pattern is not None:
        refuse_idle(rows[GROUP_FROM], rows[PATH], pattern)
        fields.append(GROUP_FROM)
    rows, keys = _identified(rows, sides, fields)
    if is_by_content(request.audio_identity):
        rows, contents = by_content(rows, _files(rows, sides))
        keys = replace(keys, contents=contents)
    rows = rows.with_columns(segment_key().alias(SEGMENT))
    pairs = [
        (one, other)
        for one, other in combinations(range(len(sides)), 2)
        if not (sides[one].against and sides[other].against)
    ]
    kinds = {SPEAKER.name: SPEAKER.name, **{name: name for name in fields}}
    kinds |= {"recording": RECORDING_KEY.name, "audio": SEGMENT, "text": NORMAL_KEY.name}
    leaks = [*_shared(rows, sides, pairs, kinds), *_near(rows, sides, pairs)]
    compared = {str(number): side.name for number, side in enumerate(sides) if not side.against}
    covered = coverage_by_side(rows, compared, keys)
    return Audit(
        command=command,
        versions=versions(("asr-curate", "polars", "numpy")),
        sides=tuple(_describe(rows, number, side) for number, side in enumerate(sides)),
        groups=(SPEAKER.name, *fields),
        coverage=covered,
        proposals=tuple(keys.proposals),
        statement=statement(leaks, covered),
        leaks=tuple(leaks),
        gates=describe_leaks(leaks),
        unchecked=unchecked(covered),
        warnings=unchecked(covered),
    )


def _files(rows: pl.DataFrame, sides: Sequence[Dataset]) -> Files:
    """The file of each recording of the sides that are manifests."""
    file_of: dict[int, str | None] = {}
    for number, side in enumerate(sides):
        if side.lines is None and not side.against:
            mine = rows.filter(pl.col("side") == str(number))
            file_of.update(files_of(mine, side.bases_at(mine)))
    return file_of


def _identified(
    rows: pl.DataFrame, sides: Sequence[Dataset], fields: Sequence[str]
) -> tuple[pl.DataFrame, Keys]:
    """Ids of the manifests' rows as a split has them; a benchmark's rows have none."""
    of = pl.col("side").is_in([str(n) for n, side in enumerate(sides) if side.against])
    mine, keys = identify(rows.filter(~of), [SPEAKER.name, *fields])
    origins = {source.name: source for side in sides for source in side.sources}
    keys = looked_up(keys, mine, origins)
    return pl.concat([mine, rows.filter(of)], how="diagonal_relaxed"), keys


def _keys(
    side: Dataset, number: int, fields: Sequence[str], pattern: re.Pattern[str] | None
) -> pl.DataFrame:
    """What of a side's rows can be compared, without their texts."""
    empty = hash_normal("")
    extra_columns = [*fields, PATH]

    def work(frame: pl.DataFrame, texts: Spans) -> pl.DataFrame:
        known = LANG.name in frame.columns
        bits = Languages.declared(frame[LANG.name]).values(writing, np.uint8) if known else None
        _, keys = measure_spans(texts.data, texts.start, texts.length, bits=bits)
        hashes = pl.Series(NORMAL_KEY.name, keys[NORMAL_HASH])
        return frame.select(*(column.name for column in COMPARED), *extra_columns).with_columns(
            pl.lit(str(number)).alias("side"),
            pl.when(MALFORMED.expr.is_null() & (hashes != empty))
            .then(hashes)
            .alias(NORMAL_KEY.name),
        )

    rows = pl.concat([_no_keys(extra_columns), *side.frames(work, extra_columns)])
    if pattern is not None:
        rows = rows.with_columns(groups_of(rows[PATH], pattern).alias(GROUP_FROM))
    return side.drawn.keyed(rows) if side.drawn else rows


def _no_keys(fields: Sequence[str]) -> pl.DataFrame:
    """The columns of a side without lines."""
    compared = {column.name: column.dtype for column in COMPARED}
    further = {**dict.fromkeys(fields, pl.String()), "side": pl.String()}
    return pl.DataFrame(schema={**compared, **further, NORMAL_KEY.name: NORMAL_KEY.dtype})


def _refuse_unusable(rows: pl.DataFrame, sides: Sequence[Dataset]) -> None:
    """InputError with every side of which no line can be compared: it would share nothing."""
    faults: list[Fault] = []
    for number, side in enumerate(sides):
        reasons = rows.filter(pl.col("side") == str(number))[MALFORMED.name]
        if reasons.null_count():
            continue
        counted = dict(reasons.value_counts().iter_rows())
        faults += [unusable(source, reasons.len(), counted) for source in side.sources]
        if side.lines is not None:
            faults.append(Fault(str(side.lines), "holds no text: every line is blank"))
    raise_all(InputError, faults)


def _refuse_absent(rows: pl.DataFrame, group: Sequence[str]) -> None:
    faults = [
        Fault(parameter("group"), f"no record has a field {name!r}", hint)
        for name in group
        if not rows[name].count() and name != SPEAKER.name
        for close in [nearest(name, FIELDS)]
        for hint in [f"did you mean '{close}'?" if close else "name a field of the manifests"]
    ]
    raise_all(ConfigError, faults)


def _shared(
    rows: pl.DataFrame,
    sides: Sequence[Dataset],
    pairs: Sequence[tuple[int, int]],
    kinds: Mapping[str, str],
) -> Iterator[AuditLeak]:
    """How many values of each column occur in both datasets of a pair, and the first of them; None
    where the rows of a side have no value at all.
    """
    filled = set(rows["side"].unique())
    for kind, column in kinds.items():
        compared = [
            pair
            for pair in pairs
            if kind == "text" or not any(sides[side].against for side in pair)
        ]
        values = {side: _values(rows, side, column) for side in {*chain.from_iterable(compared)}}
        known = {side for side in values if values[side].height or str(side) not in filled}
        for one, other in compared:
            both = values[one].join(
                values[other], on=column, suffix="_other", maintain_order="left"
            )
            shown = both.select("id", "id_other").head(SHOWN).rows()
            count = both.height if known >= {one, other} else None
            yield _leak_of(kind, sides, (one, other), count, shown)


def _values(rows: pl.DataFrame, side: int, column: str) -> pl.DataFrame:
    """Each value of a column in a dataset, with the id of its first row."""
    return (
        rows.filter((pl.col("side") == str(side)) & pl.col(column).is_not_null())
        .select(column, record_id())
        .unique(column, keep="first", maintain_order=True)
    )


def _leak_of(
    kind: str,
    sides: Sequence[Dataset],
    pair: tuple[int, int],
    count: int | None,
    shown: Iterable[tuple[str, ...]],
) -> AuditLeak:
    one, other = (sides[side].name for side in pair)
    examples = tuple((ids[0], ids[1]) for ids in shown)
    return AuditLeak(kind=kind, between=(one, other), count=count, examples=examples)


def _near(
    rows: pl.DataFrame, sides: Sequence[Dataset], pairs: Sequence[tuple[int, int]]
) -> list[AuditLeak]:
    """Near-duplicates: all sides but the largest are indexed, and each is compared with these."""
    sizes = [int((rows["side"] == str(number)).sum()) for number in range(len(sides))]
    largest = sizes.index(max(sizes))
    indexed_sides = [number for number in range(len(sides)) if number != largest]
    index = NearIndex.of(*gather_sets([sides[number].frames for number in indexed_sides]))
    ids = [
        rows.filter(pl.col("side") == str(n)).select(record_id()).to_series() for n in indexed_sides
    ]
    indexed = pl.concat(ids)
    leaks: list[AuditLeak] = []
    for number in [largest, *indexed_sides]:
        against = [(pair, sum(pair) - number) for pair in pairs if number in pair]
        mine = [
            (p, o)
            for p, o in against
            if o in indexed_sides and (number == largest or number == p[0])
        ]
        if mine:
            near = _streamed(sides[number], index)
            for pair, other in mine:
                leaks.append(
                    _near_leak(near, indexed, sides, pair, number, indexed_sides.index(other))
                )
    return sorted(leaks, key=lambda each: _pair_of(sides, each))


def _pair_of(sides: Sequence[Dataset], leak: AuditLeak) -> tuple[int, ...]:
    """The numbers of a leak's two sides."""
    names = [side.name for side in sides]
    return tuple(names.index(name) for name in leak.between)


def _streamed(side: Dataset, index: NearIndex) -> pl.DataFrame:
    def work(frame: pl.DataFrame, texts: Spans) -> pl.DataFrame:
        near, partner, _ = index.sides_near(texts.data, texts.start, texts.length)
        near_columns = pl.DataFrame({"near": near, "partner": partner})
        return frame.select(SOURCE.name, LINE.name).hstack(near_columns)

    return pl.concat(
        [frame.filter(pl.col("near") > 0) for frame in side.frames(work, [])], how="vertical"
    )


def _near_leak(
    near: pl.DataFrame,
    indexed: pl.Series,
    sides: Sequence[Dataset],
    pair: tuple[int, int],
    number: int,
    place: int,
) -> AuditLeak:
    bits: npt.NDArray[np.uint64] = near["near"].to_numpy()
    hit = near.filter(pl.Series(((bits >> np.uint64(place)) & np.uint64(1)) > 0))
    first = hit.head(SHOWN)
    partners = indexed.gather(first["partner"].cast(pl.Int64))
    shown = list(zip(first.select(record_id()).to_series(), partners, strict=True))
    if number != pair[0]:
        shown = [(other, one) for one, other in shown]
    return _leak_of("near-duplicate text", sides, pair, hit.height, shown)


def _describe(rows: pl.DataFrame, number: int, side: Dataset) -> AuditSide:
    mine = rows.filter(pl.col("side") == str(number))
    unread = [unread_verdict(reason) for reason in mine[MALFORMED.name].drop_nulls()]
    skipped, untranscribed = unread.count("skipped"), unread.count("untranscribed")
    return AuditSide(
        name=side.name,
        files=(str(side.lines),) if side.lines else tuple(source.name for source in side.sources),
        against=side.against,
        rows=mine.height,
        malformed=len(unread) - skipped - untranscribed,
        skipped=skipped,
        untranscribed=untranscribed or None,
        hours=hours(int(mine[DURATION_US.name].sum())),
        speakers=mine[SPEAKER.name].drop_nulls().n_unique(),
    )
