"""An output: what holds the records of all inputs in another form than NeMo's lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO

from curate.exports.spooled import Spooled, SpooledRecord
from curate.manifest.convert import malformed_line
from curate.manifest.segment_times import END_NAMES, OFFSET_NAMES

PARTS_AT_ONCE = 1024
"""Records whose audio is measured together."""


@dataclass(slots=True)
class Report:
    """What an output does not hold: whole records, by reason, and remarks about the others.

    `out` is the path that the output will have; `mono` says that channels are mixed down. What is
    refused is counted by the number of its origin, skipped records apart, with their microseconds.
    """

    malformed: IO[bytes]
    out: Path
    mono: bool = False
    reasons: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    refused_skipped: Counter[int] = field(default_factory=Counter)
    refused_us: Counter[int] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    def refuse(self, one: SpooledRecord, reason: str) -> None:
        """Write a record among the malformed lines: the output cannot hold it."""
        self.malformed.write(malformed_line(one.origin, one.place, reason, one.line.decode()))
        self.reasons[reason.partition(" (")[0]] += 1
        refused = self.refused_skipped if one.is_skipped else self.refused
        refused[one.number] += 1
        self.refused_us[one.number] += one.duration_us

    def warn_left_out(self, fields: Mapping[str, int], what: str) -> None:
        """Name fields that the output has no place for, with the number of their records."""
        if fields:
            counted = ", ".join(f"{name} ({count:,})" for name, count in sorted(fields.items()))
            self.warnings.append(f"{what} (records): {counted}")


@dataclass(frozen=True, slots=True)
class Output:
    """A form that records are written in: a file, or a folder that has the file `marker`.

    `write` puts them into a scratch path; `read_as` is the format by which they are read back.
    `own_names` is the pattern of what it may write into its folder.
    """

    name: str
    what: str
    write: Callable[[Spooled, Path, Report], None]
    read_as: str
    marker: str = ""
    holds_audio: bool = False
    own_names: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of files."""
        return bool(self.marker)


FIRST_FIELDS = ("audio_filepath", "duration", "text", "offset", "lang", "speaker")
"""Fields with a place of their own in every output; others follow in the order of their records."""


def fields_of_records(records: Spooled) -> Sequence[str]:
    """The names of all fields, those of FIRST_FIELDS first, whether any record has them or not."""
    names = dict.fromkeys(FIRST_FIELDS)
    for one in records:
        names |= dict.fromkeys(one.record)
    return list(names)


@lru_cache(maxsize=1 << 12)
def is_column(name: str) -> bool:
    """Whether a field can be a column of a table: not one whose name would be read as a time
    beside the record's own, and none that no header can hold.
    """
    times = name.lower() in (*OFFSET_NAMES, *END_NAMES) and name != "offset"
    return bool(name) and name.isprintable() and name.strip() == name and not times
