/* The classes of ASCII, of many bytes at once. */

/* Bytes whose classes are found at once: a bit for each. */
#define BYTE_CLASSES_BLOCK 64

typedef uint8_t byte_classes_Bytes __attribute__((vector_size(16), aligned(1), may_alias));

/* The classes of PACKED_ASCII_CLASS, letters by themselves; `small` says only of letters that they
 * are small ones. ODD are those that no token of the fast path has, HIGH those beyond ASCII. */
typedef struct {
    uint64_t letter, small, digit, blank, odd, high;
} byte_classes_Bits;

/* The highest bits of sixteen bytes, the first one lowest. */
static inline uint64_t byte_classes_highs(byte_classes_Bytes bytes) {
#ifdef __SSE2__
    return (uint64_t)(uint32_t)_mm_movemask_epi8((__m128i)bytes);
#else
    uint64_t words[2], bits[2];
    memcpy(words, &bytes, sizeof words);
    for (int k = 0; k < 2; k++) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        words[k] = __builtin_bswap64(words[k]);
#endif
        bits[k] = (((words[k] & WORDS_HIGHS) >> 7) * UINT64_C(0x0102040810204080)) >> 56;
    }
    return bits[0] | bits[1] << 8;
#endif
}

#define BYTE_CLASSES_WITHIN(bytes, low, high) \
    ((byte_classes_Bytes)((bytes) - (uint8_t)(low) <= (uint8_t)((high) - (low))))

/* The classes of a block of bytes from `at` on. */
static inline byte_classes_Bits byte_classes_of(uint8s data, int64_t at) {
    byte_classes_Bits classes = {0, 0, 0, 0, 0, 0};
    (void)INDEX(at + BYTE_CLASSES_BLOCK - 1, data.size);
    for (int64_t k = 0; k < BYTE_CLASSES_BLOCK; k += 16) {
        byte_classes_Bytes bytes = *(const byte_classes_Bytes*)(data.at + at + k);
        byte_classes_Bytes letter = BYTE_CLASSES_WITHIN(bytes | 32, 'a', 'z');
        byte_classes_Bytes digit = BYTE_CLASSES_WITHIN(bytes, '0', '9');
        byte_classes_Bytes blank =
            BYTE_CLASSES_WITHIN(bytes, '\t', '\r') | BYTE_CLASSES_WITHIN(bytes, 28, ' ');
        byte_classes_Bytes odd =
            (byte_classes_Bytes)(bytes == '\'') | (byte_classes_Bytes)(bytes == '-') |
            (byte_classes_Bytes)(bytes == '/') | BYTE_CLASSES_WITHIN(bytes, '_', '`') |
            BYTE_CLASSES_WITHIN(bytes, 127, 255) | (BYTE_CLASSES_WITHIN(bytes, 0, 27) & ~blank);
        classes.letter |= byte_classes_highs(letter) << k;
        classes.small |= byte_classes_highs(bytes << 2) << k;
        classes.digit |= byte_classes_highs(digit) << k;
        classes.blank |= byte_classes_highs(blank) << k;
        classes.high |= byte_classes_highs(bytes) << k;
        classes.odd |= byte_classes_highs(odd) << k;
    }
    return classes;
}

/* So many low bits, fewer than 64. */
static inline uint64_t byte_classes_low(uint64_t count) {
    return (UINT64_C(1) << count) - 1;
}

/* The first bytes of a block that are before `end`. */
static inline uint64_t byte_classes_before(int64_t at, int64_t end) {
    return end - at < BYTE_CLASSES_BLOCK ? byte_classes_low((uint64_t)(end - at)) : ~UINT64_C(0);
}
