/* The loops of curate.manifest.syntax. */

/* Kind of a value; ESCAPED is a string with backslashes in it. */
#define SYNTAX_MISSING 0
/* Past some 4,300 digits Python reads no integer: the strict reading decides. */
#define SYNTAX_MOST_DIGITS 4000
#define SYNTAX_NUMBER 3
#define SYNTAX_TRUE 4
#define SYNTAX_FALSE 5
#define SYNTAX_NULL 6
static uint8_t SYNTAX_HEX_values[256] = {
    [0 ... '/'] = 255,   ['1'] = 1,  ['2'] = 2,           ['3'] = 3,  ['4'] = 4,
    ['5'] = 5,           ['6'] = 6,  ['7'] = 7,           ['8'] = 8,  ['9'] = 9,
    [':' ... '@'] = 255, ['A'] = 10, ['B'] = 11,          ['C'] = 12, ['D'] = 13,
    ['E'] = 14,          ['F'] = 15, ['G' ... '`'] = 255, ['a'] = 10, ['b'] = 11,
    ['c'] = 12,          ['d'] = 13, ['e'] = 14,          ['f'] = 15, ['g' ... 0xff] = 255};
static const uint8s SYNTAX_HEX = {SYNTAX_HEX_values, 256};
#define SYNTAX_STRING 1
static uint8_t SYNTAX_CLASS_values[256] = {
    [0 ... 31] = 3, ['"'] = 1, ['\\'] = 2, [0x80 ... 0xff] = 4};
static const uint8s SYNTAX_CLASS = {SYNTAX_CLASS_values, 256};
#define SYNTAX_PLAIN 0
#define SYNTAX_QUOTE 1
#define SYNTAX_HIGH 4
#define SYNTAX_BACKSLASH 2
#define SYNTAX_ESCAPED 2
#define SYNTAX_OBJECT 7
#define SYNTAX_ARRAY 8
#define SYNTAX_DEEPEST 60

/* Position behind the blanks of JSON, but for newlines: these end a line. */
static inline int64_t syntax_skip_blanks(uint8s data, int64_t at) {
    while (at < data.size &&
           (AT(data, at) == ' ' || AT(data, at) == '\t' || AT(data, at) == '\r')) {
        at += 1;
    }
    return at;
}

static i64_i64 syntax_scan_number(uint8s data, int64_t at) {
    int64_t digits;
    int64_t size = data.size;
    if (AT(data, at) == '-') {
        at += 1;
    }
    if (at >= size || !('0' <= AT(data, at) && AT(data, at) <= '9')) {
        return (i64_i64){SYNTAX_MISSING, at};
    }
    if (AT(data, at) == '0') {
        at += 1;
    } else {
        int64_t first = at;
        while (at < size && ('0' <= AT(data, at) && AT(data, at) <= '9')) {
            at += 1;
        }
        if (at - first > SYNTAX_MOST_DIGITS) {
            return (i64_i64){SYNTAX_MISSING, at};
        }
    }
    if (at < size && AT(data, at) == '.') {
        at += 1;
        digits = at;
        while (at < size && ('0' <= AT(data, at) && AT(data, at) <= '9')) {
            at += 1;
        }
        if (at == digits) {
            return (i64_i64){SYNTAX_MISSING, at};
        }
    }
    if (at < size && (AT(data, at) == 'e' || AT(data, at) == 'E')) {
        at += 1;
        if (at < size && (AT(data, at) == '+' || AT(data, at) == '-')) {
            at += 1;
        }
        digits = at;
        while (at < size && ('0' <= AT(data, at) && AT(data, at) <= '9')) {
            at += 1;
        }
        if (at == digits) {
            return (i64_i64){SYNTAX_MISSING, at};
        }
    }
    return (i64_i64){SYNTAX_NUMBER, at};
}

