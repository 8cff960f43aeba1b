/* The loops of curate.splits.search. */

/* What a second short of the target, or held out, weighs against a second in the wrong cell. */
#define SEARCH_MISSED 4.0
#define SEARCH_HELD 0.25
/* Seconds of others per second of a row with the same text, for a cut. */
static double SEARCH_CUT_RATIOS_values[] = {1.0, 16.0, INFINITY};
static const doubles SEARCH_CUT_RATIOS = {SEARCH_CUT_RATIOS_values, 3};
/* How many groups are tried in the place of one; how many for a cut; how often over all. */
#define SEARCH_CUTS 2048
/* Rows that repair may look at, per row of the pool; as for SMALL_POOL rows at the least. */
#define SEARCH_STEPS_PER_ROW 4
#define SEARCH_SMALL_POOL 2000000
/* What an exchange costs beside its rows, in rows. */
#define SEARCH_EXCHANGE 24
#define SEARCH_SWEEPS 50
#define SEARCH_SWAPS 200

static double search_cost(const Rows* rows, const State* state, int64s targets) {
    int64_t missed = 0;
    double apart = 0.0;
    for (int64_t split = 0; split < targets.size; split++) {
        missed += llabs((AT(state->sums, split) - AT(targets, split)));
        apart += AT(state->apart, split);
    }
    double cost = apart + SEARCH_MISSED * missed + SEARCH_HELD * AT(state->held, 0);
    return rows->bin_bounds.size > 1
               ? cost + KS_DISTANCE_FAR * ks_distance_farthest(rows, state, targets)
               : cost;
}

/* New rows of groups that the split has already: they can go nowhere else. */
EXPORT void search_fill_locked(const Rows* rows, const State* state, int64_t split, int64_t limit) {
    for (int64_t group = 0; group < state->split.size; group++) {
        if (AT(state->split, group) == split && AT(state->sums, split) < limit) {
            moves_enter_more(rows, state, group, split, 1.0, MOVES_CUT, limit);
        }
    }
}

/* The split that lacks most of its target and is not among `tried` (a bit each); -1: none
 * lacks a thing. */
static int64_t search_neediest(const State* state, int64s targets, int64_t tried) {
    int64_t best = -1;
    double most = 0.0;
    for (int64_t split = 0; split < targets.size; split++) {
        if (AT(targets, split) > 0 && !((tried >> split) & 1)) {
            double lacks = 1.0 - ((double)(AT(state->sums, split)) / (double)(AT(targets, split)));
            if (lacks > most) {
                best = split;
                most = lacks;
            }
        }
    }
    return best;
}

/* Offer groups in order to the neediest split first, in passes that grow less choosy. */
EXPORT void search_fill(const Rows* rows, const State* state, int64s offered, int64s clean_us,
                        doubles2 passes, int64s targets, int64s limits, int64_t most_held) {
    double whole = 1.0 + MOVES_COVARIATE * (rows->cells.columns - 1);
    for (int64_t level = 0; level < passes.rows; level++) {
        double useful = AT2(passes, level, 0);
        double share = AT2(passes, level, 1);
        double max_cost = AT2(passes, level, 2);
        double max_displaced_ratio = AT2(passes, level, 3);
        for (int64_t k_group = 0; k_group < offered.size; k_group++) {
            int64_t group = AT(offered, k_group);
            if (AT(state->split, group) != MOVES_FREE || AT(clean_us, group) == 0) {
                continue;
            }
            if (search_neediest(state, targets, 0) < 0) {
                return;
            }
            /* One utterance is never too large for its share: it may be all there is. */
            bool is_singleton = AT(rows->first, group + 1) - AT(rows->first, group) == 1;
            int64_t tried = 0;
            while (AT(state->split, group) == MOVES_FREE) {
                int64_t split = search_neediest(state, targets, tried);
                if (split < 0) {
                    break;
                }
                tried |= 1 << split;
                if (AT(clean_us, group) > share * AT(targets, split) && !is_singleton) {
                    continue;
                }
                int64_t sums = AT(state->sums, split);
                int64_t held = AT(state->held, 0);
                double apart = AT(state->apart, split);
                moves_enter(rows, state, group, split, max_displaced_ratio, MOVES_WHOLE, 0);
                int64_t gained = AT(state->sums, split) - sums;
                int64_t paid = AT(state->held, 0) - held;
                double fits = 0.5 + ((double)(0.5 * (apart - AT(state->apart, split))) /
                                     (double)(whole * max_i(gained, 1)));
                if (gained == 0 || AT(state->sums, split) > AT(limits, split) || fits < useful ||
                    paid > max_cost * gained || (AT(state->held, 0) > most_held && paid > 0)) {
                    moves_disengage(rows, state, group);
                }
            }
        }
    }
}

