"""The text measures, compiled: one pass over UTF-8 bytes, no Python objects, no GIL.

Held equal to `curate.text.define` and `curate.text.normalise` by property tests. Tokens are
compared by 64-bit hashes, so two different neighbouring tokens count as equal with
probability 2^-64.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from curate.arrays import (
    Bytes,
    Int32s,
    Int32Table,
    Int64s,
    UInt16s,
    UInt32s,
    UInt32Table,
    UInt64s,
    UInt64Table,
)
from curate.native import kernel
from curate.text.code_points import (
    ODD,
    composes_nothing,
)
from curate.text.forms import forms
from curate.text.normal import normalise_by
from curate.text.packed import (
    hash_normal,
)
from curate.text.runs import (
    LONGEST_COUNTED,
)
from curate.text.scripts import SCRIPTS, script_table
from curate.text.unicode import (
    tables,
)

(
    CHARS, CHARS_NOSPACE, LETTERS, WORDS, LONGEST_TOKEN, SECOND_TOKEN, WORD_LEN, WORD_RUN,
    PHRASE_RUN, REPETITIONS, LOOP_TOKENS, CHAR_RUN, DISTINCT, DIGITS, UPPERS, CASED,
    HAS_STOP, HIDDEN_CHARS, SCRIPT, FOREIGN,
) = range(20)  # fmt: skip
N_COUNTS: Final = 20
NOT_APPLICABLE: Final = -1

TEXT_HASH, NORMAL_HASH = range(2)


@kernel("text_counts")
def _measure_all(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    expected: UInt64s,
    bits: Bytes,
    flags: UInt16s,
    fold: UInt32s,
    combining: Bytes,
    long_fold: UInt32Table,
    forms: UInt32s,
    long_forms: UInt32Table,
    scripts: Bytes,
    script_counts: Int64s,
    slots: UInt64s,
    runs: Int64s,
    folds: UInt64s,
    counts: Int32Table,
    keys: UInt64Table,
    doubts: Bytes,
) -> None:
    raise NotImplementedError


def measure_spans(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    expected: UInt64s | None = None,
    bits: Bytes | None = None,
) -> tuple[Int32s, UInt64s]:
    """Measure every text span of `data` (valid UTF-8).

    `expected` is for each text the set of scripts that its language is written in, 0 for unknown;
    `bits` how the language writes numbers (`numerals.writing`), 0 for unknown.
    Returns counts, int32 [N_COUNTS, rows] in the order of the names above (WORD_LEN and DISTINCT
    are NOT_APPLICABLE where the script writes no spaces, DISTINCT beyond LONGEST_COUNTED
    too, FOREIGN where no script is expected, SCRIPT is an index into SCRIPTS), and keys, uint64
    [2, rows]: hash of the text as it is, hash of its normal form.
    """
    table, form = tables(), forms()
    counts = np.empty((N_COUNTS, starts.size), np.int32)
    keys = np.empty((2, starts.size), np.uint64)
    if expected is None:
        expected = np.zeros(starts.size, np.uint64)
    if bits is None:
        bits = np.zeros(starts.size, np.uint8)
    longest = min(int(lengths.max(initial=0)), LONGEST_COUNTED)
    slots = np.empty(max(1 << 6, 1 << (longest // 2 + 2).bit_length()), np.uint64)
    doubts = np.zeros(starts.size, np.uint8)
    _measure_all(
        data, starts, lengths, expected, bits, table.flags, table.fold, table.combining,
        table.long_fold, form.shifts, form.long, script_table(), np.zeros(len(SCRIPTS), np.int64),
        slots, np.zeros(5, np.int64), np.zeros(longest + 1, np.uint64), counts, keys, doubts,
    )  # fmt: skip
    for row in np.flatnonzero(doubts):
        text = data[starts[row] : starts[row] + lengths[row]].tobytes().decode()
        if doubts[row] == ODD or not composes_nothing(text):
            keys[NORMAL_HASH, row] = hash_normal(normalise_by(text, int(bits[row])))
    return counts, keys
