/* The loops of curate.profiles.statistics.correlation. */

/* Rows whose products are added at a time. */
#define CORRELATION_BLOCK 512
#define CORRELATION_GRID 4096

/* The sum of products. All are whole numbers, so that any order gives the same. */
static double correlation_dot(doubles one, doubles two, int64_t count) {
    double a = 0.0;
    double b = 0.0;
    double c = 0.0;
    double d = 0.0;
    int64_t whole = count - (count % 4);
    for (int64_t row = 0; row < whole; row += 4) {
        a += AT(one, row) * AT(two, row);
        b += AT(one, row + 1) * AT(two, row + 1);
        c += AT(one, row + 2) * AT(two, row + 2);
        d += AT(one, row + 3) * AT(two, row + 3);
    }
    for (int64_t row = whole; row < count; row++) {
        a += AT(one, row) * AT(two, row);
    }
    return a + b + (c + d);
}

/* Add a row with gaps by itself, and take it out of the block. */
static void correlation_move_row(int64_t row, doubles2 grid, doubles2 known, doubles2 rows,
                                 doubles2 sums, doubles2 squares, doubles2 products) {
    for (int64_t i = 0; i < grid.rows; i++) {
        if (AT2(known, i, row)) {
            for (int64_t j = 0; j < grid.rows; j++) {
                AT2(rows, i, j) += AT2(known, j, row);
                AT2(sums, i, j) += AT2(grid, i, row) * AT2(known, j, row);
                AT2(squares, i, j) += AT2(grid, i, row) * AT2(grid, i, row) * AT2(known, j, row);
                AT2(products, i, j) += AT2(grid, i, row) * AT2(grid, j, row);
            }
        }
    }
    for (int64_t i = 0; i < grid.rows; i++) {
        AT2(grid, i, row) = 0.0;
        AT2(known, i, row) = 0.0;
    }
}

/* Add up grid values over pairs: [i, j] holds rows where both are known, and i's sums there.
 *
 * Rows in which all is known, most of them, need only the products, of one triangle. They are
 * taken a block at a time, column by column, which processors do many rows at once. */
EXPORT void correlation_accumulate(doubles2 values, doubles low, doubles scale, doubles2 grid,
                                   doubles2 known, bools gap, bools held, doubles2 whole,
                                   doubles2 rows, doubles2 sums, doubles2 squares,
                                   doubles2 products) {
    int64_t size = low.size;
    for (int64_t first = 0; first < values.columns; first += CORRELATION_BLOCK) {
        int64_t count = min_i(CORRELATION_BLOCK, values.columns - first);
        for (int64_t row = 0; row < count; row++) {
            AT(gap, row) = false;
        }
        for (int64_t k = 0; k < size; k++) {
            for (int64_t row = 0; row < count; row++) {
                double value = AT2(values, k, first + row);
                bool finite = fabs(value) < INFINITY;
                double number = finite ? value : AT(low, k);
                AT2(grid, k, row) = rint(min_f(max_f((number - AT(low, k)) * AT(scale, k), 0.0),
                                               (double)CORRELATION_GRID));
                AT2(known, k, row) = finite ? 1.0 : 0.0;
                AT(gap, row) |= !finite;
            }
        }
        for (int64_t row = 0; row < count; row++) {
            if (AT(gap, row)) {
                correlation_move_row(row, grid, known, rows, sums, squares, products);
            }
        }
        /* Nothing is below zero: columns of zeros, which are many, add nothing to any product. */
        for (int64_t i = 0; i < size; i++) {
            double sum = correlation_dot(ROW(grid, i), ROW(known, i), count);
            AT2(whole, size, i) += sum;
            AT(held, i) = sum > 0.0;
        }
        for (int64_t i = 0; i < size; i++) {
            for (int64_t j = AT(held, i) ? i : size; j < size; j++) {
                if (!AT(held, j)) {
                    continue;
                }
                AT2(whole, i, j) += correlation_dot(ROW(grid, i), ROW(grid, j), count);
            }
        }
        if (size) {
            double both = correlation_dot(ROW(known, 0), ROW(known, 0), count);
            for (int64_t i = 0; i < size; i++) {
                for (int64_t j = 0; j < size; j++) {
                    AT2(rows, i, j) += both;
                }
            }
        }
    }
    for (int64_t i = 0; i < size; i++) {
        for (int64_t j = 0; j < size; j++) {
            AT2(sums, i, j) += AT2(whole, size, i);
            AT2(squares, i, j) += AT2(whole, i, i);
            AT2(products, i, j) += AT2(whole, min_i(i, j), max_i(i, j));
        }
    }
}
