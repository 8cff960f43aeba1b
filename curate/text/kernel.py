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
    MARK,
    NO_SPACE,
    PUNCTUATION,
    SEPARATOR,
    SPACE,
    tables,
)
from curate.text.words import absorb, hash_bytes, load_word, mix, ones, trailing_zeros

CHARS, CHARS_NOSPACE, LETTERS, WORDS, LONGEST_TOKEN, WORD_LEN, WORD_RUN, PHRASE_RUN, REPETITIONS = (
    range(9)
)
N_COUNTS: Final = 9
NOT_APPLICABLE: Final = -1

TEXT_HASH, NORMAL_HASH = range(2)

_SEED = np.uint64(0xCBF29CE484222325)
_ONE = np.uint64(1)
_THREE = np.uint64(3)
_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_CASE_BITS = np.uint64(0x2020202020202020)

# What has been seen of a text's runs; _ACTIVE says that a streak is under way.
_WORD_BEST, _PHRASE_BEST, _FOLDED_BEST, _UNUSED, _ACTIVE = range(5)

# ASCII classes of the fast path; what is not one of these is left to the general one.
_LOWER, _UPPER, _DIGIT, _MARK, _OTHER, _SPACE = range(6)
_ASCII = np.full(256, _OTHER, np.uint8)
_ASCII[97:123] = _LOWER
_ASCII[65:91] = _UPPER
_ASCII[48:58] = _DIGIT
_ASCII[[ord(mark) for mark in '!"#$%&()*+,.:;<=>?@[\\]^`{|}~']] = _MARK
_ASCII[[9, 10, 11, 12, 13, 28, 29, 30, 31, 32]] = _SPACE


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
def _note(raw, folded, tokens, raws, foldeds, streaks, runs):  # type: ignore[no-untyped-def]
    """Note the next token of a text, number `tokens` from 0, in rings of the last eight.

    Most tokens equal none of the five before them, folded or not; only then is there work.
    """
    seen = False
    for back in range(1, 6):
        seen |= foldeds[(tokens - back) & 7] == folded
    if seen or runs[_ACTIVE]:
        runs[_ACTIVE] = 0
        _count_runs(raw, tokens, raws, streaks[0], runs, _WORD_BEST, _PHRASE_BEST)
        _count_runs(folded, tokens, foldeds, streaks[1], runs, _UNUSED, _FOLDED_BEST)
    raws[tokens & 7] = raw
    foldeds[tokens & 7] = folded


@nb.njit(nogil=True, cache=True)
def _count_runs(token, tokens, ring, streaks, runs, word_best, phrase_best):  # type: ignore[no-untyped-def]
    """Streaks of equality with the token 1 to 5 before, and the runs that follow from them."""
    for back in range(1, 6):
        if tokens >= back and ring[(tokens - back) & 7] == token:
            streaks[back - 1] += 1
            runs[_ACTIVE] = 1
            run = streaks[back - 1] // back + 1
            runs[phrase_best] = max(runs[phrase_best], run)
            if back == 1:
                runs[word_best] = max(runs[word_best], run)
        else:
            streaks[back - 1] = 0


@nb.njit(nogil=True, cache=True, inline="always")
def _forget(streaks, runs):  # type: ignore[no-untyped-def]
    """Begin a new text."""
    if runs[_ACTIVE]:
        streaks[:, :] = 0
        runs[_ACTIVE] = 0
    runs[_WORD_BEST] = runs[_PHRASE_BEST] = runs[_FOLDED_BEST] = 1


@nb.njit(nogil=True, cache=True, inline="always")
def _pack(value, word, filled, code):  # type: ignore[no-untyped-def]
    """Carry a code point into a running hash of packed words; (hash, open word, bits in it).

    ASCII takes 8 bits and any other code point 32, so that the hash of an ASCII token can also be
    had from its bytes, eight at a time.
    """
    width = np.uint64(8) if code < 0x80 else np.uint64(32)
    if filled + width > np.uint64(64):
        value = absorb(value, word)
        word, filled = np.uint64(0), np.uint64(0)
    return value, word | (np.uint64(code) << filled), filled + width


