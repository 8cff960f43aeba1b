/* The loops of curate.profiles.statistics.tally. */

/* Parts of a bin that division may err by: a value that is an edge lies in the bin it begins. */
#define TALLY_ULPS 1e-09
#define TALLY_HUGE 9000000000000.0
/* Rows that are counted at once where they are alike. */
#define TALLY_BLOCK COLUMNS_BLOCK

/* The equal bin of a value; the last one holds its upper end, too. */
EXPORT int64_t tally_bin(double value, double low, double width, double top, int64_t bins) {
    if (value < low) {
        return 0;
    }
    double at = ((double)(value - low) / (double)width) + TALLY_ULPS;
    if (at < bins) {
        return 1 + (int64_t)at;
    }
    return value <= top ? bins : bins + 1;
}

/* The bin of a value, with those that cuts add. */
static int64_t tally_cut_bin(double value, double low, double width, double top, int64_t bins,
                             doubles cuts) {
    int64_t at = tally_bin(value, low, width, top, bins);
    for (int64_t k = 0; k < cuts.size; k++) {
        at += value >= AT(cuts, k);
    }
    return at;
}

/* Put a value in its place among the lowest, after its equals. */
EXPORT void tally_keep(double value, int64_t row, doubles worst, int64s worst_at) {
    int64_t at = worst.size - 1;
    while (at > 0 && value < AT(worst, at - 1)) {
        AT(worst, at) = AT(worst, at - 1);
        AT(worst_at, at) = AT(worst_at, at - 1);
        at -= 1;
    }
    AT(worst, at) = value;
    AT(worst_at, at) = row;
}

/* A value in millionths, to the nearest. */
static inline int64_t tally_millionths(double value) {
    double millions = min_f(max_f(value, -TALLY_HUGE), TALLY_HUGE) * 1000000.0;
    return (int64_t)(fabs(millions) < ROUNDED_BELOW ? rounded(millions) : rint(millions));
}

/* Add rows of one value to the sums: two halves, so that neither overflows; beyond HUGE a mean says
 * nothing anyway. */
static inline void tally_sum(int64s sums, int64_t millionths, int64_t rows) {
    AT(sums, 0) += rows * (millionths & 4294967295LL);
    AT(sums, 1) += rows * (millionths >> 32);
}

/* Whether all values are the same number. */
ALWAYS_INLINE bool tally_alike(doubles values) {
    uint64_t different = 0, first, bits;
    memcpy(&first, values.at, sizeof first);
    for (int64_t k = 0; k < values.size; k++) {
        memcpy(&bits, values.at + k, sizeof bits);
        different |= bits ^ first;
    }
    return !different && isfinite(AT(values, 0));
}

/* What a block of rows adds to the sums, and whether any stands out. */
typedef struct {
    int64_t whole;
    int64_t low;
    bool outside;
} tally_Block;

/* Find the bins of a block's values; processors do many at once. */
ALWAYS_INLINE void tally_place(doubles values, double low, double width, double top, int64_t bins,
                               doubles cuts, int32s places) {
    double last = (double)bins;
    for (int64_t row = 0; row < values.size; row++) {
        double value = AT(values, row);
        double at = ((value - low) / width) + TALLY_ULPS;
        double inside = at < last ? at : (value <= top ? last - 1 : last);
        AT(places, row) = 1 + (int32_t)(value < low ? -1.0 : inside);
    }
    for (int64_t k = 0; k < cuts.size; k++) {
        double cut = AT(cuts, k);
        for (int64_t row = 0; row < values.size; row++) {
            AT(places, row) += AT(values, row) >= cut;
        }
    }
}

/* Add up a block's values; false where one is not finite, or too large to be done like this. */
ALWAYS_INLINE bool tally_add_up(doubles values, double lowest, double highest, tally_Block* block) {
    const double zero = 3 * ROUNDED_BELOW; /* numbers that are added to this are rounded */
    uint64_t large = 0, outside = 0;
    int64_t whole = 0, low = 0, bits, none;
    memcpy(&none, &zero, sizeof none);
    for (int64_t row = 0; row < values.size; row++) {
        double value = AT(values, row), millions = value * 1000000.0, moved = millions + zero;
        memcpy(&bits, &moved, sizeof bits);
        large |= !(fabs(millions) < ROUNDED_BELOW);
        outside |= (value < lowest) | (value > highest);
        whole += bits - none;
        low += (bits - none) & 4294967295LL;
    }
    *block = (tally_Block){whole, low, outside};
    return !large;
}

