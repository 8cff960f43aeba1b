"""What a finished task leaves in the stage: a marker, by which a rerun knows its files and rows."""

from __future__ import annotations

from collections.abc import Mapping

from curate.artifacts.base import Model
from curate.artifacts.ledger import Amount


class MarkedFile(Model):
    """A file of the stage (`path` in it), proven by its hash."""

    path: str
    bytes: int
    sha256: str


class StoredShard(Model):
    """A shard as its task stored it: under the number that the task had in its folder.

    `files` are by kind; `hours` are of the stored samples, `text_sha256` is over ids and texts.
    """

    folder: str
    number: int
    files: Mapping[str, MarkedFile]
    cuts: int
    hours: float
    duration_us: int
    text_sha256: str
    stratum: tuple[str, ...]


class TaskMarker(Model):
    """What a task did with its rows, whose places in the spool have the hash `rows`.

    `shard` is null where the task stored none; `reasons` are ids of skipped rows with why; `added`
    counts the rows that lacked a field; `in_shards_alone` counts stored rows whose source, which
    train.jsonl names, holds other audio to NeMo.
    """

    rows: str
    files: tuple[MarkedFile, ...]
    shard: StoredShard | None
    stored: Amount
    skipped: Amount
    reasons: tuple[tuple[str, str], ...]
    added: Mapping[str, int]
    in_shards_alone: int
