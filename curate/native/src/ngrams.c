/* The loops of curate.text.ngrams. */

#define NGRAMS_SEED UINT64_C(0xcbf29ce484222325)
/* A longer text is no segment of speech: nothing is counted of it. */
#define NGRAMS_LONGEST_BYTES 1048576
#define NGRAMS_NOT_COUNTED (-1)
/* Words of a phrase, as Gopher's rules have them (Rae et al. 2021, table A1). */
static int64_t NGRAMS_SIZES_values[] = {2, 3, 4};
static const int64s NGRAMS_SIZES = {NGRAMS_SIZES_values, 3};

/* `define` for words given by their hashes and sizes; `room` is a power of two. */
static int64_t ngrams_most_covered(uint64s hashes, int32s sizes, int64_t words, int64_t n,
                                   uint64s keys, int32s counts, int64_t room) {
    FILL(SLICE(counts, 0, room), 0);
    uint64_t mask = (uint64_t)(room - 1);
    int64_t best = 0;
    for (int64_t first = 0; first < words - n + 1; first++) {
        uint64_t key = NGRAMS_SEED;
        int64_t size = 0;
        for (int64_t k = first; k < first + n; k++) {
            key = words_absorb(key, AT(hashes, k));
            size += AT(sizes, k);
        }
        uint64_t slot = key & mask;
        while (AT(counts, slot) && AT(keys, slot) != key) {
            slot = (slot + 1) & mask;
        }
        AT(keys, slot) = key;
        AT(counts, slot) += 1;
        if (AT(counts, slot) > 1) {
            best = max_i(best, AT(counts, slot) * size);
        }
    }
    return best;
}

EXPORT void ngrams_count_all(uint8s data, int64s starts, int64s lengths, uint16s flags,
                             uint64s hashes, int32s sizes, uint64s keys, int32s counts,
                             int32s2 shares) {
    for (int64_t row = 0; row < starts.size; row++) {
        if (AT(lengths, row) > NGRAMS_LONGEST_BYTES) {
            for (int64_t k = 0; k < shares.rows; k++) {
                AT2(shares, k, row) = NGRAMS_NOT_COUNTED;
            }
            continue;
        }
        i64_i64 both =
            word_split_split_words(data, AT(starts, row), AT(lengths, row), flags, hashes, sizes);
        int64_t words = both.a;
        int64_t room = 8;
        while (room < 2 * words) {
            room *= 2;
        }
        for (int64_t k = 0; k < 3; k++) {
            AT2(shares, k, row) =
                ngrams_most_covered(hashes, sizes, words, AT(NGRAMS_SIZES, k), keys, counts, room);
        }
    }
}
