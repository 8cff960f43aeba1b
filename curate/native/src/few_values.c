/* The loops of curate.files.few_values. */

#define FEW_VALUES_NULL 255
#define FEW_VALUES_SLOTS 1024
/* So many rows are compared before it is known whether all are the same. */
#define FEW_VALUES_BLOCK 64

/* `slots` has the code of the value at the same place of `keys`, or -1 where none is. */
typedef struct {
    uint64s values;
    int64s size;
    uint64s keys;
    int16s slots;
} Dictionary;

/* Neighbours are spread over the slots, and so are floats whose last bits are zero. */
static inline int64_t few_values_slot(uint64_t value) {
    return (int64_t)((value * UINT64_C(0x9e3779b97f4a7c15)) >> 54);
}

/* Make a table empty: no slot has a value that belongs there. */
EXPORT void few_values_clear(const Dictionary* of) {
    AT(of->size, 0) = 0;
    FILL(of->slots, -1);
    FILL(of->keys, 0);
    AT(of->keys, few_values_slot(0)) = 1;
}

/* The value of a row: one of both has all rows. */
ALWAYS_INLINE uint64_t few_values_at(uint32s narrow, uint64s wide, bool is_wide, int64_t row) {
    return is_wide ? AT(wide, row) : AT(narrow, row);
}

/* Whether all values are this one. */
ALWAYS_INLINE bool few_values_all(uint32s narrow, uint64s wide, bool is_wide, uint64_t value) {
    int64_t size = is_wide ? wide.size : narrow.size;
    for (int64_t row = 0; row < size; row += FEW_VALUES_BLOCK) {
        uint64_t differing = 0;
        int64_t end = min_i(row + FEW_VALUES_BLOCK, size);
        for (int64_t k = row; k < end; k++) {
            differing |= few_values_at(narrow, wide, is_wide, k) ^ value;
        }
        if (differing) {
            return false;
        }
    }
    return true;
}

EXPORT bool few_values_all_wide(uint64s values, uint64_t value) {
    return few_values_all((uint32s){0}, values, true, value);
}

/* The same of values of four bytes. */
EXPORT bool few_values_all_narrow(uint32s values, uint64_t value) {
    return few_values_all(values, (uint64s){0}, false, value);
}

/* The code of a value that is not in its own slot, and is added where it is new; -1 where there is
 * no more room. */
static int64_t few_values_find(uint64_t value, int64_t most, const Dictionary* of) {
    int64_t at = few_values_slot(value);
    while (AT(of->slots, at) >= 0 && AT(of->keys, at) != value) {
        at = (at + 1) & (FEW_VALUES_SLOTS - 1);
    }
    if (AT(of->slots, at) < 0) {
        int64_t size = AT(of->size, 0);
        if (size >= most) {
            return -1;
        }
        AT(of->values, size) = value;
        AT(of->keys, at) = value;
        AT(of->slots, at) = (int16_t)size;
        AT(of->size, 0) = size + 1;
    }
    return AT(of->slots, at);
}

ALWAYS_INLINE int64_t few_values_code(uint64_t value, int64_t most, const Dictionary* of,
                                      uint64s keys, int16s slots) {
    int64_t at = few_values_slot(value);
    return AT(keys, at) == value ? AT(slots, at) : few_values_find(value, most, of);
}

ALWAYS_INLINE int64_t few_values_encode(uint32s narrow, uint64s wide, bool is_wide, bools nulls,
                                        int64_t most, const Dictionary* of, uint8s codes) {
    uint64s keys = of->keys;  // copies: a code that is written cannot change where they are
    int16s slots = of->slots;
    int64_t at = 0;
    for (int64_t row = 0; row < codes.size; row++) {
        int64_t code = FEW_VALUES_NULL;
        if (nulls.size == 0 || !AT(nulls, row)) {
            code = few_values_code(few_values_at(narrow, wide, is_wide, at), most, of, keys, slots);
            at += 1;
        }
        if (code < 0) {
            return row;
        }
        AT(codes, row) = (uint8_t)code;
    }
    return codes.size;
}

/* Put the code of each row in its place, FEW_VALUES_NULL where `nulls`, which may be empty, has it;
 * `values` are those of the other rows. Returns how many rows have one: those before the first
 * value for which there is no room. */
EXPORT int64_t few_values_encode_wide(uint64s values, bools nulls, int64_t most,
                                      const Dictionary* of, uint8s codes) {
    if (nulls.size == 0) {
        return few_values_encode((uint32s){0}, values, true, (bools){0}, most, of, codes);
    }
    return few_values_encode((uint32s){0}, values, true, nulls, most, of, codes);
}

/* The same of values of four bytes. */
EXPORT int64_t few_values_encode_narrow(uint32s values, bools nulls, int64_t most,
                                        const Dictionary* of, uint8s codes) {
    if (nulls.size == 0) {
        return few_values_encode(values, (uint64s){0}, false, (bools){0}, most, of, codes);
    }
    return few_values_encode(values, (uint64s){0}, false, nulls, most, of, codes);
}

/* Which codes there are. */
EXPORT void few_values_used(uint8s codes, bools used) {
    for (int64_t row = 0; row < codes.size; row++) {
        AT(used, AT(codes, row)) = true;
    }
}

/* Eight numbers of `width` bits, the first one lowest. */
ALWAYS_INLINE uint64_t few_values_word(uint8s codes, uint8s ranks, int64_t row, int64_t width) {
    uint64_t word = 0;
    for (int64_t k = 0; k < 8; k++) {
        word |= (uint64_t)AT(ranks, AT(codes, row + k)) << (k * width);
    }
    return word;
}

/* Write the lowest `width` bytes, and zeros behind them. */
static inline void few_values_store(uint8s packed, int64_t at, uint64_t word) {
    (void)INDEX(at + 7, packed.size);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(packed.at + at, &word, 8);
}

ALWAYS_INLINE void few_values_pack_all(uint8s codes, uint8s ranks, int64_t width, uint8s packed) {
    int64_t at = 0;
    int64_t row = 0;
    for (; row + 8 <= codes.size; row += 8) {
        few_values_store(packed, at, few_values_word(codes, ranks, row, width));
        at += width;
    }
    uint64_t word = 0;
    for (int64_t k = 0; row + k < codes.size; k++) {
        word |= (uint64_t)AT(ranks, AT(codes, row + k)) << (k * width);
    }
    few_values_store(packed, at, word);
}

/* Pack the ranks of codes into `width` bits each, 1 to 8, the first one lowest. `packed` has eight
 * bytes more than whole groups of eight codes take. */
EXPORT void few_values_pack(uint8s codes, uint8s ranks, int64_t width, uint8s packed) {
    switch (width) {  // a loop of its own for each: shifts by constants
#define FEW_VALUES_CASE(bits)                            \
    case bits:                                           \
        few_values_pack_all(codes, ranks, bits, packed); \
        return
        FEW_VALUES_CASE(1);
        FEW_VALUES_CASE(2);
        FEW_VALUES_CASE(3);
        FEW_VALUES_CASE(4);
        FEW_VALUES_CASE(5);
        FEW_VALUES_CASE(6);
        FEW_VALUES_CASE(7);
        FEW_VALUES_CASE(8);
#undef FEW_VALUES_CASE
    }
}
