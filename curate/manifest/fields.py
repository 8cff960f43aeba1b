"""The wanted fields of a chunk's lines, read while their bytes are still in the cache."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from curate.arrays import Bytes
from curate.manifest.scan import OK, Scan, scan
from curate.manifest.strict import Record
from curate.manifest.syntax import MISSING, NULL
from curate.manifest.values import Interner, Span, hash_spans, numbers, texts_differ
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
)
"""Fields that are read from every manifest; requested ones follow."""

WITHOUT_COLUMN = frozenset({"sampling_rate", "sample_rate", "channel", "_skipme"})
"""Fields among them that fill no column of their name: they may be requested in addition."""

AUDIO, DURATION, TEXT, OFFSET, LANG, TARGET, SOURCE, SPEAKER, PREDICTED = range(9)
TASK, TASKNAME, SOURCE_TEXT, ANSWER = range(9, 13)
SAMPLING_RATE, SAMPLE_RATE, CHANNEL, SKIPME = range(13, 17)

READ_FIELDS = (*FIELDS, *SPEAKER_FIELDS[1:])
"""FIELDS, and the other names of the speaker, which a caller may request as well."""

_DECLARED = ((LANG, TARGET, SOURCE), (TASK, TASKNAME), (CHANNEL,))
"""Fields behind the first rows of `Fields.codes`: of several the first that is given."""
_SPEAKERS = tuple((READ_FIELDS.index(name),) for name in SPEAKER_FIELDS)

PART_BYTES = 1 << 20
"""Each field is a pass of its own over the lines; of less, the calls would cost more than the work,
and of more, its bytes would leave the caches.
"""


def span_of(lines: Scan, field: int, rows: slice | npt.NDArray[np.int64] = slice(None)) -> Span:
    """One field of the lines."""
    return (
        np.ascontiguousarray(lines.kind[rows, field]),
        lines.start[rows, field].astype(np.int64),
        lines.length[rows, field].astype(np.int64),
    )


@dataclass(slots=True)
class Fields:
    """Fields of the lines. Per line: `seconds` and `offsets` (NaN where the value is not a number),
    `paths` (hash of the audio path, 0 for none), `translations` (whether source_lang and
    target_lang are texts that differ), and `codes`: a row of numbers into `strings` for
    the language, the task, the channel, each further field, and the speaker by each of
    SPEAKER_FIELDS.
    """

    further: Sequence[str]
    scan: Scan
    seconds: npt.NDArray[np.float64]
    offsets: npt.NDArray[np.float64]
    paths: npt.NDArray[np.uint64]
    translations: npt.NDArray[np.bool_]
    codes: npt.NDArray[np.int32]
    strings: Interner

    @classmethod
    def read(cls, data: Bytes, further: Sequence[str]) -> Fields:
        """Read whole lines: the fields of FIELDS, and these."""
        strings = Interner()
        parts = [_read_part(data, first, last, further, strings) for first, last in _parts(data)]
        scans, seconds, offsets, paths, translations, codes = zip(*parts, strict=True)
        return cls(
            further,
            _join(scans),
            np.concatenate(seconds),
            np.concatenate(offsets),
            np.concatenate(paths),
            np.concatenate(translations),
            np.concatenate(codes, axis=1),
            strings,
        )

    def graft(self, data: Bytes, records: Mapping[int, Record]) -> Bytes:
        """Give rows the fields of these records; returns the buffer with their bytes behind it."""
        rendered = [
            json.dumps({name: record[name] for name in _names(self.further) if name in record})
            for record in records.values()
        ]
        tail = np.frombuffer("\n".join(rendered).encode(), np.uint8)
        whole = np.concatenate([data, tail])
        scanned, seconds, offsets, paths, translations, codes = _read_part(
            whole, data.size, whole.size, self.further, self.strings
        )
        assert (scanned.status == OK).all(), "a plain rendering must be plain"
        rows = np.fromiter(records, np.int64)
        self.scan.kind[rows], self.scan.start[rows] = scanned.kind, scanned.start
        self.scan.length[rows] = scanned.length
        self.seconds[rows], self.offsets[rows], self.paths[rows] = seconds, offsets, paths
        self.translations[rows], self.codes[:, rows] = translations, codes
        return whole


_Part = tuple[
    Scan,
    npt.NDArray[np.float64],
    npt.NDArray[np.float64],
    npt.NDArray[np.uint64],
    npt.NDArray[np.bool_],
    npt.NDArray[np.int32],
]


def _names(further: Sequence[str]) -> tuple[str, ...]:
    return (*READ_FIELDS, *(name for name in further if name not in READ_FIELDS))


def _read_part(
    data: Bytes, first: int, last: int, further: Sequence[str], strings: Interner
) -> _Part:
    part = data[first:last]
    names = _names(further)
    lines = scan(part, names)
    columns = (*_DECLARED, *((names.index(name),) for name in further), *_SPEAKERS)
    read = (
        numbers(part, *span_of(lines, DURATION)),
        numbers(part, *span_of(lines, OFFSET)),
        hash_spans(part, *span_of(lines, AUDIO)),
        texts_differ(part, span_of(lines, SOURCE), span_of(lines, TARGET)),
        np.stack([_codes(part, lines, fields, strings) for fields in columns]),
    )
    lines.line_start[:] += first
    lines.start[:] += first
    return lines, *read


def _codes(
    part: Bytes, lines: Scan, fields: tuple[int, ...], strings: Interner
) -> npt.NDArray[np.int32]:
    if not lines.kind[:, fields].any():
        return np.full(lines.status.size, -1, np.int32)
    return strings.codes(part, *_first_given(lines, *fields))


def _parts(data: Bytes) -> Iterator[tuple[int, int]]:
    """Cut the lines into parts of about PART_BYTES, at newlines; at least one part."""
    first = 0
    while data.size - first > PART_BYTES:
        behind = data[first + PART_BYTES :]
        newline = int(np.argmax(behind[: 64 << 10] == 10))
        if behind[newline] != 10:  # a line longer than that: take all the rest at once
            break
        last = first + PART_BYTES + newline + 1
        yield first, last
        first = last
    yield first, data.size


def _join(scans: Sequence[Scan]) -> Scan:
    return Scan(*(np.concatenate([getattr(s, f.name) for s in scans]) for f in fields(Scan)))


def _first_given(lines: Scan, field: int, *others: int) -> Span:
    """The first of these fields that a line has and that is not null. So a language is `lang`,
    else target_lang (what the text is in), else source_lang.
    """
    kind, start, length = span_of(lines, field)
    for other in others:
        absent = (kind == MISSING) | (kind == NULL)
        if not absent.any():
            break
        other_kind, other_start, other_length = span_of(lines, other)
        kind = np.where(absent, other_kind, kind)
        start = np.where(absent, other_start, start)
        length = np.where(absent, other_length, length)
    return kind, start, length
