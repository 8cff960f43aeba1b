"""NeMo JSONL manifests: chunks of lines to Clips, with every line accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import Bytes
from curate.artifacts.alike import alike
from curate.artifacts.columns import (
    AUDIO_CHANNEL,
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
    TASK,
    TEXT_KEY,
)
from curate.artifacts.frames import Clips, Languages, Spans
from curate.manifest.audio_files import Bases, bases_of, recording_keys
from curate.manifest.chunks import Chunk
from curate.manifest.ffmpeg_paths import ffmpeg_rows
from curate.manifest.fields import (
    ANSWER,
    AUDIO,
    NEMO_WORDS,
    OFFSET,
    PREDICTED,
    PREDICTED_2,
    SAMPLE_RATE,
    SAMPLING_RATE,
    SCORE,
    SOURCE_TEXT,
    TEXT,
    WORD_CONFIDENCE,
    WORDS,
    Fields,
    Lines,
)
from curate.manifest.folder_keys import PathParts
from curate.manifest.origin import Origin
from curate.manifest.path_sample import NO_PATHS, BatchPaths, sample_paths
from curate.manifest.row_values import taken, without
from curate.manifest.scan import BLANK
from curate.manifest.scores import read_scores
from curate.manifest.series import audio_keys, channel_column, key_column, reason_column
from curate.manifest.strict import (
    channel_of,
)
from curate.manifest.syntax import ESCAPED, MISSING, NULL, STRING
from curate.manifest.unread import CHANNEL_CODES, Unread, find_unread
from curate.manifest.values import Interner, unescape
from curate.text.ids import SPEAKER_FIELDS
from curate.text.words import digest_bytes

DURATION_S = "duration_s"


class Batch(NamedTuple):
    """What was read of one chunk: its lines, rows (lines that are not blank), and their hash;
    `ffmpeg_rows` name audio that only ffmpeg reads, `sample` holds some of the audio paths.
    """

    lines: int
    rows: int
    blank_lines: int
    blank_bytes: int
    digest: int
    ffmpeg_rows: int = 0
    sample: BatchPaths = NO_PATHS


def read_batch(chunk: Chunk, extra_fields: Sequence[str] = (), bases: Bases | None = None) -> Clips:
    """The Clips of one chunk, as `read_lines` reads it."""
    return read_lines([chunk], extra_fields, None if bases is None else [bases])[0]


def read_lines(
    chunks: Sequence[Chunk],
    extra_fields: Sequence[str] = (),
    bases: Sequence[Bases] | None = None,
) -> tuple[Clips, list[Batch]]:
    """Read chunks in one pass: their Clips in order, and what there was of each.

    Line numbers count from each chunk's first line (1-based). `extra_fields` become String columns
    of their own, named as they are. `bases`: for each chunk where its relative audio paths begin;
    by default at the folder of its source. Every non-blank line gives exactly one row, in order: a
    record, or malformed with its reason.
    """
    lines = _Lines.of(chunks)
    data: Bytes = np.frombuffer(lines.data, np.uint8)
    read = Fields.read(data, extra_fields)
    blank = read.lines.status == BLANK
    data, unread = find_unread(data, lines.data, read, blank)
    rows = np.flatnonzero(~blank)
    places, of = lines.places(read.lines, rows), lines.chunk_of(read.lines, rows)
    broken = unread.without_record(rows)
    paths, start, length = unescape(data, *read.span_of(AUDIO, rows))
    named = without(length, broken, 0)
    parts = read.path_parts(rows)
    if broken.any():
        nameless = np.flatnonzero(broken)
        parts = parts.replaced(nameless, PathParts.of(paths, start[nameless], named[nameless]))
    keys = recording_keys(paths, start, named, of, bases or lines.bases, parts)
    places[RECORDING_KEY.name] = key_column(keys, broken)
    clips = _clips(places, data, read, rows, unread, extra_fields)
    batches = lines.batches(read.lines, blank)
    foreign = ffmpeg_rows(paths, start, length, taken(read.lines.foreign, rows))
    undecoded = np.bincount(of[foreign], minlength=len(batches)).tolist()
    end_s = taken(read.seconds, rows)
    if read.gives(OFFSET):
        end_s = end_s + np.nan_to_num(taken(read.offsets, rows), posinf=0.0, neginf=0.0)
    samples = sample_paths(paths, start, named, end_s, of, len(batches))
    return clips, [
        batch._replace(ffmpeg_rows=count, sample=sample)
        for batch, count, sample in zip(batches, undecoded, samples, strict=True)
    ]


class _Lines(NamedTuple):
    """Chunks as one run of lines; `first` is where each begins."""

    chunks: Sequence[Chunk]
    data: bytes
    first: npt.NDArray[np.int64]

    @classmethod
    def of(cls, chunks: Sequence[Chunk]) -> _Lines:
        """A last line without a newline is none of the next chunk's."""
        if len(chunks) == 1:
            return cls(chunks, chunks[0].data, np.zeros(1, np.int64))
        ended = [
            chunk.data if chunk.data.endswith(b"\n") else chunk.data + b"\n" for chunk in chunks
        ]
        size = np.array([len(data) for data in ended], np.int64)
        return cls(chunks, b"".join(ended), np.cumsum(size) - size)

    @property
    def bases(self) -> list[Bases]:
        """Where relative audio paths begin in each chunk, as in a NeMo manifest."""
        return [bases_of(Origin(chunk.source)) for chunk in self.chunks]

    def chunk_of(self, read: Lines, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Which chunk each row is of."""
        if len(self.chunks) == 1:
            return np.zeros(rows.size, np.int64)
        first_line = np.searchsorted(read.line_start, self.first)
        return np.searchsorted(first_line, rows, side="right").astype(np.int64) - 1

    def places(self, read: Lines, rows: npt.NDArray[np.int64]) -> dict[str, pl.Series]:
        """Source, line and bytes of each row, as its own file counts them."""
        line, start, length = rows + 1, taken(read.line_start, rows), taken(read.line_length, rows)
        source = alike(self.chunks[0].source, rows.size, pl.String())
        offset = np.array([chunk.byte_offset for chunk in self.chunks], np.int64) - self.first
        if len(self.chunks) == 1:
            start = start + offset[0]
        else:
            of = self.chunk_of(read, rows)
            line -= np.searchsorted(read.line_start, self.first)[of]
            start = start + offset[of]
            source = pl.Series([chunk.source for chunk in self.chunks], dtype=pl.String)[of]
        return {
            SOURCE.name: source,
            LINE.name: pl.Series(line),
            BYTE_OFFSET.name: pl.Series(start),
            BYTE_LENGTH.name: pl.Series(length),
        }

    def batches(self, read: Lines, blank: npt.NDArray[np.bool_]) -> list[Batch]:
        """What there was of each chunk."""
        bounds = [*np.searchsorted(read.line_start, self.first).tolist(), blank.size]
        batches = []
        for chunk, first, end in zip(self.chunks, bounds, bounds[1:], strict=False):
            empty = blank[first:end]
            none = int(np.count_nonzero(empty))
            size = int(read.line_length[first:end][empty].sum()) if none else 0
            lines = end - first
            batches.append(Batch(lines, lines - none, none, size, chunk_digest(chunk.data)))
        return batches


def chunk_digest(data: bytes) -> int:
    """64-bit hash of a chunk's bytes, to notice a changed manifest; no proof against malice."""
    return int(digest_bytes(np.frombuffer(data, np.uint8)))


def _channels(
    values: pl.Series, codes: npt.NDArray[np.int32] | None
) -> npt.NDArray[np.int16] | None:
    """The channel of each row, -1 where none is given; None where no row gives one."""
    if codes is None:
        return None
    number = np.full(values.len(), -1, np.int16)
    for code in np.unique(codes[codes >= 0]).tolist():
        channel = channel_of(values[code])
        number[code] = -1 if channel is None else channel
    channels: npt.NDArray[np.int16] = number[codes]  # the last of all, for -1, is no channel
    return channels


def _clips(
    places: Mapping[str, pl.Series],
    data: Bytes,
    read: Fields,
    rows: npt.NDArray[np.int64],
    unread: Unread,
    extra_fields: Sequence[str],
) -> Clips:
    """The rows. Of skipped lines only the length counts, of untranscribed ones all but the text."""
    broken = unread.without_record(rows)
    text_data, start, length = unescape(data, *read.span_of(TEXT, rows))
    texts = Spans(text_data, start, without(length, unread.without_text(rows), 0))
    seconds = without(taken(read.seconds, rows), unread.is_malformed(rows), np.nan)
    offsets = without(taken(read.offsets, rows), broken, np.nan) if read.gives(OFFSET) else None
    strings = read.strings.strings()
    codes = [read.codes_of(group, rows) for group in range(read.lines.numbered.size)]
    channels = _channels(strings, codes[CHANNEL_CODES])
    names = len(SPEAKER_FIELDS)
    codes_of = [*codes[:CHANNEL_CODES], *codes[CHANNEL_CODES + 1 : -names]]
    named = dict(zip((LANG.name, TASK.name, *extra_fields), codes_of, strict=True))
    paths = taken(read.lines.paths, rows)
    segments = audio_keys(paths, np.float64(np.nan) if offsets is None else offsets, channels)
    columns = {
        **places,
        MALFORMED.name: reason_column(rows, unread.reasons),
        AUDIO_KEY.name: key_column(segments, broken),
        TEXT_KEY.name: alike(None, rows.size, pl.UInt64()),
        NORMAL_KEY.name: alike(None, rows.size, pl.UInt64()),
        **{name: _named(strings, each, broken) for name, each in named.items()},
        SPEAKER.name: _speakers(read.strings, codes[-names:], broken),
        OFFSET_S.name: _seconds(offsets, rows.size),
        AUDIO_CHANNEL.name: channel_column(channels, broken, rows.size),
        DURATION_US.name: _microseconds(seconds),
        DURATION_S: _seconds(without(seconds, broken, np.nan), rows.size),
    }
    order = dict.fromkeys([*(column.name for column in RECORD), DURATION_S, *extra_fields])
    return Clips(
        # Of a dictionary's columns Polars examines each.
        pl.DataFrame([columns[name].alias(name) for name in order]),
        texts,
        _predicted(data, read, PREDICTED, rows, broken),
        taken(read.lines.translations, rows),
        _other_side(data, read, rows, broken),
        _offset_faults(read, rows),
        _rates_beside_offsets(read, rows),
        _scores(data, read, rows, broken),
        _predicted(data, read, PREDICTED_2, rows, broken),
        _languages(strings, named[LANG.name], broken),
    )


def _seconds(values: npt.NDArray[np.float64] | None, rows: int) -> pl.Series:
    """Numbers of so many rows, null for NaN; of None no row has any."""
    if values is None:
        return alike(None, rows, pl.Float64())
    return pl.Series(values, nan_to_null=True)


def _microseconds(seconds: npt.NDArray[np.float64]) -> pl.Series:
    """Whole microseconds; null for NaN."""
    whole = np.rint(seconds * 1e6)
    if np.isnan(whole).any():
        return pl.Series(whole, nan_to_null=True).cast(pl.Int64)
    return pl.Series(whole.astype(np.int64))


def _named(
    strings: pl.Series, codes: npt.NDArray[np.int32] | None, broken: npt.NDArray[np.bool_]
) -> pl.Series:
    """The strings of these numbers, -1 for none, and of None none at all; null for lines that are
    no record.
    """
    if codes is None:
        return alike(None, broken.size, pl.String())
    codes = without(codes, broken | (codes < 0), strings.len() - 1)
    return strings[pl.Series(codes.view(np.uint32))]


def _languages(
    strings: pl.Series, codes: npt.NDArray[np.int32] | None, broken: npt.NDArray[np.bool_]
) -> Languages:
    """The languages of a column that `_named` makes of the same."""
    if codes is None:
        return Languages([None], np.zeros(broken.size, np.int64))
    null = strings.len() - 1
    codes = without(codes, broken | (codes < 0), null)
    place = np.zeros(strings.len(), np.int64)
    place[codes] = place[null] = 1
    used = np.flatnonzero(place)
    place[used] = np.arange(used.size)
    return Languages(strings[used].to_list(), place[codes])


def _speakers(
    strings: Interner,
    codes_of: Sequence[npt.NDArray[np.int32] | None],
    broken: npt.NDArray[np.bool_],
) -> pl.Series:
    """Canonical ids; `codes_of` is numbers by each name of the speaker, the first id counts."""
    given = [codes for codes in codes_of if codes is not None]
    if not given:
        return _named(strings.strings(), None, broken)
    ids = strings.ids(*given)
    chosen = given[0]
    if given[1:]:
        named = ids.is_not_null().to_numpy()
        for others in given[1:]:
            chosen = np.where(named[chosen], chosen, others)
    return _named(ids, chosen, broken)


def _scores(
    data: Bytes, read: Fields, rows: npt.NDArray[np.int64], broken: npt.NDArray[np.bool_]
) -> Mapping[str, npt.NDArray[np.float64]] | None:
    """The numbers that a model gave the rows, as `read_scores` has them."""
    lists = WORDS, NEMO_WORDS, WORD_CONFIDENCE
    if not read.gives(SCORE, *lists):
        return None
    spans = [read.span_of(field, rows) for field in lists]
    return read_scores(data, read.span_of(SCORE, rows), spans, broken)


def _predicted(
    data: Bytes,
    read: Fields,
    field: int,
    rows: npt.NDArray[np.int64],
    broken: npt.NDArray[np.bool_],
) -> Spans | None:
    if not read.gives(field):
        return None
    kind, start, length = read.span_of(field, rows)
    is_text = ((kind == STRING) | (kind == ESCAPED)) & ~broken
    if not is_text.any():
        return None
    predicted = Spans(*unescape(data, kind, start, length))
    return Spans(predicted.data, predicted.start, np.where(is_text, predicted.length, -1))


def _other_side(
    data: Bytes, read: Fields, rows: npt.NDArray[np.int64], broken: npt.NDArray[np.bool_]
) -> Spans | None:
    """What the text, were it a translation, translates (`source_text`) or is translated into
    (`answer`, as Canary's manifests have it); None where no row says either.
    """
    if not read.gives(SOURCE_TEXT, ANSWER):
        return None
    kind, start, length = read.span_of(SOURCE_TEXT, rows)
    silent = (kind != STRING) & (kind != ESCAPED)
    other = read.span_of(ANSWER, rows)
    kind = np.where(silent, other[0], kind)
    start, length = np.where(silent, other[1], start), np.where(silent, other[2], length)
    is_text = ((kind == STRING) | (kind == ESCAPED)) & ~broken
    if not is_text.any():
        return None
    other_side = Spans(*unescape(data, kind, start, length))
    return Spans(other_side.data, other_side.start, np.where(is_text, other_side.length, 0))


def _offset_faults(read: Fields, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_] | None:
    """Offsets that are given and negative or no finite number; None where there are none."""
    if not read.gives(OFFSET):
        return None
    kind, offsets = taken(read.kind_of(OFFSET), rows), taken(read.offsets, rows)
    given = (kind != MISSING) & (kind != NULL)
    faults: npt.NDArray[np.bool_] = given & ~((offsets >= 0) & (offsets < np.inf))
    return faults if faults.any() else None


def _rates_beside_offsets(
    read: Fields, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_] | None:
    """Rows that give an offset and a sampling rate; None where there are none.

    As `curate.nemo.manifest_fields.has_rate_beside_offset` has it.
    """
    if not read.gives(OFFSET) or not read.gives(SAMPLING_RATE, SAMPLE_RATE):
        return None
    kinds = (taken(read.kind_of(field), rows) for field in (OFFSET, SAMPLING_RATE, SAMPLE_RATE))
    offset, rate, other_rate = ((kind != MISSING) & (kind != NULL) for kind in kinds)
    pairs: npt.NDArray[np.bool_] = offset & (rate | other_rate)
    return pairs if pairs.any() else None
