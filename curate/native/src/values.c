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

/* Write a string to `out` from `to` on, its backslashes resolved; where it ends there. */
static int64_t values_unescape(uint8s data, int64_t at, int64_t length, uint8s out, int64_t to) {
    int64_t end = at + length;
    while (at < end) {
        uint8_t byte = AT(data, at);
        if (byte != '\\') {
            AT(out, to) = byte;
            at += 1;
            to += 1;
            continue;
        }
        int64_t letter = AT(data, at + 1);
        if (letter != 'u') {
            if (letter == 'b') {
                letter = 8;
            } else if (letter == 'f') {
                letter = 12;
            } else if (letter == 'n') {
                letter = 10;
            } else if (letter == 'r') {
                letter = 13;
            } else if (letter == 't') {
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
    return to;
}

/* Write the plain texts to `out` and point start and length there; the bytes used. */
EXPORT int64_t values_unescape_rows(uint8s data, int64s rows, int64s start, int64s length,
                                    uint8s out, int64_t base) {
    int64_t to = 0;
    for (int64_t k = 0; k < rows.size; k++) {
        int64_t row = AT(rows, k), first = to;
        to = values_unescape(data, AT(start, row), AT(length, row), out, to);
        AT(start, row) = base + first;
        AT(length, row) = to - first;
    }
    return to;
}

/* Put the double nearest to a number into `value`; whether it is exact by Clinger's fast path:
 * digits < 2^53 and a power of ten <= 22. */
static bool values_number(uint8s data, int64_t at, int64_t length, doubles ten, double* value) {
    int64_t end = at + length;
    bool negative = AT(data, at) == '-';
    if (negative) {
        at += 1;
    }
    int64_t digits = 0;
    int64_t scale = 0;
    bool behind_point = false;
    while (at < end) {
        uint8_t byte = AT(data, at);
        if (byte == '.') {
            behind_point = true;
        } else if (byte < '0' || byte > '9') {
            return false;
        } else {
            digits = digits * 10 + (byte - '0');
            if (digits > 9007199254740991LL) {
                return false;
            }
            if (behind_point) {
                scale += 1;
            }
        }
        at += 1;
    }
    if (scale > 22) {
        return false;
    }
    *value = (double)digits / AT(ten, scale);
    if (negative) {
        *value = -*value;
    }
    return true;
}

/* The numbers of spans; those in doubt are marked. */
EXPORT void values_parse_numbers(uint8s data, uint8s kind, int64s start, int64s length, doubles ten,
                                 doubles values, bools doubtful) {
    for (int64_t row = 0; row < start.size; row++) {
        if (AT(kind, row) == SYNTAX_NUMBER) {
            AT(doubtful, row) =
                !values_number(data, AT(start, row), AT(length, row), ten, &AT(values, row));
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

/* The number of a string, `last` being that of the one looked up before: neighbours are often
 * alike. Open addressing; `state` holds how many strings are known. -1: there is no room for it. */
static inline int64_t values_code(uint8s data, int64_t first, int64_t size, uint8s arena,
                                  int64s ends, int64s slots, int64s state, int64_t last) {
    if (0 <= last && last < AT(state, 0) && values_equal(data, first, size, arena, ends, last)) {
        return last;
    }
    uint64_t mask = (uint64_t)(slots.size - 1);
    uint64_t slot = words_hash_bytes(data, first, size) & mask;
    int64_t code = AT(slots, slot);
    while (code >= 0 && !values_equal(data, first, size, arena, ends, code)) {
        slot = (slot + 1) & mask;
        code = AT(slots, slot);
    }
    if (code < 0) {
        code = AT(state, 0);
        if (2 * code >= slots.size || AT(ends, code) + size > arena.size) {
            return -1;
        }
        for (int64_t k = 0; k < size; k++) {
            AT(arena, AT(ends, code) + k) = AT(data, first + k);
        }
        AT(ends, code + 1) = AT(ends, code) + size;
        AT(slots, slot) = code;
        AT(state, 0) = code + 1;
    }
    return code;
}

/* Number the spans from `row` on; the row for which there is no room, or the end. */
EXPORT int64_t values_intern(uint8s data, uint8s kind, int64s start, int64s length, int64_t row,
                             uint8s arena, int64s ends, int64s slots, int64s state, int32s codes) {
    int64_t last = -1;
    for (; row < start.size; row++) {
        if (AT(kind, row) == SYNTAX_MISSING || AT(kind, row) == SYNTAX_NULL) {
            continue;
        }
        int64_t code =
            values_code(data, AT(start, row), AT(length, row), arena, ends, slots, state, last);
        if (code < 0) {
            return row;
        }
        AT(codes, row) = last = code;
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
