/* The loops of curate.manifest.scan. */

/* Status of a line. */
#define SCAN_BLANK 1
#define SCAN_ODD 2
#define SCAN_OK 0
#define SCAN_MOST_KEYS 128

EXPORT int64_t scan_count_lines(uint8s data) {
    int64_t count = 0;
    for (int64_t first = 0; first < data.size; first += 255) {
        int64_t end = min_i(first + 255, data.size);
        uint8_t part = 0; /* of 8 bits, so that processors count many bytes at a time */
        for (int64_t at = first; at < end; at++) {
            part += AT(data, at) == '\n';
        }
        count += part;
    }
    if (data.size && AT(data, data.size - 1) != '\n') {
        count += 1;
    }
    return count;
}

/* Number of the wanted field with this name, or -1. */
static int64_t scan_find_field(uint8s data, int64_t key, int64_t length, uint8s names,
                               int64s name_ends) {
    int64_t first = 0;
    for (int64_t field = 0; field < name_ends.size; field++) {
        if (AT(name_ends, field) - first == length) {
            bool same = true;
            for (int64_t k = 0; k < length; k++) {
                same &= AT(names, first + k) == AT(data, key + k);
            }
            if (same) {
                return field;
            }
        }
        first = AT(name_ends, field);
    }
    return -1;
}

/* Whether two spans hold the same bytes. */
static inline bool scan_same(uint8s data, int64_t one, int64_t other, int64_t length) {
    int64_t k = 0;
    while (k + 8 <= length) {
        if (load_word(data, (one + k)) != load_word(data, (other + k))) {
            return false;
        }
        k += 8;
    }
    while (k < length) {
        if (AT(data, one + k) != AT(data, other + k)) {
            return false;
        }
        k += 1;
    }
    return true;
}

/* Scan one line; returns its status and where it stopped (at the newline if OK).
 *
 * `keys` holds the keys of the line before, distinct, with their fields: a manifest's lines
 * mostly have the same keys in the same order, so a key is first compared with its forerunner. */
static i64_i64 scan_scan_object(uint8s data, int64_t at, uint8s names, int64s name_ends,
                                int64s2 keys, int64s known, int64_t row, uint8s2 kind,
                                int32s2 start, int32s2 length) {
    int64_t size = data.size;
    at = syntax_skip_blanks(data, at);
    if (at >= size || AT(data, at) == '\n') {
        return (i64_i64){SCAN_BLANK, at};
    }
    if (AT(data, at) != '{') {
        return (i64_i64){SCAN_ODD, at};
    }
    at = syntax_skip_blanks(data, at + 1);
    if (at < size && AT(data, at) == '}') {
        AT(known, 0) = 0;
        at = syntax_skip_blanks(data, at + 1);
        return (i64_i64){(at >= size || AT(data, at) == '\n') ? SCAN_OK : SCAN_ODD, at};
    }
    int64_t count = 0;
    bool alike = true;
    while (true) {
        if (at >= size || AT(data, at) != '"' || count == SCAN_MOST_KEYS) {
            return (i64_i64){SCAN_ODD, at};
        }
        int64_t key = at + 1;
        at = key + AT2(keys, count, 1);
        if (!(alike && count < AT(known, 0) && at < size && AT(data, at) == '"' &&
              scan_same(data, key, AT2(keys, count, 0), AT2(keys, count, 1)))) {
            alike = false;
            at = key;
            while (at < size && (' ' <= AT(data, at) && AT(data, at) < 128) &&
                   AT(data, at) != '"' && AT(data, at) != '\\') {
                at += 1;
            }
            if (at >= size || AT(data, at) != '"') {
                return (i64_i64){SCAN_ODD,
                                 at}; /* not plain ASCII: the strict reading compares it */
            }
            for (int64_t earlier = 0; earlier < count; earlier++) {
                if (AT2(keys, earlier, 1) == at - key &&
                    scan_same(data, AT2(keys, earlier, 0), key, at - key)) {
                    return (i64_i64){SCAN_ODD, at};
                }
            }
            AT2(keys, count, 0) = key;
            AT2(keys, count, 1) = at - key;
            AT2(keys, count, 2) = scan_find_field(data, key, at - key, names, name_ends);
        }
        int64_t field = AT2(keys, count, 2);
        count += 1;
        at = syntax_skip_blanks(data, at + 1);
        if (at >= size || AT(data, at) != ':') {
            return (i64_i64){SCAN_ODD, at};
        }
        int64_t begin = syntax_skip_blanks(data, at + 1);
        i64_i64 both = syntax_scan_value(data, begin);
        int64_t what = both.a;
        at = both.b;
        if (what == SYNTAX_MISSING) {
            return (i64_i64){SCAN_ODD, at};
        }
        if (field >= 0) {
            int64_t quote = (what == SYNTAX_STRING || what == SYNTAX_ESCAPED) ? 1 : 0;
            AT2(kind, row, field) = what;
            AT2(start, row, field) = begin + quote;
            AT2(length, row, field) = at - begin - 2 * quote;
        }
        at = syntax_skip_blanks(data, at);
        if (at >= size) {
            return (i64_i64){SCAN_ODD, at};
        }
        if (AT(data, at) == '}') {
            AT(known, 0) = count;
            at = syntax_skip_blanks(data, at + 1);
            return (i64_i64){(at >= size || AT(data, at) == '\n') ? SCAN_OK : SCAN_ODD, at};
        }
        if (AT(data, at) != ',') {
            return (i64_i64){SCAN_ODD, at};
        }
        at = syntax_skip_blanks(data, at + 1);
    }
}

EXPORT void scan_scan_lines(uint8s data, uint8s names, int64s name_ends, int64s2 keys, int64s known,
                            uint8s status, int64s starts, int64s lengths, uint8s2 kind,
                            int32s2 start, int32s2 length) {
    int64_t at = 0;
    for (int64_t row = 0; row < status.size; row++) {
        int64_t begin = at;
        i64_i64 both =
            scan_scan_object(data, at, names, name_ends, keys, known, row, kind, start, length);
        int64_t result = both.a;
        at = both.b;
        if (result != SCAN_OK) {
            while (at < data.size && AT(data, at) != '\n') {
                at += 1;
            }
            if (result == SCAN_ODD) {
                AT(known, 0) = 0;
                FILL(ROW(kind, row), SYNTAX_MISSING);
            }
        }
        AT(status, row) = result;
        AT(starts, row) = begin;
        AT(lengths, row) = at - begin;
        at += 1;
    }
}
