/* The loops of curate.profiles.statistics.correlation. */

/* Rows whose products are added at a time. */
#define CORRELATION_BLOCK 512
#define CORRELATION_GRID 4096
/* Of these, products of grid values add up in 32 bits. */
#define CORRELATION_PART 64

/* The sum of products of a block: at most 512 * 4096 * 4096, which 34 bits hold. In halves of it,
 * as processors add up products of numbers of 16 bits in 32 bits, eight at a time. */
static int64_t correlation_dot(int16s one, int16s two) {
    int64_t sum = 0;
    for (int64_t first = 0; first < one.size; first += CORRELATION_PART) {
        int32_t part = 0;
        int64_t end = min_i(first + CORRELATION_PART, one.size);
        for (int64_t row = first; row < end; row++) {
            part += AT(one, row) * AT(two, row);
        }
        sum += part;
    }
    return sum;
}

static int64_t correlation_sum(int16s values) {
    int32_t sum = 0;
    for (int64_t row = 0; row < values.size; row++) {
        sum += AT(values, row);
    }
    return sum;
}

static inline double correlation_clip(double value, double low, double scale) {
    return min_f(max_f((value - low) * scale, 0.0), (double)CORRELATION_GRID);
}

/* Place a column's values on the grid; those that are not known are 0, and their rows have gaps. */
static void correlation_place(doubles values, double low, double scale, int16s grid, int16s known,
                              bools gap) {
    FILL(known, 1);
    if (all_finite(values)) { /* without a branch in the loop, processors do many rows at once */
        for (int64_t row = 0; row < values.size; row++) {
            double number = rounded(correlation_clip(AT(values, row), low, scale));
            AT(grid, row) = (int16_t)(int32_t)number;
        }
        return;
    }
    for (int64_t row = 0; row < values.size; row++) {
        bool finite = fabs(AT(values, row)) < INFINITY;
        double number = correlation_clip(finite ? AT(values, row) : low, low, scale);
        AT(grid, row) = (int16_t)(int32_t)rounded(number);
        AT(known, row) = finite;
        AT(gap, row) |= !finite;
    }
}

/* Add a row with gaps by itself, and take it out of the block; `row_values` has room for it: its
 * grid values, and which of them are known. */
static void correlation_move_row(int64_t row, int16s2 grid, int16s2 known, doubles2 row_values,
                                 doubles2 rows, doubles2 sums, doubles2 squares,
                                 doubles2 products) {
    doubles value = ROW(row_values, 0), is_known = ROW(row_values, 1);
    for (int64_t i = 0; i < grid.rows; i++) {
        AT(value, i) = AT2(grid, i, row);
        AT(is_known, i) = AT2(known, i, row);
        AT2(grid, i, row) = AT2(known, i, row) = 0;
    }
    for (int64_t i = 0; i < grid.rows; i++) {
        if (AT(is_known, i)) {
            double own = AT(value, i);
            for (int64_t j = 0; j < grid.rows; j++) {
                AT2(rows, i, j) += AT(is_known, j);
                AT2(sums, i, j) += own * AT(is_known, j);
                AT2(squares, i, j) += own * own * AT(is_known, j);
                AT2(products, i, j) += own * AT(value, j);
            }
        }
    }
}

/* Add up grid values over pairs: [i, j] holds rows where both are known, and i's sums there.
 *
 * Rows in which all is known, most of them, need only the products, of one triangle. They are
 * taken a block at a time, column by column, which processors do many rows at once. */
EXPORT void correlation_accumulate(doubles2 values, doubles low, doubles scale, int16s2 grid,
                                   int16s2 known, bools gap, bools held, doubles2 row_values,
                                   doubles2 whole, doubles2 rows, doubles2 sums, doubles2 squares,
                                   doubles2 products) {
    int64_t size = low.size;
    double full = 0.0;
    for (int64_t first = 0; first < values.columns; first += CORRELATION_BLOCK) {
        int64_t count = min_i(CORRELATION_BLOCK, values.columns - first);
        FILL(SLICE(gap, 0, count), false);
        for (int64_t k = 0; k < size; k++) {
            correlation_place(SLICE(ROW(values, k), first, first + count), AT(low, k), AT(scale, k),
                              SLICE(ROW(grid, k), 0, count), SLICE(ROW(known, k), 0, count), gap);
        }
        int64_t gaps = 0;
        for (int64_t row = 0; row < count; row++) {
            if (AT(gap, row)) {
                correlation_move_row(row, grid, known, row_values, rows, sums, squares, products);
                gaps += 1;
            }
        }
        full += (double)(count - gaps);
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
            AT2(rows, i, j) += full;
            AT2(sums, i, j) += AT2(whole, size, i);
            AT2(squares, i, j) += AT2(whole, i, i);
            AT2(products, i, j) += AT2(whole, min_i(i, j), max_i(i, j));
        }
    }
}
