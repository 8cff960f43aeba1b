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
from curate.text.unicode import (
    APOSTROPHE,
    APOSTROPHES,
    COMPOSES,
    LETTER,
    LONG_FOLD,
    NO_SPACE,
    PUNCTUATION,
    SEPARATOR,
    SPACE,
    tables,
)

CHARS, CHARS_NOSPACE, LETTERS, WORDS, LONGEST_TOKEN, WORD_LEN, WORD_RUN, PHRASE_RUN, REPETITIONS = (
    range(9)
)
N_COUNTS: Final = 9
NOT_APPLICABLE: Final = -1

TEXT_HASH, NORMAL_HASH = range(2)

_SEED = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x00000100000001B3)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(33)
_BLANK = np.uint64(32)


@nb.njit(nogil=True, cache=True, inline="always")
def _mix(value):  # type: ignore[no-untyped-def]
    value ^= value >> _SHIFT
    value *= _MIX
    return value ^ (value >> _SHIFT)


@nb.njit(nogil=True, cache=True)
def hash_bytes(data, start, length):  # type: ignore[no-untyped-def]
    """64-bit hash of a span, eight bytes a step. Ours, so stable across library versions."""
    value = _SEED ^ np.uint64(length)
    end = start + length
    at = start
    while at + 8 <= end:
        word = np.uint64(0)
        for k in range(8):
            word |= np.uint64(data[at + k]) << np.uint64(8 * k)
        value = (value ^ _mix(word)) * _PRIME
        at += 8
    while at < end:
        value = (value ^ np.uint64(data[at])) * _PRIME
        at += 1
    return _mix(value)


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


@nb.njit(nogil=True, cache=True, inline="always")
def _push(token, recent, streaks, seen):  # type: ignore[no-untyped-def]
    """Note one more token; returns (longest word run, longest phrase run) ending here."""
    word_run, phrase_run = 1, 1
    for size in range(1, 6):
        if seen >= size and recent[(seen - size) % 5] == token:
            streaks[size - 1] += 1
            run = streaks[size - 1] // size + 1
            phrase_run = max(phrase_run, run)
            if size == 1:
                word_run = run
        else:
            streaks[size - 1] = 0
    recent[seen % 5] = token
    return word_run, phrase_run


@nb.njit(nogil=True, cache=True)
def _character_run(data, start, length, flags, fold, long_fold):  # type: ignore[no-untyped-def]
    """`repetitions` of a text without spaces: runs of phrases of 1 to 5 characters."""
    recent = np.zeros(5, np.uint64)
    streaks = np.zeros(5, np.int64)
    seen, best = 0, 0
    at, end = start, start + length
    while at < end:
        code, size = _decode(data, at)
        at += size
        kind = flags[code]
        if kind & SPACE:
            continue
        token = np.uint64(fold[code])
        if kind & LONG_FOLD:
            row = fold[code]
            token = (
                (np.uint64(long_fold[row, 0]) << np.uint64(42))
                | (np.uint64(long_fold[row, 1]) << np.uint64(21))
                | np.uint64(long_fold[row, 2])
            )
        _, run = _push(token, recent, streaks, seen)
        best = max(best, run)
        seen += 1
    return best


