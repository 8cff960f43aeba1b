/* The loops of curate.splits.pool. */

/* Give each text of several groups a number of its own in `new`; how many there are. */
EXPORT int64_t pool_number_shared(int64s number, int64s group, int64s owner, int32s new) {
    int64_t shared = 0;
    for (int64_t row = 0; row < number.size; row++) {
        int64_t text = AT(number, row);
        if (text < 0) {
            continue;
        }
        if (AT(owner, text) < 0) {
            AT(owner, text) = AT(group, row);
        } else if (AT(owner, text) != AT(group, row) && AT(new, text) < 0) {
            AT(new, text) = shared;
            shared += 1;
        }
    }
    return shared;
}

EXPORT void pool_add_shared(int64s number, int64s us, int32s new, int32s texts, int64s total) {
    for (int64_t row = 0; row < number.size; row++) {
        if (AT(number, row) >= 0 && AT(new, AT(number, row)) >= 0) {
            AT(texts, row) = AT(new, AT(number, row));
            AT(total, AT(texts, row)) += AT(us, row);
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
