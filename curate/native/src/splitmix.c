/* The loop of curate.statistics.splitmix. */

EXPORT void splitmix_mix(uint64s keys, uint64s mixed) {
    for (int64_t row = 0; row < keys.size; row++) {
        uint64_t key = AT(keys, row);
        key = (key ^ (key >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        key = (key ^ (key >> 27)) * UINT64_C(0x94d049bb133111eb);
        AT(mixed, row) = key ^ (key >> 31);
    }
}