/* What is counted of one metric, and how. */
typedef struct {
    double low;
    double width;
    double top;
    int64_t bins;
    doubles cuts;
    int64s rows;
    int64s us;
    int64s2 hits;
    doubles2 span;
    int64s sums;
    doubles2 worst;
    int64s2 worst_at;
} BinCounts;

/* Keep the values among the lowest and the highest ones; their first row has this number. */
static void tally_keep_ends(const BinCounts* of, doubles values, int64_t first_row) {
    int64_t last = of->worst.columns - 1;
    for (int64_t row = 0; row < values.size; row++) {
        double value = AT(values, row);
        if (!isfinite(value)) {
            continue;
        }
        if (value < AT2(of->worst, 0, last)) {
            tally_keep(value, first_row + row, ROW(of->worst, 0), ROW(of->worst_at, 0));
        }
        if (value > -AT2(of->worst, 1, last)) {
            tally_keep(-value, first_row + row, ROW(of->worst, 1), ROW(of->worst_at, 1));
        }
    }
}

/* Count rows of one value in its bin. */
ALWAYS_INLINE void tally_put(const BinCounts* of, int64_t at, double value, int64_t rows,
                             int64_t us) {
    AT(of->rows, at) += rows;
    AT(of->us, at) += us;
    if (value < AT2(of->span, 0, at)) {
        AT2(of->span, 0, at) = value;
    }
    if (value > AT2(of->span, 1, at)) {
        AT2(of->span, 1, at) = value;
    }
}

/* Count a block whose values are all finite, where `places` are their bins. */
ALWAYS_INLINE void tally_count_block(const BinCounts* of, doubles values, int64s us, uint32s code,
                                     uint8s verdict, int32s places) {
    int64s rows = of->rows, sums_us = of->us;
    doubles least = ROW(of->span, 0), most = ROW(of->span, 1);
    for (int64_t row = 0; row < values.size; row++) {
        int64_t at = AT(places, row);
        double value = AT(values, row);
        AT(rows, at) += 1;
        AT(sums_us, at) += AT(us, row);
        int beyond = (value < AT(least, at)) + (value > AT(most, at));
        if (beyond) { /* seldom, and one branch for both */
            AT(least, at) = min_f(value, AT(least, at));
            AT(most, at) = max_f(value, AT(most, at));
        }
    }
    for (int64_t row = 0; row < code.size; row++) {
        uint8_t given = AT(code, row) ? AT(verdict, AT(code, row)) : 0;
        if (given) {
            AT2(of->hits, given - 1, AT(places, row)) += 1;
        }
    }
}

/* The same row by row, for values of any kind. */
static void tally_count_rows(const BinCounts* of, doubles values, int64s us, uint32s code,
                             uint8s verdict) {
    for (int64_t row = 0; row < values.size; row++) {
        double value = AT(values, row);
        if (!isfinite(value)) {
            continue;
        }
        int64_t at = tally_cut_bin(value, of->low, of->width, of->top, of->bins, of->cuts);
        tally_put(of, at, value, 1, AT(us, row));
        tally_sum(of->sums, tally_millionths(value), 1);
        uint8_t given = code.size && AT(code, row) ? AT(verdict, AT(code, row)) : 0;
        if (given) {
            AT2(of->hits, given - 1, at) += 1;
        }
    }
}

