"""JSON lines whose segments have an end in place of a duration: `--map offset=start,end=end`."""

from __future__ import annotations

from collections.abc import Mapping

from curate.manifest.members import with_members
from curate.manifest.segment_times import duration_until, seconds_of_cell
from curate.manifest.strict import Malformed, Record, parse_line

END = "end"
"""Where a segment ends, in the names of a mapping: no field of a manifest, but its duration."""


def with_duration(line: bytes, fields: Mapping[str, str], cast: bool = False) -> bytes:
    """A NeMo line with the duration that its end gives; other bytes stay as they were. A duration
    that it has already stays where it agrees. Milliseconds, by the names of the fields, are seconds
    then. `cast`: times may be text, such as `1,5`.

    Malformed where the end is missing, or begin and end are no times.

    >>> line = b'{"offset": 1.5, "end": 4}'
    >>> with_duration(line, {"end": "end"})
    b'{"offset": 1.5, "end": 4, "duration": 2.5}'
    """
    record = parse_line(line)
    if fields[END] not in record:
        raise Malformed(f"no field {fields[END]}, which is to be its end (missing)")
    names = {"offset": "offset", "duration": "duration", **fields}
    times = {
        "offset": _seconds(record.get("offset"), names["offset"], cast),
        "duration": _seconds(record.get("duration"), names["duration"], cast),
    }
    end = _seconds(record[fields[END]], fields[END], cast)
    times["duration"] = duration_until(end, times["offset"], times["duration"])
    changed = {name: time for name, time in times.items() if _differs(record, name, time)}
    return with_members(line, changed) if changed else line


def _seconds(value: object, name: str, cast: bool) -> object:
    """A time of a field of this name, as it stands where it is text that is not cast."""
    return value if isinstance(value, str) and not cast else seconds_of_cell(value, name, cast)


def _differs(record: Record, name: str, time: object) -> bool:
    return record.get(name) is not time and time is not None
