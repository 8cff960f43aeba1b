/* The loops of curate.text.anchors. */

/* Bytes of a word below which it is too common to look for. */
#define ANCHORS_LEAST_BYTES 4
#define ANCHORS_SPREAD UINT64_C(2654435761)
#define ANCHORS_PREFIX_BITS 13
#define ANCHORS_SEED UINT64_C(14695981039346656037)
#define ANCHORS_PRIME INT64_C(1099511628211)

/* Whether a finished hash of `size` bytes is in the table. */
static inline bool anchors_is_there(uint64_t value, int64_t size, uint64s slots) {
    if (size < ANCHORS_LEAST_BYTES) {
        return false;
    }
    value |= (uint64_t)1;
    uint64_t mask = (uint64_t)(slots.size - 1);
    uint64_t at = value & mask;
    while (AT(slots, at)) {
        if (AT(slots, at) == value) {
            return true;
        }
        at = (at + 1) & mask;
    }
    return false;
}

/* Put a finished hash that is not there into the table. */
static inline void anchors_fill(uint64_t value, uint64s slots) {
    uint64_t mask = (uint64_t)(slots.size - 1), at = value & mask;
    while (AT(slots, at)) {
        at = (at + 1) & mask;
    }
    AT(slots, at) = value;
}

/* Bytes of the ASCII letters and digits from `at` on; -1 near the buffer's end, or where a
 * character beyond ASCII belongs to the word. */
static inline int64_t anchors_ascii_word(uint8s data, int64_t at, int64_t end) {
    int64_t first = at;
    while (at + 8 <= data.size) {
        uint64_t word = load_word(data, at);
        uint64_t alpha = packed_within(word | PACKED_CASE_BITS, 97, 122);
        uint64_t stop = ~(alpha | packed_within(word, 48, 57)) & PACKED_HIGHS;
        int64_t size = (int64_t)(trailing_zeros(stop) >> 3);
        at += size;
        if (size < 8) {
            at = min_i(at, end);
            return at < end && AT(data, at) >= 128 ? -1 : at - first;
        }
    }
    return -1;
}

/* The place among `prefixes` of four letters or digits. */
static inline int64_t anchors_prefix(uint32_t four) {
    four |= (uint32_t)PACKED_CASE_BITS;
    return (uint32_t)(four * ANCHORS_SPREAD) >> (32 - ANCHORS_PREFIX_BITS);
}

/* Whether an anchor of ASCII may begin with these four letters or digits. */
static inline bool anchors_may_begin(uint8s data, int64_t at, bools prefixes) {
    return AT(prefixes, anchors_prefix((uint32_t)load_word(data, at)));
}

/* Whether a word, or two Han characters, are in the table; or full-width letters are there,
 * whose words only a normal form shows. */
