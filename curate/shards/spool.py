"""The rows of a split, put where workers find them one by one, and the shard that each goes to.

One pass over the lock and the split's lines writes them to a spool file. In memory stay some 40
bytes a row (where it is, where it goes), whatever its text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import polars as pl
import soundfile as sf

from curate.artifacts.columns import (
    BYTE_LENGTH,
    DURATION_US,
    LANG,
    LINE,
    OFFSET_S,
    SOURCE,
    TAGS,
    VERDICT,
)
from curate.artifacts.ledger import NOTHING, Amount
from curate.artifacts.profile import Input
from curate.artifacts.split import Split
from curate.audio.faults import Unusable
from curate.audio.paths import find_audio
from curate.errors import InputError
from curate.manifest.archive_fields import ARCHIVE
from curate.manifest.origins import COPIED
from curate.rules.routes import UNUSED
from curate.shards.archives import Archive
from curate.shards.options import ShardOptions, ShardSize
from curate.shards.tasks import Numbers, Task
from curate.splits import LOCK
from curate.splits.lock import HELD_OUT
from curate.splits.strata import duration_bin

PLAIN = ("train", "eval", "test", "eval_borderline")
"""The usual splits that become plain manifests; train becomes shards too."""

_LEFT_OUT = (*UNUSED, HELD_OUT)

ROWS_AT_ONCE = 1 << 15
PIECE_ROWS = 2_000
"""So many rows of a plain manifest are one task."""

WEIGHT = "weight"
"""A column that the lock may have: how often training should see the row."""


@dataclass(slots=True)
class _Column:
    """What is stored of a split's rows."""

    offsets: list[Numbers] = field(default_factory=list)
    places: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    strata: list[Numbers] = field(default_factory=list)
    sizes: list[Numbers] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spool:
    """The rows read (per split), and the tasks that they make."""

    read: Mapping[str, Amount]
    tasks: Sequence[Task]


def plain_names(folder: Path, split: Split) -> list[str]:
    """The splits that become manifests: train, all that were drawn, and the borderline copy."""
    drawn = {output.name for output in split.outputs} - {*_LEFT_OUT, *PLAIN}
    named = [*PLAIN, *sorted(drawn)]
    return [name for name in named if (folder / f"{name}.jsonl").is_file()]


def sources_of(split: Split) -> Mapping[str, Input]:
    """split.json's inputs by source."""
    return {entry.source: entry for entry in split.inputs}


def spool_split(folder: Path, split: Split, options: ShardOptions, into: Path) -> Spool:
    """Write the spool file and create the tasks. InputError where lock and lines differ."""
    names = plain_names(folder, split)
    columns = {name: _Column() for name in names}
    read = dict.fromkeys(names, NOTHING)
    strata: dict[str, int] = {}
    sources = sources_of(split)
    with ExitStack() as stack:
        lines = {n: stack.enter_context((folder / f"{n}.jsonl").open("rb")) for n in names}
        out = stack.enter_context(into.open("wb"))
        for part in _slices(folder / LOCK, options):
            for name in names:
                rows = part.filter(_stands_in(name))
                raw_lines = list(islice(lines[name], rows.height))
                _check_lines(folder / f"{name}.jsonl", read[name].rows, rows, raw_lines, sources)
                columns[name].offsets.append(_write(out, rows, raw_lines))
                read[name] += _amount(rows, raw_lines)
                if name == "train":
                    _add_to_column(columns[name], rows, raw_lines, options, sources, strata)
        for name in names:
            if lines[name].readline():
                where = f"{folder / name}.jsonl:{read[name].rows + 1}"
                raise InputError.of(where, "is in no lock", "split again")
    return Spool(read, [*_shards(columns["train"], strata, options), *_pieces(columns)])


