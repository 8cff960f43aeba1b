"""The rows of a set, one at a time: shards of cuts, or a plain manifest."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from curate.artifacts.shard_index import Shard
from curate.errors import InputError
from train.artifacts.validation import EVAL
from train.config import RunConfig, TrainData, ValidationData
from train.data import Blend
from train.data.rows import read_rows
from train.plan.rows.record import Record, from_cut, from_row


@dataclass(frozen=True, slots=True)
class RowSet:
    """A set of rows by its name; `records` reads them again on each call.

    Rows shorter or longer than the durations are not used; `outside` is the code of their kind.
    """

    name: str
    source: str
    shortest_s: float
    longest_s: float
    outside: str
    records: Callable[[], Iterator[Record]]


def shard_rows(blend: Blend, data: TrainData) -> RowSet:
    """The cuts of all shards to train on."""
    source, limits = str(blend.main.train), (data.min_duration, data.max_duration)
    return RowSet("train", source, *limits, "dropped", partial(_cuts, tuple(blend.shards())))


def manifest_rows(name: str, manifest: Path, data: ValidationData) -> RowSet:
    """The rows of a manifest to validate on, without those that NeMo skips."""
    limits = (data.min_duration, data.max_duration)
    return RowSet(name, str(manifest), *limits, "durations", partial(_lines, manifest))


def _cuts(shards: Sequence[tuple[Path, Shard]]) -> Iterator[Record]:
    for folder, shard in shards:
        path = shard.paths(folder)["cuts"]
        try:
            with gzip.open(path, "rb") as lines:
                for number, line in enumerate(lines, start=1):
                    yield from_cut(f"{path}:{number}", json.loads(line))
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
            hint = "curate shard --verify reports what is wrong with the shards"
            raise InputError.of(path, f"cannot be read: {error}", hint) from error


def _lines(manifest: Path) -> Iterator[Record]:
    rows, faults = read_rows(manifest)
    for fault in faults:
        problems = {"malformed": fault.what}
        yield Record(fault.where, fault.where, 0.0, "", None, {}, problems)
    for row in rows:
        if not row.is_skipped:
            yield from_row(row)


def validation_sets(run: RunConfig, blend: Blend) -> dict[str, Path]:
    """The manifests to validate on by name; the first, of the shards, only where it is there."""
    main = blend.main
    own = {EVAL: main.validation} if main.validation.is_file() else {}
    return own | run.validation_ds.also


def sets_of(run: RunConfig, blend: Blend) -> Iterator[RowSet]:
    """Everything that the run reads rows from: its shards, its eval manifest, the further ones."""
    yield shard_rows(blend, run.train_ds)
    for name, manifest in validation_sets(run, blend).items():
        yield manifest_rows(name, manifest, run.validation_ds)
