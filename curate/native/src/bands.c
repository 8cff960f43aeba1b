/* The loops of curate.metrics.compute.near_duplicates. */

/* One key for each band of each text; `digests` has a row of hashes for each. */
EXPORT void bands_fill_keys(uint64s2 digests, int64_t bands, uint64s keys) {
    for (int64_t row = 0; row < digests.rows; row++) {
        uint64_t value = (uint64_t)((row % bands) + 1);
        for (int64_t k = 0; k < digests.columns; k++) {
            value = words_absorb(value, AT2(digests, row, k));
        }
        AT(keys, row) = words_mix(value);
    }
}
