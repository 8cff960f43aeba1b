"""What the formats of transcripts have in common: a segment with its times, and how times look."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from curate.manifest.captions.lines import Block, Line
from curate.manifest.origin import number_of
from curate.manifest.strict import Malformed, Record

Converted = TypeVar("Converted")

CLOCK = r"(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?"
"""A time as subtitles have it: hours if any, minutes, seconds, and a fraction behind a dot or a
comma.
"""
_CLOCK = re.compile(CLOCK)
_DECIMAL_COMMA = re.compile(r"([+-]?\d+),(\d+)")


def segment(start_s: object, end_s: object, text: str, **fields: object) -> Record:
    """A record by its times in seconds, without its audio. Malformed where they are no stretch."""
    for name, value in (("start", start_s), ("end", end_s)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            raise Malformed(f"its {name} is not a time ({_shortened(value)})")
    assert isinstance(start_s, int | float)
    assert isinstance(end_s, int | float)
    if start_s < 0:
        raise Malformed(f"its start is before the beginning of the audio ({start_s:g})")
    if end_s <= start_s:
        raise Malformed(f"its end is not behind its beginning ({start_s:g} and {end_s:g})")
    duration = round(float(end_s) - float(start_s), 9)
    return {"offset": float(start_s), "duration": duration, "text": text, **fields}


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def _shortened(value: object) -> str:
    return "missing" if value is None else str(value)[:40]


def seconds_of_clock(text: str) -> float | str:
    """The seconds of `01:02:03.5` or `02:03,500`; the text itself where it is no such time."""
    match = _CLOCK.fullmatch(text)
    if match is None or int(match[2]) > 59 or int(match[3]) > 59:
        return text
    hours, minutes, seconds, fraction = match.groups()
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return float(f"{whole}.{fraction or 0}")


def seconds_of(text: str) -> float | int | str:
    """A number of seconds, with a dot or a comma before its decimals; else the text itself."""
    match = _DECIMAL_COMMA.fullmatch(text)
    return number_of(f"{match[1]}.{match[2]}" if match else text)


def joined(lines: Sequence[str]) -> str:
    """The lines of a cue as one text."""
    return " ".join(stripped for line in lines if (stripped := line.strip()))


def block_of(lines: Sequence[Line], convert: Callable[[], Record]) -> Block:
    """The record that some lines hold, or the reason why they hold none."""
    try:
        for line in lines:
            require_text(line.text)
        return Block(lines, convert())
    except Malformed as fault:
        return Block(lines, str(fault))


def record_of(convert: Callable[[], Converted]) -> Converted | str:
    """What `convert` gives, or the reason of the Malformed that it raises."""
    try:
        return convert()
    except Malformed as fault:
        return str(fault)


def require_text(text: str) -> None:
    """Malformed where a decoded text holds bytes that were none in its encoding."""
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start]) - 0xDC00
        at = len(text[: error.start].encode())
        if 0x80 <= code <= 0xFF:
            raise Malformed(f"not UTF-8 (byte {code:#04x} at {at})") from None
        raise Malformed("lone surrogate (cannot be written as UTF-8)") from None