def _slices(path: Path, options: ShardOptions) -> Iterator[pl.DataFrame]:
    """The lock in stretches, with the columns that are needed, and each row's stratum."""
    lock = pl.scan_parquet(path)
    present = lock.collect_schema().names()
    weight = pl.col(WEIGHT).cast(pl.Float64) if WEIGHT in present else pl.lit(None, pl.Float64)
    parts = {
        "lang": LANG.expr.fill_null("(none)"),
        "source": SOURCE.expr,
        "duration": duration_bin().cast(pl.String).fill_null("(none)"),
    }
    # A line that the split changed on request has another length than the record it is of.
    changed = pl.col("changed") if "changed" in present else pl.lit(False)
    stratum = pl.concat_str([parts[by] for by in options.shard_by] or [pl.lit("")], separator="\t")
    needed = (SOURCE, LINE, BYTE_LENGTH, LANG, OFFSET_S, DURATION_US, VERDICT, TAGS)
    names = [column.name for column in needed]
    chosen = lock.select(
        *names, "split", "eval_borderline", weight.alias(WEIGHT), stratum.alias("stratum"),
        changed.alias("changed"),
    )  # fmt: skip
    height = int(lock.select(pl.len()).collect().item())
    for start in range(0, height, ROWS_AT_ONCE):
        yield chosen.slice(start, ROWS_AT_ONCE).collect()


def _stands_in(name: str) -> pl.Expr:
    return pl.col("eval_borderline") if name == "eval_borderline" else pl.col("split") == name


def _check_lines(
    path: Path,
    before: int,
    rows: pl.DataFrame,
    raw_lines: Sequence[bytes],
    sources: Mapping[str, Input],
) -> None:
    if len(raw_lines) < rows.height:
        raise InputError.of(path, "has fewer lines than the lock", "split again")
    converted = [name for name, entry in sources.items() if entry.copied != COPIED]
    lengths = pl.Series([len(line.rstrip(b"\n")) for line in raw_lines], dtype=pl.Int64)
    other = (
        rows.select(
            (BYTE_LENGTH.expr != lengths) & ~SOURCE.expr.is_in(converted) & ~pl.col("changed")
        )
        .to_series()
        .arg_true()
    )
    if other.len():
        where = f"{path}:{before + int(other[0]) + 1}"
        raise InputError.of(where, "is not the line that was split", "split again")


def _write(out: IO[bytes], rows: pl.DataFrame, raw_lines: Sequence[bytes]) -> Numbers:
    """Append rows to the spool; where each begins."""
    meta = _meta(rows)
    lengths = np.array(
        [
            len(header) + len(line.rstrip(b"\n")) + 2
            for header, line in zip(meta, raw_lines, strict=True)
        ],
        dtype=np.int64,
    )
    start = out.tell()
    for header, line in zip(meta, raw_lines, strict=True):
        out.write(b"%s\n%s\n" % (header, line.rstrip(b"\n")))
    return start + np.cumsum(lengths) - lengths


def _meta(rows: pl.DataFrame) -> list[bytes]:
    fields = pl.struct(
        SOURCE.expr, LINE.expr, LANG.expr, OFFSET_S.expr.fill_null(0.0), DURATION_US.expr,
        VERDICT.expr, TAGS.expr, pl.col(WEIGHT),
    )  # fmt: skip
    return [text.encode() for text in rows.select(fields.struct.json_encode()).to_series()]


def _amount(rows: pl.DataFrame, raw_lines: Sequence[bytes]) -> Amount:
    size = sum(len(line.rstrip(b"\n")) for line in raw_lines)
    duration_us = int(rows[DURATION_US.name].sum())
    return Amount(rows=rows.height, bytes=size, duration_us=duration_us)


def _add_to_column(
    column: _Column,
    rows: pl.DataFrame,
    raw_lines: Sequence[bytes],
    options: ShardOptions,
    sources: Mapping[str, Input],
    strata: dict[str, int],
) -> None:
    key = options.seed.to_bytes(16, "little", signed=True)
    ids = zip(rows[SOURCE.name], rows[LINE.name], strict=True)
    places = b"".join(
        hashlib.blake2b(f"{source}:{line}".encode(), digest_size=8, key=key).digest()
        for source, line in ids
    )
    column.places.append(np.frombuffer(places, dtype=">u8").astype(np.uint64))
    codes = [strata.setdefault(stratum, len(strata)) for stratum in rows["stratum"]]
    column.strata.append(np.array(codes, dtype=np.int64))
    if options.size.bytes is not None:
        guesses = [
            _guess_size(line, options, sources[source], offset or 0.0, us / 1e6)
            for line, source, offset, us in zip(
                raw_lines,
                rows[SOURCE.name],
                rows[OFFSET_S.name],
                rows[DURATION_US.name],
                strict=True,
            )
        ]
        column.sizes.append(np.array(guesses, dtype=np.int64))


