/* The loops of curate.text.relevance. */

/* The shingles of a text, all of a shorter one, into `hashes`; how many. */
static int64_t relevance_shingles(uint8s data, int64_t start, int64_t length, uint16s flags,
                                  uint32s codes, uint64s hashes) {
    i64_bool both = minhash_codes_of(data, start, length, flags, codes);
    int64_t width = both.b ? SHINGLES_DENSE : SHINGLES_WIDE;
    return both.a ? minhash_hash_codes(codes, both.a, min_i(both.a, width), hashes) : 0;
}

EXPORT void relevance_count(uint8s data, int64s starts, int64s lengths, uint16s flags,
                            uint32s codes, uint64s hashes, int64s counts) {
    uint64_t mask = (uint64_t)(counts.size - 1);
    for (int64_t row = 0; row < starts.size; row++) {
        int64_t shingles =
            relevance_shingles(data, AT(starts, row), AT(lengths, row), flags, codes, hashes);
        for (int64_t k = 0; k < shingles; k++) {
            AT(counts, (int64_t)(AT(hashes, k) & mask)) += 1;
        }
    }
}

/* The mean weight of each text's shingles; NaN of a text without any. */
EXPORT void relevance_score(uint8s data, int64s starts, int64s lengths, uint16s flags,
                            uint32s codes, uint64s hashes, doubles weights, doubles scores) {
    uint64_t mask = (uint64_t)(weights.size - 1);
    for (int64_t row = 0; row < starts.size; row++) {
        int64_t shingles =
            relevance_shingles(data, AT(starts, row), AT(lengths, row), flags, codes, hashes);
        double sum = 0.0;
        for (int64_t k = 0; k < shingles; k++) {
            sum += AT(weights, (int64_t)(AT(hashes, k) & mask));
        }
        AT(scores, row) = shingles ? sum / (double)shingles : NAN;
    }
}
