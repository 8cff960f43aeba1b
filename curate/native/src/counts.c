/* The loops of curate.profiles.statistics.counts. */

/* A pass over the rows, in which every metric's numbers are read once: they are counted in its bins
 * and placed beside those of the others. */
ALWAYS_INLINE void counts_add_all(const Columns* columns, int64s us, int64_t first_row,
                                  uint32s code, uint8s2 verdicts, int64s given, uint64s tallies,
                                  const PairSums* sums) {
    double room[COLUMNS_BLOCK];
    for (int64_t first = 0; first < columns->rows; first += COLUMNS_BLOCK) {
        int64_t end = min_i(first + COLUMNS_BLOCK, columns->rows);
        int64s own_us = SLICE(us, first, end);
        FILL(SLICE(sums->gap, 0, end - first), false);
        for (int64_t k = 0; k < tallies.size; k++) {
            const BinCounts* of = (const BinCounts*)(uintptr_t)AT(tallies, k);
            doubles values = columns_block(columns, k, first, end, room);
            uint32s own_code = {0};
            uint8s verdict = {0};
            if (AT(given, k) >= 0) {
                own_code = SLICE(code, first, end);
                verdict = ROW(verdicts, AT(given, k));
            }
            tally_add_block(of, values, own_us, first_row + first, own_code, verdict);
            correlation_place(values, k, sums);
        }
        correlation_add_block(end - first, sums);
    }
    correlation_add_up(columns->rows, sums);
}

WIDE static void counts_add_wide(const Columns* columns, int64s us, int64_t first_row, uint32s code,
                                 uint8s2 verdicts, int64s given, uint64s tallies,
                                 const PairSums* sums) {
    counts_add_all(columns, us, first_row, code, verdicts, given, tallies, sums);
}

EXPORT void counts_add(const Columns* columns, int64s us, int64_t first_row, uint32s code,
                       uint8s2 verdicts, int64s given, uint64s tallies, const PairSums* sums) {
    if (is_wide()) {
        counts_add_wide(columns, us, first_row, code, verdicts, given, tallies, sums);
    } else {
        counts_add_all(columns, us, first_row, code, verdicts, given, tallies, sums);
    }
}
