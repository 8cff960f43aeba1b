/* The loops of curate.whatif.binning. */

/* The cell of each value; its salt is added to the row's key. */
EXPORT void binning_place(doubles values, doubles edges, double low, double scale, int64s start,
                          uint64s salts, int32s cells, uint64s keys) {
    int64_t at;
    int64_t last = edges.size;
    for (int64_t row = 0; row < values.size; row++) {
        double value = AT(values, row);
        if (isnan(value)) {
            AT(cells, row) = (int32_t)(2 * last + 1);
            AT(keys, row) += AT(salts, 2 * last + 1);
            continue;
        }
        if (value > AT(edges, last - 1)) {
            at = last;
        } else if (value <= low) {
            at = 0;
        } else {
            at = AT(start, (int64_t)((value - low) * scale));
            while (at > 0 && AT(edges, at - 1) >= value) {
                at -= 1;
            }
            while (AT(edges, at) < value) {
                at += 1;
            }
        }
        int64_t cell = 2 * at + (at < last && AT(edges, min_i(at, last - 1)) == value);
        AT(cells, row) = (int32_t)cell;
        AT(keys, row) += AT(salts, cell);
    }
}

/* Add the salt of each code to its row's key. */
EXPORT void binning_mix_in(uint64s keys, uint8s codes, uint64s salts) {
    for (int64_t row = 0; row < keys.size; row++) {
        AT(keys, row) += AT(salts, AT(codes, row));
    }
}

/* Where the key is, or the free place where it would be. */
static uint64_t binning_slot(uint64s table, uint64_t key) {
    uint64_t mask = (uint64_t)(table.size - 1);
    uint64_t at = key & mask;
    while (AT(table, at) != key && AT(table, at) != 0) {
        at = (at + 1) & mask;
    }
    return at;
}

/* The kind of each row, -1 where nobody knows; `fresh` gets the first row of each new key, of
 * which as many are taken in as it has room for. Returns how many. */
EXPORT int64_t binning_look_up(uint64s keys, uint64s table, int32s kinds, int32s row_kinds,
                               int64s fresh) {
    int64_t seen = 0;
    for (int64_t row = 0; row < keys.size; row++) {
        uint64_t at = binning_slot(table, AT(keys, row));
        if (AT(table, at) == 0 && seen < fresh.size) {
            AT(table, at) = AT(keys, row);
            AT(kinds, at) = -1;
            AT(fresh, seen) = row;
            seen += 1;
        }
        AT(row_kinds, row) = AT(table, at) != 0 ? AT(kinds, at) : -1;
    }
    return seen;
}

EXPORT void binning_put(uint64s table, int32s kinds, uint64s keys, int32s known) {
    for (int64_t row = 0; row < keys.size; row++) {
        uint64_t at = binning_slot(table, AT(keys, row));
        AT(table, at) = AT(keys, row);
        AT(kinds, at) = AT(known, row);
    }
}

/* Add each row to its kind's cell: a row, its microseconds, and the first row's number. */
EXPORT void binning_count(int32s kinds, int32s cells, int64s us, int64_t first, int64s2 rows,
                          int64s2 spent, int64s2 seen) {
    for (int64_t row = 0; row < kinds.size; row++) {
        int64_t kind = AT(kinds, row);
        int64_t cell = AT(cells, row);
        AT2(rows, kind, cell) += 1;
        AT2(spent, kind, cell) += AT(us, row);
        if (AT2(seen, kind, cell) < 0) {
            AT2(seen, kind, cell) = first + row;
        }
    }
}
