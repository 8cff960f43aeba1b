/* The loops of curate.profiles.statistics.tally. */

/* Parts of a bin that division may err by: a value that is an edge lies in the bin it begins. */
#define TALLY_ULPS 1e-09
#define TALLY_HUGE 9000000000000.0

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

/* Add a run of rows of one value to its bin and to the sums. */
static void tally_add_run(int64_t at, int64_t run, int64_t run_us, int64_t millionths, int64s rows,
                          int64s bin_us, int64s sums) {
    if (run) {
        AT(rows, at) += run;
        AT(bin_us, at) += run_us;
        AT(sums, 0) += run * (millionths & 4294967295LL);
        AT(sums, 1) += run * (millionths >> 32);
    }
}

EXPORT void tally_count(doubles values, int64s us, int64_t first_row, double low, double high,
                        double top, doubles cuts, int64s rows, int64s bin_us, uint32s code,
                        uint8s verdict, int64s2 hits, doubles2 span, int64s sums, doubles2 worst,
                        int64s2 worst_at) {
    int64_t bins = rows.size - 2 - cuts.size;
    double width = (double)(high - low) / (double)bins;
    int64_t last = worst.columns - 1;
    double lowest = AT2(worst, 0, last), highest = -AT2(worst, 1, last);
    double before = NAN; /* neighbours are often alike: bins and sums take runs of them */
    int64_t at = 0, millionths = 0, run = 0, run_us = 0;
    for (int64_t row = 0; row < values.size; row++) {
        double value = AT(values, row);
        if (!(isfinite(value))) {
            continue;
        }
        if (memcmp(&value, &before, sizeof value)) {
            tally_add_run(at, run, run_us, millionths, rows, bin_us, sums);
            before = value;
            run = run_us = 0;
            at = tally_cut_bin(value, low, width, top, bins, cuts);
            AT2(span, 0, at) = min_f(AT2(span, 0, at), value);
            AT2(span, 1, at) = max_f(AT2(span, 1, at), value);
            /* Two halves, so that neither overflows; beyond _HUGE a mean says nothing anyway. */
            millionths =
                (int64_t)(rint((min_f(max_f(value, -TALLY_HUGE), TALLY_HUGE) * 1000000.0)));
        }
        run += 1;
        run_us += AT(us, row);
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
    tally_add_run(at, run, run_us, millionths, rows, bin_us, sums);
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
