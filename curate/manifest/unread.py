"""Lines that no rule evaluates, and why: malformed, skipped by themselves, or untranscribed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate.arrays import Bytes
from curate.artifacts.unread import SKIPPED_BY
from curate.manifest.fields import AUDIO, SKIPME, TEXT, Fields
from curate.manifest.row_values import taken
from curate.manifest.scan import OK
from curate.manifest.strict import (
    LONGEST_S,
    UNTRANSCRIBED,
    Malformed,
    Record,
    parse_line,
    why_no_channel,
    why_no_record,
)
from curate.manifest.syntax import ESCAPED, MISSING, NULL, STRING

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

CHANNEL_CODES = 2
"""Where the channel is among `Fields.codes`."""


class Unread(NamedTuple):
    """Of a run of `lines` lines, by number: why some are no record, why others are skipped, and
    which are records without a text.
    """

    lines: int
    malformed: Mapping[int, str]
    skipped: Mapping[int, str]
    untranscribed: Rows

    @property
    def reasons(self) -> dict[int, str]:
        """Why no rule evaluates these lines."""
        silent = dict.fromkeys(self.untranscribed.tolist(), UNTRANSCRIBED)
        return {**silent, **self.malformed, **self.skipped}

    def is_malformed(self, rows: Rows) -> Flags:
        """Which of the rows are no record at all."""
        return taken(self._flags(self.malformed), rows)

    def without_record(self, rows: Rows) -> Flags:
        """Which of the rows have no record that is read: malformed, or skipped."""
        return taken(self._flags({**self.malformed, **self.skipped}), rows)

    def without_text(self, rows: Rows) -> Flags:
        """Which of the rows have no text: those, and the untranscribed."""
        flags = self._flags({**self.malformed, **self.skipped})
        flags[self.untranscribed] = True
        return taken(flags, rows)

    def _flags(self, lines: Mapping[int, str]) -> Flags:
        flags = np.zeros(self.lines, np.bool_)
        flags[list(lines)] = True
        return flags


def find_unread(data: Bytes, raw: bytes, read: Fields, blank: Flags) -> tuple[Bytes, Unread]:
    """The lines of `raw` that no rule evaluates. What only parsing can read is given to `read`;
    returns the buffer, `data` with those bytes behind it.
    """
    reasons, odd_records = _parse_doubtful(raw, read, blank)
    if odd_records:
        data = read.graft(data, odd_records)
    reasons |= _channel_faults(read, reasons)
    skipped = _skipped(data, read, reasons)
    silent = read.kind_of(TEXT) == NULL
    silent[[*reasons, *skipped]] = False
    return data, Unread(blank.size, reasons, skipped, np.flatnonzero(silent))


def _parse_doubtful(
    data: bytes, read: Fields, blank: Flags
) -> tuple[dict[int, str], dict[int, Record]]:
    """Lines that may be no record: why they are none, or the record that they are after all."""
    reasons: dict[int, str] = {}
    records: dict[int, Record] = {}
    for row in np.flatnonzero(~(blank | _is_record(read))).tolist():
        first = int(read.lines.line_start[row])
        line = data[first : first + int(read.lines.line_length[row])]
        try:
            record = parse_line(line)
        except Malformed as fault:
            reasons[row] = str(fault)
            continue
        reason = why_no_record(record)
        if reason is None or reason == UNTRANSCRIBED:
            records[row] = record
        else:
            reasons[row] = reason
    return reasons, records


def _channel_faults(read: Fields, known: Mapping[int, str]) -> dict[int, str]:
    """Records whose channel is not one channel, and why."""
    if not read.lines.numbered[CHANNEL_CODES]:
        return {}
    codes = read.lines.codes[CHANNEL_CODES]
    given = np.unique(codes[codes >= 0]).tolist()
    values = read.strings.strings()
    faults = {code: why for code in given if (why := why_no_channel(values[code])) is not None}
    rows = np.flatnonzero(np.isin(codes, list(faults))).tolist()
    return {row: faults[int(codes[row])] for row in rows if row not in known}


def _is_record(read: Fields) -> Flags:
    """Lines that are records beyond doubt, transcribed or not, by `strict.why_no_record`."""
    audio, _, length = read.span_of(AUDIO)
    text, seconds = read.kind_of(TEXT), read.seconds
    named = ((audio == STRING) | (audio == ESCAPED)) & (length > 0)
    spoken = (text == STRING) | (text == ESCAPED) | (text == NULL)
    timed = (seconds > 0) & (seconds <= LONGEST_S)
    result: Flags = (read.lines.status == OK) & named & spoken & timed
    return result


def _skipped(data: Bytes, read: Fields, reasons: Mapping[int, str]) -> dict[int, str]:
    """Records that say themselves that they are to be skipped: what NeMo's reader, which leaves
    out any line whose `_skipme` is true by Python's rules, would not load.
    """
    if not read.gives(SKIPME):
        return {}
    kind, starts, lengths = read.span_of(SKIPME)
    given = np.flatnonzero((kind != MISSING) & (kind != NULL))
    skipped = {}
    for row in given.tolist():
        start, size = int(starts[row]), int(lengths[row])
        quote = int(kind[row] in (STRING, ESCAPED))
        value = json.loads(data[start - quote : start + size + quote].tobytes())
        if value and row not in reasons:
            reason = value if isinstance(value, str) else json.dumps(value)
            skipped[row] = f"{SKIPPED_BY} ({reason})"
    return skipped
