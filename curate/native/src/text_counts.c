/* The loops of curate.text.kernel. */

#define TEXT_COUNTS_TEXT_HASH 0
#define TEXT_COUNTS_CHARS 0
#define TEXT_COUNTS_CHARS_NOSPACE 1
#define TEXT_COUNTS_LETTERS 2
#define TEXT_COUNTS_WORDS 3
#define TEXT_COUNTS_LONGEST_TOKEN 4
#define TEXT_COUNTS_WORD_LEN 6
#define TEXT_COUNTS_NOT_APPLICABLE (-1)
#define TEXT_COUNTS_WORD_RUN 7
#define TEXT_COUNTS_PHRASE_RUN 8
#define TEXT_COUNTS_REPETITIONS 9
#define TEXT_COUNTS_SECOND_TOKEN 5
#define TEXT_COUNTS_LOOP_TOKENS 10
#define TEXT_COUNTS_CHAR_RUN 11
#define TEXT_COUNTS_DISTINCT 12
#define TEXT_COUNTS_DIGITS 13
#define TEXT_COUNTS_UPPERS 14
#define TEXT_COUNTS_CASED 15
#define TEXT_COUNTS_HAS_STOP 16
#define TEXT_COUNTS_HIDDEN_CHARS 17
#define TEXT_COUNTS_SCRIPT 18
#define TEXT_COUNTS_FOREIGN 19
#define TEXT_COUNTS_NORMAL_HASH 1

/* Add a hash to the set in `slots[:room]`: 1 where it was not in it, else 0. */
static inline int64_t text_counts_add(uint64s slots, int64_t room, uint64_t hashed) {
    hashed |= (uint64_t)1; /* zero says that a slot is free */
    uint64_t mask = (uint64_t)(room - 1);
    uint64_t slot = (hashed >> 1) & mask;
    uint64_t there = AT(slots, slot);
    while ((there != 0) & (there != hashed)) { /* no branch on whether it is new */
        slot = (slot + 1) & mask;
        there = AT(slots, slot);
    }
    AT(slots, slot) = hashed;
    return there == 0;
}

/* How many of many tokens are distinct. */
static int64_t text_counts_distinct(uint64s folds, int64_t tokens, uint64s slots) {
    int64_t room = 64, distinct = 0;
    while (room < 2 * tokens && room < slots.size) {
        room *= 2;
    }
    FILL(SLICE(slots, 0, room), 0);
    for (int64_t k = 0; k < tokens; k++) {
        distinct += text_counts_add(slots, room, AT(folds, k));
    }
    return distinct;
}

/* Fill `counts` and `keys` for one text; COMPOSED, or why its normal hash may be wrong.
 *
 * Token by token. A token of ASCII letters and digits with marks behind it takes the fast path;
 * any other is read code point by code point. Both give a token the same folded hash. */
