/* The loops of curate.splits.groups. */

static int64_t groups_find(int64s parent, int64_t row) {
    while (AT(parent, row) != row) {
        AT(parent, row) = AT(parent, AT(parent, row));
        row = AT(parent, row);
    }
    return row;
}

/* Join rows with equal codes > 0; the smaller root wins, so roots are first rows. */
EXPORT void groups_join(int64s parent, int64s codes, int64s first) {
    for (int64_t row = 0; row < codes.size; row++) {
        int64_t code = AT(codes, row);
        if (code == 0) {
            continue;
        }
        if (AT(first, code) < 0) {
            AT(first, code) = row;
            continue;
        }
        int64_t one = groups_find(parent, AT(first, code));
        int64_t other = groups_find(parent, row);
        if (one < other) {
            AT(parent, other) = one;
        } else if (other < one) {
            AT(parent, one) = other;
        }
    }
}

EXPORT void groups_point_at_roots(int64s parent) {
    for (int64_t row = 0; row < parent.size; row++) {
        AT(parent, row) = groups_find(parent, row);
    }
}