@nb.njit(nogil=True, cache=True, inline="always")
def _pack_folded(value, word, filled, code, kind, fold, long_fold):  # type: ignore[no-untyped-def]
    """`_pack` a code point's case folding."""
    if kind & LONG_FOLD:
        row = fold[code]
        for k in range(3):
            if long_fold[row, k]:
                value, word, filled = _pack(value, word, filled, long_fold[row, k])
        return value, word, filled
    return _pack(value, word, filled, fold[code])


@nb.njit(nogil=True, cache=True, inline="always")
def _close(value, word, filled):  # type: ignore[no-untyped-def]
    """The finished hash of what was packed."""
    return absorb(value, word) if filled else value


@nb.njit(nogil=True, cache=True)
def _character_run(data, start, length, flags, fold, long_fold, ring, streaks, runs):  # type: ignore[no-untyped-def]
    """`repetitions` of a text without spaces: runs of phrases of 1 to 5 characters."""
    streaks[:, :] = 0
    runs[_FOLDED_BEST] = 0
    runs[_ACTIVE] = 1
    characters = 0
    at, end = start, start + length
    while at < end:
        code, size = _decode(data, at)
        at += size
        kind = flags[code]
        if kind & SPACE:
            continue
        value, word, filled = _pack_folded(
            _SEED, np.uint64(0), np.uint64(0), code, kind, fold, long_fold
        )
        token = _close(value, word, filled)
        _count_runs(token, characters, ring, streaks[1], runs, _UNUSED, _FOLDED_BEST)
        ring[characters & 7] = token
        characters += 1
    runs[_ACTIVE] = 1  # leave the streaks to be cleared
    return max(runs[_FOLDED_BEST], min(characters, 1))


@nb.njit(nogil=True, cache=True, inline="always")
def _within(word, low, high):  # type: ignore[no-untyped-def]
    """High bit of each byte of `word` in [low, high]; bytes beyond ASCII count as none."""
    ascii_part = word & ~_HIGHS
    above = ascii_part + np.uint64(0x80 - low) * _ONES
    beyond = ascii_part + np.uint64(0x7F - high) * _ONES
    return above & ~beyond & ~word & _HIGHS


@nb.njit(nogil=True, cache=True, inline="always")
def _ascii_core(data, at, end):  # type: ignore[no-untyped-def]
    """The ASCII letters and digits at `at`: (end, letters, whether upper case is among them, hash).

    Eight bytes a step without a branch on their values: words end at no predictable place.
    """
    value, letters, upper = _SEED, np.uint64(0), np.uint64(0)
    while at + 8 <= data.size:
        word = load_word(data, at)
        alpha = _within(word | _CASE_BITS, 97, 122)
        stop = ~(alpha | _within(word, 48, 57)) & _HIGHS
        if end - at < 8:
            stop |= _HIGHS << np.uint64(8 * (end - at))
        size = trailing_zeros(stop) >> np.uint64(3)
        kept = ~np.uint64(0) if size == np.uint64(8) else (_ONE << (size << _THREE)) - _ONE
        alpha &= kept
        letters += ones(alpha)
        upper |= (~word & _CASE_BITS) << np.uint64(2) & alpha
        if size:
            value = absorb(value, (word | (alpha >> np.uint64(2))) & kept)
        at += np.int64(size)
        if size < np.uint64(8):
            return at, np.int64(letters), upper != 0, value
    return _ascii_core_slowly(data, at, end, value, np.int64(letters), upper != 0)


@nb.njit(nogil=True, cache=True)
def _ascii_core_slowly(data, at, end, value, letters, upper):  # type: ignore[no-untyped-def]
    """The same, byte by byte: within eight bytes of the buffer's end."""
    word, filled = np.uint64(0), np.uint64(0)
    while at < end and _ASCII[data[at]] <= _DIGIT:
        code = data[at]
        if _ASCII[code] == _UPPER:
            code += 32
            upper = True
        letters += _ASCII[data[at]] != _DIGIT
        value, word, filled = _pack(value, word, filled, code)
        at += 1
    return at, letters, upper, _close(value, word, filled)


