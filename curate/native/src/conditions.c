/* The loops of curate.rules.expression.program. */
#include <float.h>

/* Rows at a time: all that a step reads and writes stays in the first cache. */
#define CONDITIONS_BLOCK 512
_Static_assert(CONDITIONS_BLOCK == COLUMNS_BLOCK, "columns are read a block at a time");

/* A truth has a bit for `holds` and one for `does not hold`; neither is unknown. */
#define CONDITIONS_YES 1
#define CONDITIONS_NO 2
/* In place of a truth of all rows of the block: they have several, each in its place. */
#define CONDITIONS_MIXED 255

enum {
    CONDITIONS_COLUMN,
    CONDITIONS_CONSTANT,
    CONDITIONS_NEGATIVE,
    CONDITIONS_ADD,
    CONDITIONS_SUBTRACT,
    CONDITIONS_MULTIPLY,
    CONDITIONS_DIVIDE,
    CONDITIONS_AT_LEAST,
    CONDITIONS_AT_MOST,
    CONDITIONS_EQUAL,
    CONDITIONS_OTHER,
    CONDITIONS_MORE,
    CONDITIONS_LESS,
    CONDITIONS_IS_NULL,
    CONDITIONS_LEAF,
    CONDITIONS_NOT,
    CONDITIONS_AND,
    CONDITIONS_OR,
    CONDITIONS_EMIT,
};

#define CONDITIONS_EACH for (int64_t k = 0; k < count; k++)

/* The number, or NaN, which is unknown, where it is not finite. */
ALWAYS_INLINE double conditions_finite(double value) {
    return fabs(value) <= DBL_MAX ? value : NAN;
}

#define CONDITIONS_LANES 2
/* Of these as many at a time: none waits for the one before it. */
#define CONDITIONS_TURNS 4
typedef double conditions_Numbers
    __attribute__((vector_size(8 * CONDITIONS_LANES), aligned(8), may_alias));
typedef int64_t conditions_Bits __attribute__((vector_size(8 * CONDITIONS_LANES)));

/* Where `chosen` has ones, the first, else the other. */
ALWAYS_INLINE conditions_Numbers conditions_choose(conditions_Bits chosen, conditions_Numbers one,
                                                   conditions_Numbers other) {
    return (conditions_Numbers)((chosen & (conditions_Bits)one) |
                                (~chosen & (conditions_Bits)other));
}

/* The lowest and the highest number of a column's block, for `range`; NaN where one is not finite.
 * Each lane of each turn has its own, as processors take many rows at once. */
ALWAYS_INLINE void conditions_range(doubles values, doubles range) {
    const int64_t step = CONDITIONS_LANES * CONDITIONS_TURNS;
    double least = AT(values, 0), most = least;
    conditions_Numbers low[CONDITIONS_TURNS], high[CONDITIONS_TURNS];
    conditions_Bits unknown = {0};
    for (int64_t turn = 0; turn < CONDITIONS_TURNS; turn++) {
        low[turn] = high[turn] = (conditions_Numbers){least, least};
    }
    int64_t at = 0;
    for (; at + step <= values.size; at += step) {
        (void)INDEX(at + step - 1, values.size);
        for (int64_t turn = 0; turn < CONDITIONS_TURNS; turn++) {
            const double* from = values.at + at + turn * CONDITIONS_LANES;
            conditions_Numbers value = *(const conditions_Numbers*)from;
            low[turn] = conditions_choose(value < low[turn], value, low[turn]);
            high[turn] = conditions_choose(value > high[turn], value, high[turn]);
            unknown |= (conditions_Bits)(value - value); /* NaN for what is not finite, else zero */
        }
    }
    bool known = !(unknown[0] | unknown[1]);
    for (int64_t turn = 0; turn < CONDITIONS_TURNS; turn++) {
        least = min_f(min_f(low[turn][0], low[turn][1]), least);
        most = max_f(max_f(high[turn][0], high[turn][1]), most);
    }
    for (; at < values.size; at++) {
        least = min_f(AT(values, at), least);
        most = max_f(AT(values, at), most);
        known &= fabs(AT(values, at)) <= DBL_MAX;
    }
    AT(range, 0) = known ? least : NAN;
    AT(range, 1) = known ? most : NAN;
}

