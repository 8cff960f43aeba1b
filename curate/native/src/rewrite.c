/* The loops of curate.text.rewrite. */

#define REWRITE_CHECK_ENGLISH 1
#define REWRITE_CHECK_BRACKETS 2
#define REWRITE_CHECK_DIGITS 4

/* Write a code point as UTF-8; where the next one goes. */
static inline int64_t rewrite_put(uint8s out, int64_t at, int64_t code) {
    if (code < 128) {
        AT(out, at) = code;
        return at + 1;
    }
    if (code < 2048) {
        AT(out, at) = 192 | (code >> 6);
        AT(out, at + 1) = 128 | (code & 63);
        return at + 2;
    }
    if (code < 65536) {
        AT(out, at) = 224 | (code >> 12);
        AT(out, at + 1) = 128 | ((code >> 6) & 63);
        AT(out, at + 2) = 128 | (code & 63);
        return at + 3;
    }
    AT(out, at) = 240 | (code >> 18);
    AT(out, at + 1) = 128 | ((code >> 12) & 63);
    AT(out, at + 2) = 128 | ((code >> 6) & 63);
    AT(out, at + 3) = 128 | (code & 63);
    return at + 4;
}

/* Whether the bytes written from `first` on are one of the words of a `word_table`. */
static inline bool rewrite_is_in(uint64s words, uint8s out, int64_t first, int64_t to) {
    uint64_t mask = (uint64_t)(words.size - 1);
    uint64_t hashed = words_hash_bytes(out, first, to - first) | 1;
    uint64_t slot = (hashed >> 1) & mask;
    while (AT(words, slot) && AT(words, slot) != hashed) {
        slot = (slot + 1) & mask;
    }
    return AT(words, slot) == hashed;
}

/* Whether the code point to be written and the one before it are digit and letter, in a word
 * that begins at `word`. */
static inline bool rewrite_is_beside(uint8s out, int64_t word, int64_t to, int64_t code) {
    if (to == word || code == 46 || AT(out, to - 1) == '.') {
        return false;
    }
    return (48 <= code && code < 58) != ('0' <= AT(out, to - 1) && AT(out, to - 1) < ':');
}

/* Whether a byte is a letter whose normal form is itself in every language: most bytes of most
 * texts. */
static inline bool rewrite_is_small(uint8_t byte) {
    return 'a' <= byte && byte <= 'z';
}

