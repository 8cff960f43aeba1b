"""The requested fields of a chunk's lines, read in one pass while they are in the cache."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from curate.arrays import (
    Bools,
    Bytes,
    ByteTable,
    Floats,
    FloatTable,
    Int32s,
    Int32Table,
    Int64s,
    Int64Table,
    UInt64s,
)
from curate.artifacts.score_fields import SCORE_FIELD
from curate.manifest.ffmpeg_paths import MAY_END
from curate.manifest.folder_keys import PathParts
from curate.manifest.row_values import taken
from curate.manifest.scan import OK, count_lines, joined, room_for_keys
from curate.manifest.strict import Record
from curate.manifest.syntax import MISSING
from curate.manifest.values import TEN, Interner, Known, Span
from curate.native import held, kernel
from curate.text.ids import SPEAKER_FIELDS

FIELDS = (
    "audio_filepath",
    "duration",
    "text",
    "offset",
    "lang",
    "target_lang",
    "source_lang",
    "speaker",
    "pred_text",
    "task",
    "taskname",
    "source_text",
    "answer",
    "sampling_rate",
    "sample_rate",
    "channel",
    "_skipme",
    SCORE_FIELD,
    "pred_text_2",
    "words",
    "word",
    "word_confidence",
)
"""Fields that are read from every manifest; requested ones follow."""

WITHOUT_COLUMN = frozenset(
    {"sampling_rate", "sample_rate", "channel", "_skipme", "words", "word", "word_confidence"}
)
"""Fields among them that fill no column of their name: they may be requested in addition."""

AUDIO, DURATION, TEXT, OFFSET, LANG, TARGET, SOURCE, SPEAKER, PREDICTED = range(9)
TASK, TASKNAME, SOURCE_TEXT, ANSWER = range(9, 13)
SAMPLING_RATE, SAMPLE_RATE, CHANNEL, SKIPME, SCORE, PREDICTED_2 = range(13, 19)
WORDS, NEMO_WORDS, WORD_CONFIDENCE = range(19, 22)

READ_FIELDS = (*FIELDS, *SPEAKER_FIELDS[1:])
"""FIELDS, and the other names of the speaker, which a caller may request as well."""

_DECLARED = ((LANG, TARGET, SOURCE), (TASK, TASKNAME), (CHANNEL,))
"""Fields behind the first rows of `Fields.codes`: of several the first that is given."""
_SPEAKERS = tuple((READ_FIELDS.index(name),) for name in SPEAKER_FIELDS)

_LOCATED = (
    AUDIO, DURATION, TEXT, OFFSET, PREDICTED, SOURCE_TEXT, ANSWER, SKIPME, SCORE, PREDICTED_2,
    WORDS, NEMO_WORDS, WORD_CONFIDENCE,
)  # fmt: skip
"""Fields of which it is kept where they lie."""
_SPANS = {field: at for at, field in enumerate(_LOCATED)}
_NUMBERS = (DURATION, OFFSET)
"""Fields that are read as numbers."""


class Layout(NamedTuple):
    """What is read: the fields' names, the rows of `Lines.start` that their spans go to (-1: none),
    and groups of fields, of which the first that is given is numbered; how a path of `foreign`
    audio may end.
    """

    names: Bytes
    name_ends: Int64s
    spans: Int64s
    groups: Int64s
    group_ends: Int64s
    ten: Floats
    may_end: Bools


@lru_cache(8)
def _layout(further: tuple[str, ...]) -> Layout:
    """The fields of READ_FIELDS, and these; made once for all batches."""
    names = _names(further)
    columns = (*_DECLARED, *((names.index(name),) for name in further), *_SPEAKERS)
    layout = Layout(
        *joined(names),
        spans=np.array([_SPANS.get(at, -1) for at in range(len(names))], np.int64),
        groups=np.array([field for fields in columns for field in fields], np.int64),
        group_ends=np.cumsum([len(fields) for fields in columns], dtype=np.int64),
        ten=TEN,
        may_end=MAY_END,
    )
    return held(layout)


class Lines(NamedTuple):
    """What is read of lines, an entry or a column for each; positions count from the data's start.

    `given` says which fields any line gives, `numbered` which groups of them: no other rows of the
    tables are filled. `line_length` is without the newline. `kind` has a row for each field;
    `start` and `length` one for each of those that are kept, strings without their quotes, all else
    as written. `numbers` are the duration and the offset: NaN where a value is no number, and where
    it is `doubtful`. `paths`, `folders` and `names` are hashes of the audio path (0: none) and its
    parts, `wide` and `foreign` whether its name is not plain ASCII and whether it may be one that
    only ffmpeg reads, as PathParts and MAY_END have it; `translations` whether
    source_lang and target_lang are texts that differ. `codes` are numbers of strings, -1 for none:
    a row for each group of fields.
    """

    given: Bools
    numbered: Bools
    status: Bytes
    line_start: Int64s
    line_length: Int64s
    kind: ByteTable
    start: Int64Table
    length: Int64Table
    numbers: FloatTable
    doubtful: ByteTable
    paths: UInt64s
    folders: UInt64s
    names: UInt64s
    wide: Bools
    foreign: Bools
    translations: Bools
    codes: Int32Table

    @classmethod
    def empty(cls, lines: int, fields: int, groups: int) -> Lines:
        """Arrays for so many lines."""
        located = len(_LOCATED)
        return cls(
            given=np.zeros(fields, np.bool_),
            numbered=np.zeros(groups, np.bool_),
            status=np.empty(lines, np.uint8),
            line_start=np.empty(lines, np.int64),
            line_length=np.empty(lines, np.int64),
            kind=np.empty((fields, lines), np.uint8),
            start=np.empty((located, lines), np.int64),
            length=np.empty((located, lines), np.int64),
            numbers=np.empty((len(_NUMBERS), lines)),
            doubtful=np.empty((len(_NUMBERS), lines), np.uint8),
            paths=np.empty(lines, np.uint64),
            folders=np.empty(lines, np.uint64),
            names=np.empty(lines, np.uint64),
            wide=np.empty(lines, np.bool_),
            foreign=np.empty(lines, np.bool_),
            translations=np.empty(lines, np.bool_),
            codes=np.empty((groups, lines), np.int32),
        )

    def first(self, lines: int) -> Lines:
        """The first of them."""
        return Lines._make([*self[:_EACH], *(each[..., :lines] for each in self[_EACH:])])

    def with_room(self, lines: int) -> Lines:
        """The same, with room for so many."""
        larger = Lines.empty(lines, self.given.size, self.numbered.size)
        larger.fill()
        for own, before in zip(larger[_EACH:], self[_EACH:], strict=True):
            own[..., : before.shape[-1]] = before
        return larger._replace(given=self.given, numbered=self.numbered)

    def fill(self) -> None:
        """Fill the rows of what no line gives, too."""
        absent = ~self.given
        self.kind[absent] = MISSING
        spans = [at for at, field in enumerate(_LOCATED) if absent[field]]
        self.start[spans], self.length[spans] = 0, 0
        numbers = [at for at, field in enumerate(_NUMBERS) if absent[field]]
        self.numbers[numbers], self.doubtful[numbers] = np.nan, False
        self.codes[~self.numbered] = -1


class Workspace(NamedTuple):
    """Where the line at hand is scanned: the keys of the line before it, its fields, the number
    that each group had last, and its strings without their backslashes.
    """

    keys: Int64Table
    known: Int64s
    kind: ByteTable
    start: Int32Table
    length: Int32Table
    last: Int64s
    plain: Bytes

    @classmethod
    def of(cls, fields: int, groups: int, size: int) -> Workspace:
        """For lines of so many bytes together; what is not used of it costs no memory."""
        return cls(
            *room_for_keys(),
            kind=np.zeros((1, fields), np.uint8),
            start=np.zeros((1, fields), np.int32),
            length=np.zeros((1, fields), np.int32),
            last=np.full(groups, -1, np.int64),
            plain=np.empty(size, np.uint8),
        )


class _OfThread(threading.local):
    """The strings of the batches that a thread read before: most of the next are among them."""

    interner: Interner | None = None


_of_thread = _OfThread()
MOST_STRINGS = 1 << 16
"""Strings beyond which those of earlier batches are forgotten."""


def _interner() -> Interner:
    known = _of_thread.interner
    if known is None or known.size > MOST_STRINGS:
        known = _of_thread.interner = Interner()
    return known


@dataclass(slots=True)
class Fields:
    """Fields of the lines. `lines.codes` are numbers into `strings`: a row of them for the
    language, the task, the channel, each further field, and the speaker by each of SPEAKER_FIELDS.
    """

    further: Sequence[str]
    lines: Lines
    strings: Interner

    @classmethod
    def read(cls, data: Bytes, further: Sequence[str]) -> Fields:
        """Read whole lines: the fields of FIELDS, and these."""
        strings = _interner()
        return cls(further, _read(data, 0, further, strings), strings)

    @property
    def seconds(self) -> Floats:
        """The durations; NaN where the value is not a number."""
        return self._numbers(DURATION)

    @property
    def offsets(self) -> Floats:
        """The offsets; NaN where the value is not a number."""
        return self._numbers(OFFSET)

    def _numbers(self, field: int) -> Floats:
        numbers = self.lines.numbers
        if not self.gives(field):
            return np.full(numbers.shape[-1], np.nan)
        values: Floats = numbers[_NUMBERS.index(field)]
        return values

    def gives(self, *fields: int) -> bool:
        """Whether any line gives one of these fields, null or not."""
        given = self.lines.given
        return any(given[field] for field in fields)

    def kind_of(self, field: int) -> Bytes:
        """The kind of one of the fields in each line."""
        kind = self.lines.kind
        kinds: Bytes = kind[field] if self.gives(field) else np.zeros(kind.shape[-1], np.uint8)
        return kinds

    def span_of(self, field: int, rows: Int64s | None = None) -> Span:
        """Kind, start and length of one of the fields that are kept, in these lines or all."""
        lines, at = self.lines, _SPANS[field]
        if not self.gives(field):
            nowhere = np.zeros(lines.status.size if rows is None else rows.size, np.int64)
            return nowhere.astype(np.uint8), nowhere, nowhere
        spans = lines.kind[field], lines.start[at], lines.length[at]
        kind, start, length = spans if rows is None else (taken(values, rows) for values in spans)
        return kind, start, length

    def codes_of(self, group: int, rows: Int64s) -> Int32s | None:
        """The numbers of a group's strings in these lines; None where no line gives any."""
        lines = self.lines
        return taken(lines.codes[group], rows) if lines.numbered[group] else None

    def path_parts(self, rows: Int64s) -> PathParts:
        """The parts of the audio paths in these lines."""
        lines = self.lines
        return PathParts(
            taken(lines.folders, rows), taken(lines.names, rows), taken(lines.wide, rows)
        )

    def graft(self, data: Bytes, records: Mapping[int, Record]) -> Bytes:
        """Give rows the fields of these records; returns the buffer with their bytes behind it."""
        rendered = [
            json.dumps({name: record[name] for name in _names(self.further) if name in record})
            for record in records.values()
        ]
        tail = np.frombuffer("\n".join(rendered).encode(), np.uint8)
        whole = np.concatenate([data, tail])
        read = _read(whole, data.size, self.further, self.strings)
        assert (read.status == OK).all(), "a plain rendering must be plain"
        rows = np.fromiter(records, np.int64)
        for lines in (self.lines, read):
            lines.fill()
        np.logical_or(self.lines.given, read.given, out=self.lines.given)
        np.logical_or(self.lines.numbered, read.numbered, out=self.lines.numbered)
        for own, grafted in zip(self.lines[_GRAFTED:], read[_GRAFTED:], strict=True):
            own[..., rows] = grafted
        return whole


