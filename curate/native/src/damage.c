/* The loops of curate.text.damage. */

/* The texts that may hold damage: `?` between letters, or a letter of U+00C2 to U+00EF before a
 * code point of another two bytes or more. */
static inline bool damage_letter(uint8_t byte) {
    return ('a' <= byte && byte <= 'z') || byte >= 128;
}

/* Whether the byte at `at`, which has neighbours, is damage. */
static inline bool damage_at(uint8s data, int64_t at) {
    uint8_t before = AT(data, at - 1), byte = AT(data, at), behind = AT(data, at + 1);
    if (byte == '?') {
        return damage_letter(before | 32) && damage_letter(behind);
    }
    return before == 195 && 130 <= byte && byte <= 175 && behind >= 194;
}

/* Sixteen bytes from `at` on: whether one is `?`, or may stand before damage. */
static inline bool damage_stops(uint8s data, int64_t at) {
    (void)INDEX(at + 15, data.size);
    byte_classes_Bytes bytes = *(const byte_classes_Bytes*)(data.at + at);
    return byte_classes_highs((byte_classes_Bytes)(bytes == '?') |
                              (byte_classes_Bytes)(bytes == 195));
}

EXPORT void damage_find(uint8s data, int64s start, int64s length, bools doubtful) {
    for (int64_t row = 0; row < start.size; row++) {
        int64_t at = AT(start, row), end = at + AT(length, row);
        bool seen = false;
        while (at < end && !seen) {
            if (at + 16 <= data.size && !damage_stops(data, at)) {
                at += 16;
                continue;
            }
            int64_t last = min_i(at + 16, end);
            for (; at < last; at++) {
                uint8_t byte = AT(data, at);
                if (byte == '?') {
                    seen |= at > AT(start, row) && at + 1 < end && damage_at(data, at);
                } else if (byte == 195) {
                    seen |= at + 2 < end && damage_at(data, at + 1);
                }
            }
        }
        AT(doubtful, row) = seen;
    }
}
