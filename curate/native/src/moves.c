/* The loops of curate.splits.moves. */

/* What a group is when no split has it: to be had; train's, by an earlier lock; in pieces, since an
 * earlier lock has it in two splits. */
#define MOVES_FREE (-1)
#define MOVES_CUT 1
/* What a covariate's cell weighs against a stratum; a power of two, so that sums stay exact. */
#define MOVES_COVARIATE 0.25
#define MOVES_WHOLE 0

typedef struct {
    int64s first;
    bools clean;
    int64s us;
    int32s2 cells;
    int32s text;
    int64s total;
    bools barred;
    int64s2 due;
    doubles weight;
    int64s bin_bounds;
} Rows;
typedef struct {
    int16s split;
    bools inside;
    int16s claim;
    int32s uses;
    int64s engaged;
    int64s2 achieved;
    int64s sums;
    doubles apart;
    int64s held;
    int64s missed;
    bools aside;
} State;

/* Add (or take away, where negative) a row's time; exact: weights are powers of two. */
static void moves_weigh(const Rows* rows, const State* state, int64_t row, int64_t split,
                        int64_t us) {
    for (int64_t at = 0; at < rows->cells.columns; at++) {
        int64_t cell = AT2(rows->cells, row, at);
        if (cell >= 0) {
            int64_t due = AT2(rows->due, split, cell);
            int64_t before = llabs((AT2(state->achieved, split, cell) - due));
            AT2(state->achieved, split, cell) += us;
            int64_t after = llabs((AT2(state->achieved, split, cell) - due));
            AT(state->apart, split) += AT(rows->weight, cell) * (after - before);
        }
    }
    AT(state->sums, split) += us;
}

/* Whether a clean row of a chosen group may be in the split; else it is held out. */
static bool moves_may_enter(const Rows* rows, const State* state, int64_t row, int64_t split,
                            double max_displaced_ratio) {
    if (!(AT(rows->clean, row))) {
        return false;
    }
    int64_t text = AT(rows->text, row);
    if (text < 0) {
        return true;
    }
    if (AT(rows->barred, text)) {
        return false;
    }
    if (AT(state->claim, text) >= 0) {
        return AT(state->claim, text) == split;
    }
    return AT(rows->total, text) - AT(state->engaged, text) <=
           max_displaced_ratio * AT(rows->us, row);
}

/* Let a row of a group that is engaged into a split. */
EXPORT void moves_enter_row(const Rows* rows, const State* state, int64_t row, int64_t split) {
    int64_t us = AT(rows->us, row);
    int64_t text = AT(rows->text, row);
    AT(state->inside, row) = true;
    moves_weigh(rows, state, row, split, us);
    AT(state->held, 0) -= us;
    if (text >= 0) {
        if (AT(state->uses, text) == 0) { /* from now on the same text elsewhere is held out */
            AT(state->claim, text) = split;
            AT(state->held, 0) += AT(rows->total, text) - AT(state->engaged, text);
        }
        AT(state->uses, text) += 1;
    }
}

static void moves_leave_row(const Rows* rows, const State* state, int64_t row, int64_t split) {
    int64_t us = AT(rows->us, row);
    int64_t text = AT(rows->text, row);
    AT(state->inside, row) = false;
    moves_weigh(rows, state, row, split, -us);
    AT(state->held, 0) += us;
    if (text >= 0) {
        AT(state->uses, text) -= 1;
        if (AT(state->uses, text) == 0) {
            AT(state->claim, text) = -1;
            AT(state->held, 0) -= AT(rows->total, text) - AT(state->engaged, text);
        }
    }
}

/* Give a group to a split, all its rows held out as yet. */
EXPORT void moves_engage(const Rows* rows, const State* state, int64_t group, int64_t split) {
    AT(state->split, group) = split;
    for (int64_t row = AT(rows->first, group); row < AT(rows->first, group + 1); row++) {
        int64_t us = AT(rows->us, row);
        int64_t text = AT(rows->text, row);
        AT(state->held, 0) += us;
        if (text >= 0) {
            AT(state->engaged, text) += us;
            if (AT(state->claim, text) >= 0) { /* it was held out already, for its text */
                AT(state->held, 0) -= us;
            }
        }
    }
}

