"""The columns of the records table, as objects: the one place where their names are written.

The record columns say which input line a row is; metric columns are declared in
`curate.metrics`; verdict columns are added by `curate.rules.evaluate`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import polars as pl

from curate.artifacts.unread import UNREAD_BY, UNTRANSCRIBED_BY
from curate.artifacts.verdicts import VERDICTS

VERDICT_TYPE = pl.Enum(VERDICTS)


class Column(NamedTuple):
    """A column: its name in files, its type, and what it means (units in the name)."""

    name: str
    dtype: pl.DataType
    meaning: str

    @property
    def expr(self) -> pl.Expr:
        """The column as a Polars expression."""
        return pl.col(self.name)


SOURCE = Column("source", pl.String(), "manifest of the line, as it was named")
LINE = Column("line", pl.Int64(), "1-based line number in the (decompressed) manifest")
BYTE_OFFSET = Column("byte_offset", pl.Int64(), "where the line starts, bytes (decompressed)")
BYTE_LENGTH = Column("byte_length", pl.Int64(), "length of the line without its line end, bytes")
MALFORMED = Column(
    "malformed", pl.String(),
    "why no rule evaluates the line: malformed, its own _skipme, or a text that is null; null "
    "where rules do",
)  # fmt: skip
AUDIO_KEY = Column(
    "audio_key", pl.UInt64(), "hash of audio_filepath, offset and channel, as written"
)
RECORDING_KEY = Column(
    "recording_key", pl.UInt64(), "hash of the audio file, however its path is spelled"
)
TEXT_KEY = Column("text_key", pl.UInt64(), "hash of the verbatim text")
NORMAL_KEY = Column(
    "normal_key", pl.UInt64(), "hash of the text's normal form (curate.text.normalise)"
)
LANG = Column("lang", pl.String(), "declared language (lang, else target_lang, source_lang)")
SPEAKER = Column(
    "speaker",
    pl.String(),
    "speaker by curate.text.ids: one spelling for each; null where the line names nobody",
)
TASK = Column("task", pl.String(), "the task for a multitask model (task, else taskname)")
OFFSET_S = Column("offset_s", pl.Float64(), "start of the segment in its recording, seconds")
AUDIO_CHANNEL = Column(
    "audio_channel", pl.Int16(), "channel of the file that is read, from 0; null for all of them"
)
DURATION_US = Column("duration_us", pl.Int64(), "duration in whole microseconds; null if malformed")
DURATION_BIN = "duration_bin"
"""The stratum column of duration classes, which splits always have."""
DURATION_BINS = (
    (0.0, "0-1 s"), (1.0, "1-2 s"), (2.0, "2-5 s"), (5.0, "5-10 s"), (10.0, "10-20 s"),
    (20.0, "20-30 s"), (30.0, "30+ s"),
)  # fmt: skip
"""Where each duration class begins, in seconds, and its label."""

RECORD = (
    SOURCE,
    LINE,
    BYTE_OFFSET,
    BYTE_LENGTH,
    MALFORMED,
    AUDIO_KEY,
    RECORDING_KEY,
    TEXT_KEY,
    NORMAL_KEY,
    LANG,
    SPEAKER,
    TASK,
    OFFSET_S,
    AUDIO_CHANNEL,
    DURATION_US,
)

SCRIPT = Column("script", pl.String(), "script of most letters of the text (ISO 15924 code)")
TRANSLATION = Column(
    "translation", pl.Boolean(), "whether source_lang and target_lang are given and differ"
)

LANG_CODE = Column(
    "lang_code", pl.String(), "ISO 639 code of the declared language: `hy` for hy-AM, hye, Armenian"
)

DESCRIBED = (SCRIPT, TRANSLATION, LANG_CODE)
"""What is known of a text beside its measures; null for malformed rows."""

BANDS = 14
"""Keys in NEAR_KEYS."""

DETECTED_LANG = Column("detected_lang", pl.String(), "language that the text reads as (group lid)")
NEAR_KEYS = Column(
    "near_keys",
    pl.Array(pl.UInt64(), BANDS),
    "bands of the text's MinHash: near-duplicates share one at the same place (near_duplicates)",
)

AUDIO_FAULT = Column(
    "audio_fault",
    pl.String(),
    "what is wrong with the audio, one of curate.audio.faults; `none` for nothing, null where it "
    "was not analysed",
)
AUDIO_WHY = Column("audio_why", pl.String(), "the fault of the audio in words; null without one")
AUDIO_CODEC = Column("audio_codec", pl.String(), "container and encoding, as in `flac pcm_16`")
SIGNAL_KEY = Column("signal_key", pl.UInt64(), "hash of the decoded samples and their rate")

DESCRIBED_BY: Mapping[str, tuple[Column, ...]] = {
    "lid": (DETECTED_LANG,),
    "near_duplicates": (NEAR_KEYS,),
    "audio": (AUDIO_FAULT, AUDIO_WHY, AUDIO_CODEC),
    "signal": (SIGNAL_KEY,),
}
"""What is known beside, where a group of metrics is requested."""


def described(groups: Collection[str] = ()) -> tuple[Column, ...]:
    """DESCRIBED, and what these groups of metrics add to it."""
    more = (
        column for name, columns in DESCRIBED_BY.items() if name in groups for column in columns
    )
    return (*DESCRIBED, *more)


VERDICT = Column("verdict", VERDICT_TYPE, f"{', '.join(VERDICTS[:-1])} or {VERDICTS[-1]}")
TAGS = Column("tags", pl.List(pl.String()), "severity:rule for each triggered rule, in rule order")
REASON = Column("reason", pl.String(), "the tags in words, with values and limits; null if clean")

VERDICT_COLUMNS = (VERDICT, TAGS, REASON)

OVERRIDE = Column(
    "override", pl.Int32(), "line of overrides.jsonl that set the verdict; null where none did"
)
TEXT_OVERRIDE = Column(
    "text_override", pl.Int32(), "line of overrides.jsonl that set the text; null where none did"
)
TEXT_FIX = Column("text_fix", pl.String(), "that text, in place of the record's; null elsewhere")

SEGMENT_OVERRIDE = Column(
    "segment_override",
    pl.Int32(),
    "line of overrides.jsonl that set the segment; null where none did",
)
OFFSET_FIX = Column(
    "offset_fix", pl.Float64(), "its start, in place of the record's, seconds; null elsewhere"
)
DURATION_FIX = Column(
    "duration_fix", pl.Float64(), "its duration, in place of the record's, seconds; null elsewhere"
)

FIXES = (TEXT_FIX, OFFSET_FIX, DURATION_FIX)
"""What manual overrides have in place of what the record's line says."""
DECIDED = (OVERRIDE, TEXT_OVERRIDE, SEGMENT_OVERRIDE, *FIXES)
"""Manual overrides of a row."""


def schema(columns: tuple[Column, ...]) -> Mapping[str, pl.DataType]:
    """Names to types, in order."""
    return {column.name: column.dtype for column in columns}


def has_audio() -> pl.Expr:
    """Whether a row is a record, transcribed or not, so that its audio can be analysed."""
    untranscribed = MALFORMED.expr.str.starts_with(UNTRANSCRIBED_BY)
    return MALFORMED.expr.is_null() | untranscribed.fill_null(False)


def unread_verdict(reason: str) -> str:
    """The verdict of a row that has this reason in MALFORMED.

    >>> unread_verdict("untranscribed (text is null)"), unread_verdict("not UTF-8 (byte 0xff at 3)")
    ('untranscribed', 'malformed')
    """
    return next((v for begin, v in UNREAD_BY.items() if reason.startswith(begin)), VERDICTS[-1])


def record_id() -> pl.Expr:
    """The id by which every later artefact points back to a row: `source:line`."""
    return pl.concat_str(SOURCE.expr, pl.lit(":"), LINE.expr.cast(pl.String)).alias("id")
