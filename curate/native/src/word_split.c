/* The loops of curate.text.split. */

/* Fill the hashes and the code points of a text's words; returns (words, code points in all).
 *
 * `hashes` and `sizes` have room for a word in two bytes. */
static i64_i64 word_split_split_words(uint8s data, int64_t start, int64_t length, uint16s flags,
                                      uint64s hashes, int32s sizes) {
    int64_t width;
    bool blank;
    int64_t words = 0;
    int64_t chars = 0;
    int64_t first = -1;
    int64_t before = 0;
    int64_t at = start;
    int64_t end = start + length;
    while (at < end) {
        uint8_t byte = AT(data, at);
        if (byte < 128) {
            width = 1;
            blank = AT(PACKED_ASCII_CLASS, byte) == PACKED_BLANK;
        } else {
            width = byte < 224 ? 2 : byte < 240 ? 3 : 4;
            blank = false;
            if (width == 2) {
                blank =
                    (AT(flags, ((byte & 31) << 6) | (AT(data, at + 1) & 63)) & UNICODE_SPACE) != 0;
            } else if (width == 3) {
                int64_t high = ((byte & 15) << 12) | ((AT(data, at + 1) & 63) << 6);
                blank = (AT(flags, high | (AT(data, at + 2) & 63)) & UNICODE_SPACE) != 0;
            }
        }
        if (blank && first >= 0) {
            AT(hashes, words) = words_hash_bytes(data, first, at - first);
            AT(sizes, words) = chars - before;
            words += 1;
            first = -1;
        } else if (!blank && first < 0) {
            first = at;
            before = chars;
        }
        chars += 1;
        at += width;
    }
    if (first >= 0) {
        AT(hashes, words) = words_hash_bytes(data, first, end - first);
        AT(sizes, words) = chars - before;
        words += 1;
    }
    return (i64_i64){words, chars};
}