/* Where whole groups do not fit: part of the group that costs least, again and again.
 *
 * Within the tolerance a cut has to pay; beyond it, it only has to be allowed. */
EXPORT void search_cut(const Rows* rows, const State* state, int64_t split, int64s offered,
                       int64s clean_us, int64s targets, int64_t most_held, int64_t slack,
                       int64_t tolerance) {
    int64_t target = AT(targets, split);
    while (AT(state->sums, split) < target - slack) {
        int64_t missed = target - AT(state->sums, split);
        int64_t best = -1;
        double best_ratio = 0.0;
        double best_cost = missed > tolerance ? INFINITY : search_cost(rows, state, targets);
        for (int64_t level = 0; level < 3; level++) {
            double max_displaced_ratio = AT(SEARCH_CUT_RATIOS, level);
            int64_t tried = 0;
            for (int64_t k_group = 0; k_group < offered.size; k_group++) {
                int64_t group = AT(offered, k_group);
                if (AT(state->split, group) != MOVES_FREE || AT(clean_us, group) == 0) {
                    continue;
                }
                tried += 1;
                if (tried > SEARCH_CUTS) {
                    break;
                }
                int64_t sums = AT(state->sums, split);
                int64_t held = AT(state->held, 0);
                moves_enter(rows, state, group, split, max_displaced_ratio, MOVES_CUT,
                            target + slack);
                int64_t gained = AT(state->sums, split) - sums;
                double cost = search_cost(rows, state, targets);
                bool allowed = AT(state->held, 0) <= max_i(most_held, held);
                moves_disengage(rows, state, group);
                if (gained > 0 && allowed && cost < best_cost) {
                    best = group;
                    best_cost = cost;
                    best_ratio = max_displaced_ratio;
                }
            }
            if (best >= 0) {
                break;
            }
        }
        if (best < 0) {
            return;
        }
        moves_enter(rows, state, best, split, best_ratio, MOVES_CUT, target + slack);
    }
}

/* Whether a move paid, is allowed, and leaves no split further from its target. */
static bool search_better(const Rows* rows, const State* state, int64s targets, double cost,
                          int64_t held, int64_t most_held) {
    for (int64_t split = 0; split < targets.size; split++) {
        if (llabs((AT(state->sums, split) - AT(targets, split))) > AT(state->missed, split)) {
            return false;
        }
    }
    return search_cost(rows, state, targets) < cost && AT(state->held, 0) <= max_i(most_held, held);
}

/* How far each split may be from its target after a move. */
static void search_note_missed(const State* state, int64s targets, int64s slacks) {
    for (int64_t split = 0; split < targets.size; split++) {
        AT(state->missed, split) =
            max_i(AT(slacks, split), llabs((AT(state->sums, split) - AT(targets, split))));
    }
}

/* Put `other` (another split's, or free) in the place of `group`, if that is better. */
static bool search_exchange(const Rows* rows, const State* state, int64_t group, int64_t other,
                            int64s targets, int64_t most_held, int64s slacks) {
    int64_t split = AT(state->split, group);
    int64_t there = AT(state->split, other);
    double cost = search_cost(rows, state, targets);
    int64_t held = AT(state->held, 0);
    search_note_missed(state, targets, slacks);
    int64_t others = moves_set_aside(rows, state, group, 0);
    moves_set_aside(rows, state, other, others);
    moves_disengage(rows, state, group);
    if (there >= 0) {
        moves_disengage(rows, state, other);
    }
    moves_enter(rows, state, other, split, 1.0, MOVES_WHOLE, 0);
    if (there >= 0) {
        moves_enter(rows, state, group, there, 1.0, MOVES_WHOLE, 0);
    }
    if (search_better(rows, state, targets, cost, held, most_held)) {
        return true;
    }
    moves_disengage(rows, state, other);
    if (there >= 0) {
        moves_disengage(rows, state, group);
        moves_enter_again(rows, state, other, there, others);
    }
    moves_enter_again(rows, state, group, split, 0);
    return false;
}

