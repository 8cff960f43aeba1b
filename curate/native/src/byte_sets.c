/* The loops of curate.text.byte_sets. */

/* The sets that a text has a byte of, as bits. */
EXPORT void byte_sets_find(uint8s data, int64s start, int64s length, uint8s sets_of_byte,
                           uint8s sets) {
    for (int64_t row = 0; row < start.size; row++) {
        uint8_t seen = 0;
        for (int64_t at = AT(start, row); at < AT(start, row) + AT(length, row); at++) {
            seen |= AT(sets_of_byte, AT(data, at));
        }
        AT(sets, row) = seen;
    }
}