static bool anchors_holds(uint8s data, int64_t at, int64_t end, uint64s slots, bools prefixes) {
    uint64_t seed = (uint64_t)ANCHORS_SEED;
    uint64_t prime = (uint64_t)ANCHORS_PRIME;
    uint64_t value = seed;
    int64_t size = 0;
    uint64_t pair = seed;
    int64_t before = 0;
    while (at < end) {
        uint8_t byte = AT(data, at);
        if (byte < 128) {
            before = 0;
            int64_t word = size ? -1 : anchors_ascii_word(data, at, end);
            if (word >= 0 &&
                !((word >= ANCHORS_LEAST_BYTES) & anchors_may_begin(data, at, prefixes))) {
                at += word + 1; /* no anchor, and what is behind it begins another word */
                continue;
            }
            if (('0' <= byte && byte <= '9') || (97 <= (byte | 32) && (byte | 32) <= 122)) {
                int64_t folded = byte >= 'A' ? byte | 32 : byte;
                value = (value ^ (uint64_t)folded) * prime;
                size += 1;
            } else {
                if (anchors_is_there(value, size, slots)) {
                    return true;
                }
                value = seed;
                size = 0;
            }
            at += 1;
            continue;
        }
        int64_t width = byte < 224 ? 2 : byte < 240 ? 3 : 4;
        uint8_t second = AT(data, at + 1);
        uint8_t third = width > 2 ? AT(data, at + 2) : (uint8_t)0;
        if (byte == 239 && ((second == 188 && (161 <= third && third <= 186)) ||
                            (second == 189 && (129 <= third && third <= 154)))) {
            return true;
        }
        if (byte == 194 || byte == 226 || byte == 239 || byte == 240 ||
            (byte == 227 && second == 128)) {
            if (anchors_is_there(value, size, slots)) {
                return true;
            }
            value = seed;
            size = 0;
            before = 0;
            at += width;
            continue;
        }
        if (227 <= byte && byte <= 233) {
            uint64_t here = seed;
            for (int64_t step = 0; step < 3; step++) {
                here = (here ^ (uint64_t)(AT(data, at + step))) * prime;
                pair = (pair ^ (uint64_t)(AT(data, at + step))) * prime;
            }
            if (before && anchors_is_there(pair, 6, slots)) {
                return true;
            }
            pair = here;
            before = 1;
        } else {
            before = 0;
        }
        for (int64_t step = 0; step < width; step++) {
            value = (value ^ (uint64_t)(AT(data, at + step))) * prime;
        }
        size += width;
        at += width;
    }
    return anchors_is_there(value, size, slots);
}

/* The same of a whole text. Words of ASCII that may begin no anchor are passed by blocks of bytes:
 * where a word begins does not wait for where another one ends. */
static bool anchors_in_text(uint8s data, int64_t at, int64_t end, uint64s slots, bools prefixes) {
    while (at < end && at + BYTE_CLASSES_BLOCK + 8 <= data.size) {
        byte_classes_Bits classes = byte_classes_of(data, at);
        uint64_t all = byte_classes_before(at, end);
        uint64_t word = (classes.letter | classes.digit) & all, first = word & ~(word << 1);
        int64_t next = at + BYTE_CLASSES_BLOCK;
        if (next < end && word >> 63) { /* the last word may go on */
            int64_t last = 63 - __builtin_clzll(first);
            first &= byte_classes_low((uint64_t)last);
            next = at + last;
        }
        first &= word >> 1 & word >> 2 & word >> 3; /* of LEAST_BYTES */
        bool may_be = next == at || classes.high & all;
        for (; first; first &= first - 1) {
            may_be |= anchors_may_begin(data, at + (int64_t)trailing_zeros(first), prefixes);
        }
        if (may_be) {
            break;
        }
        at = next;
    }
    return at < end && anchors_holds(data, at, end, slots, prefixes);
}

EXPORT void anchors_put(uint8s words, int64s start, int64s length, uint64s slots, bools prefixes) {
    for (int64_t row = 0; row < start.size; row++) {
        int64_t at = AT(start, row), size = AT(length, row);
        uint64_t value = (uint64_t)ANCHORS_SEED;
        uint32_t four = 0;
        bool is_ascii = true;
        for (int64_t step = 0; step < size; step++) {
            uint8_t byte = AT(words, at + step);
            value = (value ^ (uint64_t)byte) * (uint64_t)ANCHORS_PRIME;
            four |= step < 4 ? (uint32_t)byte << (8 * step) : 0;
            is_ascii &= byte < 128;
        }
        if (!anchors_is_there(value, size, slots)) {
            anchors_fill(value | (uint64_t)1, slots);
        }
        if (is_ascii) {
            AT(prefixes, anchors_prefix(four)) = true;
        }
    }
}

EXPORT void anchors_find(uint8s data, int64s start, int64s length, uint64s slots, bools prefixes,
                         bools may_hold) {
    for (int64_t row = 0; row < start.size; row++) {
        AT(may_hold, row) = anchors_in_text(data, AT(start, row), AT(start, row) + AT(length, row),
                                            slots, prefixes);
    }
}
