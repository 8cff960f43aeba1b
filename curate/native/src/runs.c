/* The loops of curate.text.runs. */

/* What has been seen of a text's runs; ACTIVE says that a streak is under way. The bests count
 * occurrences, FOLDED_LOOP the tokens of the longest loop. */
#define RUNS_ACTIVE 5
#define RUNS_WORD_BEST 0
#define RUNS_PHRASE_BEST 1
#define RUNS_FOLDED_BEST 2
#define RUNS_FOLDED_LOOP 3
#define RUNS_UNUSED 4
/* Tokens of the longest phrase whose loop is looked for; the runs above are of 1 to 5. */
#define RUNS_LONGEST_LOOP 100
/* Bytes of text up to which distinct words are counted, and loops of long phrases: more is no
 * segment of speech. */
#define RUNS_LONGEST_COUNTED 1048576

/* Begin a new text. */
static inline void runs_forget(int64s2 streaks, int64s runs) {
    if (AT(runs, RUNS_ACTIVE)) {
        FILL2(streaks, 0);
        AT(runs, RUNS_ACTIVE) = 0;
    }
    AT(runs, RUNS_WORD_BEST) = AT(runs, RUNS_PHRASE_BEST) = AT(runs, RUNS_FOLDED_BEST) = 1;
    AT(runs, RUNS_FOLDED_LOOP) = 0;
}

/* Streaks of equality with the token 1 to 5 before, and the runs that follow from them. */
static void runs_count_runs(uint64_t token, int64_t tokens, uint64s ring, int64s streaks,
                            int64s runs, int64_t word_best, int64_t phrase_best, int64_t loop) {
    for (int64_t back = 1; back < 6; back++) {
        if (tokens >= back && AT(ring, (tokens - back) & 7) == token) {
            AT(streaks, back - 1) += 1;
            AT(runs, RUNS_ACTIVE) = 1;
            int64_t run = (AT(streaks, back - 1) / back) + 1;
            AT(runs, phrase_best) = max_i(AT(runs, phrase_best), run);
            if (run > 1) {
                AT(runs, loop) = max_i(AT(runs, loop), run * back);
            }
            if (back == 1) {
                AT(runs, word_best) = max_i(AT(runs, word_best), run);
            }
        } else {
            AT(streaks, back - 1) = 0;
        }
    }
}

/* Note the next token of a text, number `tokens` from 0, in rings of the last eight.
 *
 * Most tokens equal none of the five before them, folded or not; only then is there work. */
static inline void runs_note_token(uint64_t raw, uint64_t folded, int64_t tokens, uint64s raws,
                                   uint64s foldeds, int64s2 streaks, int64s runs) {
    bool seen = false;
    for (int64_t back = 1; back < 6; back++) {
        seen |= AT(foldeds, (tokens - back) & 7) == folded;
    }
    if (seen || AT(runs, RUNS_ACTIVE)) {
        AT(runs, RUNS_ACTIVE) = 0;
        runs_count_runs(raw, tokens, raws, ROW(streaks, 0), runs, RUNS_WORD_BEST, RUNS_PHRASE_BEST,
                        RUNS_UNUSED);
        runs_count_runs(folded, tokens, foldeds, ROW(streaks, 1), runs, RUNS_UNUSED,
                        RUNS_FOLDED_BEST, RUNS_FOLDED_LOOP);
    }
    AT(raws, tokens & 7) = raw;
    AT(foldeds, tokens & 7) = folded;
}

/* Tokens that the longest loop of a phrase of 6 to LONGEST_LOOP covers; 0 where there is none.
 *
 * A loop of a phrase of n is a streak of n or more tokens that equal the one n before: every such
 * streak passes a multiple of n, so only those are checked. */
static int64_t runs_long_loop(uint64s tokens, int64_t count) {
    int64_t best = 0;
    for (int64_t size = 6; size < min_i(RUNS_LONGEST_LOOP, count / 2) + 1; size++) {
        int64_t at = size;
        while (at < count) {
            if (AT(tokens, at) == AT(tokens, at - size)) {
                int64_t first = at;
                int64_t end = at + 1;
                while (first > size && AT(tokens, first - 1) == AT(tokens, first - 1 - size)) {
                    first -= 1;
                }
                while (end < count && AT(tokens, end) == AT(tokens, end - size)) {
                    end += 1;
                }
                if (end - first >= size) {
                    best = max_i(best, (((end - first) / size) + 1) * size);
                }
                at = end - (end % size);
            }
            at += size;
        }
    }
    return best;
}

/* `repetitions` of a text without spaces: runs of phrases of 1 to 5 characters. */
static int64_t runs_character_run(uint8s data, int64_t start, int64_t length, uint16s flags,
                                  uint32s fold, uint32s2 long_fold, uint64s ring, int64s2 streaks,
                                  int64s runs, uint64s folds) {
    FILL2(streaks, 0);
    AT(runs, RUNS_FOLDED_BEST) = AT(runs, RUNS_FOLDED_LOOP) = 0;
    AT(runs, RUNS_ACTIVE) = 1;
    int64_t characters = 0;
    int64_t at = start;
    int64_t end = start + length;
    while (at < end) {
        i64_i64 both = code_points_decode_at(data, at);
        int64_t code = both.a;
        int64_t size = both.b;
        at += size;
        int64_t kind = AT(flags, code);
        if (kind & UNICODE_SPACE) {
            continue;
        }
        u64_u64_u64 both_2 =
            packed_pack_folded(PACKED_SEED, (uint64_t)0, (uint64_t)0, code, kind, fold, long_fold);
        uint64_t value = both_2.a;
        uint64_t word = both_2.b;
        uint64_t filled = both_2.c;
        uint64_t token = packed_close(value, word, filled);
        runs_count_runs(token, characters, ring, ROW(streaks, 1), runs, RUNS_UNUSED,
                        RUNS_FOLDED_BEST, RUNS_FOLDED_LOOP);
        AT(ring, characters & 7) = token;
        if (length <= RUNS_LONGEST_COUNTED) {
            AT(folds, characters) = token;
        }
        characters += 1;
    }
    if (length <= RUNS_LONGEST_COUNTED) {
        AT(runs, RUNS_FOLDED_LOOP) =
            max_i(AT(runs, RUNS_FOLDED_LOOP), runs_long_loop(folds, characters));
    }
    AT(runs, RUNS_ACTIVE) = 1; /* leave the streaks to be cleared */
    int64_t best = max_i(AT(runs, RUNS_FOLDED_BEST), min_i(characters, 1));
    return best;
}
