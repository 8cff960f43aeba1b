"""NeMo JSONL manifests: chunks of lines to Clips, with every line accounted for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.columns import (
    AUDIO_KEY,
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_US,
    LANG,
    LINE,
    MALFORMED,
    NORMAL_KEY,
    OFFSET_S,
    RECORD,
    RECORDING_KEY,
    SOURCE,
    SPEAKER,
    TEXT_KEY,
)
from curate.frames import Clips, Spans
from curate.manifest.chunks import Chunk
from curate.manifest.scan import BLANK, OK, Scan, scan
from curate.manifest.strict import LONGEST_S, Malformed, Record, parse_line, why_no_record
from curate.manifest.syntax import ESCAPED, MISSING, NULL, STRING
from curate.manifest.values import Bytes, combine, hash_spans, numbers, strings, unescape
from curate.text.words import digest_bytes

FIELDS = (
    "audio_filepath",
    "duration",
    "text",
    "offset",
    "lang",
    "target_lang",
    "source_lang",
    "speaker",
)
DURATION_S = "duration_s"
_AUDIO, _DURATION, _TEXT, _OFFSET, _LANG, _TARGET, _SOURCE, _SPEAKER = range(len(FIELDS))


@dataclass(frozen=True, slots=True)
class Batch:
    """The Clips of one chunk; line numbers count from the chunk's first line (1-based)."""

    clips: Clips
    lines: int
    blank_lines: int
    blank_bytes: int
    digest: int


def read_batch(chunk: Chunk, extra_fields: Sequence[str] = ()) -> Batch:
    """Read one chunk. `extra_fields` become String columns of their own, named as they are.

    Every non-blank line gives exactly one row, in order: a record, or malformed with its reason.
    """
    data: Bytes = np.frombuffer(chunk.data, np.uint8)
    fields = (*FIELDS, *extra_fields)
    found = scan(data, fields)
    blank = found.status == BLANK
    seconds = _numbers(data, found, _DURATION)
    clear = _is_record(found, seconds)
    rows = np.flatnonzero(~blank)
    doubtful = np.flatnonzero(~blank & ~clear)
    reasons: dict[int, str] = {}
    odd_lines: dict[int, bytes] = {}
    for row in doubtful.tolist():
        first = int(found.line_start[row])
        line = chunk.data[first : first + int(found.line_length[row])]
        outcome = _judge(line)
        if isinstance(outcome, str):
            reasons[row] = outcome
        else:  # a record that only the scanner found odd: read it from a plain rendering
            odd_lines[row] = _plain(outcome, fields)
    if odd_lines:
        data, found = _graft(data, found, odd_lines, fields)
        seconds = _numbers(data, found, _DURATION)
    clips = _columns(chunk, data, found, rows, seconds[rows], reasons, extra_fields)
    return Batch(
        clips,
        lines=found.status.size,
        blank_lines=int(blank.sum()),
        blank_bytes=int(found.line_length[blank].sum()),
        digest=chunk_digest(chunk.data),
    )


def chunk_digest(data: bytes) -> int:
    """64-bit hash of a chunk's bytes, to notice a changed manifest; no proof against malice."""
    return int(digest_bytes(np.frombuffer(data, np.uint8)))


def _judge(line: bytes) -> Record | str:
    try:
        record = parse_line(line)
    except Malformed as fault:
        return str(fault)
    return why_no_record(record) or record


def _plain(record: Record, fields: Sequence[str]) -> bytes:
    kept = {name: record[name] for name in fields if name in record}
    return json.dumps(kept, ensure_ascii=False).encode()


def _graft(
    data: Bytes, found: Scan, lines: dict[int, bytes], fields: Sequence[str]
) -> tuple[Bytes, Scan]:
    """Append plain renderings to the buffer and point their rows' fields there."""
    tail = np.frombuffer(b"\n".join(lines.values()), np.uint8)
    second = scan(tail, fields)
    assert (second.status == OK).all(), "a plain rendering must be plain"
    rows = np.fromiter(lines, np.int64)
    found.kind[rows] = second.kind
    found.start[rows] = second.start + data.size
    found.length[rows] = second.length
    return np.concatenate([data, tail]), found


