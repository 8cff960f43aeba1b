/* The loops of curate.text.shingles. */

#define SHINGLES_DENSE 3
/* Characters of a shingle; in scripts without spaces, where one says more, DENSE. */
#define SHINGLES_WIDE 5
#define SHINGLES_SEED UINT64_C(0xcbf29ce484222325)

EXPORT int64_t shingles_hash_all(uint32s codes, int64s ends, int64s widths, uint64s bounds,
                                 uint64s hashes) {
    int64_t first = 0;
    int64_t at = 0;
    for (int64_t row = 0; row < ends.size; row++) {
        int64_t width = min_i(AT(widths, row), AT(ends, row) - first);
        for (int64_t start = first; start < AT(ends, row) - width + 1; start++) {
            uint64_t value = SHINGLES_SEED;
            for (int64_t k = start; k < start + width; k++) {
                value = words_absorb(value, (uint64_t)(AT(codes, k)));
            }
            AT(hashes, at) = words_mix(value);
            at += 1;
        }
        first = AT(ends, row);
        AT(bounds, row + 1) = at;
    }
    return at;
}
