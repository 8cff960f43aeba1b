/* The loops of curate.manifest.folder_keys. */

#define FOLDER_KEYS_SLASHES UINT64_C(0x2f2f2f2f2f2f2f2f)

/* Where the name behind the last slash of a path begins; `high` gets the high bits of its bytes. */
static inline int64_t folder_keys_name(uint8s data, int64_t first, int64_t end, uint64_t* high) {
    int64_t at = end;
    while (at - first >= 8) {
        uint64_t word = load_word(data, at - 8), other = word ^ FOLDER_KEYS_SLASHES;
        uint64_t slashes = ~(((other & WORDS_LOWS) + WORDS_LOWS) | other | WORDS_LOWS);
        if (slashes) {
            int64_t behind = __builtin_clzll(slashes) >> 3;
            *high |= behind ? (word >> (64 - 8 * behind)) & WORDS_HIGHS : 0;
            return at - behind;
        }
        *high |= word & WORDS_HIGHS;
        at -= 8;
    }
    while (at > first && AT(data, at - 1) != '/') {
        at -= 1;
        *high |= AT(data, at) & 128;
    }
    return at;
}

/* Hashes of what a path has up to its last slash and of its name, and whether that is not plain
 * ASCII. */
typedef struct {
    uint64_t folder;
    uint64_t name;
    bool wide;
} folder_keys_Parts;

static inline folder_keys_Parts folder_keys_parts(uint8s data, int64_t first, int64_t size) {
    uint64_t high = 0;
    int64_t end = first + size, name = folder_keys_name(data, first, end, &high);
    return (folder_keys_Parts){words_hash_bytes(data, first, name - first),
                               words_hash_bytes(data, name, end - name), high != 0};
}

/* The key of the file of a name in a folder with this key. */
static inline uint64_t folder_keys_joined(uint64_t folder, uint64_t name) {
    uint64_t mixed = (name ^ folder) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = ((mixed ^ (mixed >> 29)) * UINT64_C(0x94d049bb133111eb)) ^ folder;
    return mixed ^ (mixed >> 32);
}

/* The slot of a place, or the free one where it would go. */
static inline uint64_t folder_keys_slot(uint64s places, uint64_t place) {
    uint64_t mask = (uint64_t)(places.size - 1);
    uint64_t slot = place & mask;
    while (AT(places, slot) && AT(places, slot) != place) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

typedef struct {
    uint64s folders;
    uint64s names;
    bools wide;
} PathParts;

EXPORT void folder_keys_hash(uint8s data, int64s start, int64s length, const PathParts* parts) {
    for (int64_t row = 0; row < start.size; row++) {
        folder_keys_Parts one = folder_keys_parts(data, AT(start, row), AT(length, row));
        AT(parts->folders, row) = one.folder;
        AT(parts->names, row) = one.name;
        AT(parts->wide, row) = one.wide;
    }
}

EXPORT void folder_keys_find(const PathParts* parts, uint64s begins, uint64s places,
                             uint64s folders, uint64s keys, bools unknown) {
    uint64_t slot = 0;
    for (int64_t row = 0; row < begins.size; row++) {
        uint64_t place = AT(parts->folders, row) ^ AT(begins, row);
        if (AT(places, slot) != place) {
            slot = folder_keys_slot(places, place);
        }
        AT(unknown, row) = AT(parts->wide, row) || !place || AT(places, slot) != place;
        AT(keys, row) = folder_keys_joined(AT(folders, slot), AT(parts->names, row));
    }
}

EXPORT void folder_keys_put(uint64s places, uint64s folders, uint64s more, uint64s keys) {
    for (int64_t k = 0; k < more.size; k++) {
        if (AT(more, k)) {
            uint64_t slot = folder_keys_slot(places, AT(more, k));
            AT(places, slot) = AT(more, k);
            AT(folders, slot) = AT(keys, k);
        }
    }
}
