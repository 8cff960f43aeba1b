/* The loops of curate.manifest.values. */

static inline int64_t values_hex(uint8s data, int64_t at) {
    int64_t code = 0;
    for (int64_t k = 0; k < 4; k++) {
        uint8_t digit = AT(data, at + k);
        if (digit >= 97) {
            code = code * 16 + digit - 87;
        } else if (digit >= 65) {
            code = code * 16 + digit - 55;
        } else {
            code = code * 16 + digit - 48;
        }
    }
    return code;
}

static inline int64_t values_encode(int64_t code, uint8s out, int64_t to) {
    if (code < 128) {
        AT(out, to) = code;
        return to + 1;
    }
    if (code < 2048) {
        AT(out, to) = 192 | (code >> 6);
        AT(out, to + 1) = 128 | (code & 63);
        return to + 2;
    }
    if (code < 65536) {
        AT(out, to) = 224 | (code >> 12);
        AT(out, to + 1) = 128 | ((code >> 6) & 63);
        AT(out, to + 2) = 128 | (code & 63);
        return to + 3;
    }
    AT(out, to) = 240 | (code >> 18);
    AT(out, to + 1) = 128 | ((code >> 12) & 63);
    AT(out, to + 2) = 128 | ((code >> 6) & 63);
    AT(out, to + 3) = 128 | (code & 63);
    return to + 4;
}

/* Write the plain texts to `out` and point start and length there; the bytes used. */
EXPORT int64_t values_unescape_rows(uint8s data, int64s rows, int64s start, int64s length,
                                    uint8s out, int64_t base) {
    int64_t to = 0;
    for (int64_t k_row = 0; k_row < rows.size; k_row++) {
        int64_t row = AT(rows, k_row);
        int64_t first = to;
        int64_t at = AT(start, row);
        int64_t end = at + AT(length, row);
        while (at < end) {
            uint8_t byte = AT(data, at);
            if (byte != '\\') {
                AT(out, to) = byte;
                at += 1;
                to += 1;
                continue;
            }
            int64_t letter = AT(data, at + 1);
            if (letter != 117) {
                if (letter == 98) {
                    letter = 8;
                } else if (letter == 102) {
                    letter = 12;
                } else if (letter == 110) {
                    letter = 10;
                } else if (letter == 114) {
                    letter = 13;
                } else if (letter == 116) {
                    letter = 9;
                }
                AT(out, to) = letter;
                at += 2;
                to += 1;
                continue;
            }
            int64_t code = values_hex(data, at + 2);
            at += 6;
            if (55296 <= code && code <= 56319) {
                code = 65536 + ((code - 55296) << 10) + (values_hex(data, at + 2) - 56320);
                at += 6;
            }
            to = values_encode(code, out, to);
        }
        AT(start, row) = base + first;
        AT(length, row) = to - first;
    }
    return to;
}

/* Exact by Clinger's fast path: digits < 2^53 and a power of ten <= 22; else doubtful. */
EXPORT void values_parse_numbers(uint8s data, uint8s kind, int64s start, int64s length, doubles ten,
                                 doubles values, bools doubtful) {
    for (int64_t row = 0; row < start.size; row++) {
        if (AT(kind, row) != SYNTAX_NUMBER) {
            continue;
        }
        int64_t at = AT(start, row);
        int64_t end = at + AT(length, row);
        bool negative = AT(data, at) == '-';
        if (negative) {
            at += 1;
        }
        int64_t digits = 0;
        int64_t scale = 0;
        bool exact = true;
        bool behind_point = false;
        while (at < end) {
            uint8_t byte = AT(data, at);
            if (byte == '.') {
                behind_point = true;
            } else if (byte < '0' || byte > '9') {
                exact = false;
                break;
            } else {
                digits = digits * 10 + (byte - 48);
                if (digits > 9007199254740991LL) {
                    exact = false;
                    break;
                }
                if (behind_point) {
                    scale += 1;
                }
            }
            at += 1;
        }
        if (exact && scale <= 22) {
            double value = (double)digits / (double)(AT(ten, scale));
            AT(values, row) = negative ? -value : value;
        } else {
            AT(doubtful, row) = true;
        }
    }
}

