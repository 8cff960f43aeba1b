/* The loops of curate.splits.write. */

/* Copy a stretch of `data` to `to`; where the next one goes. */
static inline int64_t routing_put(uint8s out, int64_t to, uint8s data, int64_t start,
                                  int64_t length) {
    if (length > 0) {
        (void)INDEX(start, data.size);
        (void)INDEX(start + length - 1, data.size);
        (void)INDEX(to, out.size);
        (void)INDEX(to + length - 1, out.size);
        memcpy(out.at + to, data.at + start, (size_t)length);
    }
    return to + length;
}

/* How many bytes of a line stand before its last brace. */
static inline int64_t routing_before_brace(uint8s data, int64_t start, int64_t length) {
    int64_t at = start + length - 1;
    while (at > start && AT(data, at) != '}') {
        at -= 1;
    }
    return max_i(0, at - start);
}

/* Whether the data hold a word, looked for by its second byte: names of members begin with `"_`,
 * and there are far fewer of the latter. */
EXPORT bool routing_holds(uint8s data, uint8s word) {
    const uint8_t* end = data.at + data.size;
    const uint8_t* at = data.at;
    while (at < end && (at = memchr(at, AT(word, 1), (size_t)(end - at)))) {
        const uint8_t* first = at - 1;
        if (first >= data.at && end - first >= word.size &&
            memcmp(first, word.at, (size_t)word.size) == 0) {
            return true;
        }
        at += 1;
    }
    return false;
}

EXPORT void routing_pack(uint8s data, int64s starts, int64s lengths, int16s outputs, uint8s added,
                         int64s added_lengths, int64s places, uint8s out) {
    int64_t next = 0;
    for (int64_t row = 0; row < starts.size; row++) {
        int64_t start = AT(starts, row);
        int64_t length = AT(lengths, row);
        int64_t more = AT(added_lengths, row);
        int64_t to = AT(places, AT(outputs, row));
        int64_t first = more ? routing_before_brace(data, start, length) : length;
        to = routing_put(out, to, data, start, first);
        if (more) {
            AT(out, to) = ',';
            AT(out, to + 1) = ' ';
            to = routing_put(out, to + 2, added, next, more);
            to = routing_put(out, to, data, start + first, length - first);
        }
        AT(out, to) = '\n';
        AT(places, AT(outputs, row)) = to + 1;
        next += more;
    }
}
