/* Tokens of ASCII, and what is counted of all tokens. */

/* What is counted of a text while its tokens go by. */
typedef struct {
    int64_t chars, chars_nospace, letters, cased, uppers, digits, stops;
    int64_t tokens, longest_token, second_token, longest_word;
    uint64_t normal;
} plain_tokens_Sums;

/* Note a token of `size` characters, from `first` to before `end`; `folds` has room for it where
 * tokens are `counted`. */
static inline void plain_tokens_note(int64_t first, int64_t end, int64_t size, uint64_t folded,
                                     bool counted, uint64s folds, runs_Tokens* seen,
                                     plain_tokens_Sums* sums) {
    sums->second_token = max_i(sums->second_token, min_i(sums->longest_token, size));
    sums->longest_token = max_i(sums->longest_token, size);
    if (counted) {
        AT(folds, sums->tokens) = folded;
    }
    runs_note_token(seen, first, end - first, folded, sums->tokens);
    sums->tokens += 1;
}

/* The folded hash of ASCII letters and digits, of which the small ones and digits have bit 5. */
static inline uint64_t plain_tokens_fold(uint8s data, int64_t at, uint64_t size) {
    uint64_t value = PACKED_SEED;
    for (; size > 8; size -= 8, at += 8) {
        value = words_absorb(value, load_word(data, at) | PACKED_CASE_BITS);
    }
    uint64_t mask = ~UINT64_C(0) >> (64 - 8 * size);
    return words_absorb(value, (load_word(data, at) | PACKED_CASE_BITS) & mask);
}

/* Count the classes of the first bytes of a block, which are tokens and blanks. */
static inline void plain_tokens_sum(uint8s data, int64_t at, const byte_classes_Bits* classes,
                                    uint64_t first, uint64_t blank, plain_tokens_Sums* sums) {
    int64_t letters = packed_bits(classes->letter & first);
    sums->letters += letters;
    sums->cased += letters;
    sums->chars += packed_bits(first);
    sums->chars_nospace += packed_bits(first & ~blank);
    sums->uppers += packed_bits(classes->letter & ~classes->small & first);
    if (classes->digit & first) {
        sums->digits += packed_bits(classes->digit & first);
    }
    uint64_t marks = first & ~(classes->letter | classes->digit | blank);
    for (; marks && !sums->stops; marks &= marks - 1) {
        sums->stops = AT(PACKED_ASCII_STOP, AT(data, at + (int64_t)trailing_zeros(marks)));
    }
}

/* Take tokens of ASCII letters and digits with marks behind them, and the blanks around them, as
 * far as there are such: where they end. Blocks of bytes are classified at once, so that where a
 * token begins does not wait for where another one ends. */
static int64_t plain_tokens_take(uint8s data, int64_t at, int64_t end, bool turkic, bool counted,
                                 uint64s folds, runs_Tokens* seen, plain_tokens_Sums* sums) {
    bool plain = true;
    while (plain && at < end && at + BYTE_CLASSES_BLOCK + 8 <= data.size) {
        byte_classes_Bits classes = byte_classes_of(data, at);
        uint64_t all = byte_classes_before(at, end);
        uint64_t core = (classes.letter | classes.digit) & all, blank = classes.blank | ~all;
        uint64_t upper = classes.letter & ~classes.small;
        uint64_t mark = ~(core | blank | classes.odd);
        uint64_t bad = classes.odd | (core & mark << 1) | (mark & ~((core | mark) << 1)) |
                       (turkic ? upper : 0);
        uint64_t starts = ~blank & (blank << 1 | 1);
        uint64_t done = all;
        int64_t stop = min_i(end - at, BYTE_CLASSES_BLOCK);
        for (; starts; starts &= starts - 1) {
            uint64_t first = trailing_zeros(starts), ends = blank >> first;
            uint64_t size = trailing_zeros(ends), own = byte_classes_low(size & 63);
            if (!ends || (bad >> first & own)) {
                plain = !ends && first;
                stop = (int64_t)first;
                done = byte_classes_low(first);
                break;
            }
            int64_t from = at + (int64_t)first;
            uint64_t folded = plain_tokens_fold(data, from, trailing_zeros(~(core >> first)));
            sums->normal = words_absorb(sums->normal, folded);
            sums->longest_word = max_i(sums->longest_word, (int64_t)size);
            plain_tokens_note(from, from + (int64_t)size, (int64_t)size, folded, counted, folds,
                              seen, sums);
        }
        plain_tokens_sum(data, at, &classes, done, blank, sums);
        at += stop;
    }
    return at;
}
