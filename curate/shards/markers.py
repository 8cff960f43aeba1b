"""What a finished task leaves in the stage: a marker, by which a rerun knows its files and rows.

Plain classes: a worker, which writes markers and reads none, does not wait for pydantic.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class MarkedFile:
    """A file of the stage (`path` in it), proven by its hash."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Counted:
    """So many rows: their bytes (lines without line ends) and their declared duration.

    What the ledger's `Amount` says, without pydantic, which a worker does not load.
    """

    rows: int
    bytes: int
    duration_us: int


@dataclass(frozen=True, slots=True)
class StoredShard:
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


@dataclass(frozen=True, slots=True)
class TaskMarker:
    """What a task did with its rows, whose places in the spool have the hash `rows`.

    `shard` is null where the task stored none; `reasons` are ids of skipped rows with why; `added`
    counts the rows that lacked a field; `in_shards_alone` counts stored rows whose source, which
    train.jsonl names, holds other audio to NeMo.
    """

    rows: str
    files: tuple[MarkedFile, ...]
    shard: StoredShard | None
    stored: Counted
    skipped: Counted
    reasons: tuple[tuple[str, str], ...]
    added: Mapping[str, int]
    in_shards_alone: int


def marker_text(marker: TaskMarker) -> str:
    """The marker as its file has it."""
    return json.dumps(asdict(marker), ensure_ascii=False, allow_nan=False)


def parse_marker(raw: bytes) -> TaskMarker:
    """The marker in a file's bytes; ValueError where they are none."""
    return _adapter().validate_json(raw, strict=True)


@cache
def _adapter() -> TypeAdapter[TaskMarker]:
    from pydantic import TypeAdapter

    return TypeAdapter(TaskMarker)
