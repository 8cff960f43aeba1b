"""Runs of equal tokens: how often a word or a phrase of up to five stands back to back."""

from __future__ import annotations

from typing import Final

import numpy as np

from curate.arrays import Bytes, Int, Int64s, UInt16s, UInt32s, UInt64s, Word
from curate.arrays.compiled import borrowing, inlined
from curate.text.code_points import decode_at
from curate.text.packed import SEED, close, pack_folded
from curate.text.unicode import SPACE

WORD_BEST, PHRASE_BEST, FOLDED_BEST, FOLDED_LOOP, UNUSED, ACTIVE = range(6)
"""What has been seen of a text's runs; ACTIVE says that a streak is under way.

The bests count occurrences, FOLDED_LOOP the tokens of the longest loop.
"""


@inlined
def note_token(
    raw: Word,
    folded: Word,
    tokens: int,
    raws: UInt64s,
    foldeds: UInt64s,
    streaks: Int64s,
    runs: Int64s,
) -> None:
    """Note the next token of a text, number `tokens` from 0, in rings of the last eight.

    Most tokens equal none of the five before them, folded or not; only then is there work.
    """
    seen = False
    for back in range(1, 6):
        seen |= foldeds[(tokens - back) & 7] == folded
    if seen or runs[ACTIVE]:
        runs[ACTIVE] = 0
        count_runs(raw, tokens, raws, streaks[0], runs, WORD_BEST, PHRASE_BEST, UNUSED)
        count_runs(folded, tokens, foldeds, streaks[1], runs, UNUSED, FOLDED_BEST, FOLDED_LOOP)
    raws[tokens & 7] = raw
    foldeds[tokens & 7] = folded


@borrowing
def count_runs(
    token: Word,
    tokens: int,
    ring: UInt64s,
    streaks: Int64s,
    runs: Int64s,
    word_best: int,
    phrase_best: int,
    loop: int,
) -> None:
    """Streaks of equality with the token 1 to 5 before, and the runs that follow from them."""
    for back in range(1, 6):
        if tokens >= back and ring[(tokens - back) & 7] == token:
            streaks[back - 1] += 1
            runs[ACTIVE] = 1
            run = streaks[back - 1] // back + 1
            runs[phrase_best] = max(runs[phrase_best], run)
            if run > 1:
                runs[loop] = max(runs[loop], run * back)
            if back == 1:
                runs[word_best] = max(runs[word_best], run)
        else:
            streaks[back - 1] = 0


LONGEST_COUNTED: Final = 1 << 20
"""Bytes of text up to which distinct words are counted, and loops of long phrases: more is no
segment of speech.
"""
LONGEST_LOOP = 100
"""Tokens of the longest phrase whose loop is looked for; the runs above are of 1 to 5."""


@borrowing
def long_loop(tokens: UInt64s, count: int) -> int:
    """Tokens that the longest loop of a phrase of 6 to LONGEST_LOOP covers; 0 where there is none.

    A loop of a phrase of n is a streak of n or more tokens that equal the one n before: every such
    streak passes a multiple of n, so only those are checked.
    """
    best = 0
    for size in range(6, min(LONGEST_LOOP, count // 2) + 1):
        at = size
        while at < count:
            if tokens[at] == tokens[at - size]:
                first, end = at, at + 1
                while first > size and tokens[first - 1] == tokens[first - 1 - size]:
                    first -= 1
                while end < count and tokens[end] == tokens[end - size]:
                    end += 1
                if end - first >= size:
                    best = max(best, ((end - first) // size + 1) * size)
                at = end - end % size
            at += size
    return best


@borrowing
def character_run(
    data: Bytes,
    start: int,
    length: int,
    flags: UInt16s,
    fold: UInt32s,
    long_fold: UInt32s,
    ring: UInt64s,
    streaks: Int64s,
    runs: Int64s,
    folds: UInt64s,
) -> int:
    """`repetitions` of a text without spaces: runs of phrases of 1 to 5 characters."""
    streaks[:, :] = 0
    runs[FOLDED_BEST] = runs[FOLDED_LOOP] = 0
    runs[ACTIVE] = 1
    characters = 0
    at, end = start, start + length
    while at < end:
        code, size = decode_at(data, at)
        at += size
        kind: Int = flags[code]
        if kind & SPACE:
            continue
        value, word, filled = pack_folded(
            SEED, np.uint64(0), np.uint64(0), code, kind, fold, long_fold
        )
        token = close(value, word, filled)
        count_runs(token, characters, ring, streaks[1], runs, UNUSED, FOLDED_BEST, FOLDED_LOOP)
        ring[characters & 7] = token
        if length <= LONGEST_COUNTED:
            folds[characters] = token
        characters += 1
    if length <= LONGEST_COUNTED:
        runs[FOLDED_LOOP] = max(runs[FOLDED_LOOP], long_loop(folds, characters))
    runs[ACTIVE] = 1  # leave the streaks to be cleared
    best: int = max(runs[FOLDED_BEST], min(characters, 1))
    return best


@inlined
def forget(streaks: Int64s, runs: Int64s) -> None:
    """Begin a new text."""
    if runs[ACTIVE]:
        streaks[:, :] = 0
        runs[ACTIVE] = 0
    runs[WORD_BEST] = runs[PHRASE_BEST] = runs[FOLDED_BEST] = 1
    runs[FOLDED_LOOP] = 0
