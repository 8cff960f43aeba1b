/* The loops of curate.text.packed. */

static uint8_t PACKED_ASCII_CLASS_values[256] = {
    [0 ... 8] = 4,     ['\t' ... '\r'] = 5, [14 ... 27] = 4,   [28 ... ' '] = 5,
    ['!' ... '&'] = 3, ['\''] = 4,          ['(' ... ','] = 3, ['-'] = 4,
    ['.'] = 3,         ['/'] = 4,           ['0' ... '9'] = 2, [':' ... '@'] = 3,
    ['A' ... 'Z'] = 1, ['[' ... '^'] = 3,   ['_'] = 4,         ['`'] = 4,
    ['{' ... '~'] = 3, [0x7f ... 0xff] = 4};
static const uint8s PACKED_ASCII_CLASS = {PACKED_ASCII_CLASS_values, 256};
#define PACKED_BLANK 5
#define PACKED_DIGIT 2
#define PACKED_UPPER 1
#define PACKED_HIGHS UINT64_C(0x8080808080808080)
#define PACKED_ONES UINT64_C(0x101010101010101)
#define PACKED_SEED UINT64_C(0xcbf29ce484222325)
#define PACKED_CASE_BITS UINT64_C(0x2020202020202020)
#define PACKED_ONE UINT64_C(1)
#define PACKED_THREE UINT64_C(3)
#define PACKED_TRAILING 3
/* 1 for the ASCII marks of sentences and their parts. */
static uint8_t PACKED_ASCII_STOP_values[256] = {['!'] = 1, [','] = 1, ['.'] = 1,
                                                [':'] = 1, [';'] = 1, ['?'] = 1};
static const uint8s PACKED_ASCII_STOP = {PACKED_ASCII_STOP_values, 256};
#define PACKED_LOWER 0

typedef struct {
    uint64_t a;
    uint64_t b;
    uint64_t c;
} u64_u64_u64;
typedef struct {
    int64_t a;
    int64_t b;
    int64_t c;
    uint64_t d;
} i64_i64_i64_u64;

/* Carry a code point into a running hash of packed words; (hash, open word, bits in it).
 *
 * ASCII takes 8 bits and any other code point 32, so that the hash of an ASCII token can also be
 * had from its bytes, eight at a time. */
static inline u64_u64_u64 packed_pack(uint64_t value, uint64_t word, uint64_t filled,
                                      int64_t code) {
    uint64_t width = code < 128 ? (uint64_t)8 : (uint64_t)32;
    if (filled + width > 64) {
        value = words_absorb(value, word);
        word = (uint64_t)0;
        filled = (uint64_t)0;
    }
    return (u64_u64_u64){value, word | ((uint64_t)code << filled), filled + width};
}

/* The finished hash of what was packed. */
static inline uint64_t packed_close(uint64_t value, uint64_t word, uint64_t filled) {
    return filled ? words_absorb(value, word) : value;
}

/* The same, byte by byte: within eight bytes of the buffer's end. */
static i64_i64_i64_u64 packed_ascii_core_slowly(uint8s data, int64_t at, int64_t end,
                                                uint64_t value, int64_t letters, int64_t upper) {
    uint64_t word = (uint64_t)0;
    uint64_t filled = (uint64_t)0;
    while (at < end && AT(PACKED_ASCII_CLASS, AT(data, at)) <= PACKED_DIGIT) {
        int64_t code = AT(data, at);
        if (AT(PACKED_ASCII_CLASS, code) == PACKED_UPPER) {
            code += 32;
            upper += 1;
        }
        letters += AT(PACKED_ASCII_CLASS, AT(data, at)) != PACKED_DIGIT;
        u64_u64_u64 both = packed_pack(value, word, filled, code);
        value = both.a;
        word = both.b;
        filled = both.c;
        at += 1;
    }
    return (i64_i64_i64_u64){at, letters, upper, packed_close(value, word, filled)};
}

