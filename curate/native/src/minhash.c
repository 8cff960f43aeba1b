/* The loops of curate.text.minhash. */

/* An odd number of 64 bits: what the code points of a shingle are digits to. */
#define MINHASH_BASE UINT64_C(0x9e3779b97f4a7c15)
/* Shingles below which nothing is called near: "how are you" and "who are you" are not a leak. */
#define MINHASH_FEWEST 20
#define MINHASH_NEAR 0.8
/* A shingle in more indexed texts than this finds none of them: where a handful of words make up
 * all texts, everything is near everything, and looking would take the square of their number. */
#define MINHASH_MOST_SHARED 128

typedef struct {
    int64_t a;
    bool b;
} i64_bool;

/* The code points of a normal form: (how many, whether its script writes no spaces). */
static i64_bool minhash_codes_of(uint8s data, int64_t start, int64_t length, uint16s flags,
                                 uint32s codes) {
    int64_t count = 0;
    int64_t at = start;
    int64_t letters = 0;
    int64_t dense = 0;
    while (at < start + length) {
        i64_i64 both = code_points_decode_at(data, at);
        int64_t code = both.a;
        int64_t width = both.b;
        at += width;
        letters += (AT(flags, code) & UNICODE_LETTER) ? 1 : 0;
        dense += (AT(flags, code) & UNICODE_NO_SPACE) ? 1 : 0;
        AT(codes, count) = code;
        count += 1;
    }
    return (i64_bool){count, 2 * dense > letters};
}

/* Hashes of all stretches of `width` code points; how many. A polynomial that rolls over the text:
 * one code point enters and one leaves, whatever the width. */
static int64_t minhash_hash_codes(uint32s codes, int64_t count, int64_t width, uint64s hashes) {
    uint64_t leaving = 1;
    for (int64_t k = 0; k < width; k++) {
        leaving *= MINHASH_BASE;
    }
    uint64_t value = 0;
    for (int64_t at = 0; at < count; at++) {
        value = value * MINHASH_BASE + AT(codes, at);
        if (at >= width) {
            value -= leaving * AT(codes, at - width);
        }
        if (at >= width - 1) {
            AT(hashes, at - width + 1) = words_mix(value * MINHASH_BASE);
        }
    }
    return max_i(0, count - width + 1);
}

/* Sort the first `count` hashes and leave each once; how many. */
static int64_t minhash_distinct(uint64s hashes, int64_t count) {
    sort_words(hashes, count);
    int64_t size = min_i(count, 1);
    for (int64_t at = 1; at < count; at++) {
        if (AT(hashes, at) != AT(hashes, at - 1)) {
            AT(hashes, size) = AT(hashes, at);
            size += 1;
        }
    }
    return size;
}

EXPORT void minhash_sets(uint8s data, int64s starts, int64s lengths, uint16s flags, uint32s codes,
                         uint64s hashes, int64s bounds, uint64s out) {
    for (int64_t row = 0; row < starts.size; row++) {
        i64_bool both = minhash_codes_of(data, AT(starts, row), AT(lengths, row), flags, codes);
        int64_t count = both.a;
        bool dense = both.b;
        int64_t size = minhash_distinct(
            hashes,
            minhash_hash_codes(codes, count, dense ? SHINGLES_DENSE : SHINGLES_WIDE, hashes));
        for (int64_t k = 0; k < size; k++) {
            AT(out, AT(bounds, row) + k) = AT(hashes, k);
        }
        AT(bounds, row + 1) = AT(bounds, row) + size;
    }
}

/* Shingles, the texts that they are rare in, and the hits that a near-duplicate must have.
 *
 * A near-duplicate lacks at most a share of 1 - NEAR of a text's shingles. Of the rarest that
 * many, and `needed` more, it has at least `needed`; where fewer are looked up, as many fewer.
 * `tallies`: how many shingles were written, and of how many texts so few are looked up that a
 * near-duplicate may have none of them. */
EXPORT void minhash_find_rarest(uint64s sets, int64s bounds, int64s common, int64s rarest_first,
                                uint64s keys, int32s texts, int32s needed, int64s tallies) {
    int64_t used = 0;
    int64_t unsure = 0;
    for (int64_t text = 0; text < bounds.size - 1; text++) {
        int64_t first = AT(bounds, text);
        int64_t size = AT(bounds, text + 1) - AT(bounds, text);
        if (size < MINHASH_FEWEST) {
            continue;
        }
        int64_t lacking = (int64_t)(floor(((1.0 - MINHASH_NEAR) * size + 1e-09)));
        AT(needed, text) = 1 + (size / 8);
        int64_t posted = 0;
        for (int64_t k = first; k < first + min_i(size, lacking + AT(needed, text)); k++) {
            int64_t at = AT(rarest_first, k);
            if (AT(common, at) > MINHASH_MOST_SHARED) {
                break;
            }
            AT(keys, used) = AT(sets, at);
            AT(texts, used) = text;
            used += 1;
            posted += 1;
        }
        if (posted > lacking) {
            AT(needed, text) = min_i(AT(needed, text), posted - lacking);
        } else {
            unsure += 1;
        }
    }
    AT(tallies, 0) = used;
    AT(tallies, 1) = unsure;
}