/* Write one text's normal form at `to`: (where it ends, COMPOSED or why it may be wrong). */
static i64_i64 rewrite_rewrite(uint8s data, int64_t start, int64_t length, int64_t bits,
                               uint16s flags, uint8s combining, uint32s forms, uint32s2 long_,
                               uint64s words, int64_t checks, uint8s out, int64_t to) {
    int64_t first = to;
    int64_t at = start;
    int64_t end = start + length;
    int64_t doubt = CODE_POINTS_COMPOSED;
    bool pointed = false;
    bool unclear = false;
    bool digits = false;
    int64_t last_combining = 0;
    int64_t before = 0;
    int64_t word = to;
    bool sticks = false;
    bool english = (checks & REWRITE_CHECK_ENGLISH) && (bits & NUMERALS_ENGLISH);
    while (at < end) {
        if (rewrite_is_small(AT(data, at))) {
            sticks |= rewrite_is_beside(out, word, to, AT(data, at));
            do {
                AT(out, to++) = AT(data, at++);
            } while (at < end && rewrite_is_small(AT(data, at)));
            before = AT(flags, AT(data, at - 1));
            last_combining = 0;
            continue;
        }
        i64_i64 both = code_points_decode_at(data, at);
        int64_t code = both.a;
        int64_t width = both.b;
        int64_t kind = AT(flags, code);
        int64_t form = unicode_shifted(forms, code);
        at += width;
        if ((checks & REWRITE_CHECK_BRACKETS) && (code == 60 || code == 91)) {
            doubt = CODE_POINTS_ODD;
        }
        if ((checks & REWRITE_CHECK_DIGITS) && (kind & UNICODE_DIGIT) &&
            !(bits & NUMERALS_ENGLISH)) {
            doubt = CODE_POINTS_ODD;
        }
        if (english &&
            (!(kind & (UNICODE_LETTER | UNICODE_DIGIT)) || (kind & UNICODE_APOSTROPHE))) {
            bool sign = code == 36 || code == 37 || code == 162 || code == 163 || code == 8364;
            if (sign || (kind & UNICODE_APOSTROPHE)) {
                doubt = CODE_POINTS_ODD;
            }
        }
        if (bits & CODE_POINTS_BY_LANGUAGE) {
            form = code_points_form_by_language(code, bits, form);
        }
        if (kind & UNICODE_COMPOSES) {
            doubt =
                code == CODE_POINTS_DOT_ABOVE ? CODE_POINTS_ODD : max_i(doubt, CODE_POINTS_UNSURE);
        }
        if (form == FORMS_POINT) {
            int64_t number = CODE_POINTS_NO_NUMBER;
            if (digits || (at < end && ('0' <= AT(data, at) && AT(data, at) < ':'))) {
                number = code_points_point_at(data, start, at - 1, end, bits);
                pointed |=
                    number != CODE_POINTS_NO_NUMBER || (before & UNICODE_DIGIT) > 0 || unclear;
                pointed |= at < end && ('0' <= AT(data, at) && AT(data, at) < ':');
            }
            unclear |= number == CODE_POINTS_UNCLEAR;
            form = (uint32_t)(number == CODE_POINTS_GROUPED         ? FORMS_DROP
                              : number == CODE_POINTS_DECIMAL_POINT ? 46
                                                                    : FORMS_BREAK);
        } else if ((kind & UNICODE_DIGIT) ||
                   (code >= 128 && code_points_gives_digit(form, long_))) {
            kind |= UNICODE_DIGIT; /* for the point behind it */
            digits = true;
            unclear |= code >= 128;
        } else if (form == FORMS_DROP) {
            unclear = true;
        } else if (kind & UNICODE_SPACE) {
            if (code >= 128 && ((before & UNICODE_DIGIT) || unclear)) {
                doubt = CODE_POINTS_ODD; /* may part thousands */
            }
            if (pointed && unclear) {
                doubt = CODE_POINTS_ODD;
            }
            pointed = unclear = false;
        }
        before = kind;
        if (form == FORMS_BREAK) {
            if (to > first && AT(out, to - 1) != ' ') {
                if (english && rewrite_is_in(words, out, word, to)) {
                    doubt = CODE_POINTS_ODD;
                }
                AT(out, to) = 32;
                to += 1;
                word = to;
            }
            last_combining = 0;
        } else if (form == FORMS_SLOW) {
            doubt = CODE_POINTS_ODD;
        } else if (form != FORMS_DROP) {
            int64_t order = kind & UNICODE_MARK ? AT(combining, code) : 0;
            if (order && order < last_combining) { /* marks out of canonical order */
                doubt = max_i(doubt, CODE_POINTS_UNSURE);
            }
            last_combining = order;
            if (form < FORMS_SIZE) {
                sticks |= rewrite_is_beside(out, word, to, form);
                to = rewrite_put(out, to, form);
            } else {
                for (int64_t k = 0; k < FORMS_LONGEST; k++) {
                    if (AT2(long_, form - FORMS_LONG, k)) {
                        sticks |=
                            rewrite_is_beside(out, word, to, AT2(long_, form - FORMS_LONG, k));
                        to = rewrite_put(out, to, AT2(long_, form - FORMS_LONG, k));
                    }
                }
            }
        }
    }
    if (english && sticks) {
        doubt = CODE_POINTS_ODD;
    }
    if (to > first && AT(out, to - 1) == ' ') {
        to -= 1;
    } else if (english && to > first && rewrite_is_in(words, out, word, to)) {
        doubt = CODE_POINTS_ODD;
    }
    return (i64_i64){to, (pointed && unclear) ? CODE_POINTS_ODD : doubt};
}

EXPORT void rewrite_rewrite_all(uint8s data, int64s starts, int64s lengths, uint8s bits,
                                uint16s flags, uint8s combining, uint32s forms, uint32s2 long_,
                                uint64s words, int64_t checks, uint8s out, int64s bounds,
                                uint8s doubts) {
    for (int64_t row = 0; row < starts.size; row++) {
        i64_i64 both =
            rewrite_rewrite(data, AT(starts, row), max_i(0, AT(lengths, row)), AT(bits, row), flags,
                            combining, forms, long_, words, checks, out, AT(bounds, row));
        AT(bounds, row + 1) = both.a;
        AT(doubts, row) = both.b;
    }
}
