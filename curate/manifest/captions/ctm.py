"""CTM of NIST's sclite, as NeMo, Kaldi and MFA write it: a word a line, with recording and times.

The words of one recording and channel are joined to utterances. An utterance ends where the next
word begins PAUSE_S or more behind it, belongs to another speaker, or does not follow in time; and
at a line that cannot be read, since a text without its word would be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from curate.manifest.captions.audio import Recordings
from curate.manifest.captions.format import first_lines, has_suffix, recording_format
from curate.manifest.captions.lines import Block, Line
from curate.manifest.captions.segment import block_of, require_text, segment
from curate.manifest.captions.stm import COMMENT
from curate.manifest.origin import number_of
from curate.manifest.sniff import Look
from curate.manifest.strict import Malformed, Record

PAUSE_S = 0.5
"""Silence that ends an utterance; a choice, not measured."""
SILENCES = frozenset({"<eps>", "<sil>", "sil", "sp", "<b>", "<blank>"})
"""Words that aligners write where nobody speaks."""
_SPACE = "<space>"
"""What NeMo's aligner writes for a blank in a segment of several words."""
_WORD = r"\S+\s+\S+\s+\d+(\.\d+)?\s+\d+(\.\d+)?\s+\S+(\s+(-?[\d.]+|NA))?(\s+\S+){0,2}\s*$"
_FIELDS = 5
_SPEAKER = 7
"""Where the field of the speaker is, in lines that have one."""
_NOT_NAMED = frozenset({"NA", "<NA>", "unknown"})


class Word(NamedTuple):
    """One word of an alignment."""

    place: tuple[str, str, str | None]
    start_s: float
    end_s: float
    text: str
    confidence: float | None


def parse_ctm(lines: Iterable[Line], recordings: Recordings) -> Iterator[Block]:
    """The utterances of CTM: consecutive words, joined."""
    held: list[Line] = []
    words: list[Word] = []
    between: list[Line] = []
    for line in lines:
        if not line.text.strip() or line.text.lstrip().startswith(COMMENT):
            between.append(line)
            continue
        try:
            word = _word(line.text)
        except Malformed as fault:
            yield from _closed(held, words, between, recordings)
            yield Block((line,), str(fault))
            held, words, between = [], [], []
            continue
        if words and not follows(words[-1], word):
            yield from _closed(held, words, between, recordings)
            held, words, between = [], [], []
        if word.text in SILENCES:
            between.append(line)
            continue
        if not words:
            yield from _skipped(between)
            between = []
        held += [*between, line]
        words.append(word)
        between = []
    yield from _closed(held, words, between, recordings)


def _skipped(lines: Sequence[Line]) -> Iterator[Block]:
    if lines:
        yield Block(lines, None)


def _closed(
    held: Sequence[Line], words: Sequence[Word], between: Sequence[Line], recordings: Recordings
) -> Iterator[Block]:
    """The utterance of some words, if any, and the lines behind it that hold none."""
    if words:
        yield block_of(held, partial(_utterance, words, recordings))
    yield from _skipped(between)


def follows(last: Word, word: Word) -> bool:
    """Whether a word belongs to the utterance of the word before it."""
    near = last.start_s <= word.start_s and round(word.start_s - last.end_s, 9) < PAUSE_S
    return last.place == word.place and near


def _word(line: str) -> Word:
    fields = line.split()
    if len(fields) < _FIELDS:
        raise Malformed(f"a CTM line has {_FIELDS} fields ({len(fields)})")
    require_text(line)
    recording, channel, start, length, text = fields[:_FIELDS]
    times = [number_of(start), number_of(length)]
    begin, duration = (value for value in times)
    if isinstance(begin, str) or isinstance(duration, str) or begin < 0 or duration < 0:
        raise Malformed(f"its start and duration are not times ({start[:20]} and {length[:20]})")
    speaker = fields[_SPEAKER] if len(fields) > _SPEAKER else None
    score = number_of(fields[_FIELDS]) if len(fields) > _FIELDS else ""
    return Word(
        (recording, channel, None if speaker in _NOT_NAMED else speaker),
        begin,
        begin + duration,
        text,
        None if isinstance(score, str) else score,
    )


def _utterance(words: Sequence[Word], recordings: Recordings) -> Record:
    recording, channel, speaker = words[0].place
    return {**recordings.fields(recording, channel), **utterance(words), "speaker": speaker}


def utterance(words: Sequence[Word]) -> Record:
    """The record of consecutive words: their text, and the mean of their confidences."""
    text = " ".join(word.text for word in words).replace(_SPACE, " ")
    known = [word.confidence for word in words if word.confidence is not None]
    mean = round(sum(known) / len(known), 6) if known else None
    end_s = max(word.end_s for word in words)
    return segment(words[0].start_s, end_s, text, confidence=mean, words=len(words))


def _is_ctm(look: Look) -> bool:
    lines = [line for line in first_lines(look) if not line.startswith((COMMENT, "{"))]
    matching = sum(re.match(_WORD, line) is not None for line in lines)
    return matching >= (1 if has_suffix(look, ".ctm") else max(1, 0.8 * len(lines)))


CTM = recording_format(
    "ctm",
    f"CTM: words with times, joined to utterances up to a pause of {PAUSE_S} s; the recordings "
    "beside (or in --audio-root)",
    _is_ctm,
    parse_ctm,
)
