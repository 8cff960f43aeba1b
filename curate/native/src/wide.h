/* Loops that are compiled twice: for any processor, and for one with registers of 32 bytes.
 *
 * A loop is an ALWAYS_INLINE function that a plain and a WIDE one call, which is_wide() selects.
 * Both compute the same, floats too: products are never fused, and sums keep their order. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

#define WIDE __attribute__((target("avx2")))

/* Whether the processor has them, once it is known: virtual machines are slow to answer. */
#define WIDE_UNKNOWN 0
#define WIDE_NO 1
#define WIDE_YES 2
static int wide_known = WIDE_UNKNOWN;

static bool wide_has_avx2(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX)) {
        return false;
    }
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX2);
}

/* Whether the processor and the operating system have registers of 32 bytes. */
static bool is_wide(void) {
    int known = __atomic_load_n(&wide_known, __ATOMIC_RELAXED);
    if (known == WIDE_UNKNOWN) {
        known = wide_has_avx2() ? WIDE_YES : WIDE_NO;
        __atomic_store_n(&wide_known, known, __ATOMIC_RELAXED);
    }
    return known == WIDE_YES;
}
#else
#define WIDE
#define is_wide() false
#endif