/* The same of whole numbers, all of which are finite. */
ALWAYS_INLINE void conditions_whole_range(int32s values, doubles range) {
    int32_t least = AT(values, 0), most = least;
    for (int64_t k = 0; k < values.size; k++) {
        int32_t value = AT(values, k);
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    AT(range, 0) = least;
    AT(range, 1) = most;
}

/* What all rows of the block have, or MIXED; nothing is in their places where they have one. */
ALWAYS_INLINE uint8_t* conditions_same(uint8s2 truths, int64_t level) {
    return &AT2(truths, level, CONDITIONS_BLOCK);
}

/* Note whether the truths in place are all the same. */
ALWAYS_INLINE void conditions_settle(uint8s2 truths, int64_t level, int64_t count) {
    uint8s truth = ROW(truths, level);
    uint8_t first = AT(truth, 0), different = 0;
    CONDITIONS_EACH different |= AT(truth, k) ^ first;
    *conditions_same(truths, level) = different ? CONDITIONS_MIXED : first;
}

/* Join two truths, into the lower one: AND where `wins` is NO and `loses` YES, and OR the other way
 * round. */
ALWAYS_INLINE void conditions_join(uint8s2 truths, int64_t level, int64_t count, uint8_t wins,
                                   uint8_t loses) {
    uint8s left = ROW(truths, level), right = ROW(truths, level + 1);
    uint8_t *one = conditions_same(truths, level), *other = conditions_same(truths, level + 1);
    if (*one == wins || *other == loses) {
        return;
    }
    if (*other == wins || (*one == loses && *other != CONDITIONS_MIXED)) {
        *one = *other;
        return;
    }
    if (*one == loses) {
        CONDITIONS_EACH AT(left, k) = AT(right, k);
        *one = CONDITIONS_MIXED;
        return;
    }
    if (*one != CONDITIONS_MIXED) {
        FILL(SLICE(left, 0, count), *one);
    }
    if (*other != CONDITIONS_MIXED) {
        FILL(SLICE(right, 0, count), *other);
    }
    CONDITIONS_EACH {
        uint8_t a = AT(left, k), b = AT(right, k);
        AT(left, k) = (a & b & loses) | ((a | b) & wins);
    }
    conditions_settle(truths, level, count);
}

#define CONDITIONS_ARITHMETIC(SYMBOL)                                                     \
    do {                                                                                  \
        doubles right = ROW(numbers, --height), left = ROW(numbers, height - 1);          \
        CONDITIONS_EACH AT(left, k) = conditions_finite(AT(left, k) SYMBOL AT(right, k)); \
    } while (0)

#define CONDITIONS_COMPARE(LEFT, SYMBOL, RIGHT)                        \
    CONDITIONS_EACH {                                                  \
        double one = LEFT, other = RIGHT;                              \
        bool known = (one == one) & (other == other);                  \
        AT(truth, k) = known ? CONDITIONS_NO - (one SYMBOL other) : 0; \
    }                                                                  \
    conditions_settle(truths, level - 1, count)

/* Most conditions compare a column with a constant: that step reads it where it is, unless the
 * lowest and the highest number of the block decide it. */
#define CONDITIONS_COMPARISON(SYMBOL, HELD, NOT_HELD)                                \
    do {                                                                             \
        uint8_t* same = conditions_same(truths, level);                              \
        if (AT2(steps, step, 2)) {                                                   \
            double limit = AT(constants, AT2(steps, step, 2) - 1);                   \
            double low = AT2(ranges, which, 0), high = AT2(ranges, which, 1);        \
            uint8s truth = ROW(truths, level++);                                     \
            if (HELD) {                                                              \
                *same = CONDITIONS_YES;                                              \
            } else if (NOT_HELD) {                                                   \
                *same = CONDITIONS_NO;                                               \
            } else {                                                                 \
                doubles values = columns_block(columns, which, first, end, room);    \
                CONDITIONS_COMPARE(conditions_finite(AT(values, k)), SYMBOL, limit); \
            }                                                                        \
        } else {                                                                     \
            doubles right = ROW(numbers, --height), left = ROW(numbers, --height);   \
            uint8s truth = ROW(truths, level++);                                     \
            CONDITIONS_COMPARE(AT(left, k), SYMBOL, AT(right, k));                   \
        }                                                                            \
    } while (0)

/* Write a code where the uppermost truth holds, and another one where it is unknown (0: none). */
ALWAYS_INLINE void conditions_emit(uint8s truth, uint8_t same, uint8s codes, uint8_t held,
                                   uint8_t unknown) {
    if (same != CONDITIONS_MIXED) {
        uint8_t code = same & CONDITIONS_YES ? held : unknown;
        if (same & CONDITIONS_YES || (same == 0 && unknown)) {
            FILL(codes, code);
        }
        return;
    }
    for (int64_t k = 0; k < codes.size; k++) {
        uint8_t code = AT(codes, k);
        code = AT(truth, k) == 0 && unknown ? unknown : code;
        AT(codes, k) = AT(truth, k) & CONDITIONS_YES ? held : code;
    }
}

/* Run the steps on `count` rows from `first` on. */
ALWAYS_INLINE void conditions_run(int64s2 steps, doubles constants, const Columns* columns,
                                  uint8s2 leaves, doubles2 numbers, uint8s2 truths, doubles2 ranges,
                                  uint8s2 codes, int64_t first, int64_t count) {
    int64_t height = 0, level = 0, end = first + count;
    double room[CONDITIONS_BLOCK];
    for (int64_t step = 0; step < steps.rows; step++) {
        int64_t which = AT2(steps, step, 1);
        switch (AT2(steps, step, 0)) {
            case CONDITIONS_COLUMN: {
                doubles values = columns_block(columns, which, first, end, room);
                doubles top = ROW(numbers, height++);
                CONDITIONS_EACH AT(top, k) = conditions_finite(AT(values, k));
                break;
            }
            case CONDITIONS_CONSTANT: {
                doubles top = ROW(numbers, height++);
                double value = AT(constants, which);
                CONDITIONS_EACH AT(top, k) = value;
                break;
            }
            case CONDITIONS_NEGATIVE: {
                doubles top = ROW(numbers, height - 1);
                CONDITIONS_EACH AT(top, k) = -AT(top, k);
                break;
            }
            case CONDITIONS_ADD:
                CONDITIONS_ARITHMETIC(+);
                break;
            case CONDITIONS_SUBTRACT:
                CONDITIONS_ARITHMETIC(-);
                break;
            case CONDITIONS_MULTIPLY:
                CONDITIONS_ARITHMETIC(*);
                break;
            case CONDITIONS_DIVIDE:
                CONDITIONS_ARITHMETIC(/);
                break;
            case CONDITIONS_AT_LEAST:
                CONDITIONS_COMPARISON(>=, low >= limit, high < limit);
                break;
            case CONDITIONS_AT_MOST:
                CONDITIONS_COMPARISON(<=, high <= limit, low > limit);
                break;
            case CONDITIONS_EQUAL:
                CONDITIONS_COMPARISON(==, (low == limit) & (high == limit),
                                      (low > limit) | (high < limit));
                break;
            case CONDITIONS_OTHER:
                CONDITIONS_COMPARISON(!=, (low > limit) | (high < limit),
                                      (low == limit) & (high == limit));
                break;
            case CONDITIONS_MORE:
                CONDITIONS_COMPARISON(>, low > limit, high <= limit);
                break;
            case CONDITIONS_LESS:
                CONDITIONS_COMPARISON(<, high < limit, low >= limit);
                break;
            case CONDITIONS_IS_NULL: {
                uint8s truth = ROW(truths, level++);
                if (AT2(steps, step, 2) && AT2(ranges, which, 0) == AT2(ranges, which, 0)) {
                    *conditions_same(truths, level - 1) = CONDITIONS_NO;
                    break;
                }
                doubles values = AT2(steps, step, 2)
                                     ? columns_block(columns, which, first, end, room)
                                     : ROW(numbers, --height);
                CONDITIONS_EACH AT(truth, k) = CONDITIONS_YES + (fabs(AT(values, k)) <= DBL_MAX);
                conditions_settle(truths, level - 1, count);
                break;
            }
            case CONDITIONS_LEAF: {
                uint8s values = ROW(leaves, which), truth = ROW(truths, level++);
                CONDITIONS_EACH AT(truth, k) = AT(values, first + k);
                conditions_settle(truths, level - 1, count);
                break;
            }
            case CONDITIONS_NOT: {
                uint8s truth = ROW(truths, level - 1);
                uint8_t* same = conditions_same(truths, level - 1);
                if (*same != CONDITIONS_MIXED) {
                    *same = (*same << 1 & CONDITIONS_NO) | *same >> 1;
                    break;
                }
                CONDITIONS_EACH AT(truth, k) =
                    (AT(truth, k) << 1 & CONDITIONS_NO) | AT(truth, k) >> 1;
                break;
            }
            case CONDITIONS_AND:
                level -= 1;
                conditions_join(truths, level - 1, count, CONDITIONS_NO, CONDITIONS_YES);
                break;
            case CONDITIONS_OR:
                level -= 1;
                conditions_join(truths, level - 1, count, CONDITIONS_YES, CONDITIONS_NO);
                break;
            case CONDITIONS_EMIT: {
                int64_t pair = AT2(steps, step, 2);
                uint8s row = ROW(codes, which);
                level -= 1;
                conditions_emit(ROW(truths, level), *conditions_same(truths, level),
                                SLICE(row, first, first + count), (uint8_t)(pair & 255),
                                (uint8_t)(pair >> 8));
                break;
            }
        }
    }
}

ALWAYS_INLINE void conditions_run_all(int64s2 steps, doubles constants, const Columns* columns,
                                      uint8s2 leaves, doubles2 numbers, uint8s2 truths,
                                      doubles2 ranges, uint8s2 codes) {
    for (int64_t first = 0; first < codes.columns; first += CONDITIONS_BLOCK) {
        int64_t count = min_i(CONDITIONS_BLOCK, codes.columns - first);
        for (int64_t column = 0; column < ranges.rows; column++) {
            if (AT(columns->kind, column) == COLUMNS_DOUBLES) {
                conditions_range(columns_block(columns, column, first, first + count, 0),
                                 ROW(ranges, column));
            } else {
                conditions_whole_range(columns_int32s(columns, column, first, first + count),
                                       ROW(ranges, column));
            }
        }
        conditions_run(steps, constants, columns, leaves, numbers, truths, ranges, codes, first,
                       count);
    }
}

WIDE static void conditions_run_wide(int64s2 steps, doubles constants, const Columns* columns,
                                     uint8s2 leaves, doubles2 numbers, uint8s2 truths,
                                     doubles2 ranges, uint8s2 codes) {
    conditions_run_all(steps, constants, columns, leaves, numbers, truths, ranges, codes);
}

EXPORT void conditions_evaluate(int64s2 steps, doubles constants, const Columns* columns,
                                uint8s2 leaves, doubles2 numbers, uint8s2 truths, doubles2 ranges,
                                uint8s2 codes) {
    if (is_wide()) {
        conditions_run_wide(steps, constants, columns, leaves, numbers, truths, ranges, codes);
    } else {
        conditions_run_all(steps, constants, columns, leaves, numbers, truths, ranges, codes);
    }
}
