/* The loops of curate.text.damage. */

/* The texts that may hold damage: `?` between letters, or a letter of U+00C2 to U+00EF before a
 * code point of another two bytes or more. */
EXPORT void damage_find(uint8s data, int64s start, int64s length, bools doubtful) {
    for (int64_t row = 0; row < start.size; row++) {
        bool seen = false;
        for (int64_t at = AT(start, row); at < AT(start, row) + AT(length, row); at++) {
            uint8_t byte = AT(data, at);
            seen |= (byte == '?') | (byte == 195);
        }
        if (!seen) {
            continue;
        }
        seen = false;
        for (int64_t at = AT(start, row) + 1; at < AT(start, row) + AT(length, row) - 1; at++) {
            uint8_t before = AT(data, at - 1);
            uint8_t byte = AT(data, at);
            uint8_t behind = AT(data, at + 1);
            bool lead = (((before | 32) > 96) & ((before | 32) < 123)) | (before >= 128);
            bool trail = ((behind > 96) & (behind < 123)) | (behind >= 128);
            seen |= (byte == '?') & lead & trail;
            seen |= (before == 195) & (byte >= 130) & (byte <= 175) & (behind >= 194);
        }
        AT(doubtful, row) = seen;
    }
}
