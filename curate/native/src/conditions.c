/* The loops of curate.rules.expression.program. */
#include <float.h>

/* Rows at a time: all that a step reads and writes stays in the first cache. */
#define CONDITIONS_BLOCK 512

/* A truth has a bit for `holds` and one for `does not hold`; neither is unknown. */
#define CONDITIONS_YES 1
#define CONDITIONS_NO 2

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
static inline double conditions_finite(double value) {
    return fabs(value) <= DBL_MAX ? value : NAN;
}

#define CONDITIONS_ARITHMETIC(SYMBOL)                                                     \
    do {                                                                                  \
        doubles right = ROW(numbers, --height), left = ROW(numbers, height - 1);          \
        CONDITIONS_EACH AT(left, k) = conditions_finite(AT(left, k) SYMBOL AT(right, k)); \
    } while (0)

/* Most conditions compare a column with a constant: that step reads it where it is. */
#define CONDITIONS_COMPARE(LEFT, SYMBOL, RIGHT)                        \
    CONDITIONS_EACH {                                                  \
        double one = LEFT, other = RIGHT;                              \
        bool known = (one == one) & (other == other);                  \
        AT(truth, k) = known ? CONDITIONS_NO - (one SYMBOL other) : 0; \
    }

#define CONDITIONS_COMPARISON(SYMBOL)                                              \
    do {                                                                           \
        if (AT2(steps, step, 2)) {                                                 \
            doubles values = SLICE(ROW(columns, which), first, first + count);     \
            double limit = AT(constants, AT2(steps, step, 2) - 1);                 \
            uint8s truth = ROW(truths, level++);                                   \
            CONDITIONS_COMPARE(conditions_finite(AT(values, k)), SYMBOL, limit)    \
        } else {                                                                   \
            doubles right = ROW(numbers, --height), left = ROW(numbers, --height); \
            uint8s truth = ROW(truths, level++);                                   \
            CONDITIONS_COMPARE(AT(left, k), SYMBOL, AT(right, k))                  \
        }                                                                          \
    } while (0)

/* Write a code where the uppermost truth holds, and another one where it is unknown (0: none). */
static void conditions_emit(uint8s truth, uint8s codes, uint8_t held, uint8_t unknown) {
    for (int64_t k = 0; k < codes.size; k++) {
        uint8_t code = AT(codes, k);
        code = AT(truth, k) == 0 && unknown ? unknown : code;
        AT(codes, k) = AT(truth, k) & CONDITIONS_YES ? held : code;
    }
}

/* Run the steps on `count` rows from `first` on. */
static void conditions_run(int64s2 steps, doubles constants, doubles2 columns, uint8s2 leaves,
                           doubles2 numbers, uint8s2 truths, uint8s2 codes, int64_t first,
                           int64_t count) {
    int64_t height = 0, level = 0;
    for (int64_t step = 0; step < steps.rows; step++) {
        int64_t which = AT2(steps, step, 1);
        switch (AT2(steps, step, 0)) {
            case CONDITIONS_COLUMN: {
                doubles values = ROW(columns, which), top = ROW(numbers, height++);
                CONDITIONS_EACH AT(top, k) = conditions_finite(AT(values, first + k));
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
                CONDITIONS_COMPARISON(>=);
                break;
            case CONDITIONS_AT_MOST:
                CONDITIONS_COMPARISON(<=);
                break;
            case CONDITIONS_EQUAL:
                CONDITIONS_COMPARISON(==);
                break;
            case CONDITIONS_OTHER:
                CONDITIONS_COMPARISON(!=);
                break;
            case CONDITIONS_MORE:
                CONDITIONS_COMPARISON(>);
                break;
            case CONDITIONS_LESS:
                CONDITIONS_COMPARISON(<);
                break;
            case CONDITIONS_IS_NULL: {
                doubles values = ROW(numbers, --height);
                uint8s truth = ROW(truths, level++);
                CONDITIONS_EACH AT(truth, k) = CONDITIONS_YES + (AT(values, k) == AT(values, k));
                break;
            }
            case CONDITIONS_LEAF: {
                uint8s values = ROW(leaves, which), truth = ROW(truths, level++);
                CONDITIONS_EACH AT(truth, k) = AT(values, first + k);
                break;
            }
            case CONDITIONS_NOT: {
                uint8s truth = ROW(truths, level - 1);
                CONDITIONS_EACH AT(truth, k) =
                    (AT(truth, k) << 1 & CONDITIONS_NO) | AT(truth, k) >> 1;
                break;
            }
            case CONDITIONS_AND: {
                uint8s right = ROW(truths, --level), left = ROW(truths, level - 1);
                CONDITIONS_EACH {
                    uint8_t one = AT(left, k), other = AT(right, k);
                    AT(left, k) = (one & other & CONDITIONS_YES) | ((one | other) & CONDITIONS_NO);
                }
                break;
            }
            case CONDITIONS_OR: {
                uint8s right = ROW(truths, --level), left = ROW(truths, level - 1);
                CONDITIONS_EACH {
                    uint8_t one = AT(left, k), other = AT(right, k);
                    AT(left, k) = (one & other & CONDITIONS_NO) | ((one | other) & CONDITIONS_YES);
                }
                break;
            }
            case CONDITIONS_EMIT: {
                int64_t pair = AT2(steps, step, 2);
                uint8s row = ROW(codes, which);
                conditions_emit(ROW(truths, --level), SLICE(row, first, first + count),
                                (uint8_t)(pair & 255), (uint8_t)(pair >> 8));
                break;
            }
        }
    }
}

EXPORT void conditions_evaluate(int64s2 steps, doubles constants, doubles2 columns, uint8s2 leaves,
                                doubles2 numbers, uint8s2 truths, uint8s2 codes) {
    for (int64_t first = 0; first < codes.columns; first += CONDITIONS_BLOCK) {
        conditions_run(steps, constants, columns, leaves, numbers, truths, codes, first,
                       min_i(CONDITIONS_BLOCK, codes.columns - first));
    }
}
