/* The loops of curate.text.runs. */

/* What has been seen of a text's runs. The bests count occurrences, FOLDED_LOOP the tokens of the
 * longest loop. */
#define RUNS_WORD_BEST 0
#define RUNS_PHRASE_BEST 1
#define RUNS_FOLDED_BEST 2
#define RUNS_FOLDED_LOOP 3
#define RUNS_UNUSED 4
/* Tokens of the longest phrase whose runs are counted. */
#define RUNS_LONGEST_PHRASE 5
/* Tokens that are compared with those before them at once, so many at a time. */
#define RUNS_BATCH 64
#define RUNS_BLOCK 16
/* Tokens of a text of which each is compared with each. */
#define RUNS_FEW 32

/* The tokens of a batch behind those before it: where they are in `data`, and their folded hashes
 * in two halves, as processors compare numbers of 32 bits. And by how many tokens before: streaks
 * of tokens that equal the one there, as they are or folded, and the longest. */
typedef struct {
    uint8s data;
    int64_t first[RUNS_FEW + RUNS_BATCH];
    int64_t size[RUNS_FEW + RUNS_BATCH];
    uint32_t low[RUNS_FEW + RUNS_BATCH];
    uint32_t high[RUNS_FEW + RUNS_BATCH];
    int64_t streaks[2][RUNS_LONGEST_PHRASE + 1];
    int64_t longest[2][RUNS_LONGEST_PHRASE + 1];
} runs_Tokens;
#define RUNS_RAW 0
#define RUNS_FOLDED 1

/* Tokens of the longest phrase whose loop is looked for; the runs above are of 1 to 5. */
#define RUNS_LONGEST_LOOP 100
/* Bytes of text up to which distinct words are counted, and loops of long phrases: more is no
 * segment of speech. */
#define RUNS_LONGEST_COUNTED 1048576

/* Begin a new text. */
static inline void runs_forget(runs_Tokens* of, int64s runs) {
    memset(of->streaks, 0, sizeof of->streaks);
    memset(of->longest, 0, sizeof of->longest);
    AT(runs, RUNS_WORD_BEST) = AT(runs, RUNS_PHRASE_BEST) = AT(runs, RUNS_FOLDED_BEST) = 1;
    AT(runs, RUNS_FOLDED_LOOP) = 0;
}

/* The runs that follow from a streak of tokens that equal the one `back` before. */
static inline void runs_count_run(int64_t streak, int64_t back, int64s runs, int64_t word_best,
                                  int64_t phrase_best, int64_t loop) {
    int64_t run = (streak / back) + 1;
    AT(runs, phrase_best) = max_i(AT(runs, phrase_best), run);
    if (run > 1) {
        AT(runs, loop) = max_i(AT(runs, loop), run * back);
    }
    if (back == 1) {
        AT(runs, word_best) = max_i(AT(runs, word_best), run);
    }
}

/* Streaks of equality with the token 1 to 5 before, and the runs that follow from them. */
static void runs_count_runs(uint64_t token, int64_t tokens, const uint64_t ring[8],
                            int64_t streaks[RUNS_LONGEST_PHRASE + 1], int64s runs) {
    for (int64_t back = 1; back <= RUNS_LONGEST_PHRASE; back++) {
        if (tokens >= back && ring[(tokens - back) & 7] == token) {
            streaks[back] += 1;
            runs_count_run(streaks[back], back, runs, RUNS_UNUSED, RUNS_FOLDED_BEST,
                           RUNS_FOLDED_LOOP);
        } else {
            streaks[back] = 0;
        }
    }
}

/* A bit for each token of the block from `first` on: whether its folded hash equals that of the one
 * `back` before. */
