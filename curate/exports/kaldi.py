"""A Kaldi data directory, sorted as Kaldi requires: text, wav.scp, segments, utt2spk, spk2utt,
utt2dur, utt2lang.

Utterance ids begin with the speaker, so that both orders agree. Kaldi runs what wav.scp has with a
`|`: such an audio path is refused. Its files go by lines and words: a text with a line break is
refused, and speakers are written without blanks.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl

from curate.exports.keys import Keys, without_space
from curate.exports.output import Output, Report
from curate.exports.spooled import Spooled, SpooledRecord
from curate.formatting.units import plural
from curate.manifest.origin import is_command
from curate.manifest.strict import channel_of

_HELD = frozenset({"id", "audio_filepath", "duration", "offset", "text", "lang", "speaker",
                   "channel", "_skipme"})  # fmt: skip
_BREAK = re.compile(r"[\n\r\x00]")
_COLUMNS = {"utterance": pl.String, "speaker": pl.String, "text": pl.String, "lang": pl.String,
            "audio": pl.String, "start": pl.String, "end": pl.String, "channel": pl.Int64,
            "duration": pl.String}  # fmt: skip
_SCHEMA = pl.Schema(_COLUMNS)


def _write(records: Spooled, scratch: Path, report: Report) -> None:
    left_out, keys = Counter[str](), Keys()
    rows = pl.DataFrame(_rows(records, report, left_out, keys), _SCHEMA, orient="row")
    rows = rows.sort("utterance")  # by bytes, as the C locale has it
    cut = bool(rows.filter(pl.col("start").is_not_null() | pl.col("channel").is_not_null()).height)
    recordings = _recordings(rows) if cut else rows.with_columns(recording="utterance")
    _put(scratch / "wav.scp", recordings.unique("recording").sort("recording"),
         lambda row: f"{row['recording']} {row['audio']}")  # fmt: skip
    if cut:
        _put(scratch / "segments", recordings, _segment)
    _put(scratch / "text", rows, lambda row: f"{row['utterance']} {row['text']}".rstrip(" "))
    _put(scratch / "utt2spk", rows, lambda row: f"{row['utterance']} {row['speaker']}")
    _put(scratch / "utt2dur", rows, lambda row: f"{row['utterance']} {row['duration']}")
    spoken = rows.filter(pl.col("lang").is_not_null())
    if spoken.height:
        _put(scratch / "utt2lang", spoken, lambda row: f"{row['utterance']} {row['lang']}")
    spoken_by = rows.group_by("speaker").agg(pl.col("utterance").str.join(" ")).sort("speaker")
    _put(scratch / "spk2utt", spoken_by, lambda row: f"{row['speaker']} {row['utterance']}")
    report.warn_left_out(left_out, "fields that Kaldi has no file for")
    by_pipe = recordings.filter(~pl.col("audio").str.to_lowercase().str.ends_with(".wav")).height
    if by_pipe:
        report.warnings.append(
            f"the audio of {plural(by_pipe, 'record')} is no WAV file: Kaldi's own programs read "
            "it by a pipe, such as flac -c -d -s FILE |"
        )


Row = dict[str, object]


def _rows(
    records: Spooled, report: Report, left_out: Counter[str], keys: Keys
) -> Iterator[tuple[object, ...]]:
    for one in records:
        reason = _why_not(one)
        if reason is not None:
            report.refuse(one, reason)
            continue
        left_out.update(name for name in one.record if name not in _HELD)
        yield _row(one, keys)


def _why_not(one: SpooledRecord) -> str | None:
    """Why Kaldi cannot hold a record; None where it can."""
    if one.is_skipped:
        return "Kaldi cannot say that a record is skipped (_skipme)"
    if is_command(one.audio):
        return "Kaldi would run its audio path as a command"
    if one.record.get("text") is None:
        return "it has no text"
    if _BREAK.search(str(one.record["text"])):
        return "its text has a line break, and Kaldi's files have a line for each"
    if _BREAK.search(one.audio) or one.audio != one.audio.strip():
        return "its audio path has a line break or outer blanks, which wav.scp cannot hold"
    return None


def _row(one: SpooledRecord, keys: Keys) -> tuple[object, ...]:
    record = one.record
    named = without_space(str(record["speaker"])) if record.get("speaker") is not None else ""
    utterance = keys.of(one, f"{named}-" if named else "")
    lang = None if record.get("lang") is None else without_space(str(record["lang"]))
    channel = channel_of(json.dumps(record.get("channel")))
    start, length = Decimal(str(record.get("offset") or 0)), Decimal(str(record["duration"]))
    is_cut = bool(start) or channel is not None
    return (utterance, named or utterance, record["text"], lang or None, one.audio,
            _number(start) if is_cut else None, _number(start + length), channel,
            _number(length))  # fmt: skip


def _number(value: Decimal) -> str:
    return f"{value:f}"


def _recordings(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with ids of their recordings: the number of each audio file, by first use."""
    numbers = {path: f"recording-{at:08d}" for at, path in enumerate(dict.fromkeys(rows["audio"]))}
    return rows.with_columns(recording=pl.col("audio").replace_strict(numbers))


def _segment(row: Row) -> str:
    start = row["start"] or "0"
    channel = "" if row["channel"] is None else f" {row['channel']}"
    return f"{row['utterance']} {row['recording']} {start} {row['end']}{channel}"


def _put(path: Path, rows: pl.DataFrame, line: Callable[[Row], str]) -> None:
    lines: Iterable[str] = map(line, rows.iter_rows(named=True))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"{each}\n" for each in lines)


KALDI = Output(
    "kaldi",
    "a Kaldi data directory: text, wav.scp, segments, utt2spk, utt2dur, utt2lang",
    _write,
    "kaldi",
    marker="wav.scp",
    own_names="text|wav.scp|segments|utt2(spk|dur|lang)|spk2utt",
)
