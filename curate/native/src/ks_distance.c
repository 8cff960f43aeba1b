/* The loops of curate.splits.ks_distance. */

/* What a second of KS distance weighs, times the distance: what is far counts more. Measured on
 * cv_id with three seeds; docs/adr/0010-splits.md has the figures for other weights. */
#define KS_DISTANCE_FAR 5.0

/* The squared KS distances, each times its split's target, of all splits and covariates. */
EXPORT double ks_distance_farthest(const Rows* rows, const State* state, int64s targets) {
    double total = 0.0;
    for (int64_t split = 0; split < targets.size; split++) {
        for (int64_t at = 0; at < rows->bin_bounds.size - 1; at++) {
            int64_t apart = (int64_t)0;
            int64_t most = (int64_t)0;
            for (int64_t cell = AT(rows->bin_bounds, at); cell < AT(rows->bin_bounds, at + 1);
                 cell++) {
                apart += AT2(state->achieved, split, cell) - AT2(rows->due, split, cell);
                most = max_i(most, llabs(apart));
            }
            /* In floating point, for squared microseconds are beyond 64 bits; the order is fixed.
             */
            total += (double)((double)most * (double)most) /
                     (double)((double)(max_i(1, AT(targets, split))));
        }
    }
    return total;
}
