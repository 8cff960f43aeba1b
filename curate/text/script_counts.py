"""Which script a text is written in, from how many letters of each it has."""

from __future__ import annotations

import numpy as np

from curate.arrays import Int64s, Word
from curate.arrays.compiled import borrowing
from curate.text.scripts import LATIN


@borrowing
def classify_scripts(script_counts: Int64s, latin: int, expected: Word) -> tuple[int, int]:
    """(dominant script, letters of known scripts outside the set `expected`); forgets the counts.

    `latin` are the ASCII letters, not yet among the counts. Ties go to the script named first,
    letters of no script to nobody else.
    """
    script_counts[LATIN] += latin
    best, most, foreign = 0, 0, 0
    for script in range(1, script_counts.size):
        if script_counts[script] > most:
            best, most = script, script_counts[script]
        if not (expected >> np.uint64(script)) & np.uint64(1):
            foreign += script_counts[script]
    script_counts[:] = 0
    return best, foreign
