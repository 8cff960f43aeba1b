/* The loops of curate.text.byte_sets. */

/* Sixteen bytes from `at` on: a bit for each that is no letter, digit, blank, comma or point. */
static inline uint64_t byte_sets_marks(uint8s data, int64_t at) {
    (void)INDEX(at + 15, data.size);
    byte_classes_Bytes bytes = *(const byte_classes_Bytes*)(data.at + at);
    return ~byte_classes_highs(
               BYTE_CLASSES_WITHIN(bytes | 32, 'a', 'z') | BYTE_CLASSES_WITHIN(bytes, '0', '9') |
               (byte_classes_Bytes)(bytes == ' ') | (byte_classes_Bytes)(bytes == ',') |
               (byte_classes_Bytes)(bytes == '.')) &
           0xffff;
}

/* Whether no set has a byte that `marks` does not show. */
static bool byte_sets_of_marks(uint8s sets_of_byte) {
    uint8_t shown[16];
    uint8_t sets = 0;
    for (int64_t first = 0; first < 256; first += 16) {
        for (int64_t k = 0; k < 16; k++) {
            shown[k] = (uint8_t)(first + k);
        }
        uint64_t marks = byte_sets_marks((uint8s){shown, 16}, 0);
        for (int64_t k = 0; k < 16; k++) {
            sets |= marks >> k & 1 ? 0 : AT(sets_of_byte, first + k);
        }
    }
    return !sets;
}

/* The sets that a text has a byte of, as bits. */
EXPORT void byte_sets_find(uint8s data, int64s start, int64s length, uint8s sets_of_byte,
                           uint8s sets) {
    bool of_marks = byte_sets_of_marks(sets_of_byte);
    for (int64_t row = 0; row < start.size; row++) {
        uint8_t seen = 0;
        int64_t at = AT(start, row), end = at + AT(length, row);
        while (of_marks && at < end && at + 16 <= data.size) {
            uint64_t marks = byte_sets_marks(data, at);
            marks &= end - at < 16 ? byte_classes_low((uint64_t)(end - at)) : 0xffff;
            for (; marks; marks &= marks - 1) {
                seen |= AT(sets_of_byte, AT(data, at + (int64_t)trailing_zeros(marks)));
            }
            at += 16;
        }
        for (; at < end; at++) {
            seen |= AT(sets_of_byte, AT(data, at));
        }
        AT(sets, row) = seen;
    }
}
