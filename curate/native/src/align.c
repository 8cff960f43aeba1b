/* The loops of curate.text.align. */

#define ALIGN_DELETIONS 2
#define ALIGN_INSERTIONS 3
#define ALIGN_SUBSTITUTIONS 1
#define ALIGN_MISMATCH_RUN 4
/* What became of a pair: no second text, byte for byte alike, aligned, or left to the caller. */
#define ALIGN_NONE 0
#define ALIGN_LONGEST_BYTES 131072
#define ALIGN_TOO_LONG 3
#define ALIGN_OTHER_WORDS 0
#define ALIGN_OTHER_CHARS 5
#define ALIGN_EQUAL 1
#define ALIGN_ALIGNED 2

static void align_mark(uint8s wrong, int64_t word) {
    if (wrong.size) {
        AT(wrong, word) = 1;
    }
}

/* Fill `edits` for two lists of words without common ends; `table` has room for them. `wrong` has
   a place for each of `words`, or none at all: 1 where a word is deleted or substituted. */
static void align_align(uint64s words, uint64s others, int32s table, int32s edits, uint8s wrong) {
    int64_t column, row, here;
    int64_t rows = words.size + 1;
    int64_t columns = others.size + 1;
    for (column = 0; column < columns; column++) {
        AT(table, column) = column;
    }
    for (row = 1; row < rows; row++) {
        here = row * columns;
        int64_t above = (row - 1) * columns;
        AT(table, here) = row;
        uint64_t word = AT(words, row - 1);
        for (column = 1; column < columns; column++) {
            int64_t cost =
                (int64_t)(AT(table, above + column - 1)) + (word != AT(others, column - 1));
            cost = min_i(cost, (int64_t)(AT(table, above + column)) + 1);
            AT(table, here + column) = min_i(cost, (int64_t)(AT(table, here + column - 1)) + 1);
        }
    }
    row = words.size;
    column = others.size;
    int64_t run = 0;
    while (row || column) {
        here = row * columns + column;
        if (row && (!column || AT(table, here) == (int64_t)(AT(table, here - columns)) + 1)) {
            row -= 1;
            AT(edits, ALIGN_DELETIONS) += 1;
            align_mark(wrong, row);
            run += 1;
        } else if (column &&
                   (!row || (column > 1 && AT(table, here - 1) ==
                                               (int64_t)(AT(table, here - columns - 1)) - 1))) {
            column -= 1;
            AT(edits, ALIGN_INSERTIONS) += 1;
            run += 1;
        } else {
            row -= 1;
            column -= 1;
            if (AT(words, row) == AT(others, column)) {
                run = 0;
            } else {
                AT(edits, ALIGN_SUBSTITUTIONS) += 1;
                align_mark(wrong, row);
                run += 1;
            }
        }
        AT(edits, ALIGN_MISMATCH_RUN) = max_i(AT(edits, ALIGN_MISMATCH_RUN), run);
    }
}

static bool align_same_bytes(uint8s data, int64_t start, uint8s other, int64_t other_start,
                             int64_t length) {
    for (int64_t k = 0; k < length; k++) {
        if (AT(data, start + k) != AT(other, other_start + k)) {
            return false;
        }
    }
    return true;
}

/* Where the words of a text with single blanks begin, and their bytes; how many. */
static int64_t align_words_at(uint8s data, int64_t start, int64_t length, int64s first,
                              int64s size) {
    int64_t count = 0;
    int64_t at = start;
    for (int64_t k = start; k < start + length + 1; k++) {
        if (k == start + length || AT(data, k) == ' ') {
            if (k > at) {
                AT(first, count) = at;
                AT(size, count) = k - at;
                count += 1;
            }
            at = k + 1;
        }
    }
    return count;
}

/* How many words from `low` down make up the word at `at` (2 or more); 0 for none. */
static int64_t align_joins(uint8s parts, int64s first, int64s size, int64_t low, uint8s word,
                           int64_t at, int64_t length) {
    int64_t left = length;
    int64_t k = low;
    while (k >= 0 && AT(size, k) <= left) {
        left -= AT(size, k);
        for (int64_t j = 0; j < AT(size, k); j++) {
            if (AT(parts, AT(first, k) + j) != AT(word, at + left + j)) {
                return 0;
            }
        }
        if (left == 0) {
            return k < low ? low - k + 1 : 0;
        }
        k -= 1;
    }
    return 0;
}