@nb.njit(nogil=True, cache=True)
def _measure_one(data, start, length, flags, fold, combining, long_fold, counts, keys):  # type: ignore[no-untyped-def]
    """Fill `counts` and `keys` for one text; True where its normal form needs `unicodedata`."""
    raw_recent = np.zeros(5, np.uint64)
    raw_streaks = np.zeros(5, np.int64)
    fold_recent = np.zeros(5, np.uint64)
    fold_streaks = np.zeros(5, np.int64)
    chars, blanks, letters, no_space_letters = 0, 0, 0, 0
    tokens, token_chars, longest_token = 0, 0, 0
    word_chars, longest_word = 0, 0
    word_run, phrase_run, repetitions = 0, 0, 0
    raw, folded, plain_seen = _SEED, _SEED, False
    normal, pending_blank, normal_any = _SEED, False, False
    needs_python, last_combining = False, 0
    at, end = start, start + length
    while at <= end:
        if at < end:
            code, size = _decode(data, at)
            kind = flags[code]
            at += size
            chars += 1
        else:  # a last blank closes the last token
            code, kind = np.uint32(32), np.uint16(SPACE)
            at += 1
            blanks -= 1
        if kind & SPACE:
            blanks += 1
            pending_blank = True
            last_combining = 0
            longest_word = max(longest_word, word_chars)
            word_chars = 0
            if token_chars:
                longest_token = max(longest_token, token_chars)
                words, phrases = _push(_mix(raw), raw_recent, raw_streaks, tokens)
                word_run = max(word_run, words)
                phrase_run = max(phrase_run, phrases)
                if not plain_seen:
                    folded = ~raw
                words, phrases = _push(_mix(folded), fold_recent, fold_streaks, tokens)
                repetitions = max(repetitions, phrases)
                tokens += 1
                token_chars = 0
                raw, folded, plain_seen = _SEED, _SEED, False
            continue
        token_chars += 1
        raw = (raw ^ np.uint64(code)) * _PRIME
        if kind & SEPARATOR:
            longest_word = max(longest_word, word_chars)
            word_chars = 0
        else:
            word_chars += 1
        if kind & (LETTER | COMPOSES):
            if kind & LETTER:
                letters += 1
                if kind & NO_SPACE:
                    no_space_letters += 1
            if kind & COMPOSES:
                needs_python = True
        if kind & PUNCTUATION:
            if not kind & APOSTROPHE:
                pending_blank = True
                last_combining = 0
            continue
        if combining[code]:
            if combining[code] < last_combining:
                needs_python = True
            last_combining = combining[code]
        else:
            last_combining = 0
        plain_seen = True
        if pending_blank:
            if normal_any:
                normal = (normal ^ _BLANK) * _PRIME
            pending_blank = False
        normal_any = True
        if kind & LONG_FOLD:
            row = fold[code]
            for k in range(3):
                part = np.uint64(long_fold[row, k])
                if part:
                    folded = (folded ^ part) * _PRIME
                    normal = (normal ^ part) * _PRIME
        else:
            part = np.uint64(fold[code])
            folded = (folded ^ part) * _PRIME
            normal = (normal ^ part) * _PRIME
    spaceless = 2 * no_space_letters > letters
    if spaceless:
        repetitions = _character_run(data, start, length, flags, fold, long_fold)
    counts[CHARS] = chars
    counts[CHARS_NOSPACE] = chars - blanks
    counts[LETTERS] = letters
    counts[WORDS] = tokens
    counts[LONGEST_TOKEN] = longest_token
    counts[WORD_LEN] = NOT_APPLICABLE if spaceless else longest_word
    counts[WORD_RUN] = word_run
    counts[PHRASE_RUN] = phrase_run
    counts[REPETITIONS] = repetitions
    keys[TEXT_HASH] = hash_bytes(data, start, length)
    keys[NORMAL_HASH] = _mix(normal)
    return needs_python


@nb.njit(nogil=True, cache=True)
def _measure_all(data, starts, lengths, flags, fold, combining, long_fold, counts, keys, odd):  # type: ignore[no-untyped-def]
    for row in range(starts.size):
        odd[row] = _measure_one(
            data, starts[row], lengths[row], flags, fold, combining, long_fold,
            counts[row], keys[row],
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


def hash_normal(normal: str) -> int:
    """The NORMAL_HASH of an already normalised text.

    >>> hash_normal("no") == hash_normal("no"), hash_normal("no") == hash_normal("on")
    (True, False)
    """
    value = int(_SEED)
    for char in normal:
        value = ((value ^ ord(char)) * int(_PRIME)) & 0xFFFFFFFFFFFFFFFF
    value ^= value >> 33
    value = (value * int(_MIX)) & 0xFFFFFFFFFFFFFFFF
    return value ^ (value >> 33)
