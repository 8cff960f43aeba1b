"""Time-coded transcripts: CAPTIONS, in the order in which they are tried on an input.

Each format is a parser that accounts for every line of its file: a segment becomes a record, a
broken one a malformed row of its own, and what holds none by the format's rules is counted.
"""

from __future__ import annotations

from curate.manifest.captions.ctm import CTM
from curate.manifest.captions.elan import ELAN
from curate.manifest.captions.labels import LABELS
from curate.manifest.captions.stm import STM
from curate.manifest.captions.subtitles import SRT, WEBVTT
from curate.manifest.captions.textgrid import TEXTGRID
from curate.manifest.captions.whisper import WHISPER
from curate.manifest.sniff import Format

CAPTIONS: tuple[Format, ...] = (
    WEBVTT,
    SRT,
    TEXTGRID,
    ELAN,
    WHISPER,
    LABELS,
    CTM,
    STM,
)
