/* The loops of curate.manifest.absent_folders. BLAKE2b after RFC 7693, of two pieces. */

#define ABSENT_FOLDERS_BLOCK 128
/* 8 bytes of digest, no key, one leaf. */
#define ABSENT_FOLDERS_PARAMETERS UINT64_C(0x01010008)

static const uint64_t absent_folders_start[8] = {
    UINT64_C(0x6a09e667f3bcc908), UINT64_C(0xbb67ae8584caa73b), UINT64_C(0x3c6ef372fe94f82b),
    UINT64_C(0xa54ff53a5f1d36f1), UINT64_C(0x510e527fade682d1), UINT64_C(0x9b05688c2b3e6c1f),
    UINT64_C(0x1f83d9abfb41bd6b), UINT64_C(0x5be0cd19137e2179)};

static const uint8_t absent_folders_order[12][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3}};

static const uint8_t absent_folders_mixed[8][4] = {{0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14},
                                                   {3, 7, 11, 15}, {0, 5, 10, 15}, {1, 6, 11, 12},
                                                   {2, 7, 8, 13},  {3, 4, 9, 14}};

static inline uint64_t absent_folders_turned(uint64_t value, int by) {
    return (value >> by) | (value << (64 - by));
}

/* Carry a block into the state; `read` bytes of the message are known, this block's among them. */
static void absent_folders_compress(uint64_t* state, const uint8_t* block, int64_t read,
                                    bool is_last) {
    uint64_t v[16], words[16];
    for (int at = 0; at < 8; at++) {
        v[at] = state[at];
        v[at + 8] = absent_folders_start[at];
    }
    for (int at = 0; at < 16; at++) {
        words[at] = 0;
        for (int byte = 0; byte < 8; byte++) {
            words[at] |= (uint64_t)block[8 * at + byte] << (8 * byte);
        }
    }
    v[12] ^= (uint64_t)read;
    v[14] = is_last ? ~v[14] : v[14];
    for (int round = 0; round < 12; round++) {
        const uint8_t* order = absent_folders_order[round];
        for (int step = 0; step < 8; step++) {
            const uint8_t* at = absent_folders_mixed[step];
            uint64_t a = v[at[0]], b = v[at[1]], c = v[at[2]], d = v[at[3]];
            a += b + words[order[2 * step]];
            d = absent_folders_turned(d ^ a, 32);
            c += d;
            b = absent_folders_turned(b ^ c, 24);
            a += b + words[order[2 * step + 1]];
            d = absent_folders_turned(d ^ a, 16);
            c += d;
            b = absent_folders_turned(b ^ c, 63);
            v[at[0]] = a, v[at[1]] = b, v[at[2]] = c, v[at[3]] = d;
        }
    }
    for (int at = 0; at < 8; at++) {
        state[at] ^= v[at] ^ v[at + 8];
    }
}

/* The key of `above[i]` with the name `i` behind it, for each name whose `of` is one of them. */
EXPORT void absent_folders_hash(uint8s data, int64s start, int64s length, int64s of, uint8s above,
                                int64s bounds, uint64s keys) {
    uint8_t block[ABSENT_FOLDERS_BLOCK];
    for (int64_t row = 0; row < start.size; row++) {
        int64_t first = AT(bounds, AT(of, row)), head = AT(bounds, AT(of, row) + 1) - first;
        int64_t name = AT(start, row), size = head + AT(length, row), read = 0;
        uint64_t state[8];
        for (int at = 0; at < 8; at++) {
            state[at] = absent_folders_start[at];
        }
        state[0] ^= ABSENT_FOLDERS_PARAMETERS;
        do {
            int64_t begin = read;
            for (int at = 0; at < ABSENT_FOLDERS_BLOCK; at++) {
                block[at] = 0;
            }
            while (read < size && read < begin + ABSENT_FOLDERS_BLOCK) {
                block[read - begin] =
                    read < head ? AT(above, first + read) : AT(data, name + read - head);
                read++;
            }
            absent_folders_compress(state, block, read, read == size);
        } while (read < size);
        AT(keys, row) = state[0];
    }
}
