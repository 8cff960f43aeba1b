/* The loops of curate.manifest.cells. */

#define CELLS_BLANK 0
#define CELLS_PLAIN 1
#define CELLS_OTHER 2

/* Stands behind each cell that is written; rows that hold one are left to Python. */
#define CELLS_END 0x1f
/* Cells beyond are left to Python, whose csv module refuses them. */
#define CELLS_LONGEST 100000

typedef struct {
    uint8s data;
    uint8_t delimiter;
    bool quoted;
    int64_t width;
} Dialect;

/* The end of the row that begins at `start`: its newline, or the end of the data; -1 where a quote
 * is open there, or stays open over so many lines. */
static int64_t cells_row_end(Dialect table, int64_t start, int64_t most_lines, int64_t* lines) {
    bool open = false;
    int64_t at = start;
    *lines = 1;
    for (; at < table.data.size; at++) {
        uint8_t byte = AT(table.data, at);
        if (byte == '"') {
            open ^= table.quoted;
        } else if (byte == '\n') {
            if (!open) {
                return at;
            }
            *lines += 1;
            if (*lines > most_lines) {
                return -1;
            }
        }
    }
    return open ? -1 : at;
}

static bool cells_is_blank(uint8s data, int64_t start, int64_t end) {
    for (int64_t at = start; at < end; at++) {
        uint8_t byte = AT(data, at);
        if (byte != ' ' && byte != '\t' && byte != '\r') {
            return false;
        }
    }
    return true;
}

/* Write what a quoted cell holds, whose inner marks are doubled; behind its last mark, or -1. */
static int64_t cells_quoted(Dialect table, int64_t at, int64_t end, uint8s cells, int64_t* size) {
    for (at += 1; at < end; at++) {
        uint8_t byte = AT(table.data, at);
        if (byte == '"') {
            at += 1;
            if (at == end || AT(table.data, at) != '"') {
                return at;
            }
        } else if (byte == CELLS_END || byte == 0) {
            return -1;
        }
        AT(cells, *size) = byte;
        *size += 1;
    }
    return -1;
}

/* Write a cell without marks; its end, or -1. */
static int64_t cells_bare(Dialect table, int64_t at, int64_t end, uint8s cells, int64_t* size) {
    for (; at < end && AT(table.data, at) != table.delimiter; at++) {
        uint8_t byte = AT(table.data, at);
        bool odd = byte == '"' || byte == '\r' || byte == 0;
        if (byte == CELLS_END || (table.quoted && odd)) {
            return -1;
        }
        AT(cells, *size) = byte;
        *size += 1;
    }
    return at;
}

/* Write the cells of a row, and return the size with them; -1 where they are not plain. */
static int64_t cells_row(Dialect table, int64_t start, int64_t end, uint8s cells, int64_t size) {
    int64_t at = start;
    for (int64_t cell = 0; cell < table.width; cell++) {
        int64_t first = size;
        bool marked = table.quoted && at < end && AT(table.data, at) == '"';
        at = marked ? cells_quoted(table, at, end, cells, &size)
                    : cells_bare(table, at, end, cells, &size);
        bool last = cell + 1 == table.width;
        if (at < 0 || size - first > CELLS_LONGEST || (at == end) != last) {
            return -1;
        }
        if (!last && AT(table.data, at) != table.delimiter) {
            return -1;
        }
        at += 1;
        AT(cells, size) = CELLS_END;
        size += 1;
    }
    return size;
}

/* Cut whole rows, each in a place of `start`, `length`, `lines` and `kind`, and write the cells of
 * the plain ones. Returns the number of rows; `used` gets the bytes that they take, and the size of
 * the cells. */
EXPORT int64_t cells_cut(uint8s data, int64s dialect, uint8s cells, int64s2 rows, uint8s kind,
                         int64s used) {
    Dialect table = {data, (uint8_t)AT(dialect, 0), AT(dialect, 1) != 0, AT(dialect, 2)};
    int64_t start = 0, size = 0, row = 0;
    while (start < data.size) {
        int64_t lines = 0;
        int64_t end = cells_row_end(table, start, AT(dialect, 3), &lines);
        if (end < 0) {
            break;
        }
        AT2(rows, row, 0) = start;
        AT2(rows, row, 1) = end - start;
        AT2(rows, row, 2) = lines;
        int64_t last = end > start && AT(data, end - 1) == '\r' ? end - 1 : end;
        if (cells_is_blank(data, start, end)) {
            AT(kind, row) = CELLS_BLANK;
        } else {
            int64_t behind = cells_row(table, start, last, cells, size);
            AT(kind, row) = behind < 0 ? CELLS_OTHER : CELLS_PLAIN;
            size = behind < 0 ? size : behind;
        }
        row += 1;
        start = end + 1;
    }
    AT(used, 0) = min_i(start, data.size);
    AT(used, 1) = size;
    return row;
}