def _is_record(found: Scan, seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Lines that are records beyond doubt, judged as `strict.why_no_record` judges."""
    kind, length = found.kind, found.length
    audio, text = kind[:, _AUDIO], kind[:, _TEXT]
    is_string = (audio == STRING) | (audio == ESCAPED)
    has_text = (text == STRING) | (text == ESCAPED)
    clear = (found.status == OK) & is_string & (length[:, _AUDIO] > 0) & has_text
    result: npt.NDArray[np.bool_] = clear & (seconds > 0) & (seconds <= LONGEST_S)
    return result


def _numbers(
    data: Bytes, found: Scan, field: int, rows: slice | npt.NDArray[np.int64] = slice(None)
) -> npt.NDArray[np.float64]:
    return numbers(data, *_field(found, field, rows))


def _field(
    found: Scan, field: int, rows: slice | npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return (
        found.kind[rows, field],
        found.start[rows, field].astype(np.int64),
        found.length[rows, field].astype(np.int64),
    )


def _columns(
    chunk: Chunk,
    data: Bytes,
    found: Scan,
    rows: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.float64],
    reasons: dict[int, str],
    extra_fields: Sequence[str],
) -> Clips:
    malformed = _reasons(rows, reasons)
    broken = malformed.is_not_null().to_numpy()
    found.kind[rows[broken]] = MISSING
    texts = Spans(*unescape(data, *_field(found, _TEXT, rows)))
    texts.length[broken] = 0
    paths = hash_spans(data, *_field(found, _AUDIO, rows))
    offsets = _numbers(data, found, _OFFSET, rows)
    seconds[broken] = np.nan
    frame = pl.DataFrame(
        {
            SOURCE.name: pl.repeat(chunk.source, rows.size, dtype=pl.String, eager=True),
            LINE.name: rows + 1,
            BYTE_OFFSET.name: found.line_start[rows] + chunk.byte_offset,
            BYTE_LENGTH.name: found.line_length[rows],
            MALFORMED.name: malformed,
            AUDIO_KEY.name: combine(paths, offsets),
            RECORDING_KEY.name: paths,
            LANG.name: _language(data, found, rows),
            SPEAKER.name: strings(data, *_field(found, _SPEAKER, rows)),
            OFFSET_S.name: pl.Series(offsets).fill_nan(None),
            DURATION_S: pl.Series(seconds).fill_nan(None),
            **{
                name: strings(data, *_field(found, len(FIELDS) + k, rows))
                for k, name in enumerate(extra_fields)
            },
        }
    )
    null_key = pl.lit(None, pl.UInt64)
    keyed = frame.with_columns(
        pl.when(MALFORMED.expr.is_null()).then(AUDIO_KEY.expr).alias(AUDIO_KEY.name),
        pl.when(MALFORMED.expr.is_null()).then(RECORDING_KEY.expr).alias(RECORDING_KEY.name),
        null_key.alias(TEXT_KEY.name),
        null_key.alias(NORMAL_KEY.name),
        _microseconds(DURATION_S).alias(DURATION_US.name),
    )
    names = [column.name for column in RECORD]
    return Clips(keyed.select(*names, DURATION_S, *extra_fields), texts)


def _reasons(rows: npt.NDArray[np.int64], reasons: dict[int, str]) -> pl.Series:
    if not reasons:
        return pl.repeat(None, rows.size, dtype=pl.String, eager=True)
    return pl.Series([reasons.get(row) for row in rows.tolist()], dtype=pl.String)


def _microseconds(seconds: str) -> pl.Expr:
    return (pl.col(seconds) * 1e6).round(0).cast(pl.Int64)


def _language(data: Bytes, found: Scan, rows: npt.NDArray[np.int64]) -> pl.Series:
    """The declared language: lang, else target_lang (what the text is in), else source_lang."""
    candidates = [_LANG, _TARGET, _SOURCE]
    kind, start, length = _field(found, candidates[0], rows)
    for field in candidates[1:]:
        absent = (kind == MISSING) | (kind == NULL)
        if not absent.any():
            break
        other_kind, other_start, other_length = _field(found, field, rows)
        kind = np.where(absent, other_kind, kind)
        start = np.where(absent, other_start, start)
        length = np.where(absent, other_length, length)
    return strings(data, kind, start, length)
