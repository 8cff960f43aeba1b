"""Audio that stands in the rows of a table, written to one file, from which any row is read.

Shards take rows in a shuffled order, and a table gives them by groups of rows: each group would be
read again for every row.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import numpy as np

from curate.arrays import Int64s
from curate.audio.faults import Unusable
from curate.manifest.origin import Origin

_ENDS = ".ends.npy"


def unpack(origin: Origin, file: Path) -> None:
    """Write the audio of all rows to `file`; one that an earlier run finished stays."""
    from curate.manifest.columnar import audio_of_rows  # imports Polars: most sources are no tables

    ends_file = file.with_name(file.name + _ENDS)
    if ends_file.exists():
        return
    ends, end = [0], 0
    with file.open("wb") as out:
        for data in audio_of_rows(origin):
            out.write(data)
            end += len(data)
            ends.append(end)
    scratch = ends_file.with_name(f"{os.getpid()}.tmp.npy")
    np.save(scratch, np.array(ends, np.int64))
    scratch.replace(ends_file)


def row_audio(file: Path, row: int) -> bytes:
    """The audio of a row, the first being 1; Unusable where the table holds none of it."""
    ends = _ends(file)
    start, end = ends[row - 1 : row + 1].tolist()
    if start == end:
        raise Unusable("the table holds no audio for the row", "missing")
    with file.open("rb") as opened:
        opened.seek(start)
        return opened.read(end - start)


@lru_cache(maxsize=64)
def _ends(file: Path) -> Int64s:
    """Where the audio of each row ends, 0 before the first."""
    ends: Int64s = np.load(file.with_name(file.name + _ENDS))
    return ends
