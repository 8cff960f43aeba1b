"""SubRip (SRT) and WebVTT: cues of a timing line and the lines of text below it.

Styling stays in the text (rules for text come later), the position of a cue does not. A cue ends
with a blank line, or where the next cue's timing begins. Rolling captions, which repeat lines, stay
as they are.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from curate.manifest.captions.format import caption_format, first_lines, has_suffix
from curate.manifest.captions.lines import Block, Line
from curate.manifest.captions.segment import (
    CLOCK,
    block_of,
    joined,
    seconds_of_clock,
    segment,
)
from curate.manifest.sniff import Look
from curate.manifest.strict import Malformed, Record

_ARROW = "-->"
_TIMING = re.compile(rf"\s*{CLOCK}\s*--\>\s*{CLOCK}(?:\s.*)?")
_TIME_LIKE = re.compile(r"\s*(?:-?\d[\d:.,]*\s*)?-->")
_NUMBER = re.compile(r"\s*\d+\s*")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]+)>")
_VOICE_END = "</v>"
_NO_CUE = "text outside of a cue"

Text = Callable[[Sequence[str]], Record]
"""The fields of a cue by the lines of its text."""


def _paragraphs(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The lines between blank ones; a blank line is one of its own."""
    held: list[Line] = []
    for line in lines:
        if line.text.strip():
            held.append(line)
            continue
        if held:
            yield held
        yield [line]
        held = []
    if held:
        yield held


def _cues(lines: Sequence[Line], is_name: Callable[[str], bool], text: Text) -> Iterator[Block]:
    """The cues of one paragraph; `is_name` is whether a line can stand above a timing line."""
    timings = [at for at, line in enumerate(lines) if _TIME_LIKE.match(line.text)]
    starts: list[int] = []
    for at in timings:
        above = at - 1
        floor = 0 if not starts else timings[len(starts) - 1] + 1
        starts.append(above if above >= floor and is_name(lines[above].text) else at)
    ends = [*starts[1:], len(lines)] if starts else []
    stray = lines[: starts[0] if starts else len(lines)]
    if stray:
        yield Block(stray, _NO_CUE)
    for start, timing, end in zip(starts, timings, ends, strict=True):
        yield block_of(lines[start:end], partial(_cue, lines[timing:end], text))


def _cue(lines: Sequence[Line], text: Text) -> Record:
    """The record of a timing line and the lines below it."""
    first, _, last = lines[0].text.partition(_ARROW)
    if not _TIMING.fullmatch(lines[0].text):
        raise Malformed(f"its timing line has no two times ({lines[0].text.strip()[:60]})")
    fields = dict(text([line.text for line in lines[1:]]))
    times = seconds_of_clock(first.strip()), seconds_of_clock(last.split()[0])
    return segment(*times, str(fields.pop("text")), **fields)


def parse_srt(lines: Iterable[Line]) -> Iterator[Block]:
    """The cues of SubRip."""
    for paragraph in _paragraphs(lines):
        if not paragraph[0].text.strip():
            yield Block(paragraph, None)
        else:
            is_number = lambda above: _NUMBER.fullmatch(above) is not None  # noqa: E731
            yield from _cues(paragraph, is_number, lambda texts: {"text": joined(texts)})


def parse_webvtt(lines: Iterable[Line]) -> Iterator[Block]:
    """The cues of WebVTT; its header, notes, styles and regions hold no record."""
    for number, paragraph in enumerate(_paragraphs(lines)):
        first = paragraph[0].text
        header = number == 0 and first.startswith("WEBVTT")
        timed = any(_ARROW in line.text for line in paragraph)
        other = re.match(r"(NOTE|STYLE|REGION)(\s|$)", first) and not timed
        is_note = re.match(r"NOTE(\s|$)", first)
        if not first.strip() or header or other or is_note:
            yield Block(paragraph, None)
        else:
            yield from _cues(paragraph, lambda above: True, _voiced)


def _voiced(lines: Sequence[str]) -> Record:
    """The text of a cue, and its speaker where one voice is tagged: then without the tag."""
    text = joined(lines)
    voices = {" ".join(name.split()) for name in _VOICE.findall(text)}
    if len(voices) != 1:
        return {"text": html.unescape(text)}
    text = _VOICE.sub("", text).replace(_VOICE_END, "")
    return {"text": html.unescape(text.strip()), "speaker": html.unescape(voices.pop())}


def _is_srt(look: Look) -> bool:
    lines = first_lines(look)
    if has_suffix(look, ".srt"):
        return any(_ARROW in line for line in lines)
    return any(_TIMING.fullmatch(line) for line in lines)


WEBVTT = caption_format(
    "webvtt",
    "WebVTT subtitles",
    lambda look: bool(re.match(r"WEBVTT(\s|$)", "\n".join(first_lines(look, 1)))),
    parse_webvtt,
    "; `<v NAME>` is the speaker",
)
SRT = caption_format(
    "srt",
    "SubRip subtitles (SRT)",
    _is_srt,
    parse_srt,
    "; talk.en.srt gives the language",
)