@nb.njit(nogil=True, cache=True, inline="always")
def _measure_one(  # type: ignore[no-untyped-def]
    data, start, length, flags, fold, combining, long_fold, raws, foldeds, streaks, runs,
    row, counts, keys,
):  # fmt: skip
    """Fill `counts` and `keys` for one text; True where its normal form needs `unicodedata`.

    Token by token. A token of ASCII letters and digits with marks behind it takes the fast path;
    any other is read code point by code point. Both give a token the same folded hash.
    """
    _forget(streaks, runs)
    chars, chars_nospace, letters, no_space_letters = 0, 0, 0, 0
    tokens, longest_token, longest_word = 0, 0, 0
    normal, needs_python = _SEED, False
    at, end = start, start + length
    while at < end:
        if _ASCII[data[at]] == _SPACE:
            chars += 1
            at += 1
            continue
        first = at
        at, core_letters, upper, folded = _ascii_core(data, first, end)
        core = at - first
        next_class = _ASCII[data[at]] if at < end else _SPACE
        while next_class == _MARK:
            at += 1
            next_class = _ASCII[data[at]] if at < end else _SPACE
        if core and next_class == _SPACE:
            size = at - first
            letters += core_letters
            longest_word = max(longest_word, size)
            raw = hash_bytes(data, first, size) if upper or size > core else folded
            normal = absorb(normal, folded)
        else:
            at = first
            plain, core_seen = True, False
            value, word, filled = _SEED, np.uint64(0), np.uint64(0)
            piece, piece_word, piece_filled = _SEED, np.uint64(0), np.uint64(0)
            size, word_chars, last_combining = 0, 0, 0
            while at < end:
                code, width = _decode(data, at)
                kind = flags[code]
                if kind & SPACE:
                    break
                at += width
                size += 1
                plain &= code < 128 and (_ASCII[code] == _LOWER or _ASCII[code] == _DIGIT)
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
                            normal = absorb(normal, _close(piece, piece_word, piece_filled))
                        piece, piece_word, piece_filled = _SEED, np.uint64(0), np.uint64(0)
                        last_combining = 0
                    continue
                if kind & MARK:
                    if combining[code]:
                        needs_python |= combining[code] < last_combining
                    last_combining = combining[code]
                else:
                    last_combining = 0
                core_seen = True
                value, word, filled = _pack_folded(value, word, filled, code, kind, fold, long_fold)
                piece, piece_word, piece_filled = _pack_folded(
                    piece, piece_word, piece_filled, code, kind, fold, long_fold
                )
            if piece_filled:
                normal = absorb(normal, _close(piece, piece_word, piece_filled))
            if size == 0:  # a blank beyond ASCII
                at += width
                chars += 1
                continue
            folded = _close(value, word, filled)
            raw = folded if plain else hash_bytes(data, first, at - first)
            if not core_seen:
                folded = ~raw
        chars += size
        chars_nospace += size
        longest_token = max(longest_token, size)
        _note(raw, folded, tokens, raws, foldeds, streaks, runs)
        tokens += 1
    some = min(tokens, 1)
    repetitions = runs[_FOLDED_BEST] * some
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
    counts[row, WORD_RUN] = runs[_WORD_BEST] * some
    counts[row, PHRASE_RUN] = runs[_PHRASE_BEST] * some
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


def hash_normal(normal: str) -> int:
    """The NORMAL_HASH of an already normalised text.

    >>> hash_normal("no") == hash_normal("no"), hash_normal("no on") == hash_normal("on no")
    (True, False)
    """
    value = int(_SEED)
    for word in normal.split(" ") if normal else []:
        value = _absorbed(value, _hash_word(word))
    value ^= value >> 33
    value = (value * _MIX) & _WORD
    return value ^ (value >> 33)


_WORD = 0xFFFFFFFFFFFFFFFF
_MIX = 0xFF51AFD7ED558CCD


def _absorbed(value: int, word: int) -> int:
    """`absorb` of the compiled side."""
    value = ((value ^ word) * _MIX) & _WORD
    return value ^ (value >> 29)


def _hash_word(word: str) -> int:
    """The packed hash of one word, as `_pack` and `_close` make it."""
    value, packed, filled = int(_SEED), 0, 0
    for code in map(ord, word):
        width = 8 if code < 0x80 else 32
        if filled + width > 64:
            value, packed, filled = _absorbed(value, packed), 0, 0
        packed |= code << filled
        filled += width
    return _absorbed(value, packed) if filled else value