static bool align_any_joins(uint8s parts, int64s first, int64s size, int64_t count, uint8s word,
                            int64s at, int64s length, int64_t words) {
    for (int64_t low = 1; low < count; low++) {
        for (int64_t k = 0; k < words; k++) {
            if (align_joins(parts, first, size, low, word, AT(at, k), AT(length, k))) {
                return true;
            }
        }
    }
    return false;
}

/* `_align` in which words match what they make up; of `words` and `others` words. */
static void align_align_joined(uint8s data, int64s first, int64s size, int64_t words, uint8s other,
                               int64s other_first, int64s other_size, int64_t others, int32s table,
                               int32s edits, uint8s wrong) {
    int64_t column, row, here, cost, one, two, joined;
    int64_t columns = others + 1;
    for (column = 0; column < columns; column++) {
        AT(table, column) = column;
    }
    for (row = 1; row < words + 1; row++) {
        here = row * columns;
        int64_t above = (row - 1) * columns;
        AT(table, here) = row;
        for (column = 1; column < columns; column++) {
            cost = (int64_t)(min_i(AT(table, above + column), AT(table, here + column - 1))) + 1;
            one = AT(size, row - 1);
            two = AT(other_size, column - 1);
            if (one == two) {
                bool same = align_same_bytes(data, AT(first, row - 1), other,
                                             AT(other_first, column - 1), one);
                cost = min_i(cost, (int64_t)(AT(table, above + column - 1)) + !same);
            } else {
                cost = min_i(cost, (int64_t)(AT(table, above + column - 1)) + 1);
                if (one < two) {
                    joined = align_joins(data, first, size, row - 1, other,
                                         AT(other_first, column - 1), two);
                    if (joined) {
                        cost = min_i(cost, AT(table, here - joined * columns + column - 1));
                    }
                } else {
                    joined = align_joins(other, other_first, other_size, column - 1, data,
                                         AT(first, row - 1), one);
                    if (joined) {
                        cost = min_i(cost, AT(table, above + column - joined));
                    }
                }
            }
            AT(table, here + column) = cost;
        }
    }
    AT(edits, ALIGN_SUBSTITUTIONS) = AT(edits, ALIGN_DELETIONS) = AT(edits, ALIGN_INSERTIONS) =
        AT(edits, ALIGN_MISMATCH_RUN) = 0;
    for (row = 0; row < wrong.size; row++) {
        AT(wrong, row) = 0;
    }
    row = words;
    column = others;
    int64_t run = 0;
    while (row || column) {
        here = row * columns + column;
        cost = AT(table, here);
        if (row && column) {
            one = AT(size, row - 1);
            two = AT(other_size, column - 1);
            if (one == two && align_same_bytes(data, AT(first, row - 1), other,
                                               AT(other_first, column - 1), one)) {
                if (cost == AT(table, here - columns - 1)) {
                    row = row - 1;
                    column = column - 1;
                    run = 0;
                    continue;
                }
            } else if (one < two) {
                joined = align_joins(data, first, size, row - 1, other, AT(other_first, column - 1),
                                     two);
                if (joined && cost == AT(table, here - joined * columns - 1)) {
                    row = row - joined;
                    column = column - 1;
                    run = 0;
                    continue;
                }
            } else if (one > two) {
                joined = align_joins(other, other_first, other_size, column - 1, data,
                                     AT(first, row - 1), one);
                if (joined && cost == AT(table, here - columns - joined)) {
                    row = row - 1;
                    column = column - joined;
                    run = 0;
                    continue;
                }
            }
        }
        run += 1;
        if (row && column && cost == (int64_t)(AT(table, here - columns - 1)) + 1) {
            row = row - 1;
            column = column - 1;
            AT(edits, ALIGN_SUBSTITUTIONS) += 1;
            align_mark(wrong, row);
        } else if (row && cost == (int64_t)(AT(table, here - columns)) + 1) {
            row -= 1;
            AT(edits, ALIGN_DELETIONS) += 1;
            align_mark(wrong, row);
        } else {
            column -= 1;
            AT(edits, ALIGN_INSERTIONS) += 1;
        }
        AT(edits, ALIGN_MISMATCH_RUN) = max_i(AT(edits, ALIGN_MISMATCH_RUN), run);
    }
}

