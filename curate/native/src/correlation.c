/* The loops of curate.profiles.statistics.correlation. */

/* Rows whose products are added at a time. */
#define CORRELATION_BLOCK 512
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

/* Place a column's values on the grid; those that are not known are 0, and their rows have gaps. */
ALWAYS_INLINE void correlation_place(doubles values, double low, double scale, int16s grid,
                                     int16s unknown, bools gap) {
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
            AT(unknown, row) = AT(gap, row) = 1;
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

/* Add up grid values over pairs: [i, j] holds rows where both are known, and i's sums there.
 *
 * Where all is known, which is so in most rows, only the products are needed, of one triangle.
 * They are taken a block at a time, column by column, which processors do many rows at once. */
ALWAYS_INLINE void correlation_add(doubles2 values, doubles low, doubles scale, int16s2 grid,
                                   int16s2 unknown, bools gap, bools held, doubles2 whole,
                                   doubles2 rows, doubles2 sums, doubles2 squares,
                                   doubles2 products) {
    int64_t size = low.size;
    for (int64_t first = 0; first < values.columns; first += CORRELATION_BLOCK) {
        int64_t count = min_i(CORRELATION_BLOCK, values.columns - first);
        FILL(SLICE(gap, 0, count), false);
        for (int64_t k = 0; k < size; k++) {
            correlation_place(SLICE(ROW(values, k), first, first + count), AT(low, k), AT(scale, k),
                              SLICE(ROW(grid, k), 0, count), SLICE(ROW(unknown, k), 0, count), gap);
        }
        for (int64_t row = 0; row < count; row++) {
            if (AT(gap, row)) {
                correlation_take_out(row, grid, unknown, rows, sums, squares);
            }
        }
        /* Nothing is below zero: columns of zeros, which are many, add nothing to any product. */
        for (int64_t i = 0; i < size; i++) {
            int64_t sum = correlation_sum(SLICE(ROW(grid, i), 0, count));
            AT2(whole, size, i) += (double)sum;
            AT(held, i) = sum > 0;
        }
        for (int64_t i = 0; i < size; i++) {
            for (int64_t j = AT(held, i) ? i : size; j < size; j++) {
                if (AT(held, j)) {
                    AT2(whole, i, j) += (double)correlation_dot(SLICE(ROW(grid, i), 0, count),
                                                                SLICE(ROW(grid, j), 0, count));
                }
            }
        }
    }
    for (int64_t i = 0; i < size; i++) {
        for (int64_t j = 0; j < size; j++) {
            AT2(rows, i, j) += (double)values.columns;
            AT2(sums, i, j) += AT2(whole, size, i);
            AT2(squares, i, j) += AT2(whole, i, i);
            AT2(products, i, j) += AT2(whole, min_i(i, j), max_i(i, j));
        }
    }
}

WIDE static void correlation_add_wide(doubles2 values, doubles low, doubles scale, int16s2 grid,
                                      int16s2 unknown, bools gap, bools held, doubles2 whole,
                                      doubles2 rows, doubles2 sums, doubles2 squares,
                                      doubles2 products) {
    correlation_add(values, low, scale, grid, unknown, gap, held, whole, rows, sums, squares,
                    products);
}

EXPORT void correlation_accumulate(doubles2 values, doubles low, doubles scale, int16s2 grid,
                                   int16s2 unknown, bools gap, bools held, doubles2 whole,
                                   doubles2 rows, doubles2 sums, doubles2 squares,
                                   doubles2 products) {
    if (is_wide()) {
        correlation_add_wide(values, low, scale, grid, unknown, gap, held, whole, rows, sums,
                             squares, products);
        return;
    }
    correlation_add(values, low, scale, grid, unknown, gap, held, whole, rows, sums, squares,
                    products);
}
