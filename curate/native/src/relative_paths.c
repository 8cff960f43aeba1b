/* The loops of curate.manifest.absent_folders. */

/* Length of each path up to its last slash, and whether its name is not plain ASCII. */
EXPORT void relative_paths_cut(uint8s data, int64s start, int64s length, int64s head, bools wide) {
    for (int64_t row = 0; row < start.size; row++) {
        int64_t first = AT(start, row);
        int64_t end = AT(start, row) + AT(length, row);
        int64_t at = end;
        int64_t high = (uint8_t)0;
        while (at > first && AT(data, at - 1) != '/') {
            high |= AT(data, at - 1);
            at -= 1;
        }
        AT(head, row) = at - first;
        AT(wide, row) = high >= 128;
    }
}
