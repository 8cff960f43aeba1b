"""STM of NIST's sclite: a segment a line, with recording, channel, speaker, times and text.

Lines that begin with `;;` are comments. Segments whose text is IGNORE_TIME_SEGMENT_IN_SCORING were
not transcribed: their records have `_skipme`, so that they are skipped and yet counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial

from curate.manifest.captions.audio import Recordings
from curate.manifest.captions.format import first_lines, has_suffix, recording_format
from curate.manifest.captions.lines import Block, Line
from curate.manifest.captions.segment import block_of, segment
from curate.manifest.origin import number_of
from curate.manifest.sniff import Look
from curate.manifest.strict import Malformed, Record

COMMENT = ";;"
_SEGMENT = re.compile(r"(?!SPEAKER\s)\S+\s+\S+\s+\S+\s+\d+(\.\d+)?\s+\d+(\.\d+)?(\s|$)")
"""How most lines begin; RTTM's, which have no text, begin with SPEAKER."""
_LABEL = re.compile(r"<[^<>\s]*,[^<>\s]*>|<(?:o|na)>", re.IGNORECASE)
"""Subsets that a segment belongs to, such as `<o,f0,male>`; a word such as `<unk>` is none."""
_IGNORED = "ignore_time_segment_in_scoring"
_FIELDS = 5
"""Recording, channel, speaker, start and end; then the text."""


def parse_stm(lines: Iterable[Line], recordings: Recordings) -> Iterator[Block]:
    """The segments of STM."""
    for line in lines:
        if not line.text.strip() or line.text.lstrip().startswith(COMMENT):
            yield Block((line,), None)
        else:
            yield block_of((line,), partial(_segment, line.text, recordings))


def _segment(line: str, recordings: Recordings) -> Record:
    fields = line.split(None, _FIELDS)
    if len(fields) < _FIELDS:
        raise Malformed(f"an STM line has {_FIELDS} fields before its text ({len(fields)})")
    recording, channel, speaker, start, end = fields[:_FIELDS]
    text = fields[_FIELDS].strip() if len(fields) > _FIELDS else ""
    label = _LABEL.match(text)
    if label:
        text = text[label.end() :].lstrip()
    ignored = _IGNORED if text.lower() == _IGNORED else None
    times = segment(number_of(start), number_of(end), text)
    return {
        **recordings.fields(recording, channel),
        **times,
        "speaker": speaker,
        "label": label[0] if label else None,
        "_skipme": ignored,
    }


def _is_stm(look: Look) -> bool:
    lines = [line for line in first_lines(look) if not line.startswith((COMMENT, "{"))]
    matching = sum(_SEGMENT.match(line) is not None for line in lines)
    return matching >= (1 if has_suffix(look, ".stm") else max(1, 0.8 * len(lines)))


STM = recording_format(
    "stm",
    "STM: segments with recording, channel, speaker and text; the recordings beside, in TED-LIUM's "
    "../sph (or in --audio-root)",
    _is_stm,
    parse_stm,
)