static inline uint64_t runs_equal(const runs_Tokens* of, int64_t first, int64_t back) {
    const uint32_t *low = of->low + RUNS_FEW + first, *high = of->high + RUNS_FEW + first;
#ifdef __SSE2__
    __m128i equal[4];
    for (int64_t k = 0; k < 4; k++) {
        __m128i one = _mm_loadu_si128((const __m128i*)(low + 4 * k));
        __m128i other = _mm_loadu_si128((const __m128i*)(high + 4 * k));
        one = _mm_cmpeq_epi32(one, _mm_loadu_si128((const __m128i*)(low + 4 * k - back)));
        other = _mm_cmpeq_epi32(other, _mm_loadu_si128((const __m128i*)(high + 4 * k - back)));
        equal[k] = _mm_and_si128(one, other);
    }
    __m128i one = _mm_packs_epi32(equal[0], equal[1]), other = _mm_packs_epi32(equal[2], equal[3]);
    return (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_packs_epi16(one, other));
#else
    uint64_t bits = 0;
    for (int64_t k = 0; k < RUNS_BLOCK; k++) {
        bits |= (uint64_t)((low[k] == low[k - back]) & (high[k] == high[k - back])) << k;
    }
    return bits;
#endif
}

#ifdef __x86_64__
WIDE static inline uint64_t runs_equal_wide(const runs_Tokens* of, int64_t first, int64_t back) {
    const uint32_t *low = of->low + RUNS_FEW + first, *high = of->high + RUNS_FEW + first;
    uint64_t bits = 0;
    for (int64_t k = 0; k < RUNS_BLOCK; k += 8) {
        __m256i one = _mm256_loadu_si256((const __m256i*)(low + k));
        __m256i other = _mm256_loadu_si256((const __m256i*)(high + k));
        one = _mm256_cmpeq_epi32(one, _mm256_loadu_si256((const __m256i*)(low + k - back)));
        other = _mm256_cmpeq_epi32(other, _mm256_loadu_si256((const __m256i*)(high + k - back)));
        __m256 equal = _mm256_castsi256_ps(_mm256_and_si256(one, other));
        bits |= (uint64_t)(uint32_t)_mm256_movemask_ps(equal) << k;
    }
    return bits;
}
#else
#define runs_equal_wide runs_equal
#endif

/* The same of a whole batch: its first `count` tokens, `first` of a text or behind others. */
ALWAYS_INLINE uint64_t runs_equal_all(const runs_Tokens* of, int64_t count, bool first,
                                      int64_t back, bool wide) {
    uint64_t bits = 0;
    for (int64_t at = first ? back - back % RUNS_BLOCK : 0; at < count; at += RUNS_BLOCK) {
        bits |= (wide ? runs_equal_wide(of, at, back) : runs_equal(of, at, back)) << at;
    }
    bits &= count < RUNS_BATCH ? (UINT64_C(1) << count) - 1 : ~UINT64_C(0);
    return first ? bits & ~UINT64_C(0) << back : bits;
}

/* Of these tokens those that equal the one `back` before as they are. */
static inline uint64_t runs_equal_raw(const runs_Tokens* of, uint64_t bits, int64_t back) {
    uint64_t equal = 0;
    for (; bits; bits &= bits - 1) {
        int64_t at = RUNS_FEW + (int64_t)trailing_zeros(bits);
        if (of->size[at] == of->size[at - back] &&
            scan_same(of->data, of->first[at], of->first[at - back], of->size[at])) {
            equal |= bits & -bits;
        }
    }
    return equal;
}

/* Carry a streak on over the bits of a batch, and the longest one. */
static void runs_carry_on(uint64_t bits, int64_t count, int64_t* streak, int64_t* longest) {
    int64_t first = min_i((int64_t)trailing_zeros(~bits), count);
    *longest = max_i(*longest, *streak + first);
    if (first == count) {
        *streak += count;
        return;
    }
    *streak = __builtin_clzll(~(bits << (RUNS_BATCH - count))); /* of these not all are equal */
    int64_t within = 0;
    for (; bits; bits &= bits << 1) {
        within += 1;
    }
    *longest = max_i(*longest, within);
}

/* Take a batch of tokens, the first one of a text or a later one, which `more` may follow: the
 * tokens that equal one of the 1 to 5 before.
 *
 * In most batches no phrase follows upon itself: that takes a streak of its length. */
ALWAYS_INLINE uint64_t runs_take(runs_Tokens* of, int64_t count, bool first, bool more, bool wide) {
    uint64_t seen = 0;
    for (int64_t back = 1; back <= RUNS_LONGEST_PHRASE; back++) {
        uint64_t bits = runs_equal_all(of, count, first, back, wide), twice = bits;
        for (int64_t k = 1; k < back; k++) {
            twice &= twice << 1;
        }
        if (twice || !first || more) {
            runs_carry_on(bits, count, &of->streaks[RUNS_FOLDED][back],
                          &of->longest[RUNS_FOLDED][back]);
            runs_carry_on(runs_equal_raw(of, bits, back), count, &of->streaks[RUNS_RAW][back],
                          &of->longest[RUNS_RAW][back]);
        }
        seen |= bits;
    }
    return seen;
}

