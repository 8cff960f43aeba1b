/* The loops of curate.profiles.statistics.tally. */

/* Parts of a bin that division may err by: a value that is an edge lies in the bin it begins. */
#define TALLY_ULPS 1e-09
#define TALLY_HUGE 9000000000000.0
/* Rows that are counted at once where they are alike. */
#define TALLY_BLOCK 512

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
static bool tally_alike(doubles values) {
    uint64_t different = 0, first, bits;
    memcpy(&first, values.at, sizeof first);
    for (int64_t k = 0; k < values.size; k++) {
        memcpy(&bits, values.at + k, sizeof bits);
        different |= bits ^ first;
    }
    return !different && isfinite(AT(values, 0));
}

/* Where the counts of one metric go. */
typedef struct {
    int64s rows;
    int64s us;
    doubles2 span;
    int64s sums;
} tally_Counts;

static inline void tally_note(const tally_Counts* counts, int64_t at, double value, int64_t rows,
                              int64_t us) {
    AT(counts->rows, at) += rows;
    AT(counts->us, at) += us;
    if (value < AT2(counts->span, 0, at)) {
        AT2(counts->span, 0, at) = value;
    }
    if (value > AT2(counts->span, 1, at)) {
        AT2(counts->span, 1, at) = value;
    }
    tally_sum(counts->sums, tally_millionths(value), rows);
}

EXPORT void tally_count(doubles values, int64s us, int64_t first_row, double low, double high,
                        double top, doubles cuts, int64s rows, int64s bin_us, uint32s code,
                        uint8s verdict, int64s2 hits, doubles2 span, int64s sums, doubles2 worst,
                        int64s2 worst_at) {
    int64_t bins = rows.size - 2 - cuts.size;
    double width = (double)(high - low) / (double)bins;
    int64_t last = worst.columns - 1;
    double lowest = AT2(worst, 0, last), highest = -AT2(worst, 1, last);
    tally_Counts counts = {rows, bin_us, span, sums};
    for (int64_t first = 0; first < values.size; first += TALLY_BLOCK) {
        int64_t end = min_i(first + TALLY_BLOCK, values.size);
        double value = AT(values, first);
        /* A block of one value, which does not stand out, is counted at once. */
        bool alike = !code.size && !(value < lowest) && !(value > highest) &&
                     tally_alike(SLICE(values, first, end));
        if (alike) {
            int64_t block_us = 0;
            for (int64_t row = first; row < end; row++) {
                block_us += AT(us, row);
            }
            int64_t at = tally_cut_bin(value, low, width, top, bins, cuts);
            tally_note(&counts, at, value, end - first, block_us);
            continue;
        }
        for (int64_t row = first; row < end; row++) {
            value = AT(values, row);
            if (!isfinite(value)) {
                continue;
            }
            int64_t at = tally_cut_bin(value, low, width, top, bins, cuts);
            tally_note(&counts, at, value, 1, AT(us, row));
            if (code.size && AT(code, row)) {
                uint8_t given = AT(verdict, AT(code, row));
                if (given) {
                    AT2(hits, given - 1, at) += 1;
                }
            }
            if (value < lowest) {
                tally_keep(value, first_row + row, ROW(worst, 0), ROW(worst_at, 0));
                lowest = AT2(worst, 0, last);
            }
            if (value > highest) {
                tally_keep(-value, first_row + row, ROW(worst, 1), ROW(worst_at, 1));
                highest = -AT2(worst, 1, last);
            }
        }
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