/* Let a group go, if that is better. */
static bool search_drop(const Rows* rows, const State* state, int64_t group, int64s targets,
                        int64_t most_held, int64s slacks) {
    int64_t split = AT(state->split, group);
    double cost = search_cost(rows, state, targets);
    int64_t held = AT(state->held, 0);
    search_note_missed(state, targets, slacks);
    moves_set_aside(rows, state, group, 0);
    moves_disengage(rows, state, group);
    if (search_better(rows, state, targets, cost, held, most_held)) {
        return true;
    }
    moves_enter_again(rows, state, group, split, 0);
    return false;
}

/* Take a free group into the first split that is better for it. */
static bool search_add(const Rows* rows, const State* state, int64_t group, int64s clean_us,
                       int64s targets, int64s limits, int64_t most_held, int64s slacks) {
    double cost = search_cost(rows, state, targets);
    int64_t held = AT(state->held, 0);
    search_note_missed(state, targets, slacks);
    for (int64_t split = 0; split < targets.size; split++) {
        if (AT(clean_us, group) == 0 ||
            AT(state->sums, split) + AT(clean_us, group) > AT(limits, split)) {
            continue;
        }
        moves_enter(rows, state, group, split, 1.0, MOVES_WHOLE, 0);
        if (search_better(rows, state, targets, cost, held, most_held)) {
            return true;
        }
        moves_disengage(rows, state, group);
    }
    return false;
}

/* Swap chosen groups for others, drop them, and (by covariates) add more, while that is
 * better. */
EXPORT void search_repair(const Rows* rows, const State* state, int64s offered, int64s clean_us,
                          bools fixed, int64s targets, int64s limits, int64_t most_held,
                          int64s slacks) {
    int64_t at = 0;
    bool improved = true;
    int64_t budget = SEARCH_STEPS_PER_ROW * max_i(rows->us.size, SEARCH_SMALL_POOL);
    int64_t weighing =
        SEARCH_EXCHANGE + ((targets.size * (AT(rows->bin_bounds, rows->bin_bounds.size - 1) -
                                            AT(rows->bin_bounds, 0))) /
                           8);
    for (int64_t _ = 0; _ < SEARCH_SWEEPS; _++) {
        if (!improved || budget <= 0) {
            return;
        }
        improved = false;
        for (int64_t k_group = 0; k_group < offered.size; k_group++) {
            int64_t group = AT(offered, k_group);
            int64_t split = AT(state->split, group);
            int64_t size = AT(rows->first, group + 1) - AT(rows->first, group);
            if (split == MOVES_FREE && rows->bin_bounds.size > 1 && budget > 0) {
                budget -= weighing + 2 * size;
                if (search_add(rows, state, group, clean_us, targets, limits, most_held, slacks)) {
                    split = AT(state->split, group);
                    improved = true;
                }
            }
            if (split < 0 || AT(fixed, group) || budget <= 0) {
                continue;
            }
            budget -= 2 * size;
            bool done = search_drop(rows, state, group, targets, most_held, slacks);
            for (int64_t _ = 0; _ < (done ? 0 : SEARCH_SWAPS); _++) {
                int64_t other = AT(offered, at);
                at = at + 1 < offered.size ? at + 1 : 0;
                budget -= 1;
                /* It has to be of use, and no larger than there is room for. */
                int64_t room = AT(limits, split) - AT(state->sums, split) + AT(clean_us, group);
                bool fit =
                    AT(clean_us, other) <= room && 4 * AT(clean_us, other) >= AT(clean_us, group);
                int64_t there = AT(state->split, other);
                if (!fit || AT(fixed, other) || there == split || there < MOVES_FREE) {
                    continue;
                }
                budget -=
                    weighing + 4 * (size + AT(rows->first, other + 1) - AT(rows->first, other));
                if (search_exchange(rows, state, group, other, targets, most_held, slacks)) {
                    done = true;
                    break;
                }
            }
            improved = improved || done;
        }
    }
}
