/* The loops of curate.manifest.fields. */

/* Places of fields that are read here. */
#define FIELDS_AUDIO 0
#define FIELDS_DURATION 1
#define FIELDS_OFFSET 3
#define FIELDS_TARGET 5
#define FIELDS_SOURCE 6

typedef struct {
    uint8s names;
    int64s name_ends;
    int64s spans;
    int64s groups;
    int64s group_ends;
    doubles ten;
    bools may_end;
} Layout;
typedef struct {
    bools given;
    bools numbered;
    uint8s status;
    int64s line_start;
    int64s line_length;
    uint8s2 kind;
    int64s2 start;
    int64s2 length;
    doubles2 numbers;
    uint8s2 doubtful;
    uint64s paths;
    uint64s folders;
    uint64s names;
    bools wide;
    bools foreign;
    bools translations;
    int32s2 codes;
} Lines;
typedef struct {
    uint8s arena;
    int64s ends;
    int64s slots;
    int64s state;
} Known;
typedef struct {
    int64s2 keys;
    int64s known;
    uint8s2 kind;
    int32s2 start;
    int32s2 length;
    int64s last;
    uint8s plain;
} Workspace;

static inline bool fields_is_text(uint8_t kind) {
    return kind == SYNTAX_STRING || kind == SYNTAX_ESCAPED;
}

/* A field of the line at hand without backslashes: where that is, and in what. */
typedef struct {
    uint8s data;
    int64_t first;
    int64_t size;
} fields_Text;

static inline fields_Text fields_text(uint8s data, const Workspace* space, int64_t field,
                                      int64_t to) {
    int64_t first = AT2(space->start, 0, field), size = AT2(space->length, 0, field);
    if (AT2(space->kind, 0, field) != SYNTAX_ESCAPED) {
        return (fields_Text){data, first, size};
    }
    int64_t end = values_unescape(data, first, size, space->plain, to);
    return (fields_Text){space->plain, to, end - to};
}

/* Whether source_lang and target_lang are strings, and not the same. */
static bool fields_translated(uint8s data, const Workspace* space) {
    if (!fields_is_text(AT2(space->kind, 0, FIELDS_SOURCE)) ||
        !fields_is_text(AT2(space->kind, 0, FIELDS_TARGET))) {
        return false;
    }
    fields_Text one = fields_text(data, space, FIELDS_SOURCE, 0);
    fields_Text other =
        fields_text(data, space, FIELDS_TARGET, AT2(space->length, 0, FIELDS_SOURCE));
    bool same = one.size == other.size;
    for (int64_t k = 0; same && k < one.size; k++) {
        same = AT(one.data, one.first + k) == AT(other.data, other.first + k);
    }
    return !same;
}

/* What lines have of a field that they lack: written when the first line gives it, so that the many
 * fields that no line gives cost nothing. */
static void fields_begin(const Layout* layout, const Lines* lines, int64_t field) {
    AT(lines->given, field) = true;
    FILL(ROW(lines->kind, field), SYNTAX_MISSING);
    int64_t span = AT(layout->spans, field);
    if (span >= 0) {
        FILL(ROW(lines->start, span), 0);
        FILL(ROW(lines->length, span), 0);
    }
    if (field == FIELDS_DURATION || field == FIELDS_OFFSET) {
        int64_t to = field == FIELDS_OFFSET;
        FILL(ROW(lines->numbers, to), NAN);
        FILL(ROW(lines->doubtful, to), false);
    }
}

/* Number the fields that are read as such: of each group the first that is given. The bytes for
 * which there is no room among the known strings, or -1. */
static int64_t fields_number(uint8s data, const Layout* layout, const Known* known,
                             const Workspace* space, int64_t row, const Lines* lines) {
    int64_t at = 0;
    for (int64_t group = 0; group < layout->group_ends.size; group++) {
        int64_t field = -1;
        for (; at < AT(layout->group_ends, group); at++) {
            int64_t one = AT(layout->groups, at);
            uint8_t kind = AT2(space->kind, 0, one);
            if (field < 0 && kind != SYNTAX_MISSING && kind != SYNTAX_NULL) {
                field = one;
            }
        }
        if (field < 0) {
            continue;
        }
        fields_Text text = fields_text(data, space, field, 0);
        int64_t code = values_code(text.data, text.first, text.size, known->arena, known->ends,
                                   known->slots, known->state, AT(space->last, group));
        if (code < 0) {
            return text.size;
        }
        if (!AT(lines->numbered, group)) {
            AT(lines->numbered, group) = true;
            FILL(ROW(lines->codes, group), -1);
        }
        AT2(lines->codes, group, row) = AT(space->last, group) = code;
    }
    return -1;
}

