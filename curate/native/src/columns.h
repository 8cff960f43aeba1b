/* Columns of numbers as they lie in memory, which loops read a block of rows at a time: a table of
 * them as floats would be written to memory first, and be read from there. */

/* Rows at a time: their floats stay in the first cache. */
#define COLUMNS_BLOCK 512

/* As curate.native.columns numbers them. */
enum {
    COLUMNS_DOUBLES,
    COLUMNS_INT32S,
};

typedef struct {
    uint64s at;
    uint8s kind;
    int64_t rows;
} Columns;

/* A column's numbers in the rows from `first` to before `end`, which are not written to: where they
 * are, or as floats in `room`, which has place for a block. */
ALWAYS_INLINE doubles columns_block(const Columns* columns, int64_t which, int64_t first,
                                    int64_t end, double* room) {
    int64_t count = end - first;
    uintptr_t at = (uintptr_t)AT(columns->at, which);
    (void)INDEX(first, columns->rows + 1);
    (void)INDEX(end, columns->rows + 1);
    if (AT(columns->kind, which) == COLUMNS_DOUBLES) {
        return (doubles){(double*)at + first, count};
    }
    const int32_t* from = (const int32_t*)at + first;
    for (int64_t k = 0; k < count; k++) {
        room[k] = from[k];
    }
    return (doubles){room, count};
}
