/* Arrays as the callers hand them over, and access to their elements.
 *
 * Built with -DCHECKED, an access outside an array ends the process and names its line: tests and
 * the fuzz bench run such a build. */
#ifndef CURATE_ARRAYS_H
#define CURATE_ARRAYS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

#ifdef CHECKED
static inline int64_t checked(int64_t index, int64_t size, const char* file, int line) {
    if (index < 0 || index >= size) {
        fprintf(stderr, "%s:%d: index %lld of %lld\n", file, line, (long long)index,
                (long long)size);
        abort();
    }
    return index;
}
#define INDEX(index, size) checked(index, size, __FILE__, __LINE__)
#else
#define INDEX(index, size) (index)
#endif

/* NAMEs: a vector. NAMEs2: a table, row by row. */
#define ARRAY(NAME, TYPE)                                                                   \
    typedef struct {                                                                        \
        TYPE* at;                                                                           \
        int64_t size;                                                                       \
    } NAME##s;                                                                              \
    typedef struct {                                                                        \
        TYPE* at;                                                                           \
        int64_t rows;                                                                       \
        int64_t columns;                                                                    \
    } NAME##s2;                                                                             \
    static inline NAME##s NAME##_row(NAME##s2 table, int64_t row) {                         \
        return (NAME##s){table.at + INDEX(row, table.rows) * table.columns, table.columns}; \
    }

ARRAY(bool, bool)
ARRAY(int8, int8_t)
ARRAY(int16, int16_t)
ARRAY(int32, int32_t)
ARRAY(int64, int64_t)
ARRAY(uint8, uint8_t)
ARRAY(uint16, uint16_t)
ARRAY(uint32, uint32_t)
ARRAY(uint64, uint64_t)
ARRAY(float, float)
ARRAY(double, double)

#define AT(array, index) ((array).at[INDEX(index, (array).size)])
#define AT2(table, row, column) \
    ((table).at[INDEX(row, (table).rows) * (table).columns + INDEX(column, (table).columns)])

/* A row of a table as a vector. */
#define ROW(table, row)       \
    _Generic((table),         \
        uint8s2: uint8_row,   \
        int16s2: int16_row,   \
        int32s2: int32_row,   \
        int64s2: int64_row,   \
        uint64s2: uint64_row, \
        doubles2: double_row)((table), (row))

/* The elements from `first` to before `end`. */
#define SLICE(array, first, end) ((__typeof__(array)){(array).at + (first), (end) - (first)})

#define FILL(array, value)                                                \
    do {                                                                  \
        __typeof__(array) filled = (array);                               \
        for (int64_t k = 0; k < filled.size; k++) filled.at[k] = (value); \
    } while (0)

#define FILL2(table, value)                                                                \
    do {                                                                                   \
        __typeof__(table) filled = (table);                                                \
        for (int64_t k = 0; k < filled.rows * filled.columns; k++) filled.at[k] = (value); \
    } while (0)

static inline int64_t min_i(int64_t one, int64_t other) {
    return one < other ? one : other;
}

static inline int64_t max_i(int64_t one, int64_t other) {
    return one > other ? one : other;
}

static inline uint64_t max_u(uint64_t one, uint64_t other) {
    return one > other ? one : other;
}

static inline double min_f(double one, double other) {
    return one < other ? one : other;
}

static inline double max_f(double one, double other) {
    return one > other ? one : other;
}

/* The nearest whole number, of two the even one, as rint() gives it, for numbers closer to zero
 * than ROUNDED_BELOW: processors add many at a time, and call a function for each rint(). */
#define ROUNDED_BELOW 2251799813685248.0
static inline double rounded(double value) {
    return (value + 3 * ROUNDED_BELOW) - 3 * ROUNDED_BELOW;
}

/* Has the highest bit set by the bits of an infinite number or NaN, whose exponents alone carry
 * into the sign. */
static inline uint64_t not_finite(uint64_t bits) {
    return (bits & UINT64_C(0x7ff0000000000000)) + UINT64_C(0x0010000000000000);
}

/* Eight bytes from a position on, the first one lowest; its bounds are the caller's. */
static inline uint64_t load_word(uint8s data, int64_t at) {
    uint64_t word;
    (void)INDEX(at + 7, data.size);
    memcpy(&word, data.at + at, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* How many low bits are zero; 64 for zero. */
static inline uint64_t trailing_zeros(uint64_t word) {
    return word ? (uint64_t)__builtin_ctzll(word) : 64;
}

static int compare_words(const void* one, const void* other) {
    uint64_t a = *(const uint64_t*)one, b = *(const uint64_t*)other;
    return (a > b) - (a < b);
}

/* Below so many words, moving each to its place is the fastest. */
#define SORT_FEW 16

static inline void sort_few_words(uint64_t* at, int64_t count) {
    for (int64_t k = 1; k < count; k++) {
        uint64_t word = at[k];
        int64_t to = k;
        while (to > 0 && at[to - 1] > word) {
            at[to] = at[to - 1];
            to -= 1;
        }
        at[to] = word;
    }
}

/* Sort by halves around a middle word; what does not get smaller soon (words that were made to
 * defeat this) goes to qsort. */
static void sort_halves(uint64_t* at, int64_t count, int64_t depth) {
    while (count > SORT_FEW) {
        if (depth == 0) {
            qsort(at, (size_t)count, sizeof(uint64_t), compare_words);
            return;
        }
        depth -= 1;
        uint64_t one = at[0];
        uint64_t other = at[count / 2];
        uint64_t last = at[count - 1];
        uint64_t low = one < other ? one : other;
        uint64_t high = one < other ? other : one;
        uint64_t middle = last < low ? low : last < high ? last : high;
        int64_t left = 0;
        int64_t right = count - 1;
        while (left <= right) {
            while (at[left] < middle) {
                left += 1;
            }
            while (at[right] > middle) {
                right -= 1;
            }
            if (left <= right) {
                uint64_t word = at[left];
                at[left] = at[right];
                at[right] = word;
                left += 1;
                right -= 1;
            }
        }
        sort_halves(at, right + 1, depth);
        at += left;
        count -= left;
    }
    sort_few_words(at, count);
}

/* Sort the first `count` words. */
static inline void sort_words(uint64s words, int64_t count) {
    if (count > 1) {
        (void)INDEX(count - 1, words.size);
        sort_halves(words.at, count, 64);
    }
}
#endif