/* Take a group out of its split, so that it is free again. */
static void moves_disengage(const Rows* rows, const State* state, int64_t group) {
    int64_t split = AT(state->split, group);
    for (int64_t row = AT(rows->first, group); row < AT(rows->first, group + 1); row++) {
        if (AT(state->inside, row)) {
            moves_leave_row(rows, state, row, split);
        }
    }
    for (int64_t row = AT(rows->first, group); row < AT(rows->first, group + 1); row++) {
        int64_t us = AT(rows->us, row);
        int64_t text = AT(rows->text, row);
        AT(state->held, 0) -= us;
        if (text >= 0) {
            AT(state->engaged, text) -= us;
            if (AT(state->claim, text) >= 0) {
                AT(state->held, 0) += us;
            }
        }
    }
    AT(state->split, group) = MOVES_FREE;
}

/* Give a group to a split with just these of its rows inside, whatever the rules say. */
EXPORT void moves_enter_known(const Rows* rows, const State* state, int64_t group, int64_t split,
                              bools inside) {
    moves_engage(rows, state, group, split);
    for (int64_t at = 0; at < inside.size; at++) {
        if (AT(inside, at)) {
            moves_enter_row(rows, state, AT(rows->first, group) + at, split);
        }
    }
}

/* Note which rows of a group are inside, from a place of `aside` on; the place behind. */
static int64_t moves_set_aside(const Rows* rows, const State* state, int64_t group, int64_t place) {
    for (int64_t row = AT(rows->first, group); row < AT(rows->first, group + 1); row++) {
        AT(state->aside, place) = AT(state->inside, row);
        place += 1;
    }
    return place;
}

/* Give a group to a split with the rows inside that were noted, whatever the rules say. */
static void moves_enter_again(const Rows* rows, const State* state, int64_t group, int64_t split,
                              int64_t place) {
    moves_engage(rows, state, group, split);
    for (int64_t row = AT(rows->first, group); row < AT(rows->first, group + 1); row++) {
        if (AT(state->aside, place)) {
            moves_enter_row(rows, state, row, split);
        }
        place += 1;
    }
}

/* Let rows of a group in: all that may, or (CUT) what fills deficits first, up to `limit`. */
static void moves_enter_more(const Rows* rows, const State* state, int64_t group, int64_t split,
                             double max_displaced_ratio, int64_t mode, int64_t limit) {
    for (int64_t turn = 0; turn < 1 + mode; turn++) {
        for (int64_t row = AT(rows->first, group); row < AT(rows->first, group + 1); row++) {
            if (AT(state->inside, row)) {
                continue;
            }
            if (mode == MOVES_CUT) {
                int64_t stratum = AT2(rows->cells, row, 0);
                bool filled =
                    AT2(state->achieved, split, stratum) >= AT2(rows->due, split, stratum);
                if (AT(state->sums, split) + AT(rows->us, row) > limit || (turn == 0 && filled)) {
                    continue;
                }
            }
            if (moves_may_enter(rows, state, row, split, max_displaced_ratio)) {
                moves_enter_row(rows, state, row, split);
            }
        }
    }
}

/* Give a free group to a split, with those of its rows that may be in it. */
EXPORT void moves_enter(const Rows* rows, const State* state, int64_t group, int64_t split,
                        double max_displaced_ratio, int64_t mode, int64_t limit) {
    moves_engage(rows, state, group, split);
    moves_enter_more(rows, state, group, split, max_displaced_ratio, mode, limit);
}

/* Hold out rows of groups that splits have. */
EXPORT void moves_leave(const Rows* rows, const State* state, bools leaving) {
    for (int64_t group = 0; group < state->split.size; group++) {
        int64_t split = AT(state->split, group);
        for (int64_t row = AT(rows->first, group); split >= 0 && row < AT(rows->first, group + 1);
             row++) {
            if (AT(leaving, row) && AT(state->inside, row)) {
                moves_leave_row(rows, state, row, split);
            }
        }
    }
}
