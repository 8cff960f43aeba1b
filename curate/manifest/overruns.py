"""A warning about segments of a transcript that end behind their audio."""

from __future__ import annotations

import os
from pathlib import Path

from curate.formatting.units import plural
from curate.manifest.mp4_length import stated_seconds
from curate.manifest.origin import FOLDER_FORMAT, Origin
from curate.manifest.origins import format_named
from curate.manifest.strict import parse_line

OVERRUN_S = 0.25
"""A segment may end so far behind its audio: transcripts round, and codecs pad."""


def is_timed(origin: Origin) -> bool:
    """Whether all audio of an origin is compared with its segments."""
    if not format_named(origin.format).converted:
        return False
    from curate.manifest.captions import CAPTIONS

    # Their segments people time by hand, or a recogniser does.
    return origin.format in {FOLDER_FORMAT, *(each.name for each in CAPTIONS)}


class Overruns:
    """The segments of an origin whose paths begin at `folder`, and what their audio lacks."""

    def __init__(self, origin: Origin, folder: Path) -> None:
        self._origin, self._folder = origin, folder
        self._is_timed = is_timed(origin)
        self._segments: dict[str, list[tuple[float, float]]] = {}

    def add(self, line: bytes) -> None:
        """Note a NeMo line as it is written."""
        if not self._is_timed or b'"offset"' not in line:
            return
        record = parse_line(line)
        offset, duration = record.get("offset"), record.get("duration")
        if isinstance(offset, int | float) and isinstance(duration, int | float):
            segments = self._segments.setdefault(str(record["audio_filepath"]), [])
            segments.append((float(offset), float(duration)))

    def warning(self) -> str | None:
        """What to report of the origin, by the headers of its audio; None where all is inside.

        Audio whose length is not known counts for nothing.
        """
        number = longest = 0.0
        first = ""
        places = [os.path.join(self._folder, name) for name in self._segments]  # noqa: PTH118
        for (name, segments), seconds in zip(
            self._segments.items(), stated_seconds(places), strict=True
        ):
            if seconds is None:
                continue
            behind = [
                offset + duration - seconds
                for offset, duration in segments
                if offset + duration - OVERRUN_S > seconds
            ]
            number += len(behind)
            longest = max([longest, *behind])
            first = first or (name if behind else "")
        if not number:
            return None
        total = sum(map(len, self._segments.values()))
        what = f"{int(number):,} of {plural(total, 'segment')} end behind the end of their audio"
        return (
            f"{self._origin.name}: {what}, by up to {longest:.1f} s (first of {first}): they hold "
            "less audio than their duration"
        )