static i64_i64 syntax_scan_scalar(uint8s data, int64_t at) {
    int64_t size = data.size;
    uint8_t byte = AT(data, at);
    if (byte == '-' || ('0' <= byte && byte <= '9')) {
        return syntax_scan_number(data, at);
    }
    if (byte == 't' && at + 3 < size && AT(data, at + 1) == 'r' && AT(data, at + 2) == 'u' &&
        AT(data, at + 3) == 'e') {
        return (i64_i64){SYNTAX_TRUE, at + 4};
    }
    if (byte == 'f' && at + 4 < size && AT(data, at + 1) == 'a' && AT(data, at + 2) == 'l' &&
        AT(data, at + 3) == 's' && AT(data, at + 4) == 'e') {
        return (i64_i64){SYNTAX_FALSE, at + 5};
    }
    if (byte == 'n' && at + 3 < size && AT(data, at + 1) == 'u' && AT(data, at + 2) == 'l' &&
        AT(data, at + 3) == 'l') {
        return (i64_i64){SYNTAX_NULL, at + 4};
    }
    return (i64_i64){SYNTAX_MISSING, at};
}

/* Sixteen bytes from `at` on: a bit for each that is not plain text: quote, backslash, control,
 * beyond ASCII. */
static inline uint64_t syntax_stops(uint8s data, int64_t at) {
    (void)INDEX(at + 15, data.size);
    byte_classes_Bytes bytes = *(const byte_classes_Bytes*)(data.at + at);
    return byte_classes_highs(bytes | (byte_classes_Bytes)(bytes < ' ') |
                              (byte_classes_Bytes)(bytes == '"') |
                              (byte_classes_Bytes)(bytes == '\\'));
}

/* Length of the multi-byte character at `at`; 0 where it is not valid UTF-8 (RFC 3629). */
static inline int64_t syntax_utf8_length(uint8s data, int64_t at) {
    uint8_t first = AT(data, at);
    int64_t left = data.size - at;
    if (194 <= first && first <= 223) {
        return (left > 1 && (AT(data, at + 1) & 192) == 128) ? 2 : 0;
    }
    if (224 <= first && first <= 239) {
        if (left < 3 || (AT(data, at + 1) & 192) != 128 || (AT(data, at + 2) & 192) != 128) {
            return 0;
        }
        if ((first == 224 && AT(data, at + 1) < 160) || (first == 237 && AT(data, at + 1) > 159)) {
            return 0;
        }
        return 3;
    }
    if (240 <= first && first <= 244) {
        if (left < 4 || (AT(data, at + 1) & 192) != 128) {
            return 0;
        }
        if ((AT(data, at + 2) & 192) != 128 || (AT(data, at + 3) & 192) != 128) {
            return 0;
        }
        if ((first == 240 && AT(data, at + 1) < 144) || (first == 244 && AT(data, at + 1) > 143)) {
            return 0;
        }
        return 4;
    }
    return 0;
}

