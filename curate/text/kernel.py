"""The text measures, compiled: one pass over UTF-8 bytes, no Python objects, no GIL.

Held equal to `curate.text.define` and `curate.text.normalise` by property tests. Tokens are
compared by 64-bit hashes, so two different neighbouring tokens count as equal with
probability 2^-64.
"""

from __future__ import annotations

import unicodedata
from typing import Final

import numba as nb
import numpy as np
import numpy.typing as npt

from curate.text.normal import normalise
from curate.text.packed import (
    ASCII_CLASS,
    BLANK,
    DIGIT,
    LOWER,
    SEED,
    TRAILING,
    ascii_core,
    close,
    hash_normal,
    pack_folded,
)
from curate.text.runs import (
    ACTIVE,
    FOLDED_BEST,
    PHRASE_BEST,
    UNUSED,
    WORD_BEST,
    count_runs,
    forget,
    note_token,
)
from curate.text.unicode import (
    APOSTROPHE,
    APOSTROPHES,
    COMPOSES,
    LETTER,
    MARK,
    NO_SPACE,
    PUNCTUATION,
    SEPARATOR,
    SPACE,
    tables,
)
from curate.text.words import absorb, hash_bytes, mix

CHARS, CHARS_NOSPACE, LETTERS, WORDS, LONGEST_TOKEN, WORD_LEN, WORD_RUN, PHRASE_RUN, REPETITIONS = (
    range(9)
)
N_COUNTS: Final = 9
NOT_APPLICABLE: Final = -1

TEXT_HASH, NORMAL_HASH = range(2)


@nb.njit(nogil=True, cache=True, inline="always")
def _decode(data, at):  # type: ignore[no-untyped-def]
    """Code point and its length in bytes; the input is known to be valid UTF-8."""
    first = np.uint32(data[at])
    if first < 0x80:
        return first, 1
    if first < 0xE0:
        return ((first & np.uint32(0x1F)) << np.uint32(6)) | (
            np.uint32(data[at + 1]) & np.uint32(0x3F)
        ), 2
    if first < 0xF0:
        return (
            ((first & np.uint32(0x0F)) << np.uint32(12))
            | ((np.uint32(data[at + 1]) & np.uint32(0x3F)) << np.uint32(6))
            | (np.uint32(data[at + 2]) & np.uint32(0x3F))
        ), 3
    return (
        ((first & np.uint32(0x07)) << np.uint32(18))
        | ((np.uint32(data[at + 1]) & np.uint32(0x3F)) << np.uint32(12))
        | ((np.uint32(data[at + 2]) & np.uint32(0x3F)) << np.uint32(6))
        | (np.uint32(data[at + 3]) & np.uint32(0x3F))
    ), 4


@nb.njit(nogil=True, cache=True)
def _character_run(data, start, length, flags, fold, long_fold, ring, streaks, runs):  # type: ignore[no-untyped-def]
    """`repetitions` of a text without spaces: runs of phrases of 1 to 5 characters."""
    streaks[:, :] = 0
    runs[FOLDED_BEST] = 0
    runs[ACTIVE] = 1
    characters = 0
    at, end = start, start + length
    while at < end:
        code, size = _decode(data, at)
        at += size
        kind = flags[code]
        if kind & SPACE:
            continue
        value, word, filled = pack_folded(
            SEED, np.uint64(0), np.uint64(0), code, kind, fold, long_fold
        )
        token = close(value, word, filled)
        count_runs(token, characters, ring, streaks[1], runs, UNUSED, FOLDED_BEST)
        ring[characters & 7] = token
        characters += 1
    runs[ACTIVE] = 1  # leave the streaks to be cleared
    return max(runs[FOLDED_BEST], min(characters, 1))