/* Where a key is in the table, or would be. */
static uint64_t minhash_slot(uint64s slots, uint64_t key) {
    uint64_t mask = (uint64_t)(slots.size - 1);
    uint64_t at = (key >> 7) & mask;
    while (AT(slots, at) != 0 && AT(slots, at) != key) {
        at = (at + 1) & mask;
    }
    return at;
}

EXPORT void minhash_fill_table(uint64s keys, uint8s bits, uint64s slots, int64s places) {
    for (int64_t number = 0; number < keys.size; number++) {
        uint64_t key = AT(keys, number);
        if (key != 0) {
            uint64_t at = minhash_slot(slots, key);
            AT(slots, at) = key;
            AT(places, at) = number;
            uint64_t bit = key & (uint64_t)(8 * bits.size - 1);
            AT(bits, bit >> 3) |= (uint8_t)(1 << (bit & 7));
        }
    }
}

/* How many values two sorted sets share; fewer where it is fewer than `least`. */
static int64_t minhash_shared(uint64s one, uint64s other, int64_t least) {
    int64_t at = 0;
    int64_t to = 0;
    int64_t shared = 0;
    int64_t spare = one.size - least;
    while (at < one.size && to < other.size && at - shared <= spare) {
        uint64_t mine = AT(one, at);
        uint64_t another = AT(other, to);
        shared += mine == another;
        at += mine <= another;
        to += another <= mine;
    }
    return shared;
}

EXPORT void minhash_find(uint8s data, int64s starts, int64s lengths, uint16s flags, uint32s codes,
                         uint64s hashes, int64s places, uint64s sets, int64s bounds, int8s side,
                         uint8s bits, uint64s slots, int64s2 first, int32s posts, int32s needed,
                         int32s hits, int32s touched, uint64s sides, int32s partner,
                         int32s partners) {
    int64_t text;
    uint64_t mask = (uint64_t)(8 * bits.size - 1);
    for (int64_t row = 0; row < starts.size; row++) {
        i64_bool both = minhash_codes_of(data, AT(starts, row), AT(lengths, row), flags, codes);
        int64_t count = both.a;
        bool dense = both.b;
        int64_t size =
            minhash_hash_codes(codes, count, dense ? SHINGLES_DENSE : SHINGLES_WIDE, hashes);
        int64_t met = 0;
        for (int64_t k = 0; k < size; k++) {
            uint64_t bit = AT(hashes, k) & mask;
            if (AT(bits, bit >> 3) & (uint8_t)(1 << (bit & 7))) {
                uint64_t at = minhash_slot(slots, AT(hashes, k));
                if (AT(slots, at) == AT(hashes, k)) {
                    AT(places, met) = (int64_t)at;
                    met += 1;
                }
            }
        }
        int64_t many = 0;
        for (int64_t k = 0; k < met; k++) {
            int64_t at = AT(places, k);
            for (int64_t post = AT2(first, at, 0); post < AT2(first, at, 1); post++) {
                text = AT(posts, post);
                if (AT(needed, text) > met) {
                    break; /* nor can the text be hit often enough, nor those behind it */
                }
                if (AT(hits, text) == 0) {
                    AT(touched, many) = text;
                    many += 1;
                }
                AT(hits, text) += 1;
            }
        }
        bool sorted_yet = false;
        for (int64_t k = 0; k < many; k++) {
            text = AT(touched, k);
            bool enough = AT(hits, text) >= AT(needed, text);
            AT(hits, text) = 0;
            int64_t there = AT(bounds, text + 1) - AT(bounds, text);
            if (!enough || size < MINHASH_NEAR * there) {
                continue;
            }
            if (!sorted_yet) {
                size = minhash_distinct(hashes, size);
                sorted_yet = true;
            }
            int64_t least = (int64_t)(MINHASH_NEAR / (1 + MINHASH_NEAR) * (size + there));
            int64_t same = minhash_shared(
                SLICE(hashes, 0, size), SLICE(sets, AT(bounds, text), AT(bounds, text + 1)), least);
            if (same >= MINHASH_NEAR * (size + there - same) && !(same == size && same == there)) {
                AT(sides, row) |= (uint64_t)1 << (uint64_t)(AT(side, text));
                AT(partner, row) = text;
                AT(partners, row) += 1;
            }
        }
    }
}
