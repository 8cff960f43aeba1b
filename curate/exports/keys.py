"""Keys of records: short names that no two records of an output share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from curate.exports.spooled import SpooledRecord

_LONGEST = 80
"""Characters of a plain key; a member's name in a tar may have 100."""


@dataclass(slots=True)
class Keys:
    """Gives each record its `id` where it has one, else the stem of its audio; a number behind it
    where another record has that key already. White space becomes `_`; with `is_plain` so does
    all but letters, digits and `-` of ASCII, and keys are short enough for a tar's members.
    """

    is_plain: bool = False
    _given: set[str] = field(default_factory=set)

    def of(self, one: SpooledRecord, prefix: str = "") -> str:
        """The key of the next record, which begins with `prefix`."""
        own = one.record.get("id")
        name = own if isinstance(own, str) and own.strip() else PurePosixPath(one.audio).stem
        name = (_plain(name) if self.is_plain else without_space(name)) or "record"
        key = first = name if name.startswith(prefix) else prefix + name
        number = 1
        while key in self._given:
            number += 1
            key = f"{first}-{number}"
        self._given.add(key)
        return key


def _plain(text: str) -> str:
    """The text as a member's name without an extension; NeMo takes `-sub1` for a segment of one."""
    return re.sub(r"[^A-Za-z0-9-]|-(?=sub)", "_", text)[:_LONGEST].strip("_-")


def without_space(text: str) -> str:
    """The text with `_` for what formats of words or lines would take for white space, or drop."""
    return re.sub(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+", "_", text.strip())