@nb.njit(nogil=True, cache=True, inline="always")
def _measure_one(  # type: ignore[no-untyped-def]
    data, start, length, flags, fold, combining, long_fold, raws, foldeds, streaks, runs,
    row, counts, keys,
):  # fmt: skip
    """Fill `counts` and `keys` for one text; True where its normal form needs `unicodedata`.

    Token by token. A token of ASCII letters and digits with marks behind it takes the fast path;
    any other is read code point by code point. Both give a token the same folded hash.
    """
    forget(streaks, runs)
    chars, chars_nospace, letters, no_space_letters = 0, 0, 0, 0
    tokens, longest_token, longest_word = 0, 0, 0
    normal, needs_python = SEED, False
    at, end = start, start + length
    while at < end:
        if ASCII_CLASS[data[at]] == BLANK:
            chars += 1
            at += 1
            continue
        first = at
        at, core_letters, upper, folded = ascii_core(data, first, end)
        core = at - first
        next_class = ASCII_CLASS[data[at]] if at < end else BLANK
        while next_class == TRAILING:
            at += 1
            next_class = ASCII_CLASS[data[at]] if at < end else BLANK
        if core and next_class == BLANK:
            size = at - first
            letters += core_letters
            longest_word = max(longest_word, size)
            raw = hash_bytes(data, first, size) if upper or size > core else folded
            normal = absorb(normal, folded)
        else:
            at = first
            plain, core_seen = True, False
            value, word, filled = SEED, np.uint64(0), np.uint64(0)
            piece, piece_word, piece_filled = SEED, np.uint64(0), np.uint64(0)
            size, word_chars, last_combining = 0, 0, 0
            while at < end:
                code, width = _decode(data, at)
                kind = flags[code]
                if kind & SPACE:
                    break
                at += width
                size += 1
                plain &= code < 128 and (ASCII_CLASS[code] == LOWER or ASCII_CLASS[code] == DIGIT)
                word_chars = 0 if kind & SEPARATOR else word_chars + 1
                longest_word = max(longest_word, word_chars)
                if kind & LETTER:
                    letters += 1
                    if kind & NO_SPACE:
                        no_space_letters += 1
                if kind & COMPOSES:
                    needs_python = True
                if kind & PUNCTUATION:
                    if not kind & APOSTROPHE:  # a break between pieces of the normal form
                        if piece_filled:
                            normal = absorb(normal, close(piece, piece_word, piece_filled))
                        piece, piece_word, piece_filled = SEED, np.uint64(0), np.uint64(0)
                        last_combining = 0
                    continue
                if kind & MARK:
                    if combining[code]:
                        needs_python |= combining[code] < last_combining
                    last_combining = combining[code]
                else:
                    last_combining = 0
                core_seen = True
                value, word, filled = pack_folded(value, word, filled, code, kind, fold, long_fold)
                piece, piece_word, piece_filled = pack_folded(
                    piece, piece_word, piece_filled, code, kind, fold, long_fold
                )
            if piece_filled:
                normal = absorb(normal, close(piece, piece_word, piece_filled))
            if size == 0:  # a blank beyond ASCII
                at += width
                chars += 1
                continue
            folded = close(value, word, filled)
            raw = folded if plain else hash_bytes(data, first, at - first)
            if not core_seen:
                folded = ~raw
        chars += size
        chars_nospace += size
        longest_token = max(longest_token, size)
        note_token(raw, folded, tokens, raws, foldeds, streaks, runs)
        tokens += 1
    some = min(tokens, 1)
    repetitions = runs[FOLDED_BEST] * some
    spaceless = 2 * no_space_letters > letters
    if spaceless:
        repetitions = _character_run(
            data, start, length, flags, fold, long_fold, foldeds, streaks, runs
        )
    counts[row, CHARS] = chars
    counts[row, CHARS_NOSPACE] = chars_nospace
    counts[row, LETTERS] = letters
    counts[row, WORDS] = tokens
    counts[row, LONGEST_TOKEN] = longest_token
    counts[row, WORD_LEN] = NOT_APPLICABLE if spaceless else longest_word
    counts[row, WORD_RUN] = runs[WORD_BEST] * some
    counts[row, PHRASE_RUN] = runs[PHRASE_BEST] * some
    counts[row, REPETITIONS] = repetitions
    keys[row, TEXT_HASH] = hash_bytes(data, start, length)
    keys[row, NORMAL_HASH] = mix(normal)
    return needs_python


@nb.njit(nogil=True, cache=True)
def _measure_all(  # type: ignore[no-untyped-def]
    data, starts, lengths, flags, fold, combining, long_fold, counts, keys, odd
):
    raws = np.zeros(8, np.uint64)
    foldeds = np.zeros(8, np.uint64)
    streaks = np.zeros((2, 5), np.int64)
    runs = np.zeros(5, np.int64)
    for row in range(starts.size):
        odd[row] = _measure_one(
            data, starts[row], lengths[row], flags, fold, combining, long_fold, raws, foldeds,
            streaks, runs, row, counts, keys,
        )  # fmt: skip


def measure_spans(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint64]]:
    """Measure every text span of `data` (valid UTF-8).

    Returns counts, int32 [rows, N_COUNTS] in the order of the names above (WORD_LEN is
    NOT_APPLICABLE where the script writes no spaces), and keys, uint64 [rows, 2]: hash of the
    text as it stands, hash of its normal form.
    """
    table = tables()
    counts = np.empty((starts.size, N_COUNTS), np.int32)
    keys = np.empty((starts.size, 2), np.uint64)
    odd = np.zeros(starts.size, np.bool_)
    _measure_all(
        data, starts, lengths, table.flags, table.fold, table.combining, table.long_fold,
        counts, keys, odd,
    )  # fmt: skip
    for row in np.flatnonzero(odd):
        text = data[starts[row] : starts[row] + lengths[row]].tobytes().decode()
        if not _already_composed(text):
            keys[row, NORMAL_HASH] = hash_normal(normalise(text))
    return counts, keys


def _already_composed(text: str) -> bool:
    """Whether NFC changes nothing, before folding or after; a dropped apostrophe may join marks."""
    return (
        APOSTROPHES.isdisjoint(text)
        and unicodedata.is_normalized("NFC", text)
        and unicodedata.is_normalized("NFC", text.casefold())
    )