/* High bit of each byte of `word` in [low, high]; bytes beyond ASCII count as none. */
static inline uint64_t packed_within(uint64_t word, int64_t low, int64_t high) {
    uint64_t ascii_part = word & ~PACKED_HIGHS;
    uint64_t above = ascii_part + (uint64_t)(128 - low) * PACKED_ONES;
    uint64_t beyond = ascii_part + (uint64_t)(127 - high) * PACKED_ONES;
    return above & ~beyond & ~word & PACKED_HIGHS;
}

/* How many bytes of `highs` have their high bit set; no other bit is. */
static inline uint64_t packed_count(uint64_t highs) {
    return ((highs >> 7) * PACKED_ONES) >> 56;
}

/* How many bits are set. */
static inline int64_t packed_bits(uint64_t word) {
    word -= (word >> 1) & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + ((word >> 2) & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (int64_t)((word * PACKED_ONES) >> 56);
}

/* The ASCII letters and digits at `at`: (end, letters, upper-case letters among them, hash).
 *
 * Eight bytes a step without a branch on their values: words end at no predictable place. */
static inline i64_i64_i64_u64 packed_ascii_core(uint8s data, int64_t at, int64_t end) {
    uint64_t value = PACKED_SEED;
    uint64_t letters = (uint64_t)0;
    uint64_t upper = (uint64_t)0;
    while (at + 8 <= data.size) {
        uint64_t word = load_word(data, at);
        uint64_t alpha = packed_within(word | PACKED_CASE_BITS, 97, 122);
        uint64_t stop = ~(alpha | packed_within(word, 48, 57)) & PACKED_HIGHS;
        if (end - at < 8) {
            stop |= PACKED_HIGHS << (uint64_t)(8 * (end - at));
        }
        uint64_t size = trailing_zeros(stop) >> 3;
        uint64_t mask =
            size == 8 ? ~((uint64_t)0) : (PACKED_ONE << (size << PACKED_THREE)) - PACKED_ONE;
        alpha &= mask;
        letters += packed_count(alpha);
        upper += packed_count(((~word & PACKED_CASE_BITS) << 2) & alpha);
        if (size) {
            value = words_absorb(value, (word | (alpha >> 2)) & mask);
        }
        at += (int64_t)size;
        if (size < 8) {
            return (i64_i64_i64_u64){at, (int64_t)letters, (int64_t)upper, value};
        }
    }
    return packed_ascii_core_slowly(data, at, end, value, (int64_t)letters, (int64_t)upper);
}

/* `pack` a code point's case folding. */
static inline u64_u64_u64 packed_pack_folded(uint64_t value, uint64_t word, uint64_t filled,
                                             int64_t code, int64_t kind, uint32s fold,
                                             uint32s2 long_fold) {
    if (kind & UNICODE_LONG_FOLD) {
        int64_t row = unicode_shifted(fold, code);
        for (int64_t k = 0; k < 3; k++) {
            if (AT2(long_fold, row, k)) {
                u64_u64_u64 both = packed_pack(value, word, filled, AT2(long_fold, row, k));
                value = both.a;
                word = both.b;
                filled = both.c;
            }
        }
        return (u64_u64_u64){value, word, filled};
    }
    return packed_pack(value, word, filled, unicode_shifted(fold, code));
}

/* `pack` a character's form: one code point, or a row of `long`; no other form is one. */
static inline u64_u64_u64 packed_pack_form(uint64_t value, uint64_t word, uint64_t filled,
                                           int64_t form, uint32s2 long_) {
    if (form < FORMS_SIZE) {
        return packed_pack(value, word, filled, form);
    }
    for (int64_t k = 0; k < FORMS_LONGEST; k++) {
        if (AT2(long_, form - FORMS_LONG, k)) {
            u64_u64_u64 both = packed_pack(value, word, filled, AT2(long_, form - FORMS_LONG, k));
            value = both.a;
            word = both.b;
            filled = both.c;
        }
    }
    return (u64_u64_u64){value, word, filled};
}
