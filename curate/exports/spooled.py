"""The records of all inputs as NeMo lines in a scratch file, to be read as often as needed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO

from curate.manifest.convert import Place
from curate.manifest.origin import Origin
from curate.manifest.strict import Record


@dataclass(frozen=True)
class SpooledRecord:
    """A record: its line, where that was, and the number of its origin."""

    number: int
    origin: Origin
    place: Place
    line: bytes

    @cached_property
    def record(self) -> Record:
        """Its fields; the line was proven to be a record when it was converted."""
        record: Record = json.loads(self.line)
        return record

    @property
    def id(self) -> str:
        """The record id: its source and line."""
        return f"{self.origin.name}:{self.place.line}"

    @property
    def is_skipped(self) -> bool:
        """Whether NeMo passes the record over, as its `_skipme` says."""
        return bool(self.record.get("_skipme"))

    @property
    def offset_s(self) -> float:
        """Seconds from the beginning of its audio file; 0 where none is given."""
        return float(str(self.record.get("offset") or 0))

    @property
    def duration_s(self) -> float:
        """Seconds."""
        return float(str(self.record["duration"]))

    @property
    def duration_us(self) -> int:
        """Microseconds."""
        return round(self.duration_s * 1e6)

    @property
    def audio(self) -> str:
        """Its audio path: absolute, unless it is an address, an id or a member of an archive."""
        return str(self.record["audio_filepath"])


@dataclass(slots=True)
class Spooled:
    """Records in `file`, in order, each with its place before its line; iterated from the first."""

    file: IO[bytes]
    origins: Sequence[Origin]
    _numbers: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = {id(origin): number for number, origin in enumerate(self.origins)}

    def add(self, origin: Origin, lines: Sequence[bytes], places: Sequence[Place]) -> None:
        """Append records of an origin."""
        number = self._numbers[id(origin)]
        for place, line in zip(places, lines, strict=True):
            self.file.write(b"%d %d %d %b\n" % (number, *place, line))

    def __iter__(self) -> Iterator[SpooledRecord]:
        self.file.seek(0)
        for raw in self.file:
            number, line, offset, data = raw.rstrip(b"\n").split(b" ", 3)
            origin = self.origins[int(number)]
            yield SpooledRecord(int(number), origin, Place(int(line), int(offset)), data)
