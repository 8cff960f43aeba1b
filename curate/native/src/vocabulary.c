/* The loops of curate.inspect.words. */

/* Count code points of valid UTF-8, and keep the smallest place of each. */
EXPORT void vocabulary_count(uint8s data, int64s start, int64s length, int64s language,
                             int64s place, int64s2 counts, int64s2 first) {
    for (int64_t row = 0; row < start.size; row++) {
        int64_t at = AT(start, row);
        int64_t end = AT(start, row) + AT(length, row);
        int64_t lang = AT(language, row);
        while (at < end) {
            int64_t byte = (int64_t)(AT(data, at));
            int64_t more = byte < 128 ? 0 : byte < 224 ? 1 : byte < 240 ? 2 : 3;
            int64_t code = more == 0 ? byte : byte & (63 >> more);
            for (int64_t k = 1; k < more + 1; k++) {
                code = (code << 6) | ((int64_t)(AT(data, at + k)) & 63);
            }
            at += more + 1;
            AT2(counts, lang, code) += 1;
            if (AT2(first, lang, code) == 0 || AT(place, row) < AT2(first, lang, code)) {
                AT2(first, lang, code) = AT(place, row);
            }
        }
    }
}
