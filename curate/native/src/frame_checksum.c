/* CRC-16 of FLAC's frames (polynomial 0x8005, the highest bit first). */

/* Carried on over data[first:end], sixteen bytes at a time. */
static int64_t frame_checksum_by_table(uint8s data, int64_t first, int64_t end, int64_t rest,
                                       int32s2 tables) {
    int64_t at = first;
    while (at + 16 <= end) {
        int32_t next = AT2(tables, 15, AT(data, at) ^ (rest >> 8)) ^
                       AT2(tables, 14, AT(data, at + 1) ^ (rest & 255));
        for (int64_t k = 2; k < 16; k++) {
            next ^= AT2(tables, 15 - k, AT(data, at + k));
        }
        rest = next;
        at += 16;
    }
    while (at < end) {
        rest = ((rest << 8) & 65535) ^
               (int64_t)(AT2(tables, 0, (int64_t)(AT(data, at)) ^ (rest >> 8)));
        at += 1;
    }
    return rest;
}

#ifdef __x86_64__

#define FRAME_CHECKSUM_TARGET __attribute__((target("pclmul,ssse3")))

/* Bytes that are folded at once, in four registers. */
#define FRAME_CHECKSUM_BLOCK 64

static bool frame_checksum_can_fold(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_PCLMUL) && (c & bit_SSSE3);
}

/* Sixteen bytes as the coefficients of a polynomial, the first byte highest. */
FRAME_CHECKSUM_TARGET static inline __m128i frame_checksum_load(uint8s data, int64_t at) {
    const __m128i reversed = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    (void)INDEX(at + 15, data.size);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i*)(data.at + at)), reversed);
}

/* What has the same remainder as `value` with zeros behind it, plus `next`: `by` has the remainders
 * of so many zeros behind each half. */
FRAME_CHECKSUM_TARGET static inline __m128i frame_checksum_fold(__m128i value, __m128i by,
                                                                __m128i next) {
    __m128i high = _mm_clmulepi64_si128(value, by, 0x11);
    __m128i low = _mm_clmulepi64_si128(value, by, 0x00);
    return _mm_xor_si128(_mm_xor_si128(high, low), next);
}

/* The same without tables, by products of polynomials, as processors have them: a block is replaced
 * by one of equal remainder further on. Source: Gopal et al., Fast CRC Computation for Generic
 * Polynomials Using PCLMULQDQ Instruction, 2009. */
FRAME_CHECKSUM_TARGET static int64_t frame_checksum_folded(uint8s data, int64_t first, int64_t end,
                                                           int64_t rest, int32s2 tables) {
    /* x^576 and x^512, x^192 and x^128, by the polynomial. */
    const __m128i over_block = _mm_set_epi64x(0x1446, 0x8107);
    const __m128i over_one = _mm_set_epi64x(0x1666, 0x0106);
    __m128i folded[4];
    int64_t at = first + FRAME_CHECKSUM_BLOCK;
    for (int64_t k = 0; k < 4; k++) {
        folded[k] = frame_checksum_load(data, first + 16 * k);
    }
    folded[0] = _mm_xor_si128(folded[0], _mm_set_epi64x((int64_t)((uint64_t)rest << 48), 0));
    for (; at + FRAME_CHECKSUM_BLOCK <= end; at += FRAME_CHECKSUM_BLOCK) {
        for (int64_t k = 0; k < 4; k++) {
            __m128i next = frame_checksum_load(data, at + 16 * k);
            folded[k] = frame_checksum_fold(folded[k], over_block, next);
        }
    }
    __m128i value = folded[0];
    for (int64_t k = 1; k < 4; k++) {
        value = frame_checksum_fold(value, over_one, folded[k]);
    }
    for (; at + 16 <= end; at += 16) {
        value = frame_checksum_fold(value, over_one, frame_checksum_load(data, at));
    }
    uint8_t last[16];
    _mm_storeu_si128((__m128i*)last, value);
    for (int64_t k = 0; k < 8; k++) {
        uint8_t byte = last[k];
        last[k] = last[15 - k];
        last[15 - k] = byte;
    }
    rest = frame_checksum_by_table((uint8s){last, 16}, 0, 16, 0, tables);
    return frame_checksum_by_table(data, at, end, rest, tables);
}
#else
static bool frame_checksum_can_fold(void) {
    return false;
}
#endif

/* How the checksum of a frame is computed. */
typedef struct {
    int32s2 tables;
    bool folds;
} FrameChecksum;

static int64_t frame_checksum(uint8s data, int64_t first, int64_t end, int64_t rest,
                              FrameChecksum by) {
#ifdef __x86_64__
    if (by.folds && end - first >= FRAME_CHECKSUM_BLOCK) {
        return frame_checksum_folded(data, first, end, rest, by.tables);
    }
#endif
    return frame_checksum_by_table(data, first, end, rest, by.tables);
}
