"""Members of a line's JSON object replaced, added or taken out; all other bytes stay as they were:
key order, number formats, escapes, blanks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np

from curate.manifest.scan import OK, scan
from curate.manifest.strict import parse_line
from curate.manifest.syntax import ESCAPED, MISSING, STRING


def with_members(line: bytes, members: Mapping[str, object], more: Sequence[bytes] = ()) -> bytes:
    """The line with these members, in the places that they have already, else at its end; then
    `more`, members as JSON.
    """
    scanned = scan(np.frombuffer(line, np.uint8), tuple(members))
    if scanned.status[0] != OK:
        return ended(encoded({**parse_line(line), **members}), more)
    places = []
    for at, (name, value) in enumerate(members.items()):
        shown = json.dumps(value, ensure_ascii=False).encode()
        kind, start = int(scanned.kind[0, at]), int(scanned.start[0, at])
        if kind == MISSING:
            more = [*more, b'"' + name.encode() + b'": ' + shown]
            continue
        quote = 1 if kind in (STRING, ESCAPED) else 0
        places.append((start - quote, start + int(scanned.length[0, at]) + quote, shown))
    for start, end, shown in sorted(places, reverse=True):
        line = line[:start] + shown + line[end:]
    return ended(line, more)


def without_member(line: bytes, name: str, start: int, end: int) -> bytes:
    """The line without the member whose value (quotes aside) stands from `start` to `end`."""
    key = line.rindex(f'"{name}"'.encode(), 0, start)
    behind = line[end:].lstrip(b'" \t\r')
    if behind.startswith(b","):
        return line[:key] + behind[1:].lstrip(b" \t\r")
    return line[:key].rstrip(b" \t\r").removesuffix(b",") + behind


def ended(line: bytes, added: Sequence[bytes]) -> bytes:
    """The line with members, as JSON, in front of its last brace."""
    at = line.rindex(b"}")
    return b"".join([line[:at], *(b", " + each for each in added), line[at:]])


def encoded(record: Mapping[str, object]) -> bytes:
    """A record as a line, where the scanner cannot say for sure what is where."""
    return json.dumps(record, ensure_ascii=False).encode()
