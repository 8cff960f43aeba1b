/* The loops of curate.text.words. */

#define WORDS_MIX UINT64_C(0xff51afd7ed558ccd)
#define WORDS_SWIRL UINT64_C(0x1d)
#define WORDS_SHIFT UINT64_C(0x21)
#define WORDS_SEED UINT64_C(0xcbf29ce484222325)
#define WORDS_PRIME UINT64_C(0x100000001b3)
#define WORDS_LOWS UINT64_C(0x7f7f7f7f7f7f7f7f)
#define WORDS_BEYOND_BLANK UINT64_C(0x5f5f5f5f5f5f5f5f)
#define WORDS_HIGHS UINT64_C(0x8080808080808080)

typedef struct {
    uint64_t a;
    int64_t b;
} u64_i64;

/* Carry eight more bytes into a running hash. */
static inline uint64_t words_absorb(uint64_t value, uint64_t word) {
    value = (value ^ word) * WORDS_MIX;
    return value ^ (value >> WORDS_SWIRL);
}

/* Spread every bit of a uint64 over all of it. */
static inline uint64_t words_mix(uint64_t value) {
    value ^= value >> WORDS_SHIFT;
    value *= WORDS_MIX;
    return value ^ (value >> WORDS_SHIFT);
}

/* The last bytes of a span, fewer than eight, the first one lowest and zero above the last. */
static inline uint64_t words_rest(uint8s data, int64_t at, int64_t end) {
    if (at + 8 <= data.size) {
        return load_word(data, at) & ~(~UINT64_C(0) << (8 * (uint64_t)(end - at)));
    }
    uint64_t rest = 0;
    for (uint64_t shift = 0; at < end; at++, shift += 8) {
        rest |= (uint64_t)AT(data, at) << shift;
    }
    return rest;
}

/* 64-bit hash of a span, eight bytes a step. Own code, so stable across library versions. */
EXPORT uint64_t words_hash_bytes(uint8s data, int64_t start, int64_t length) {
    uint64_t value = WORDS_SEED ^ (uint64_t)length;
    int64_t end = start + length;
    int64_t at = start;
    while (at + 8 <= end) {
        value = words_absorb(value, load_word(data, at));
        at += 8;
    }
    if (at < end) {
        value = words_absorb(value, words_rest(data, at, end));
    }
    return words_mix(value * WORDS_PRIME);
}

/* High bit of each byte that equals the one before it and is printable ASCII, no blank.
 *
 * `before` is the byte in front of the eight. */
static inline uint64_t words_repeated(uint64_t word, uint64_t before) {
    uint64_t other = word ^ ((word << 8) | before);
    uint64_t same = ~(((other & WORDS_LOWS) + WORDS_LOWS) | other | WORDS_LOWS);
    return same & ((word & WORDS_LOWS) + WORDS_BEYOND_BLANK) & ~word & WORDS_HIGHS;
}

static int64_t words_longest_byte_run(uint8s data, int64_t start, int64_t end) {
    int64_t best = 0;
    int64_t run = 0;
    for (int64_t at = start; at < end; at++) {
        uint8_t byte = AT(data, at);
        if (byte <= ' ' || byte > 127) {
            run = 0;
        } else if (run && AT(data, at - 1) == byte) {
            run += 1;
        } else {
            run = 1;
        }
        best = max_i(best, run);
    }
    return best;
}

/* `hash_bytes`, and the longest run of one printable ASCII character met on the way (0 for
 * none beyond 1). */
static inline u64_i64 words_hash_text(uint8s data, int64_t start, int64_t length) {
    uint64_t same;
    uint64_t value = WORDS_SEED ^ (uint64_t)length;
    int64_t end = start + length;
    int64_t at = start;
    uint64_t before = (uint64_t)255;
    uint64_t same_before = (uint64_t)0;
    uint64_t pairs = (uint64_t)0;
    uint64_t triples = (uint64_t)0;
    while (at + 8 <= end) {
        uint64_t word = load_word(data, at);
        same = words_repeated(word, before);
        pairs |= same;
        triples |= same & ((same << 8) | same_before);
        before = word >> 56;
        same_before = same >> 56;
        value = words_absorb(value, word);
        at += 8;
    }
    if (at < end) {
        uint64_t rest = words_rest(data, at, end);
        same = words_repeated(rest, before); /* the padding is no printable byte */
        pairs |= same;
        triples |= same & ((same << 8) | same_before);
        value = words_absorb(value, rest);
    }
    int64_t run = 0;
    if (triples) {
        run = words_longest_byte_run(data, start, end);
    } else if (pairs) {
        run = 2;
    }
    return (u64_i64){words_mix(value * WORDS_PRIME), run};
}

EXPORT void words_count_codes(uint8s data, int64s starts, int64s lengths, int32s counts) {
    for (int64_t row = 0; row < starts.size; row++) {
        for (int64_t at = AT(starts, row); at < AT(starts, row) + max_i(0, AT(lengths, row));
             at++) {
            AT(counts, row) += (AT(data, at) & 192) != 128;
        }
    }
}

/* 64-bit hash of a whole buffer, in four lanes, so that it is nearly free to have. */
EXPORT uint64_t words_digest_bytes(uint8s data) {
    uint64_t one = WORDS_SEED;
    uint64_t two = WORDS_PRIME;
    uint64_t three = WORDS_MIX;
    uint64_t four = (uint64_t)(data.size);
    int64_t at = 0;
    while (at + 32 <= data.size) {
        one = words_absorb(one, load_word(data, at));
        two = words_absorb(two, load_word(data, (at + 8)));
        three = words_absorb(three, load_word(data, (at + 16)));
        four = words_absorb(four, load_word(data, (at + 24)));
        at += 32;
    }
    uint64_t rest = words_hash_bytes(data, at, data.size - at);
    return words_absorb(words_absorb(words_absorb(words_absorb(rest, one), two), three), four);
}
