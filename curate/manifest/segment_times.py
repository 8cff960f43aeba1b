"""Times of segments as columns and fields give them: in seconds, and a duration by its end."""

from __future__ import annotations

import math
from functools import lru_cache

from curate.manifest.corrections import number_written
from curate.manifest.origin import number_of
from curate.manifest.strict import Malformed

AGREEING_S = 0.05
"""So much may a duration differ from the time between beginning and end: tables round to 0.1 s."""
NOT_TIMES = "its start and end are not numbers"
"""Begins the reason why a row has no duration by its times."""
OFFSET_NAMES = (
    "offset", "offset_s", "offset_sec", "offset_ms", "start", "start_s", "start_sec",
    "start_seconds", "start_ms", "start_time", "start_time_s", "start_time_ms", "begin", "begin_s",
    "begin_sec", "begin_ms", "begin_time", "segment_start", "seg_start",
)  # fmt: skip
END_NAMES = (
    "end", "end_s", "end_sec", "end_seconds", "end_ms", "end_time", "end_time_s", "end_time_ms",
    "stop", "stop_s", "stop_ms", "stop_time", "segment_end", "seg_end",
)  # fmt: skip
"""Only beside a beginning: then it gives the duration, or must agree with it."""


@lru_cache(maxsize=1 << 10)
def is_milliseconds(name: str) -> bool:
    """Whether a column's name says that it holds milliseconds."""
    return name.strip().lower().endswith(("_ms", "[ms]"))


def seconds_of_cell(value: object, name: str, cast: bool = False) -> object:
    """The seconds that a cell of a column of this name gives; what is no number stays, and an empty
    text is None. `cast`: times as people write them too.

    >>> seconds_of_cell("1500", "end_ms"), seconds_of_cell("1,5", "end"), seconds_of_cell("", "end")
    (1.5, '1,5', None)
    """
    number = number_of(value) if isinstance(value, str) else value
    if cast and isinstance(number, str) and number.strip():
        number = number_written(number)
    if number == "":
        return None
    if is_milliseconds(name) and isinstance(number, int | float) and not isinstance(number, bool):
        return number / 1000
    return number


def duration_until(end: object, offset: object, duration: object) -> object:
    """The duration by a segment's end; the declared one where there is one that agrees. Malformed
    where they contradict each other, or begin and end are no times.
    """
    times = [time for time in (offset, end) if isinstance(time, int | float)]
    if len(times) < 2 or not all(map(math.isfinite, times)):
        raise Malformed(f"{NOT_TIMES} ({offset!r} and {end!r})")
    length = round(times[1] - times[0], 9)
    if length <= 0:
        raise Malformed(f"its end is not behind its beginning ({times[0]:g} and {times[1]:g})")
    if duration is None:
        return length
    if isinstance(duration, int | float) and round(abs(duration - length), 9) > AGREEING_S:
        raise Malformed(f"its duration is not end less beginning ({duration:g} and {length:g} s)")
    return duration
