"""Fields that text rules set beside a text: written into its line, and taken out again.

What a field was stands beside it as `NAME_original`, null where the line had none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from curate.manifest.members import encoded, ended, with_members
from curate.manifest.strict import Record, parse_line
from curate.manifest.text_fields import CHANGED_BY, ORIGINAL
from curate.text_rules.marks import BY_RULE, MEMBERS, PNC, SKIPME

_SUFFIX: Final = "_original"
EARLIER: Final = tuple(f"{name}{_SUFFIX}" for name in MEMBERS)
"""The fields that keep what the others were."""
_VALUES: Final = {SKIPME: f'{BY_RULE}[^"\\\\]*', PNC: "yes|no"}
_ADDED: Final = [
    re.compile(f', "{name}": "(?:{values})", "{name}{_SUFFIX}": null'.encode())
    for name, values in _VALUES.items()
]
"""What `with_marks` adds to a line without the field: no string of JSON holds a bare quote."""
_NAMES: Final = re.compile(f', "{CHANGED_BY}": \\[[^\\]]*\\]'.encode())


def with_marks(line: bytes, marks: Mapping[str, str], ids: Sequence[str], *, is_new: bool) -> bytes:
    """The line with these fields, what they were, and the names of the rules.

    `is_new`: the line is known to have none of all those members.
    """
    if is_new:
        added = [
            member
            for name, value in marks.items()
            for member in (_member(name, value), _member(f"{name}{_SUFFIX}", None))
        ]
        return ended(line, [*added, *([_member(CHANGED_BY, list(ids))] if ids else [])])
    record = parse_line(line)
    members: dict[str, object] = {}
    for name, value in marks.items():
        members[name] = value
        if f"{name}{_SUFFIX}" not in record:
            members[f"{name}{_SUFFIX}"] = record.get(name)
    if ids:
        members[CHANGED_BY] = merged_ids(record, ids)
    return with_members(line, members)


def merged_ids(record: Record, ids: Sequence[str]) -> list[str]:
    """The names of rules that changed the record before, and these."""
    before = record.get(CHANGED_BY)
    earlier = [each for each in before if isinstance(each, str)] if isinstance(before, list) else []
    return list(dict.fromkeys([*earlier, *ids]))


def without_marks(line: bytes) -> bytes:
    """The line with the fields as they were; as it is where no rule set one.

    Its other bytes stay, unless a field had another value before.
    """
    for added in _ADDED:
        line = added.sub(b"", line, count=1)
    if any(f'"{name}"'.encode() in line for name in EARLIER):
        line = _parsed_back(line)
    return line if f'"{ORIGINAL}"'.encode() in line else _NAMES.sub(b"", line, count=1)


def _parsed_back(line: bytes) -> bytes:
    record = parse_line(line)
    for name in MEMBERS:
        if f"{name}{_SUFFIX}" not in record:
            continue
        before = record.pop(f"{name}{_SUFFIX}")
        if before is None:
            record.pop(name, None)
        else:
            record[name] = before
    return encoded(record)


def _member(name: str, value: object) -> bytes:
    return f'"{name}": {json.dumps(value, ensure_ascii=False)}'.encode()
