"""The rows of a set, one at a time: shards of cuts, or a plain manifest."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
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


def shard_rows(blend: Blend, data: TrainData, held_out: Mapping[str, str]) -> RowSet:
    """The cuts of all shards to train on; `held_out` has the texts of rows to validate on by id."""
    source, limits = str(blend.main.train), (data.min_duration, data.max_duration)
    records = partial(_cuts, tuple(blend.shards()), held_out)
    return RowSet("train", source, *limits, "dropped", records)


def manifest_rows(name: str, manifest: Path, data: ValidationData) -> RowSet:
    """The rows of a manifest to validate on, without those that NeMo skips."""
    limits = (data.min_duration, data.max_duration)
    return RowSet(name, str(manifest), *limits, "durations", partial(_lines, manifest))


def _cuts(shards: Sequence[tuple[Path, Shard]], held_out: Mapping[str, str]) -> Iterator[Record]:
    for folder, shard in shards:
        path = shard.paths(folder)["cuts"]
        try:
            with gzip.open(path, "rb") as lines:
                for number, line in enumerate(lines, start=1):
                    record = from_cut(f"{path}:{number}", json.loads(line), path.absolute())
                    name = str(record.fields.get("record_id"))
                    if held_out.get(name) == record.text:
                        record.problems["leak"] = f"{name} is a row of the eval manifest"
                    yield record
        except (OSError, EOFError, zlib.error, ValueError, AttributeError, TypeError) as error:
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
    sets = validation_sets(run, blend)
    yield shard_rows(blend, run.train_ds, _texts_by_id(sets.get(EVAL)))
    for name, manifest in sets.items():
        yield manifest_rows(name, manifest, run.validation_ds)


def _texts_by_id(manifest: Path | None) -> dict[str, str]:
    """The texts of the rows to validate on, by the ids that curation gave them."""
    rows = read_rows(manifest)[0] if manifest else []
    return {row.id: row.text for row in rows if row.curated and not row.is_skipped}