ALWAYS_INLINE int64_t text_counts_measure_one(uint8s data, int64_t start, int64_t length,
                                              uint64_t expected, int64_t bits, uint16s flags,
                                              uint32s fold, uint8s combining, uint32s2 long_fold,
                                              uint32s forms, uint32s2 long_forms, uint8s scripts,
                                              int64s script_counts, uint64s slots, int64s runs,
                                              uint64s folds, runs_Tokens* seen, int64_t row,
                                              int32s2 counts, uint64s2 keys) {
    int64_t size, width;
    runs_forget(seen, runs);
    plain_tokens_Sums sums = {.normal = PACKED_SEED};
    int64_t no_space_letters = 0;
    int64_t hidden = 0;
    int64_t far_letters = 0;
    bool counted = length <= RUNS_LONGEST_COUNTED;
    u64_i64 both = words_hash_text(data, start, length);
    AT2(keys, TEXT_COUNTS_TEXT_HASH, row) = both.a;
    int64_t char_run = both.b;
    int64_t doubt = CODE_POINTS_COMPOSED;
    int64_t turkic = bits & NUMERALS_TURKIC;
    int64_t by_language = bits & CODE_POINTS_BY_LANGUAGE;
    int64_t at = start;
    int64_t end = start + length;
    while (at < end) {
        if (AT(data, at) < 128) {
            at = plain_tokens_take(data, at, end, turkic, counted, folds, seen, &sums);
            if (at == end) {
                break;
            }
        }
        if (AT(PACKED_ASCII_CLASS, AT(data, at)) == PACKED_BLANK) {
            sums.chars += 1;
            at += 1;
            continue;
        }
        int64_t first = at;
        i64_i64_i64_u64 both_2 = packed_ascii_core(data, first, end);
        at = both_2.a;
        int64_t core_letters = both_2.b;
        int64_t upper = both_2.c;
        uint64_t folded = both_2.d;
        int64_t core = at - first;
        int64_t next_class = at < end ? AT(PACKED_ASCII_CLASS, AT(data, at)) : PACKED_BLANK;
        while (next_class == PACKED_TRAILING) {
            sums.stops |= AT(PACKED_ASCII_STOP, AT(data, at));
            at += 1;
            next_class = at < end ? AT(PACKED_ASCII_CLASS, AT(data, at)) : PACKED_BLANK;
        }
        if (core && next_class == PACKED_BLANK && !(turkic && upper)) {
            size = at - first;
            sums.letters += core_letters;
            sums.cased += core_letters;
            sums.uppers += upper;
            sums.digits += core - core_letters;
            sums.longest_word = max_i(sums.longest_word, size);
            sums.normal = words_absorb(sums.normal, folded);
        } else {
            at = first;
            bool core_seen = false;
            uint64_t value = PACKED_SEED;
            uint64_t word = (uint64_t)0;
            uint64_t filled = (uint64_t)0;
            uint64_t piece = PACKED_SEED;
            uint64_t piece_word = (uint64_t)0;
            uint64_t piece_filled = (uint64_t)0;
            size = 0;
            int64_t word_chars = 0;
            int64_t last_combining = 0;
            bool pointed = false;
            bool unclear = false;
            int64_t previous = (uint32_t)0;
            int64_t previous_kind = AT(flags, 0);
            int64_t run = 0;
            while (at < end) {
                i64_i64 both_3 = code_points_decode_at(data, at);
                int64_t code = both_3.a;
                width = both_3.b;
                int64_t kind = AT(flags, code);
                if (kind & UNICODE_SPACE) {
                    if (code >= 128 && size && ((previous_kind & UNICODE_DIGIT) || unclear)) {
                        doubt = CODE_POINTS_ODD; /* may part thousands */
                    }
                    break;
                }
                at += width;
                size += 1;
                word_chars = (kind & UNICODE_SEPARATOR) ? 0 : word_chars + 1;
                sums.longest_word = max_i(sums.longest_word, word_chars);
                run = (code == previous && size > 1) ? run + 1 : 1;
                char_run = max_i(char_run, run);
                if (kind & UNICODE_LETTER) {
                    sums.letters += 1;
                    if (code >= 128) {
                        far_letters += 1;
                        AT(script_counts, AT(scripts, code)) += 1;
                    }
                    if (kind & UNICODE_NO_SPACE) {
                        no_space_letters += 1;
                    }
                    if (kind & (UNICODE_UPPER | UNICODE_LOWER)) {
                        sums.cased += 1;
                        if (kind & UNICODE_UPPER) {
                            sums.uppers += 1;
                        }
                    }
                } else if (kind & (UNICODE_DIGIT | UNICODE_STOP | UNICODE_HIDDEN)) {
                    if (kind & UNICODE_DIGIT) {
                        sums.digits += 1;
                        unclear |= code >= 128;
                    } else if (kind & UNICODE_STOP) {
                        sums.stops = 1;
                    } else if (!((code == 8204 || code == 8205) && previous >= 128 &&
                                 (previous_kind & (UNICODE_LETTER | UNICODE_MARK)))) {
                        hidden += 1;
                    }
                }
                if (kind & UNICODE_COMPOSES) {
                    doubt = code == CODE_POINTS_DOT_ABOVE ? CODE_POINTS_ODD
                                                          : max_i(doubt, CODE_POINTS_UNSURE);
                }
                int64_t form = unicode_shifted(forms, code);
                if (by_language) {
                    form = code_points_form_by_language(code, bits, form);
                }
                if (code >= 128 && code_points_gives_digit(form, long_forms)) {
                    kind |= UNICODE_DIGIT; /* for the point behind it: all else is counted */
                    unclear = true;
                }
                if (form == FORMS_POINT) {
                    int64_t number = CODE_POINTS_UNCLEAR;
                    if (code < 128) {
                        number = code_points_point_at(data, start, at - 1, end, bits);
                        pointed |=
                            number != CODE_POINTS_NO_NUMBER || (previous_kind & UNICODE_DIGIT) > 0;
                        pointed |= (unclear && sums.digits > 0) ||
                                   (at < end && ('0' <= AT(data, at) && AT(data, at) < ':'));
                    } else {
                        pointed = true;
                    }
                    unclear |= number == CODE_POINTS_UNCLEAR;
                    if (number == CODE_POINTS_GROUPED) {
                        form = (uint32_t)FORMS_DROP;
                    } else if (number != CODE_POINTS_DECIMAL_POINT) {
                        form = (uint32_t)FORMS_BREAK;
                    } else {
                        form = (uint32_t)46;
                    }
                } else if (form == FORMS_DROP) {
                    unclear = true;
                }
                if (form == FORMS_BREAK) { /* a break between pieces of the normal form */
                    if (piece_filled) {
                        sums.normal = words_absorb(sums.normal,
                                                   packed_close(piece, piece_word, piece_filled));
                    }
                    piece = PACKED_SEED;
                    piece_word = (uint64_t)0;
                    piece_filled = (uint64_t)0;
                    last_combining = 0;
                } else if (form == FORMS_SLOW) {
                    doubt = CODE_POINTS_ODD;
                } else if (form != FORMS_DROP) {
                    int64_t order = kind & UNICODE_MARK ? AT(combining, code) : 0;
                    if (order && order < last_combining) { /* marks out of canonical order */
                        doubt = max_i(doubt, CODE_POINTS_UNSURE);
                    }
                    last_combining = order;
                    u64_u64_u64 both_4 =
                        packed_pack_form(piece, piece_word, piece_filled, form, long_forms);
                    piece = both_4.a;
                    piece_word = both_4.b;
                    piece_filled = both_4.c;
                }
                previous = code;
                previous_kind = kind;
                if (!(kind & UNICODE_PUNCTUATION)) {
                    core_seen = true;
                    u64_u64_u64 both_5 =
                        packed_pack_folded(value, word, filled, code, kind, fold, long_fold);
                    value = both_5.a;
                    word = both_5.b;
                    filled = both_5.c;
                }
            }
            if (pointed && unclear) {
                doubt = CODE_POINTS_ODD;
            }
            if (piece_filled) {
                sums.normal =
                    words_absorb(sums.normal, packed_close(piece, piece_word, piece_filled));
            }
            if (size == 0) { /* a blank beyond ASCII */
                at += width;
                sums.chars += 1;
                continue;
            }
            folded = packed_close(value, word, filled);
            if (!core_seen) {
                folded = ~words_hash_bytes(data, first, at - first);
            }
        }
        sums.chars += size;
        sums.chars_nospace += size;
        plain_tokens_note(first, at, size, folded, counted, folds, seen, &sums);
    }
    int64_t distinct = runs_finish(seen, sums.tokens, runs);
    if (sums.tokens > RUNS_FEW && counted) {
        distinct = text_counts_distinct(folds, sums.tokens, slots);
    }
    int64_t some = min_i(sums.tokens, 1);
    int64_t repetitions = AT(runs, RUNS_FOLDED_BEST) * some;
    bool spaceless = 2 * no_space_letters > sums.letters;
    if (spaceless) {
        repetitions = runs_character_run(data, start, length, flags, fold, long_fold, runs, folds);
    } else if (counted && sums.tokens - distinct >= 6) {
        AT(runs, RUNS_FOLDED_LOOP) =
            max_i(AT(runs, RUNS_FOLDED_LOOP), runs_long_loop(folds, sums.tokens));
    }
    int64_t script = sums.letters ? SCRIPTS_LATIN : 0;
    int64_t foreign = 0;
    if (far_letters) {
        i64_i64 both_6 =
            script_counts_classify_scripts(script_counts, sums.letters - far_letters, expected);
        script = both_6.a;
        foreign = both_6.b;
    } else if (!((expected >> (uint64_t)SCRIPTS_LATIN) & 1)) {
        foreign = sums.letters;
    }
    AT2(counts, TEXT_COUNTS_CHARS, row) = sums.chars;
    AT2(counts, TEXT_COUNTS_CHARS_NOSPACE, row) = sums.chars_nospace;
    AT2(counts, TEXT_COUNTS_LETTERS, row) = sums.letters;
    AT2(counts, TEXT_COUNTS_WORDS, row) = sums.tokens;
    AT2(counts, TEXT_COUNTS_LONGEST_TOKEN, row) = sums.longest_token;
    AT2(counts, TEXT_COUNTS_WORD_LEN, row) =
        spaceless ? TEXT_COUNTS_NOT_APPLICABLE : sums.longest_word;
    AT2(counts, TEXT_COUNTS_WORD_RUN, row) = AT(runs, RUNS_WORD_BEST) * some;
    AT2(counts, TEXT_COUNTS_PHRASE_RUN, row) = AT(runs, RUNS_PHRASE_BEST) * some;
    AT2(counts, TEXT_COUNTS_REPETITIONS, row) = repetitions;
    AT2(counts, TEXT_COUNTS_SECOND_TOKEN, row) = sums.second_token;
    AT2(counts, TEXT_COUNTS_LOOP_TOKENS, row) = AT(runs, RUNS_FOLDED_LOOP);
    AT2(counts, TEXT_COUNTS_CHAR_RUN, row) = max_i(char_run, some);
    AT2(counts, TEXT_COUNTS_DISTINCT, row) =
        (!spaceless && counted) ? distinct : TEXT_COUNTS_NOT_APPLICABLE;
    AT2(counts, TEXT_COUNTS_DIGITS, row) = sums.digits;
    AT2(counts, TEXT_COUNTS_UPPERS, row) = sums.uppers;
    AT2(counts, TEXT_COUNTS_CASED, row) = sums.cased;
    AT2(counts, TEXT_COUNTS_HAS_STOP, row) = sums.stops;
    AT2(counts, TEXT_COUNTS_HIDDEN_CHARS, row) = hidden;
    AT2(counts, TEXT_COUNTS_SCRIPT, row) = script;
    AT2(counts, TEXT_COUNTS_FOREIGN, row) = expected ? foreign : TEXT_COUNTS_NOT_APPLICABLE;
    AT2(keys, TEXT_COUNTS_NORMAL_HASH, row) = words_mix(sums.normal);
    return doubt;
}

EXPORT void text_counts_measure_all(uint8s data, int64s starts, int64s lengths, uint64s expected,
                                    uint8s bits, uint16s flags, uint32s fold, uint8s combining,
                                    uint32s2 long_fold, uint32s forms, uint32s2 long_forms,
                                    uint8s scripts, int64s script_counts, uint64s slots,
                                    int64s runs, uint64s folds, int32s2 counts, uint64s2 keys,
                                    uint8s doubts) {
    runs_Tokens seen = {.data = data};
    for (int64_t row = 0; row < starts.size; row++) {
        AT(doubts, row) = text_counts_measure_one(
            data, AT(starts, row), AT(lengths, row), AT(expected, row), AT(bits, row), flags, fold,
            combining, long_fold, forms, long_forms, scripts, script_counts, slots, runs, folds,
            &seen, row, counts, keys);
    }
}