_EACH = Lines._fields.index("status")
"""From here on, `Lines` has an entry or a column for each line."""
_GRAFTED = Lines._fields.index("kind")
"""From here on, what `Lines` has is of the record; before it, of the line."""


def _names(further: Sequence[str]) -> tuple[str, ...]:
    return (*READ_FIELDS, *(name for name in further if name not in READ_FIELDS))


def _likely_lines(data: Bytes) -> int:
    """Some more lines than there are, where those in a few samples are as long as the others: it
    takes a while to count them all.
    """
    size = data.size // _SAMPLES
    if size <= _SAMPLE:
        return count_lines(data)
    counts = [count_lines(data[at * size :][:_SAMPLE]) for at in range(_SAMPLES)]
    if max(counts) > 2 * min(counts):
        return count_lines(data)
    return int(1.1 * sum(counts) * size / _SAMPLE)


_SAMPLES, _SAMPLE = 4, 1 << 16


def _read(data: Bytes, first: int, further: Sequence[str], strings: Interner) -> Lines:
    """Read the lines from `first` on. Less than 2 GiB; a missing final newline is fine."""
    assert data.size < 2**31, "positions are 32-bit"
    layout = _layout(tuple(further))
    fields, groups = layout.name_ends.size, layout.group_ends.size
    lines = Lines.empty(_likely_lines(data[first:]), fields, groups)
    space = Workspace.of(fields, groups, data.size - first)
    row, at, stopped = 0, first, np.zeros(2, np.int64)
    while True:
        row = _read_lines(data, row, at, layout, strings.known, space, lines, stopped)
        at = int(stopped[0])
        if at >= data.size:
            break
        if row == lines.status.size:
            lines = lines.with_room(row + count_lines(data[at:]))
        else:
            strings.grow(int(stopped[1]))
    lines = lines.first(row)
    for of, field in enumerate(_NUMBERS):
        at = _SPANS[field]
        for row in np.flatnonzero(lines.doubtful[of]).tolist() if lines.given[field] else ():
            start, length = int(lines.start[at, row]), int(lines.length[at, row])
            lines.numbers[of, row] = float(data[start : start + length].tobytes())
    return lines


@kernel("fields")
def _read_lines(
    data: Bytes,
    row: int,
    at: int,
    layout: Layout,
    known: Known,
    space: Workspace,
    lines: Lines,
    stopped: Int64s,
) -> int:
    """Read the lines from number `row` on, which begins at `at`; the number of the line for which
    there is no room, or the end. `stopped` says where that line begins, and of how many bytes the
    string is for which there is no room among the known ones.
    """
    raise NotImplementedError
