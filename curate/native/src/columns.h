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

/* Those of a column of such whole numbers in the rows from `first` to before `end`. */
ALWAYS_INLINE int32s columns_int32s(const Columns* columns, int64_t which, int64_t first,
                                    int64_t end) {
    int32_t* at = (int32_t*)(uintptr_t)AT(columns->at, which);
    return SLICE(((int32s){at, columns->rows}), first, end);
}

/* A column's numbers in the rows from `first` to before `end`, which are not written to: where they
 * are, or as floats in `room`, which has place for a block. */
ALWAYS_INLINE doubles columns_block(const Columns* columns, int64_t which, int64_t first,
                                    int64_t end, double* room) {
    if (AT(columns->kind, which) == COLUMNS_DOUBLES) {
        double* at = (double*)(uintptr_t)AT(columns->at, which);
        return SLICE(((doubles){at, columns->rows}), first, end);
    }
    int32s whole = columns_int32s(columns, which, first, end);
    for (int64_t k = 0; k < whole.size; k++) {
        room[k] = AT(whole, k);
    }
    return (doubles){room, whole.size};
}
