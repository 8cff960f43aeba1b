/* The loops of curate.splits.pool. */

/* The rows by group, those of a group in the order that they have. */
EXPORT void pool_by_group(int64s by_key, int64s group, int64s places, int64s order) {
    for (int64_t k = 0; k < by_key.size; k++) {
        int64_t row = AT(by_key, k);
        int64_t of = AT(group, row);
        AT(order, AT(places, of)) = row;
        AT(places, of) += 1;
    }
}

/* Number each text of several groups, at its first row; how many there are. A row without a text
 * is its own first row. */
EXPORT int64_t pool_number_shared(uint64s keys, bools known, int64s group, int32s slots,
                                  int32s firsts, int32s texts) {
    int64_t shared = 0;
    for (int64_t row = 0; row < keys.size; row++) {
        groups_fetch(keys, row, slots);
        AT(firsts, row) = (int32_t)row;
        if (!AT(known, row)) {
            continue;
        }
        int64_t first = groups_first(keys, row, slots);
        AT(firsts, row) = (int32_t)first;
        if (AT(group, first) != AT(group, row) && AT(texts, first) < 0) {
            AT(texts, first) = (int32_t)shared;
            shared += 1;
        }
    }
    return shared;
}

EXPORT void pool_add_shared(int32s firsts, int64s us, int32s texts, int64s total) {
    for (int64_t row = 0; row < firsts.size; row++) {
        int32_t text = AT(texts, AT(firsts, row));
        if (text >= 0) {
            AT(texts, row) = text;
            AT(total, text) += AT(us, row);
        }
    }
}

/* What is due of each covariate's cell, were each stratum's due taken at random. */
EXPORT void pool_spread(int32s2 cells, bools clean, int64s us, doubles share, doubles exact) {
    for (int64_t row = 0; row < us.size; row++) {
        if (AT(clean, row)) {
            for (int64_t at = 1; at < cells.columns; at++) {
                if (AT2(cells, row, at) >= 0) {
                    AT(exact, AT2(cells, row, at)) += AT(us, row) * AT(share, AT2(cells, row, 0));
                }
            }
        }
    }
}
