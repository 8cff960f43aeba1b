"""The strict reading of one line in plain Python: the authority, and the one who names faults.

The compiled scanner sends here every line that it cannot vouch for, and the property tests hold
the two to the same answer.
"""

from __future__ import annotations

import json
import math
import re
from typing import Never

from curate.artifacts.unread import UNTRANSCRIBED_BY

DEEPEST = 64
LONGEST_S = 1e7
"""Over 115 days in one segment: no recording, and sums of such numbers overflow."""

UNTRANSCRIBED = f"{UNTRANSCRIBED_BY} (text is null)"
"""The reason of a record whose text is null; a field that is missing is a fault."""

Record = dict[str, object]


class Malformed(ValueError):  # noqa: N818 - a verdict on a line, not an error of the program
    """Why a line is not a valid training record. Text before ` (` is the kind, for counting."""


def parse_line(line: bytes) -> Record:
    """The record of one line, or Malformed. Every field is as written; no value is checked.

    >>> parse_line(b'{"text": "a", "text": "b"}')
    Traceback (most recent call last):
    curate.manifest.strict.Malformed: duplicate key (text)
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8 (byte {line[error.start]:#04x} at {error.start})") from None
    try:
        value = _decode(text.strip(" \t\r"))
    except RecursionError:
        raise Malformed(f"nested deeper than {DEEPEST}") from None
    except json.JSONDecodeError as error:
        if text.strip() == "[":
            raise Malformed(
                "not JSON (an array over several lines: write a record a line)"
            ) from None
        raise Malformed(f"not JSON ({error.msg}, column {error.pos + 1})") from None
    except ValueError as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed(f"not JSON ({error})") from None  # an integer of over 4,300 digits
    if not isinstance(value, dict):
        raise Malformed(f"not a JSON object ({_type_name(value)})")
    if text.count("{") + text.count("[") > DEEPEST:
        _refuse_depth(value)
    if "\\u" in text:  # decoded bytes hold no surrogate: only an escape can make one
        _refuse_surrogates(value)
    _refuse_duplicates(value)
    return value


class _Pairs(dict[str, object]):
    """A JSON object that remembers the keys it was given twice."""

    twice: tuple[str, ...] = ()


def _distinct(pairs: list[tuple[str, object]]) -> _Pairs:
    distinct = _Pairs(pairs)
    if len(distinct) < len(pairs):
        keys = [key for key, _ in pairs]
        distinct.twice = tuple(dict.fromkeys(key for key in keys if keys.count(key) > 1))
    return distinct


def _refuse_duplicates(value: dict[str, object]) -> None:
    """Only of the record itself: readers disagree whether the first or the last one counts."""
    if isinstance(value, _Pairs) and value.twice:
        raise Malformed(f"duplicate key ({', '.join(value.twice)})")


def _refuse_constant(name: str) -> Never:
    raise Malformed(f"not JSON ({name} is not a JSON number)")


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_refuse_constant)


def _decode(text: str) -> object:
    """`json.loads` with these hooks, which would make a decoder for each line."""
    return json.loads(text) if text.startswith("\ufeff") else _DECODER.decode(text)


def _refuse_depth(value: object) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise Malformed(f"nested deeper than {DEEPEST}")


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refuse_surrogates(value: object) -> None:
    level = [value]
    while level:
        if not all(_encodable(text) for item in level for text in _strings(item)):
            raise Malformed("lone surrogate (cannot be written as UTF-8)")
        level = [child for parent in level for child in _children(parent)]


def _strings(value: object) -> list[str]:
    """The value itself, or the keys of an object."""
    if isinstance(value, str):
        return [value]
    return list(value) if isinstance(value, dict) else []


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def why_no_record(record: Record) -> str | None:
    """Why a well-formed object is not a valid training record, or UNTRANSCRIBED; else None."""
    audio, duration, text = (record.get(key) for key in ("audio_filepath", "duration", "text"))
    if not isinstance(audio, str) or not audio:
        return f"no audio_filepath ({_describe_value(record, 'audio_filepath')})"
    if duration is None:
        return f"no duration ({_describe_value(record, 'duration')})"
    if isinstance(duration, bool) or not isinstance(duration, int | float):
        return f"duration is not a number ({_describe_value(record, 'duration')})"
    try:
        seconds = float(duration)
    except OverflowError:
        seconds = math.inf
    if not seconds > 0:
        return f"duration is not positive ({seconds:g})"
    if seconds > LONGEST_S:
        return f"duration is absurd ({seconds:g} s)"
    if not isinstance(text, str) and (text is not None or "text" not in record):
        return f"text is not a string ({_describe_value(record, 'text')})"
    fault = why_no_channel(json.dumps(record.get("channel"), ensure_ascii=False))
    return UNTRANSCRIBED if fault is None and text is None else fault


_CHANNEL = re.compile(r'"?\[?\s*(\d{1,3})(?:\.0+)?\s*\]?"?\Z')
_NUMBERS = re.compile(r'"?[-+\d.\[{]')


def channel_of(text: str) -> int | None:
    """The channel that a field's JSON text names, as a number or a list of one; else None.

    >>> channel_of("1"), channel_of('"1"'), channel_of("[1]"), channel_of('"telephone"')
    (1, 1, 1, None)
    """
    match = _CHANNEL.match(text)
    return int(match[1]) if match else None


def why_no_channel(text: str) -> str | None:
    """Why a field's JSON text names no single channel; None where it does, or says something else.

    A word (`telephone`) is somebody's own field.

    >>> why_no_channel("[0, 1]")
    'channel is not one channel ([0, 1])'
    """
    if channel_of(text) is not None or not _NUMBERS.match(text):
        return None
    return f"channel is not one channel ({text[:40]})"


def _describe_value(record: Record, key: str) -> str:
    if key not in record:
        return "missing"
    value = record[key]
    return "empty string" if value == "" else _type_name(value)


def _type_name(value: object) -> str:
    names = {bool: "true or false", int: "number", float: "number", str: "string", list: "array"}
    return "null" if value is None else names.get(type(value), "object")
