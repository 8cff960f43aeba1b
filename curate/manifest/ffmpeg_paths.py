"""Audio paths of files that only ffmpeg reads, by their suffix, and the warning about them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from curate.arrays import Bools, Bytes, Int64s
from curate.formatting.units import first_and_more, plural
from curate.manifest.corrections import audio_place
from curate.nemo.ffmpeg_kinds import CONVERT, SUFFIXES

_SHORTEST = min(map(len, SUFFIXES))
_THIRD_LAST = 3


def _suspicious() -> Bools:
    table = np.zeros(1 << 16, np.bool_)
    for suffix in SUFFIXES:
        last, third = (suffix[-at].encode()[0] for at in (1, _THIRD_LAST))
        for one in {last, ord(chr(last).upper())}:
            table[[one << 8 | other for other in (third, ord(chr(third).upper()))]] = True
    return table


MAY_END = _suspicious()
"""By the last byte of a path, times 256, and its third last: whether it may end in a suffix."""


def ffmpeg_rows(data: Bytes, start: Int64s, length: Int64s, may_end: Bools) -> Int64s:
    """The rows of paths, as spans of `data`, that end in one of SUFFIXES, in either case; `may_end`
    is what MAY_END has of each.
    """
    rows = np.flatnonzero(may_end & (length > _SHORTEST))
    spans = zip(start[rows].tolist(), length[rows].tolist(), strict=True)
    names = (data[first : first + size].tobytes().lower() for first, size in spans)
    suffixes = tuple(suffix.encode() for suffix in SUFFIXES)
    named: Int64s = rows[
        np.fromiter((name.endswith(suffixes) for name in names), np.bool_, rows.size)
    ]
    return named


def ffmpeg_warnings(rows_of: Mapping[str, int], hint: str = CONVERT) -> list[str]:
    """The warning about rows with such audio, by their input; none where there are none. `hint` is
    how they are read.
    """
    counts = {source: rows for source, rows in rows_of.items() if rows}
    if not counts:
        return []
    what = f"{plural(sum(counts.values()), 'row')} with audio of a kind that only ffmpeg reads"
    effect = "it is not analysed, and curate shard leaves it out"
    return [f"{first_and_more([*counts], 'input')}: {what}: {effect}; {hint}"]


def ffmpeg_files(paths: Iterable[str], bases: Sequence[str]) -> list[str]:
    """The files of such paths that are there, each once, as they read from the working folder."""
    named = (path for path in dict.fromkeys(paths) if path.lower().endswith(SUFFIXES))
    places = (audio_place(path, bases) for path in named)
    return [_short(place) for place in places if os.path.exists(place)]  # noqa: PTH110 - "" is none


def _short(place: str) -> str:
    """A path below the working folder without it."""
    below = os.path.relpath(place)
    return place if below.startswith("..") else below