/* The same of a whole batch, which more may follow. */
static void runs_take_batch(runs_Tokens* of, bool first) {
    runs_take(of, RUNS_BATCH, first, true, false);
}

/* Note the next token of a text, number `tokens` from 0. */
static inline void runs_note_token(runs_Tokens* of, int64_t first, int64_t size, uint64_t folded,
                                   int64_t tokens) {
    int64_t at = RUNS_FEW + tokens % RUNS_BATCH;
    of->first[at] = first;
    of->size[at] = size;
    of->low[at] = (uint32_t)folded;
    of->high[at] = (uint32_t)(folded >> 32);
    if (at == RUNS_FEW + RUNS_BATCH - 1) {
        runs_take_batch(of, tokens < RUNS_BATCH);
        memcpy(of->first, of->first + RUNS_BATCH, RUNS_FEW * sizeof *of->first);
        memcpy(of->size, of->size + RUNS_BATCH, RUNS_FEW * sizeof *of->size);
        memcpy(of->low, of->low + RUNS_BATCH, RUNS_FEW * sizeof *of->low);
        memcpy(of->high, of->high + RUNS_BATCH, RUNS_FEW * sizeof *of->high);
    }
}

/* Behind the last token: what the runs are. Where the tokens are FEW: how many are distinct, when
 * folded. */
ALWAYS_INLINE int64_t runs_finish_any(runs_Tokens* of, int64_t tokens, int64s runs, bool wide) {
    uint64_t seen = runs_take(of, tokens % RUNS_BATCH, tokens < RUNS_BATCH, false, wide);
    for (int64_t back = 1; back <= RUNS_LONGEST_PHRASE; back++) {
        int64_t raw = of->longest[RUNS_RAW][back], folded = of->longest[RUNS_FOLDED][back];
        if (folded >= back) { /* as many as any raw ones */
            runs_count_run(raw, back, runs, RUNS_WORD_BEST, RUNS_PHRASE_BEST, RUNS_UNUSED);
            runs_count_run(folded, back, runs, RUNS_UNUSED, RUNS_FOLDED_BEST, RUNS_FOLDED_LOOP);
        }
    }
    int64_t most = tokens <= RUNS_BLOCK ? RUNS_BLOCK : tokens <= RUNS_FEW ? tokens : 0;
    for (int64_t back = RUNS_LONGEST_PHRASE + 1; back < most; back++) {
        seen |= runs_equal_all(of, tokens, true, back, wide);
    }
    return tokens - packed_bits(seen);
}

WIDE static int64_t runs_finish_wide(runs_Tokens* of, int64_t tokens, int64s runs) {
    return runs_finish_any(of, tokens, runs, true);
}

static int64_t runs_finish(runs_Tokens* of, int64_t tokens, int64s runs) {
    return is_wide() ? runs_finish_wide(of, tokens, runs)
                     : runs_finish_any(of, tokens, runs, false);
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
                                  uint32s fold, uint32s2 long_fold, int64s runs, uint64s folds) {
    uint64_t ring[8];
    int64_t streaks[RUNS_LONGEST_PHRASE + 1] = {0};
    AT(runs, RUNS_FOLDED_BEST) = AT(runs, RUNS_FOLDED_LOOP) = 0;
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
        runs_count_runs(token, characters, ring, streaks, runs);
        ring[characters & 7] = token;
        if (length <= RUNS_LONGEST_COUNTED) {
            AT(folds, characters) = token;
        }
        characters += 1;
    }
    if (length <= RUNS_LONGEST_COUNTED) {
        AT(runs, RUNS_FOLDED_LOOP) =
            max_i(AT(runs, RUNS_FOLDED_LOOP), runs_long_loop(folds, characters));
    }
    int64_t best = max_i(AT(runs, RUNS_FOLDED_BEST), min_i(characters, 1));
    return best;
}
