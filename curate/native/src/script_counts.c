/* The loops of curate.text.script_counts. */

/* (dominant script, letters of known scripts outside the set `expected`); forgets the counts.
 *
 * `latin` are the ASCII letters, not yet among the counts. Ties go to the script named first,
 * letters of no script to nobody else. */
static i64_i64 script_counts_classify_scripts(int64s script_counts, int64_t latin,
                                              uint64_t expected) {
    AT(script_counts, SCRIPTS_LATIN) += latin;
    int64_t best = 0;
    int64_t most = 0;
    int64_t foreign = 0;
    for (int64_t script = 1; script < script_counts.size; script++) {
        if (AT(script_counts, script) > most) {
            best = script;
            most = AT(script_counts, script);
        }
        if (!((expected >> (uint64_t)script) & 1)) {
            foreign += AT(script_counts, script);
        }
    }
    FILL(SLICE(script_counts, 0, script_counts.size), 0);
    return (i64_i64){best, foreign};
}
