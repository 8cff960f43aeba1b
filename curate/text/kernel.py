"""The text measures, compiled: one pass over UTF-8 bytes, no Python objects, no GIL.

Held equal to `curate.text.define` and `curate.text.normalise` by property tests. Tokens are
compared by 64-bit hashes, so two different neighbouring tokens count as equal with
probability 2^-64.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from curate.arrays import Bytes, Int, Int32s, Int64s, UInt16s, UInt32s, UInt64s, Word
from curate.arrays.compiled import borrowing, inlined
from curate.text.code_points import (
    BY_LANGUAGE,
    COMPOSED,
    DECIMAL_POINT,
    DOT_ABOVE,
    GROUPED,
    NO_NUMBER,
    ODD,
    UNCLEAR,
    UNSURE,
    composes_nothing,
    decode_at,
    form_by_language,
    point_at,
)
from curate.text.forms import BREAK, DROP, POINT, SLOW, forms
from curate.text.normal import normalise_by
from curate.text.numerals import TURKIC
from curate.text.packed import (
    ASCII_CLASS,
    ASCII_STOP,
    BLANK,
    DIGIT,
    LOWER,
    SEED,
    TRAILING,
    ascii_core,
    close,
    hash_normal,
    pack_folded,
    pack_form,
)
from curate.text.runs import (
    FOLDED_BEST,
    FOLDED_LOOP,
    LONGEST_COUNTED,
    PHRASE_BEST,
    WORD_BEST,
    character_run,
    forget,
    long_loop,
    note_token,
)
from curate.text.script_counts import classify_scripts
from curate.text.scripts import LATIN, SCRIPTS, script_table
from curate.text.unicode import (
    COMPOSES,
    HIDDEN,
    JOINERS,
    LETTER,
    MARK,
    NO_SPACE,
    PUNCTUATION,
    SEPARATOR,
    SPACE,
    STOP,
    tables,
)
from curate.text.unicode import (
    DIGIT as DECIMAL,
)
from curate.text.unicode import (
    LOWER as LOWER_CASE,
)
from curate.text.unicode import (
    UPPER as UPPER_CASE,
)
from curate.text.words import absorb, hash_bytes, hash_text, mix

(
    CHARS, CHARS_NOSPACE, LETTERS, WORDS, LONGEST_TOKEN, SECOND_TOKEN, WORD_LEN, WORD_RUN,
    PHRASE_RUN, REPETITIONS, LOOP_TOKENS, CHAR_RUN, DISTINCT, DIGITS, UPPERS, CASED,
    HAS_STOP, HIDDEN_CHARS, SCRIPT, FOREIGN,
) = range(20)  # fmt: skip
N_COUNTS: Final = 20
NOT_APPLICABLE: Final = -1

TEXT_HASH, NORMAL_HASH = range(2)


@inlined
def _add(slots: UInt64s, room: int, hashed: Word) -> int:
    """Add a hash to the set in `slots[:room]`: 1 where it was not in it, else 0."""
    hashed |= np.uint64(1)  # zero says that a slot is free
    mask = np.uint64(room - 1)
    slot = (hashed >> np.uint64(1)) & mask
    while slots[slot]:
        if slots[slot] == hashed:
            return 0
        slot = (slot + np.uint64(1)) & mask
    slots[slot] = hashed
    return 1


@inlined
def _measure_one(
    data: Bytes,
    start: int,
    length: int,
    expected: Word,
    bits: int,
    flags: UInt16s,
    fold: UInt32s,
    combining: Bytes,
    long_fold: UInt32s,
    forms: UInt32s,
    long_forms: UInt32s,
    scripts: Bytes,
    script_counts: Int64s,
    slots: UInt64s,
    raws: UInt64s,
    foldeds: UInt64s,
    streaks: Int64s,
    runs: Int64s,
    folds: UInt64s,
    row: int,
    counts: Int32s,
    keys: UInt64s,
) -> int:
    """Fill `counts` and `keys` for one text; COMPOSED, or why its normal hash may be wrong.

    Token by token. A token of ASCII letters and digits with marks behind it takes the fast path;
    any other is read code point by code point. Both give a token the same folded hash.
    """
    forget(streaks, runs)
    chars, chars_nospace, letters, no_space_letters = 0, 0, 0, 0
    tokens, longest_token, second_token, longest_word = 0, 0, 0, 0
    stops: Int = 0
    digits, uppers, cased, hidden, far_letters, distinct = 0, 0, 0, 0, 0, 0
    room = 32
    while room < length // 2 + 2 and room < slots.size:
        room *= 2
    slots[:room] = 0
    keys[TEXT_HASH, row], char_run = hash_text(data, start, length)
    normal, doubt = SEED, COMPOSED
    turkic, by_language = bits & TURKIC, bits & BY_LANGUAGE
    last_combining: Int
    next_class: Int
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
            stops |= ASCII_STOP[data[at]]
            at += 1
            next_class = ASCII_CLASS[data[at]] if at < end else BLANK
        if core and next_class == BLANK and not (turkic and upper):
            size = at - first
            letters += core_letters
            cased += core_letters
            uppers += upper
            digits += core - core_letters
            longest_word = max(longest_word, size)
            raw = hash_bytes(data, first, size) if upper or size > core else folded
            normal = absorb(normal, folded)
        else:
            at = first
            plain, core_seen = True, False
            value, word, filled = SEED, np.uint64(0), np.uint64(0)
            piece, piece_word, piece_filled = SEED, np.uint64(0), np.uint64(0)
            size, word_chars, last_combining = 0, 0, 0
            pointed, unclear = False, False
            previous, previous_kind, run = np.uint32(0), flags[0], 0
            while at < end:
                code, width = decode_at(data, at)
                kind: Int = flags[code]
                if kind & SPACE:
                    if code >= 128 and size and (previous_kind & DECIMAL or unclear):
                        doubt = ODD  # may part thousands
                    break
                at += width
                size += 1
                plain &= code < 128 and (ASCII_CLASS[code] == LOWER or ASCII_CLASS[code] == DIGIT)
                word_chars = 0 if kind & SEPARATOR else word_chars + 1
                longest_word = max(longest_word, word_chars)
                run = run + 1 if code == previous and size > 1 else 1
                char_run = max(char_run, run)
                if kind & LETTER:
                    letters += 1
                    if code >= 128:
                        far_letters += 1
                        script_counts[scripts[code]] += 1
                    if kind & NO_SPACE:
                        no_space_letters += 1
                    if kind & (UPPER_CASE | LOWER_CASE):
                        cased += 1
                        if kind & UPPER_CASE:
                            uppers += 1
                elif kind & (DECIMAL | STOP | HIDDEN):
                    if kind & DECIMAL:
                        digits += 1
                        unclear |= code >= 128
                    elif kind & STOP:
                        stops = 1
                    elif not (
                        (code == JOINERS[0] or code == JOINERS[1])
                        and previous >= 128
                        and previous_kind & (LETTER | MARK)
                    ):
                        hidden += 1
                if kind & COMPOSES:
                    doubt = ODD if code == DOT_ABOVE else max(doubt, UNSURE)
                form: Int = forms[code]
                if by_language:
                    form = form_by_language(code, bits, form)
                if form == POINT:
                    number = UNCLEAR
                    if code < 128:
                        number = point_at(data, start, at - 1, end, bits)
                        pointed |= number != NO_NUMBER or previous_kind & DECIMAL > 0
                        pointed |= (unclear and digits > 0) or (at < end and 48 <= data[at] < 58)
                    else:
                        pointed = True
                    unclear |= number == UNCLEAR
                    if number == GROUPED:
                        form = np.uint32(DROP)
                    elif number != DECIMAL_POINT:
                        form = np.uint32(BREAK)
                    else:
                        form = np.uint32(46)
                elif form == DROP:
                    unclear = True
                if form == BREAK:  # a break between pieces of the normal form
                    if piece_filled:
                        normal = absorb(normal, close(piece, piece_word, piece_filled))
                    piece, piece_word, piece_filled = SEED, np.uint64(0), np.uint64(0)
                    last_combining = 0
                elif form == SLOW:
                    doubt = ODD
                elif form != DROP:
                    if kind & MARK:
                        if combining[code] and combining[code] < last_combining:
                            doubt = max(doubt, UNSURE)
                        last_combining = combining[code]
                    else:
                        last_combining = 0
                    piece, piece_word, piece_filled = pack_form(
                        piece, piece_word, piece_filled, form, long_forms
                    )
                previous, previous_kind = code, kind
                if not kind & PUNCTUATION:
                    core_seen = True
                    value, word, filled = pack_folded(
                        value, word, filled, code, kind, fold, long_fold
                    )
            if pointed and unclear:
                doubt = ODD
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
        second_token = max(second_token, min(longest_token, size))
        longest_token = max(longest_token, size)
        if length <= LONGEST_COUNTED:
            distinct += _add(slots, room, folded)
            folds[tokens] = folded
        note_token(raw, folded, tokens, raws, foldeds, streaks, runs)
        tokens += 1
    some = min(tokens, 1)
    repetitions = runs[FOLDED_BEST] * some
    spaceless = 2 * no_space_letters > letters
    if spaceless:
        repetitions = character_run(
            data, start, length, flags, fold, long_fold, foldeds, streaks, runs, folds
        )
    elif length <= LONGEST_COUNTED and tokens - distinct >= 6:  # else no phrase of 6 occurs twice
        runs[FOLDED_LOOP] = max(runs[FOLDED_LOOP], long_loop(folds, tokens))
    script, foreign = LATIN if letters else 0, 0
    if far_letters:
        script, foreign = classify_scripts(script_counts, letters - far_letters, expected)
    elif not (expected >> np.uint64(LATIN)) & np.uint64(1):
        foreign = letters
    counts[CHARS, row] = chars
    counts[CHARS_NOSPACE, row] = chars_nospace
    counts[LETTERS, row] = letters
    counts[WORDS, row] = tokens
    counts[LONGEST_TOKEN, row] = longest_token
    counts[WORD_LEN, row] = NOT_APPLICABLE if spaceless else longest_word
    counts[WORD_RUN, row] = runs[WORD_BEST] * some
    counts[PHRASE_RUN, row] = runs[PHRASE_BEST] * some
    counts[REPETITIONS, row] = repetitions
    counts[SECOND_TOKEN, row] = second_token
    counts[LOOP_TOKENS, row] = runs[FOLDED_LOOP]
    counts[CHAR_RUN, row] = max(char_run, some)
    counts[DISTINCT, row] = (
        distinct if not spaceless and length <= LONGEST_COUNTED else NOT_APPLICABLE
    )
    counts[DIGITS, row] = digits
    counts[UPPERS, row] = uppers
    counts[CASED, row] = cased
    counts[HAS_STOP, row] = stops
    counts[HIDDEN_CHARS, row] = hidden
    counts[SCRIPT, row] = script
    counts[FOREIGN, row] = foreign if expected else NOT_APPLICABLE
    keys[NORMAL_HASH, row] = mix(normal)
    return doubt


@borrowing
def _measure_all(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    expected: UInt64s,
    bits: Bytes,
    flags: UInt16s,
    fold: UInt32s,
    combining: Bytes,
    long_fold: UInt32s,
    forms: UInt32s,
    long_forms: UInt32s,
    scripts: Bytes,
    script_counts: Int64s,
    slots: UInt64s,
    raws: UInt64s,
    foldeds: UInt64s,
    streaks: Int64s,
    runs: Int64s,
    folds: UInt64s,
    counts: Int32s,
    keys: UInt64s,
    doubts: Bytes,
) -> None:
    for row in range(starts.size):
        doubts[row] = _measure_one(
            data, starts[row], lengths[row], expected[row], bits[row], flags, fold, combining,
            long_fold, forms, long_forms, scripts, script_counts, slots, raws, foldeds, streaks,
            runs, folds, row, counts, keys,
        )  # fmt: skip


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
        table.long_fold, form.codes, form.long, script_table(), np.zeros(len(SCRIPTS), np.int64),
        slots, np.zeros(8, np.uint64), np.zeros(8, np.uint64), np.zeros((2, 5), np.int64),
        np.zeros(6, np.int64), np.zeros(longest + 1, np.uint64), counts, keys, doubts,
    )  # fmt: skip
    for row in np.flatnonzero(doubts):
        text = data[starts[row] : starts[row] + lengths[row]].tobytes().decode()
        if doubts[row] == ODD or not composes_nothing(text):
            keys[NORMAL_HASH, row] = hash_normal(normalise_by(text, int(bits[row])))
    return counts, keys