/* Whether a span is the known string `code`. */
static inline bool values_equal(uint8s data, int64_t first, int64_t size, uint8s arena, int64s ends,
                                int64_t code) {
    if (AT(ends, code + 1) - AT(ends, code) != size) {
        return false;
    }
    int64_t k = 0;
    while (k + 8 <= size) {
        if (load_word(data, (first + k)) != load_word(arena, (AT(ends, code) + k))) {
            return false;
        }
        k += 8;
    }
    while (k < size) {
        if (AT(data, first + k) != AT(arena, AT(ends, code) + k)) {
            return false;
        }
        k += 1;
    }
    return true;
}

/* Number the spans from `row` on (open addressing); the row for which there is no room, or the
 * end.
 *
 * `state` holds how many strings are known, and the code of the last one looked up. */
EXPORT int64_t values_intern(uint8s data, uint8s kind, int64s start, int64s length, int64_t row,
                             uint8s arena, int64s ends, int64s slots, int64s state, int32s codes) {
    uint64_t mask = (uint64_t)(slots.size - 1);
    while (row < start.size) {
        if (AT(kind, row) == SYNTAX_MISSING || AT(kind, row) == SYNTAX_NULL) {
            row += 1;
            continue;
        }
        int64_t first = AT(start, row);
        int64_t size = AT(length, row);
        int64_t code = AT(state, 1); /* neighbours are often alike */
        if (code >= AT(state, 0) || !(values_equal(data, first, size, arena, ends, code))) {
            uint64_t slot = words_hash_bytes(data, first, size) & mask;
            code = AT(slots, slot);
            while (code >= 0 && !(values_equal(data, first, size, arena, ends, code))) {
                slot = (slot + 1) & mask;
                code = AT(slots, slot);
            }
            if (code < 0) {
                code = AT(state, 0);
                if (2 * code >= slots.size || AT(ends, code) + size > arena.size) {
                    return row;
                }
                for (int64_t k = 0; k < size; k++) {
                    AT(arena, AT(ends, code) + k) = AT(data, first + k);
                }
                AT(ends, code + 1) = AT(ends, code) + size;
                AT(slots, slot) = code;
                AT(state, 0) = code + 1;
            }
            AT(state, 1) = code;
        }
        AT(codes, row) = code;
        row += 1;
    }
    return row;
}

EXPORT void values_rehash(uint8s arena, int64s ends, int64s slots, int64_t count) {
    uint64_t mask = (uint64_t)(slots.size - 1);
    for (int64_t code = 0; code < count; code++) {
        uint64_t slot =
            words_hash_bytes(arena, AT(ends, code), AT(ends, code + 1) - AT(ends, code)) & mask;
        while (AT(slots, slot) >= 0) {
            slot = (slot + 1) & mask;
        }
        AT(slots, slot) = code;
    }
}

EXPORT void values_hash_rows(uint8s data, uint8s kind, int64s start, int64s length, uint64s keys) {
    for (int64_t row = 0; row < start.size; row++) {
        if (AT(kind, row) == SYNTAX_STRING || AT(kind, row) == SYNTAX_ESCAPED) {
            AT(keys, row) = words_hash_bytes(data, AT(start, row), AT(length, row));
        }
    }
}

EXPORT void values_compare(uint8s data, uint8s kind, int64s start, int64s length, uint8s other_kind,
                           int64s other_start, int64s other_length, bools differ) {
    for (int64_t row = 0; row < kind.size; row++) {
        if (AT(kind, row) != SYNTAX_STRING && AT(kind, row) != SYNTAX_ESCAPED) {
            continue;
        }
        if (AT(other_kind, row) != SYNTAX_STRING && AT(other_kind, row) != SYNTAX_ESCAPED) {
            continue;
        }
        bool same = AT(length, row) == AT(other_length, row);
        for (int64_t k = 0; k < (same ? AT(length, row) : 0); k++) {
            same &= AT(data, AT(start, row) + k) == AT(data, AT(other_start, row) + k);
        }
        AT(differ, row) = !same;
    }
}
