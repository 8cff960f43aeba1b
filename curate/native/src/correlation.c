/* The loops of curate.profiles.statistics.correlation. */

/* Rows whose products are added at a time. */
#define CORRELATION_BLOCK 512
_Static_assert(CORRELATION_BLOCK == COLUMNS_BLOCK, "columns are placed a block at a time");
#define CORRELATION_GRID 4096
/* Of these, products of grid values add up in 32 bits. */
#define CORRELATION_PART 128

/* The sum of products of a block: at most 512 * 4096 * 4096, which 34 bits hold. In parts of it,
 * as processors add up products of numbers of 16 bits in 32 bits, many at a time. */
ALWAYS_INLINE int64_t correlation_dot(int16s one, int16s two) {
    int64_t sum = 0, whole = one.size - one.size % CORRELATION_PART;
    for (int64_t first = 0; first < whole; first += CORRELATION_PART) {
        uint32_t part = 0;
        for (int64_t row = first; row < first + CORRELATION_PART; row++) {
            part += AT(one, row) * AT(two, row);
        }
        sum += part;
    }
    for (int64_t row = whole; row < one.size; row++) {
        sum += AT(one, row) * AT(two, row);
    }
    return sum;
}

ALWAYS_INLINE int64_t correlation_sum(int16s values) {
    int32_t sum = 0;
    for (int64_t row = 0; row < values.size; row++) {
        sum += AT(values, row);
    }
    return sum;
}

ALWAYS_INLINE double correlation_clip(double value, double low, double scale) {
    return min_f(max_f((value - low) * scale, 0.0), (double)CORRELATION_GRID);
}

/* What is added up over pairs of metrics: [i, j] of a table holds rows where both are known, and
 * i's sums there. `grid` to `whole` are room for a block. */
typedef struct {
    doubles low;
    doubles scale;
    int16s2 grid;
    int16s2 unknown;
    bools gap;
    bools held;
    doubles2 whole;
    doubles2 rows;
    doubles2 sums;
    doubles2 squares;
    doubles2 products;
} PairSums;

/* Place metric k's values of a block on the grid; those that are not known are 0, and their rows
 * have gaps. */
ALWAYS_INLINE void correlation_place(doubles values, int64_t k, const PairSums* of) {
    int16s grid = ROW(of->grid, k), unknown = ROW(of->unknown, k);
    double low = AT(of->low, k), scale = AT(of->scale, k);
    uint64_t carried = 0, bits;
    for (int64_t row = 0; row < values.size; row++) { /* no branch: processors do many at once */
        memcpy(&bits, &AT(values, row), sizeof bits);
        carried |= not_finite(bits);
        double number = rounded(correlation_clip(AT(values, row), low, scale));
        AT(grid, row) = (int16_t)(int32_t)number;
    }
    if (!(carried >> 63)) {
        return;
    }
    for (int64_t row = 0; row < values.size; row++) {
        if (!(fabs(AT(values, row)) < INFINITY)) {
            AT(grid, row) = 0;
            AT(unknown, row) = AT(of->gap, row) = 1;
        }
    }
}

/* Take the pairs of which a row lacks one or both out of the sums that all rows are added to. */
static void correlation_take_out(int64_t row, int16s2 grid, int16s2 unknown, doubles2 rows,
                                 doubles2 sums, doubles2 squares) {
    for (int64_t j = 0; j < grid.rows; j++) {
        if (!AT2(unknown, j, row)) {
            continue;
        }
        for (int64_t i = 0; i < grid.rows; i++) {
            double own = AT2(grid, i, row);
            AT2(sums, i, j) -= own;
            AT2(squares, i, j) -= own * own;
            AT2(rows, i, j) -= 1;
            if (!AT2(unknown, i, row)) {
                AT2(rows, j, i) -= 1;
            }
        }
    }
    for (int64_t j = 0; j < grid.rows; j++) {
        AT2(unknown, j, row) = 0;
    }
}

/* Add up the grid values of a block of rows.
 *
 * Where all is known, which is so in most rows, only the products are needed, of one triangle.
 * They are taken a block at a time, column by column, which processors do many rows at once. */
ALWAYS_INLINE void correlation_add_block(int64_t count, const PairSums* of) {
    int64_t size = of->low.size;
    for (int64_t row = 0; row < count; row++) {
        if (AT(of->gap, row)) {
            correlation_take_out(row, of->grid, of->unknown, of->rows, of->sums, of->squares);
        }
    }
    /* Nothing is below zero: columns of zeros, which are many, add nothing to any product. */
    for (int64_t i = 0; i < size; i++) {
        int64_t sum = correlation_sum(SLICE(ROW(of->grid, i), 0, count));
        AT2(of->whole, size, i) += (double)sum;
        AT(of->held, i) = sum > 0;
    }
    for (int64_t i = 0; i < size; i++) {
        for (int64_t j = AT(of->held, i) ? i : size; j < size; j++) {
            if (AT(of->held, j)) {
                AT2(of->whole, i, j) += (double)correlation_dot(SLICE(ROW(of->grid, i), 0, count),
                                                                SLICE(ROW(of->grid, j), 0, count));
            }
        }
    }
}

/* Spread what was added up of so many rows over all pairs. */
ALWAYS_INLINE void correlation_add_up(int64_t rows, const PairSums* of) {
    int64_t size = of->low.size;
    for (int64_t i = 0; i < size; i++) {
        for (int64_t j = 0; j < size; j++) {
            AT2(of->rows, i, j) += (double)rows;
            AT2(of->sums, i, j) += AT2(of->whole, size, i);
            AT2(of->squares, i, j) += AT2(of->whole, i, i);
            AT2(of->products, i, j) += AT2(of->whole, min_i(i, j), max_i(i, j));
        }
    }
}