/* `wrong_at` has the place of each text's first word in `wrong`; both are empty where no words are
   marked. */
EXPORT void align_align_all(uint8s data, int64s starts, int64s lengths, uint8s other,
                            int64s other_starts, int64s other_lengths, uint16s flags,
                            uint64s hashes, uint64s others, int32s sizes, int32s table, bool joined,
                            int64s2 places, int32s2 edits, uint8s fate, int64s wrong_at,
                            uint8s wrong) {
    for (int64_t row = 0; row < starts.size; row++) {
        int64_t length = AT(lengths, row);
        int64_t other_length = AT(other_lengths, row);
        if (other_length < 0) {
            AT(fate, row) = ALIGN_NONE;
            continue;
        }
        if (length > ALIGN_LONGEST_BYTES || other_length > ALIGN_LONGEST_BYTES) {
            AT(fate, row) = ALIGN_TOO_LONG;
            continue;
        }
        i64_i64 both = word_split_split_words(other, AT(other_starts, row), other_length, flags,
                                              others, sizes);
        int64_t words = both.a;
        int64_t chars = both.b;
        AT2(edits, row, ALIGN_OTHER_WORDS) = words;
        AT2(edits, row, ALIGN_OTHER_CHARS) = chars;
        if (length == other_length &&
            align_same_bytes(data, AT(starts, row), other, AT(other_starts, row), length)) {
            AT(fate, row) = ALIGN_EQUAL;
            continue;
        }
        AT(fate, row) = ALIGN_ALIGNED;
        i64_i64 both_2 =
            word_split_split_words(data, AT(starts, row), length, flags, hashes, sizes);
        int64_t mine = both_2.a;
        int64_t head = 0;
        int64_t whole = mine;
        int64_t mark = wrong_at.size ? AT(wrong_at, row) : 0;
        uint8s marks = wrong_at.size ? SLICE(wrong, mark, mark + whole) : wrong;
        int64_t other_whole = words;
        while (head < mine && head < words && AT(hashes, head) == AT(others, head)) {
            head += 1;
        }
        while (mine > head && words > head && AT(hashes, mine - 1) == AT(others, words - 1)) {
            mine -= 1;
            words -= 1;
        }
        if ((mine - head + 1) * (words - head + 1) > table.size) {
            AT(fate, row) = ALIGN_TOO_LONG;
        } else {
            align_align(SLICE(hashes, head, mine), SLICE(others, head, words), table,
                        ROW(edits, row), marks.size ? SLICE(marks, head, mine) : marks);
            int64_t fewest = (int64_t)(AT2(edits, row, ALIGN_SUBSTITUTIONS)) +
                             AT2(edits, row, ALIGN_DELETIONS) + AT2(edits, row, ALIGN_INSERTIONS);
            int64_t cells = (whole + 1) * (other_whole + 1);
            if (!joined || fewest < 2 || cells > table.size) {
                continue; /* of one edit nothing is left to save */
            }
            align_words_at(data, AT(starts, row), length, ROW(places, 0), ROW(places, 1));
            align_words_at(other, AT(other_starts, row), other_length, ROW(places, 2),
                           ROW(places, 3));
            if (align_any_joins(data, ROW(places, 0), ROW(places, 1), whole, other, ROW(places, 2),
                                ROW(places, 3), other_whole) ||
                align_any_joins(other, ROW(places, 2), ROW(places, 3), other_whole, data,
                                ROW(places, 0), ROW(places, 1), whole)) {
                align_align_joined(data, ROW(places, 0), ROW(places, 1), whole, other,
                                   ROW(places, 2), ROW(places, 3), other_whole, table,
                                   ROW(edits, row), marks);
            }
        }
    }
}
