"""Lhotse cuts: a MonoCut for each record, with the rate and length of its recording by header."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from curate.exports.keys import Keys
from curate.exports.output import PARTS_AT_ONCE, Output, Report
from curate.exports.spooled import Spooled, SpooledRecord
from curate.formatting.units import plural
from curate.manifest.headers import Length, lengths
from curate.manifest.lhotse import ASSUMED_RATE, cut_of_record, rate_of
from curate.manifest.write import opened_output

Item = TypeVar("Item")


def _write(records: Spooled, scratch: Path, report: Report) -> None:
    keys, assumed = Keys(), 0
    with opened_output(scratch, report.out) as file:
        for part in in_parts(records):
            for one, length in zip(part, lengths(each.audio for each in part), strict=True):
                known = rate_of(one.record)
                assumed += isinstance(length, str) and known is None
                file.write(_cut(one, keys.of(one), length, known) + b"\n")
    if assumed:
        report.warnings.append(
            f"the audio of {plural(assumed, 'record')} could not be opened: their recordings get "
            f"{ASSUMED_RATE:,} Hz, and end with the segment"
        )


def _cut(one: SpooledRecord, key: str, length: Length | str, rate: int | None) -> bytes:
    if isinstance(length, Length):
        return cut_of_record(
            key, one.record, length.rate, one.audio, length.frames, length.channels
        )
    return cut_of_record(key, one.record, rate or ASSUMED_RATE, one.audio)


def in_parts(items: Iterable[Item], size: int = PARTS_AT_ONCE) -> Iterator[Sequence[Item]]:
    """The items, so many at a time."""
    waiting = iter(items)
    return iter(lambda: list(islice(waiting, size)), [])


LHOTSE = Output(
    "lhotse", "Lhotse cuts (compressed where the name ends in .gz)", _write, "lhotse_cuts"
)
