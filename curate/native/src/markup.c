/* The loops of curate.text.markup. */

static uint8_t MARKUP_CLOSES_values[256] = {['<'] = '>', ['['] = ']', ['{'] = '}'};
static const uint8s MARKUP_CLOSES = {MARKUP_CLOSES_values, 256};
static uint8_t MARKUP_ADDRESS_values[] = {'h', 't', 't', 'p'};
static const uint8s MARKUP_ADDRESS = {MARKUP_ADDRESS_values, 4};
static bool MARKUP_BLANK_values[256] = {['\t' ... '\r'] = 1, [' '] = 1};
static const bools MARKUP_BLANK = {MARKUP_BLANK_values, 256};
static uint8_t MARKUP_CLOCK_SHAPE_values[] = {'0', '0', ':', '0', '0', ':',
                                              '0', '0', '.', '0', '0', '0'};
static const uint8s MARKUP_CLOCK_SHAPE = {MARKUP_CLOCK_SHAPE_values, 12};
static bool MARKUP_ESCAPED_values[256] = {['"'] = 1,  ['\''] = 1, ['/'] = 1, ['N'] = 1, ['R'] = 1,
                                          ['\\'] = 1, ['h'] = 1,  ['n'] = 1, ['r'] = 1, ['t'] = 1};
static const bools MARKUP_ESCAPED = {MARKUP_ESCAPED_values, 256};
static uint8_t MARKUP_UNSCORED_values[] = {'i', 'g', 'n', 'o', 'r', 'e', '_', 't', 'i', 'm',
                                           'e', '_', 's', 'e', 'g', 'm', 'e', 'n', 't', '_',
                                           'i', 'n', '_', 's', 'c', 'o', 'r', 'i', 'n', 'g'};
static const uint8s MARKUP_UNSCORED = {MARKUP_UNSCORED_values, 30};
#define MARKUP_ARROW 4
#define MARKUP_CLOCK 5
#define MARKUP_ESCAPE 6
#define MARKUP_WORD 8
static uint8_t MARKUP_STARTS_values[256] = {['&'] = 2, ['-'] = 4, ['0' ... '9'] = 5, ['<'] = 1,
                                            ['>'] = 4, ['['] = 1, ['\\'] = 6,        ['h'] = 3,
                                            ['i'] = 8, ['{'] = 1, [0xe2] = 7,        [0xf0] = 7};
static const uint8s MARKUP_STARTS = {MARKUP_STARTS_values, 256};
#define MARKUP_OPENS 1
#define MARKUP_ENTITY 2
#define MARKUP_LINK 3
#define MARKUP_PLAIN 0

/* Whether a byte is there without which no mark is; compared many at a time, no branches. */
static bool markup_may_hold(uint8s data, int64_t at, int64_t end) {
    bool seen = false;
    for (int64_t place = at; place < end; place++) {
        uint8_t byte = AT(data, place);
        seen |= (byte == '<') | (byte == '{') | (byte == '[') | (byte == '&') | (byte == ':');
        seen |= (byte == '>') | (byte == '\\') | (byte == '_') | (byte == 226) | (byte == 240);
    }
    return seen;
}

static int64_t markup_bracket(uint8s data, int64_t at, int64_t end) {
    uint8_t opens = AT(data, at);
    uint8_t closes = AT(MARKUP_CLOSES, AT(data, at));
    if (opens == 60 && at + 1 < end && (AT(data, at + 1) == ' ' || AT(data, at + 1) == closes)) {
        return at;
    }
    for (int64_t next_ = at + 1; next_ < end; next_++) {
        if (AT(data, next_) == closes) {
            return next_ + 1;
        }
        if (AT(data, next_) == opens) {
            return at;
        }
    }
    return at;
}

static bool markup_belongs(int64_t byte, bool number, bool hexadecimal, bool first) {
    bool digit = 48 <= byte && byte <= 57;
    bool letter = 97 <= (byte | 32) && (byte | 32) <= 122;
    if (hexadecimal) {
        return digit || (97 <= (byte | 32) && (byte | 32) <= 102);
    }
    return number ? digit : letter || (digit && !first);
}

static int64_t markup_entity(uint8s data, int64_t at, int64_t end) {
    int64_t first = at + 1;
    bool number = first < end && AT(data, first) == '#';
    bool hexadecimal = number && first + 1 < end && (AT(data, first + 1) | 32) == 120;
    first += number + hexadecimal;
    int64_t next_ = first;
    while (next_ < end && markup_belongs(AT(data, next_), number, hexadecimal, next_ == first)) {
        next_ += 1;
    }
    int64_t least = first + 1 + !number;
    return ((least <= next_ && next_ < end) && AT(data, next_) == ';') ? next_ + 1 : at;
}

static int64_t markup_link(uint8s data, int64_t at, int64_t end) {
    if (end - at < 8) {
        return at;
    }
    for (int64_t step = 0; step < 4; step++) {
        if (AT(data, at + step) != AT(MARKUP_ADDRESS, step)) {
            return at;
        }
    }
    int64_t here = at + 4 + (AT(data, at + 4) == 's');
    if (here + 3 >= end || AT(data, here) != ':' || AT(data, here + 1) != '/' ||
        AT(data, here + 2) != '/') {
        return at;
    }
    int64_t next_ = here + 3;
    while (next_ < end && !(AT(MARKUP_BLANK, AT(data, next_)))) {
        next_ += 1;
    }
    return next_ > here + 3 ? next_ : at;
}

