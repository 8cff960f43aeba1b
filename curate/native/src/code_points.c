/* The loops of curate.text.code_points. */

#define CODE_POINTS_NO_NUMBER 0
#define CODE_POINTS_UNCLEAR 3
#define CODE_POINTS_GROUPED 1
#define CODE_POINTS_DECIMAL_POINT 2
/* Whether a normal hash is right: yes, where composing changes nothing, no (use Python). */
#define CODE_POINTS_COMPOSED 0
/* Languages in which some characters take forms of their own. */
#define CODE_POINTS_BY_LANGUAGE 228
#define CODE_POINTS_ODD 2
/* The combining dot: behind an i it goes, which is left to Python. */
#define CODE_POINTS_DOT_ABOVE 775
#define CODE_POINTS_UNSURE 1

/* Code point and its length in bytes; the input is known to be valid UTF-8. */
static inline i64_i64 code_points_decode_at(uint8s data, int64_t at) {
    int64_t first = (uint32_t)(AT(data, at));
    if (first < 128) {
        return (i64_i64){first, 1};
    }
    if (first < 224) {
        return (i64_i64){
            ((first & (uint32_t)31) << (uint32_t)6) | ((uint32_t)(AT(data, at + 1)) & (uint32_t)63),
            2};
    }
    if (first < 240) {
        return (i64_i64){((first & (uint32_t)15) << (uint32_t)12) |
                             (((uint32_t)(AT(data, at + 1)) & (uint32_t)63) << (uint32_t)6) |
                             ((uint32_t)(AT(data, at + 2)) & (uint32_t)63),
                         3};
    }
    return (i64_i64){((first & (uint32_t)7) << (uint32_t)18) |
                         (((uint32_t)(AT(data, at + 1)) & (uint32_t)63) << (uint32_t)12) |
                         (((uint32_t)(AT(data, at + 2)) & (uint32_t)63) << (uint32_t)6) |
                         ((uint32_t)(AT(data, at + 3)) & (uint32_t)63),
                     4};
}

/* A character's form where the language has its own, as `normalise` has it; else `form`. */
static inline int64_t code_points_form_by_language(int64_t code, int64_t bits, int64_t form) {
    if ((bits & NUMERALS_TURKIC) && (code == 73 || code == 304)) {
        form = (uint32_t)(code == 73 ? 305 : 105);
    } else if ((bits & NUMERALS_ROMANIAN) && (code == 350 || code == 351)) {
        form = (uint32_t)537;
    } else if ((bits & NUMERALS_ROMANIAN) && (code == 354 || code == 355)) {
        form = (uint32_t)539;
    } else if ((bits & NUMERALS_RUSSIAN) && (code == 1025 || code == 1105)) {
        form = (uint32_t)1077;
    } else if ((bits & NUMERALS_UNPOINTED) && (1425 <= code && code <= 1648)) {
        bool hebrew = code <= 1469 || code == 1471 || code == 1473 || code == 1474;
        hebrew |= code == 1476 || code == 1477 || code == 1479;
        if (hebrew || (1611 <= code && code <= 1618) || code == 1648) {
            form = (uint32_t)FORMS_DROP;
        }
    }
    return form;
}

/* Whether the form of a code point has an ASCII digit: that of a superscript or a circled one, too,
 * which no decimal digit is. */
static inline bool code_points_gives_digit(int64_t form, uint32s2 long_forms) {
    if (form < FORMS_LONG) {
        return '0' <= form && form < ':';
    }
    for (int64_t k = 0; k < FORMS_LONGEST; k++) {
        int64_t part = AT2(long_forms, form - FORMS_LONG, k);
        if ('0' <= part && part < ':') {
            return true;
        }
    }
    return false;
}

/* What the ASCII point or comma at `at` is in a number, as `join_numbers` has it.
 *
 * UNCLEAR where other bytes than ASCII are in the digits beside it. */
static int64_t code_points_point_at(uint8s data, int64_t start, int64_t at, int64_t end,
                                    int64_t bits) {
    int64_t first = at;
    while (first > start && at - first < 4 &&
           ('0' <= AT(data, first - 1) && AT(data, first - 1) < ':')) {
        first -= 1;
    }
    int64_t last = at + 1;
    while (last < end && last - at < 5 && ('0' <= AT(data, last) && AT(data, last) < ':')) {
        last += 1;
    }
    int64_t before = at - first;
    int64_t behind = last - at - 1;
    if (before == 0 || behind == 0 || (bits & NUMERALS_PLAIN)) {
        return CODE_POINTS_NO_NUMBER;
    }
    if ((first > start && AT(data, first - 1) >= 128) || (last < end && AT(data, last) >= 128)) {
        return CODE_POINTS_UNCLEAR;
    }
    uint8_t mark = AT(data, at);
    if (((bits & NUMERALS_COMMA) && mark == 44) || ((bits & NUMERALS_DOT) && mark == 46)) {
        bool inside = first > start && AT(data, first - 1) == mark;
        bool lead = before <= 3 && (inside || AT(data, first) != '0');
        bool more = behind == 2 && last + 1 < end && AT(data, last) == mark &&
                    ('0' <= AT(data, last + 1) && AT(data, last + 1) < ':');
        return (lead && (behind == 3 || more)) ? CODE_POINTS_GROUPED : CODE_POINTS_NO_NUMBER;
    }
    return mark == ((bits & NUMERALS_DOT) ? 44 : 46) ? CODE_POINTS_DECIMAL_POINT
                                                     : CODE_POINTS_NO_NUMBER;
}
