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

/* The same by the byte at `at`, which is `?` or may stand before damage, of a text between these.
 */
static inline bool damage_shown(uint8s data, int64_t first, int64_t at, int64_t end) {
    if (AT(data, at) == '?') {
        return at > first && at + 1 < end && damage_at(data, at);
    }
    return at + 2 < end && damage_at(data, at + 1);
}

/* Sixteen bytes from `at` on: a bit for each that is `?`, or may stand before damage. */
static inline uint64_t damage_stops(uint8s data, int64_t at) {
    (void)INDEX(at + 15, data.size);
    byte_classes_Bytes bytes = *(const byte_classes_Bytes*)(data.at + at);
    return byte_classes_highs((byte_classes_Bytes)(bytes == '?') |
                              (byte_classes_Bytes)(bytes == 195));
}

EXPORT void damage_find(uint8s data, int64s start, int64s length, bools doubtful) {
    for (int64_t row = 0; row < start.size; row++) {
        int64_t first = AT(start, row), end = first + AT(length, row), at = first;
        bool seen = false;
        for (; at < end && at + 16 <= data.size && !seen; at += 16) {
            uint64_t stops = damage_stops(data, at) & byte_classes_before(at, end);
            for (; stops && !seen; stops &= stops - 1) {
                seen = damage_shown(data, first, at + (int64_t)trailing_zeros(stops), end);
            }
        }
        for (; at < end && !seen; at++) {
            bool stops = AT(data, at) == '?' || AT(data, at) == 195;
            seen = stops && damage_shown(data, first, at, end);
        }
        AT(doubtful, row) = seen;
    }
}
