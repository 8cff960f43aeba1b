/* The loops of curate.splits.groups. */

static int64_t groups_find(int64s parent, int64_t row) {
    while (AT(parent, row) != row) {
        AT(parent, row) = AT(parent, AT(parent, row));
        row = AT(parent, row);
    }
    return row;
}

/* Make two rows' groups one; the smaller root wins, so roots are first rows. */
static void groups_unite(int64s parent, int64_t row, int64_t with) {
    int64_t one = groups_find(parent, row);
    int64_t other = groups_find(parent, with);
    if (one < other) {
        AT(parent, other) = one;
    } else if (other < one) {
        AT(parent, one) = other;
    }
}

/* Join rows with equal codes > 0. */
EXPORT void groups_join(int64s parent, int64s codes, int64s first) {
    for (int64_t row = 0; row < codes.size; row++) {
        int64_t code = AT(codes, row);
        if (code == 0) {
            continue;
        }
        if (AT(first, code) < 0) {
            AT(first, code) = row;
        } else {
            groups_unite(parent, AT(first, code), row);
        }
    }
}

/* How many rows ahead the table is fetched from memory. */
#define GROUPS_AHEAD 16

static inline int64_t groups_slot(uint64_t key, int64_t slots) {
    return (int64_t)(words_mix(key) & (uint64_t)(slots - 1));
}

/* Fetch the slot of a row further on: `slots` is far larger than any cache. */
static inline void groups_fetch(uint64s keys, int64_t row, int32s slots) {
    if (row + GROUPS_AHEAD < keys.size) {
        int64_t slot = groups_slot(AT(keys, row + GROUPS_AHEAD), slots.size);
        (void)INDEX(slot, slots.size);
        __builtin_prefetch(slots.at + slot);
    }
}

/* The first row with the key of this one, which is noted where it is the first itself. `slots` is a
 * power of two, more than there are rows, all -1 at first. */
static inline int64_t groups_first(uint64s keys, int64_t row, int32s slots) {
    uint64_t key = AT(keys, row);
    int64_t at = groups_slot(key, slots.size);
    while (AT(slots, at) >= 0 && AT(keys, AT(slots, at)) != key) {
        at = (at + 1) & (slots.size - 1);
    }
    if (AT(slots, at) < 0) {
        AT(slots, at) = (int32_t)row;
    }
    return AT(slots, at);
}

/* Join rows with equal keys, where they are known. */
EXPORT void groups_join_equal(int64s parent, uint64s keys, bools known, int32s slots) {
    for (int64_t row = 0; row < keys.size; row++) {
        groups_fetch(keys, row, slots);
        if (AT(known, row)) {
            groups_unite(parent, groups_first(keys, row, slots), row);
        }
    }
}

/* Put each row's group number in the place of its parent: roots are first rows, so that a root is
 * numbered before the others of its group. */
EXPORT void groups_number(int64s parent) {
    int64_t groups = 0;
    for (int64_t row = 0; row < parent.size; row++) {
        int64_t root = AT(parent, row);
        if (root == row) {
            AT(parent, row) = groups;
            groups += 1;
        } else {
            AT(parent, row) = AT(parent, root);
        }
    }
}