_USUAL_RATE = 16_000
_BYTES_PER_SAMPLE = {"flac": 1.2, "wav": 2.0, "opus": 0.25}
"""About what speech takes once encoded; a shard's size by bytes is a guess before it is written."""


def _guess_size(
    line: bytes, options: ShardOptions, source: Input, offset_s: float, duration_s: float
) -> int:
    per_sample = _BYTES_PER_SAMPLE[options.audio.format or "flac"]
    if Archive.of(source) is not None or ARCHIVE.encode() in line:
        return round(duration_s * (options.audio.rate or _USUAL_RATE) * per_sample)
    try:
        name = str(json.loads(line)["audio_filepath"])
        folder = options.audio_root or Path(source.folder)
        path = find_audio(name, folder, options.roots)
        size, seconds, rate = _header(path)
    except (Unusable, OSError, ValueError, sf.LibsndfileError):
        return 0  # the row will be skipped for the same reason
    if options.audio.format is None and options.audio.rate is None:
        return round(size * min(1.0, duration_s / max(seconds, 1e-6)))
    return round(duration_s * (options.audio.rate or rate) * per_sample)


@lru_cache(maxsize=4096)
def _header(path: Path) -> tuple[int, float, int]:
    info = sf.info(str(path))
    return path.stat().st_size, float(info.duration), int(info.samplerate)


def _shards(column: _Column, strata: Mapping[str, int], options: ShardOptions) -> Iterator[Task]:
    """Shards in a seeded order, so that each is a fair sample of its stratum, of like size."""
    if not column.offsets:
        return
    offsets, codes = np.concatenate(column.offsets), np.concatenate(column.strata)
    places = np.concatenate(column.places)
    sizes = np.concatenate(column.sizes) if column.sizes else None
    index = 0
    for at, stratum in enumerate(sorted(strata)):
        folder = _folder(at, stratum, options)
        rows = np.flatnonzero(codes == strata[stratum])
        rows = rows[np.argsort(places[rows], kind="stable")]
        pieces = _cut(rows, None if sizes is None else sizes[rows], options.size)
        for number, piece in enumerate(pieces):
            name = number if folder else index
            yield Task("train", index, tuple(stratum.split("\t")), offsets[piece], folder, name)
            index += 1


def _folder(at: int, stratum: str, options: ShardOptions) -> str:
    """A stratum's own folder, where NeMo wants one: it numbers a tarred data set from 0."""
    if options.format != "nemo_tarred" or not options.shard_by:
        return ""
    return f"{at:03d}-{re.sub(r'[^A-Za-z0-9.-]+', '-', stratum)[-40:].strip('-.')}/"


def _cut(rows: Numbers, sizes: Numbers | None, size: ShardSize) -> list[Numbers]:
    """The rows in as few pieces as `size` allows, all about as large."""
    if sizes is None:
        assert size.cuts is not None
        return np.array_split(rows, -(-len(rows) // size.cuts))
    assert size.bytes is not None
    count = max(1, -(-int(sizes.sum()) // size.bytes))
    share = np.cumsum(sizes) - sizes
    bounds = np.searchsorted(share, np.arange(1, count) * (sizes.sum() / count))
    return [piece for piece in np.split(rows, bounds) if len(piece)]


def _pieces(columns: Mapping[str, _Column]) -> Iterator[Task]:
    for name, column in columns.items():
        if name != "train" and column.offsets:
            offsets = np.concatenate(column.offsets)
            for index, start in enumerate(range(0, len(offsets), PIECE_ROWS)):
                yield Task(name, index, (), offsets[start : start + PIECE_ROWS])
