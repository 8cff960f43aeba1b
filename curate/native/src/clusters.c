/* The loops of curate.profiles.whole_input.near_duplicates. */

static int64_t clusters_root(int32s parent, int64_t row) {
    while (AT(parent, row) != row) {
        AT(parent, row) = AT(parent, AT(parent, row));
        row = AT(parent, row);
    }
    return row;
}

/* Put rows of equal keys, which stand side by side, into one cluster. */
EXPORT void clusters_join(uint64s keys, int32s rows, int32s parent) {
    for (int64_t at = 1; at < keys.size; at++) {
        if (AT(keys, at) == AT(keys, at - 1)) {
            int64_t one = clusters_root(parent, AT(rows, at - 1));
            int64_t other = clusters_root(parent, AT(rows, at));
            AT(parent, max_i(one, other)) = min_i(one, other);
        }
    }
}

EXPORT void clusters_count_sizes(int32s parent, int32s sizes) {
    for (int64_t row = 0; row < parent.size; row++) {
        AT(sizes, clusters_root(parent, row)) += 1;
    }
    for (int64_t row = 0; row < parent.size; row++) {
        int64_t root = clusters_root(parent, row);
        if (root != row) {
            AT(sizes, row) = AT(sizes, root);
        }
    }
}