/* Count a block of rows, of which the first has this number; no code is of rows without hits. */
ALWAYS_INLINE void tally_add_block(const BinCounts* of, doubles values, int64s us,
                                   int64_t first_row, uint32s code, uint8s verdict) {
    int32_t room[TALLY_BLOCK];
    int64_t last = of->worst.columns - 1;
    double lowest = AT2(of->worst, 0, last), highest = -AT2(of->worst, 1, last);
    double value = AT(values, 0);
    /* A block of one value, which does not stand out, is counted at once. */
    if (!code.size && !(value < lowest) && !(value > highest) && tally_alike(values)) {
        int64_t block_us = 0;
        for (int64_t row = 0; row < us.size; row++) {
            block_us += AT(us, row);
        }
        int64_t at = tally_cut_bin(value, of->low, of->width, of->top, of->bins, of->cuts);
        tally_put(of, at, value, values.size, block_us);
        tally_sum(of->sums, tally_millionths(value), values.size);
        return;
    }
    tally_Block block;
    bool usual = tally_add_up(values, lowest, highest, &block);
    if (usual) {
        int32s places = {room, values.size};
        tally_place(values, of->low, of->width, of->top, of->bins, of->cuts, places);
        tally_count_block(of, values, us, code, verdict, places);
        AT(of->sums, 0) += block.low;
        AT(of->sums, 1) += (block.whole - block.low) >> 32;
    } else {
        tally_count_rows(of, values, us, code, verdict);
    }
    if (!usual || block.outside) {
        tally_keep_ends(of, values, first_row);
    }
}

ALWAYS_INLINE void tally_count_all(const BinCounts* of, doubles values, int64s us,
                                   int64_t first_row, uint32s code, uint8s verdict) {
    for (int64_t first = 0; first < values.size; first += TALLY_BLOCK) {
        int64_t end = min_i(first + TALLY_BLOCK, values.size);
        tally_add_block(of, SLICE(values, first, end), SLICE(us, first, end), first_row + first,
                        code.size ? SLICE(code, first, end) : code, verdict);
    }
}

WIDE static void tally_count_wide(const BinCounts* of, doubles values, int64s us, int64_t first_row,
                                  uint32s code, uint8s verdict) {
    tally_count_all(of, values, us, first_row, code, verdict);
}

EXPORT void tally_count(doubles values, int64s us, int64_t first_row, uint32s code, uint8s verdict,
                        const BinCounts* of) {
    if (is_wide()) {
        tally_count_wide(of, values, us, first_row, code, verdict);
    } else {
        tally_count_all(of, values, us, first_row, code, verdict);
    }
}

/* Put the values of the wanted bins into `picked`; how many. */
EXPORT int64_t tally_pick(doubles values, double low, double high, double top, doubles cuts,
                          bools mask, doubles picked) {
    int64_t bins = mask.size - 2 - cuts.size;
    double width = (double)(high - low) / (double)bins;
    int64_t count = 0;
    for (int64_t row = 0; row < values.size; row++) {
        double value = AT(values, row);
        if (isfinite(value) && AT(mask, tally_cut_bin(value, low, width, top, bins, cuts))) {
            AT(picked, count) = value;
            count += 1;
        }
    }
    return count;
}

/* Count the values of each stratum, whose code is one more than its row of `counts`; rows of code 0
 * are of none. */
EXPORT void tally_count_by(doubles values, uint32s code, double low, double high, double top,
                           doubles cuts, int64s2 counts) {
    int64_t bins = counts.columns - 2 - cuts.size;
    double width = (double)(high - low) / (double)bins;
    for (int64_t row = 0; row < values.size; row++) {
        double value = AT(values, row);
        if (isfinite(value) && AT(code, row)) {
            AT2(counts, AT(code, row) - 1, tally_cut_bin(value, low, width, top, bins, cuts)) += 1;
        }
    }
}

/* Put the values of each stratum's bin into `picked`, and their codes; how many. */
EXPORT int64_t tally_pick_by(doubles values, uint32s code, int64s bins, const BinCounts* of,
                             doubles picked, uint32s codes) {
    int64_t count = 0;
    for (int64_t row = 0; row < values.size; row++) {
        double value = AT(values, row);
        if (!isfinite(value) || !AT(code, row)) {
            continue;
        }
        int64_t at = tally_cut_bin(value, of->low, of->width, of->top, of->bins, of->cuts);
        if (at == AT(bins, AT(code, row) - 1)) {
            AT(picked, count) = value;
            AT(codes, count) = AT(code, row);
            count += 1;
        }
    }
    return count;
}