/* Value of four hex digits, or -1. */
static inline int64_t syntax_hex4(uint8s data, int64_t at) {
    if (at + 4 > data.size) {
        return -1;
    }
    int64_t value = 0;
    for (int64_t k = 0; k < 4; k++) {
        uint8_t digit = AT(SYNTAX_HEX, AT(data, at + k));
        if (digit == 255) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* Length of the escape at `at` (a surrogate pair is one of 12); 0 where it is none. */
static inline int64_t syntax_escape_length(uint8s data, int64_t at) {
    if (at + 1 >= data.size) {
        return 0;
    }
    uint8_t byte = AT(data, at + 1);
    if (byte != 'u') {
        if (byte == '"' || byte == '\\' || byte == '/' || byte == 'b' || byte == 'f' ||
            byte == 'n' || byte == 'r' || byte == 't') {
            return 2;
        }
        return 0;
    }
    int64_t code = syntax_hex4(data, at + 2);
    if (code < 0 || (56320 <= code && code <= 57343)) {
        return 0;
    }
    if (55296 <= code && code <= 56319) {
        if (at + 7 >= data.size || AT(data, at + 6) != '\\' || AT(data, at + 7) != 'u') {
            return 0;
        }
        int64_t low = syntax_hex4(data, at + 8);
        return (56320 <= low && low <= 57343) ? 12 : 0;
    }
    return 6;
}

/* From behind the opening quote to behind the closing one. */
static i64_i64 syntax_scan_string(uint8s data, int64_t at) {
    int64_t wide;
    int64_t size = data.size;
    int64_t what = SYNTAX_STRING;
    while (at < size) {
        while (at + 16 <= size) {
            uint64_t stop = syntax_stops(data, at);
            if (stop) {
                at += (int64_t)trailing_zeros(stop);
                break;
            }
            at += 16;
        }
        if (at >= size) {
            break;
        }
        uint8_t kind = AT(SYNTAX_CLASS, AT(data, at));
        if (kind == SYNTAX_PLAIN) {
            at += 1;
        } else if (kind == SYNTAX_QUOTE) {
            return (i64_i64){what, at + 1};
        } else if (kind == SYNTAX_HIGH) {
            wide = syntax_utf8_length(data, at);
            if (wide == 0) {
                return (i64_i64){SYNTAX_MISSING, at};
            }
            at += wide;
        } else if (kind == SYNTAX_BACKSLASH) {
            what = SYNTAX_ESCAPED;
            wide = syntax_escape_length(data, at);
            if (wide == 0) {
                return (i64_i64){SYNTAX_MISSING, at};
            }
            at += wide;
        } else {
            return (i64_i64){SYNTAX_MISSING, at};
        }
    }
    return (i64_i64){SYNTAX_MISSING, at};
}

/* Skip an object or array, proving its syntax; nested keys are not compared. */
static i64_i64 syntax_scan_nested(uint8s data, int64_t at) {
    bool opened;
    int64_t kind;
    int64_t size = data.size;
    int64_t what = AT(data, at) == '{' ? SYNTAX_OBJECT : SYNTAX_ARRAY;
    uint64_t objects =
        what == SYNTAX_OBJECT ? (uint64_t)1 : (uint64_t)0; /* innermost level in bit 0 */
    int64_t depth = 1;
    at = syntax_skip_blanks(data, at + 1);
    bool fresh = true; /* just behind an opening bracket: a closing one may follow */
    while (true) {
        uint64_t in_object = objects & 1;
        if (at >= size) {
            return (i64_i64){SYNTAX_MISSING, at};
        }
        if (fresh && AT(data, at) == (in_object ? 125 : 93)) {
            opened = false;
        } else {
            if (in_object) {
                if (AT(data, at) != '"') {
                    return (i64_i64){SYNTAX_MISSING, at};
                }
                i64_i64 both = syntax_scan_string(data, at + 1);
                kind = both.a;
                at = both.b;
                at = syntax_skip_blanks(data, at);
                if (kind == SYNTAX_MISSING || at >= size || AT(data, at) != ':') {
                    return (i64_i64){SYNTAX_MISSING, at};
                }
                at = syntax_skip_blanks(data, at + 1);
                if (at >= size) {
                    return (i64_i64){SYNTAX_MISSING, at};
                }
            }
            if (AT(data, at) == '{' || AT(data, at) == '[') {
                if (depth == SYNTAX_DEEPEST) {
                    return (i64_i64){SYNTAX_MISSING, at};
                }
                objects = (objects << 1) | (uint64_t)(AT(data, at) == '{' ? 1 : 0);
                depth += 1;
                opened = true;
            } else {
                if (AT(data, at) == '"') {
                    i64_i64 both_2 = syntax_scan_string(data, at + 1);
                    kind = both_2.a;
                    at = both_2.b;
                } else {
                    i64_i64 both_3 = syntax_scan_scalar(data, at);
                    kind = both_3.a;
                    at = both_3.b;
                }
                if (kind == SYNTAX_MISSING) {
                    return (i64_i64){SYNTAX_MISSING, at};
                }
                at = syntax_skip_blanks(data, at);
                opened = false;
            }
        }
        if (opened) {
            at = syntax_skip_blanks(data, at + 1);
            fresh = true;
            continue;
        }
        fresh = false;
        while (at < size && AT(data, at) == ((objects & 1) ? 125 : 93)) {
            depth -= 1;
            at += 1;
            if (depth == 0) {
                return (i64_i64){what, at};
            }
            objects >>= (uint64_t)1;
            at = syntax_skip_blanks(data, at);
        }
        if (at >= size || AT(data, at) != ',') {
            return (i64_i64){SYNTAX_MISSING, at};
        }
        at = syntax_skip_blanks(data, at + 1);
    }
}

/* Kind of the value at `at` and its end; MISSING where it is not proven to be one. */
static inline i64_i64 syntax_scan_value(uint8s data, int64_t at) {
    if (at >= data.size) {
        return (i64_i64){SYNTAX_MISSING, at};
    }
    uint8_t byte = AT(data, at);
    if (byte == '"') {
        return syntax_scan_string(data, at + 1);
    }
    if (byte == '{' || byte == '[') {
        return syntax_scan_nested(data, at);
    }
    return syntax_scan_scalar(data, at);
}
