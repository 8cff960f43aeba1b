/* The loops of curate.statistics.bootstrap. */

EXPORT void bootstrap_add_up(int64s starts, int64s clusters, doubles2 amounts, int32s2 times,
                             doubles2 sums, int64_t first) {
    int64_t parts = starts.size - 1;
    for (int64_t draw = 0; draw < times.rows; draw++) {
        for (int64_t part = 0; part < parts; part++) {
            for (int64_t value = 0; value < amounts.rows; value++) {
                double total = 0.0;
                for (int64_t at = AT(starts, part); at < AT(starts, part + 1); at++) {
                    total += AT2(amounts, value, at) * AT2(times, draw, AT(clusters, at));
                }
                AT2(sums, value * parts + part, first + draw) = total;
            }
        }
    }
}