/* Read a number of the line at hand; NaN stays where it is none. */
static inline void fields_read_number(uint8s data, const Layout* layout, const Workspace* space,
                                      int64_t field, int64_t to, int64_t row, const Lines* lines) {
    if (AT2(space->kind, 0, field) == SYNTAX_NUMBER) {
        AT2(lines->doubtful, to, row) =
            !values_number(data, AT2(space->start, 0, field), AT2(space->length, 0, field),
                           layout->ten, &AT2(lines->numbers, to, row));
    }
}

/* Note the audio path of the line at hand: its hashes, and if it may end as only ffmpeg reads. */
static inline void fields_note_path(fields_Text path, const Layout* layout, int64_t row,
                                    const Lines* lines) {
    AT(lines->paths, row) = words_hash_bytes(path.data, path.first, path.size);
    folder_keys_Parts parts = folder_keys_parts(path.data, path.first, path.size);
    AT(lines->folders, row) = parts.folder;
    AT(lines->names, row) = parts.name;
    AT(lines->wide, row) = parts.wide;
    int64_t end = path.first + path.size;
    AT(lines->foreign, row) =
        path.size >= 3 && AT(layout->may_end, AT(path.data, end - 1) << 8 | AT(path.data, end - 3));
}

/* Note the spans of the line at hand, and what is made of them. */
static void fields_note(uint8s data, const Layout* layout, const Workspace* space, int64_t row,
                        const Lines* lines) {
    for (int64_t k = 0; k < AT(space->known, 0); k++) {
        int64_t field = AT2(space->keys, k, 2);
        if (field < 0) {
            continue;
        }
        if (!AT(lines->given, field)) {
            fields_begin(layout, lines, field);
        }
        AT2(lines->kind, field, row) = AT2(space->kind, 0, field);
        int64_t span = AT(layout->spans, field);
        if (span >= 0) {
            AT2(lines->start, span, row) = AT2(space->start, 0, field);
            AT2(lines->length, span, row) = AT2(space->length, 0, field);
        }
    }
    fields_read_number(data, layout, space, FIELDS_DURATION, 0, row, lines);
    fields_read_number(data, layout, space, FIELDS_OFFSET, 1, row, lines);
    if (fields_is_text(AT2(space->kind, 0, FIELDS_AUDIO))) {
        fields_note_path(fields_text(data, space, FIELDS_AUDIO, 0), layout, row, lines);
    }
    AT(lines->translations, row) = fields_translated(data, space);
}

/* Read the lines from number `row` on, which begins at `at`; the number of the line for which there
 * is no room, or the end. `stopped` says where that line begins, and of how many bytes the string
 * is for which there is no room among the known ones. */
EXPORT int64_t fields_read_lines(uint8s data, int64_t row, int64_t at, const Layout* layout,
                                 const Known* known, const Workspace* space, const Lines* lines,
                                 int64s stopped) {
    for (; at < data.size && row < lines->status.size; row++) {
        int64_t begin = at;
        AT(lines->paths, row) = AT(lines->folders, row) = AT(lines->names, row) = 0;
        AT(lines->wide, row) = AT(lines->foreign, row) = AT(lines->translations, row) = false;
        FILL(ROW(space->kind, 0), SYNTAX_MISSING);
        i64_i64 both = scan_scan_object(data, at, layout->names, layout->name_ends, space->keys,
                                        space->known, 0, space->kind, space->start, space->length);
        at = both.b;
        if (both.a != SCAN_OK) {
            while (at < data.size && AT(data, at) != '\n') {
                at += 1;
            }
            if (both.a == SCAN_ODD) {
                AT(space->known, 0) = 0;
            }
        } else {
            int64_t missing = fields_number(data, layout, known, space, row, lines);
            if (missing >= 0) {
                AT(stopped, 0) = begin;
                AT(stopped, 1) = missing;
                return row;
            }
            fields_note(data, layout, space, row, lines);
        }
        AT(lines->status, row) = both.a;
        AT(lines->line_start, row) = begin;
        AT(lines->line_length, row) = at - begin;
        at += 1;
    }
    AT(stopped, 0) = at;
    return row;
}