/* Whether `00:00:00,000` begins here, with any digits. */
static bool markup_is_clock(uint8s data, int64_t at, int64_t end) {
    if (end - at < 12) {
        return false;
    }
    for (int64_t step = 0; step < 12; step++) {
        uint8_t byte = AT(data, at + step);
        uint8_t shape = AT(MARKUP_CLOCK_SHAPE, step);
        bool digit = '0' <= byte && byte < ':';
        if (shape == 48 && !digit) {
            return false;
        }
        if (shape == 58 && byte != ':') {
            return false;
        }
        if (shape == 46 && byte != '.' && byte != ',') {
            return false;
        }
    }
    return true;
}

/* Where a backslash and what it escapes end; `at` where it escapes nothing. */
static int64_t markup_escape(uint8s data, int64_t at, int64_t end) {
    if (at + 1 >= end) {
        return at;
    }
    if (AT(MARKUP_ESCAPED, AT(data, at + 1))) {
        return at + 2;
    }
    int64_t digits = AT(data, at + 1) == 'u' ? 4 : AT(data, at + 1) == 'x' ? 2 : 0;
    if (!digits || at + 2 + digits > end) {
        return at;
    }
    for (int64_t place = at + 2; place < at + 2 + digits; place++) {
        int64_t byte = AT(data, place) | 32;
        if (!(('0' <= AT(data, place) && AT(data, place) < ':') || (97 <= byte && byte <= 102))) {
            return at;
        }
    }
    return at + 2 + digits;
}

/* Whether NIST's word for a segment that is not scored begins here. */
static bool markup_is_unscored(uint8s data, int64_t at, int64_t end) {
    if (end - at < MARKUP_UNSCORED.size) {
        return false;
    }
    bool same = true;
    for (int64_t step = 0; step < MARKUP_UNSCORED.size; step++) {
        same &= AT(data, at + step) == AT(MARKUP_UNSCORED, step);
    }
    return same;
}

/* Whether these bytes behind 0xE2 are of U+2047, or of U+2600 to U+27BF but a note. */
static bool markup_is_dingbat(int64_t second, int64_t third) {
    bool note = second == 153 && (169 <= third && third <= 175);
    return (second == 129 && third == 135) || ((152 <= second && second <= 158) && !note);
}

/* Where one of LEFT_OVER that begins here ends; `at` itself where none does. */
static int64_t markup_left_over(uint8s data, int64_t at, int64_t end, int64_t kind) {
    int64_t upto = at;
    if (kind == MARKUP_ARROW) {
        while (AT(data, at) == '>' && upto < end && AT(data, upto) == '>') {
            upto += 1;
        }
        if (upto == at + 1) {
            upto = at;
        } else if (at + 3 <= end && AT(data, at) == '-' && AT(data, at + 1) == '-' &&
                   AT(data, at + 2) == '>') {
            upto = at + 3;
        }
    } else if (kind == MARKUP_CLOCK) {
        upto = markup_is_clock(data, at, end) ? at + 12 : at;
    } else if (kind == MARKUP_ESCAPE) {
        upto = markup_escape(data, at, end);
    } else if (kind == MARKUP_WORD) {
        upto = markup_is_unscored(data, at, end) ? at + MARKUP_UNSCORED.size : at;
    } else if (AT(data, at) == 240) {
        bool note = AT(data, at + 2) == 142 && (AT(data, at + 3) == 181 || AT(data, at + 3) == 182);
        upto = (AT(data, at + 1) == 159 && !note) ? at + 4 : at;
    } else if (markup_is_dingbat(AT(data, at + 1), AT(data, at + 2))) {
        upto = at + 3;
    }
    return upto;
}

/* Where the mark that begins here ends; `at` itself where none does. */
static int64_t markup_end_of(uint8s data, int64_t at, int64_t end) {
    int64_t upto;
    uint8_t kind = AT(MARKUP_STARTS, AT(data, at));
    if (kind == MARKUP_OPENS) {
        upto = markup_bracket(data, at, end);
    } else if (kind == MARKUP_ENTITY) {
        upto = markup_entity(data, at, end);
    } else if (kind == MARKUP_LINK) {
        upto = markup_link(data, at, end);
    } else {
        upto = markup_left_over(data, at, end, kind);
    }
    return upto;
}

EXPORT void markup_count_all(uint8s data, int64s start, int64s length, int32s counts) {
    for (int64_t row = 0; row < start.size; row++) {
        int64_t at = AT(start, row);
        int64_t end = AT(start, row) + AT(length, row);
        if (!(markup_may_hold(data, at, end))) {
            continue;
        }
        while (at < end) {
            int64_t upto =
                AT(MARKUP_STARTS, AT(data, at)) == MARKUP_PLAIN ? at : markup_end_of(data, at, end);
            for (int64_t inside = at; inside < upto; inside++) {
                AT(counts, row) += (AT(data, inside) & 192) != 128;
            }
            at = max_i(upto, at + 1);
        }
    }
}
