/* The loops of curate.text.edits. */

EXPORT void edits_shape_all(uint8s data, int64s starts, int64s lengths, uint16s flags, int32s words,
                            int32s chars, bools spaceless) {
    for (int64_t row = 0; row < starts.size; row++) {
        int64_t blanks = 0;
        int64_t letters = 0;
        int64_t dense = 0;
        int64_t points = 0;
        for (int64_t at = AT(starts, row); at < AT(starts, row) + max_i(0, AT(lengths, row));
             at++) {
            uint8_t byte = AT(data, at);
            if ((byte & 192) == 128) {
                continue;
            }
            points += 1;
            if (byte < 128) {
                blanks += byte == ' ';
                letters += byte >= 'a' && byte <= 'z';
                continue;
            }
            int64_t width = byte < 224 ? 2 : byte < 240 ? 3 : 4;
            int64_t code = byte & (255 >> (width + 1));
            for (int64_t k = 1; k < width; k++) {
                code = (code << 6) | (AT(data, at + k) & 63);
            }
            int64_t kind = AT(flags, code);
            letters += (kind & UNICODE_LETTER) > 0;
            dense += (kind & UNICODE_NO_SPACE) > 0;
        }
        AT(chars, row) = points;
        AT(spaceless, row) = 2 * dense > letters;
        if (AT(spaceless, row)) {
            AT(words, row) = points - blanks;
        } else {
            AT(words, row) = points ? blanks + 1 : 0;
        }
    }
}

EXPORT int64_t edits_part_all(uint8s data, int64s start, int64s length, bools rows, uint8s out,
                              int64s starts, int64s lengths) {
    int64_t used = 0;
    for (int64_t row = 0; row < start.size; row++) {
        if (!(AT(rows, row))) {
            continue;
        }
        int64_t first = used;
        for (int64_t at = AT(start, row); at < AT(start, row) + AT(length, row); at++) {
            if ((AT(data, at) & 192) != 128) {
                if (AT(data, at) == ' ') {
                    continue;
                }
                if (used > first) {
                    AT(out, used) = 32;
                    used += 1;
                }
            }
            AT(out, used) = AT(data, at);
            used += 1;
        }
        AT(starts, row) = data.size + first;
        AT(lengths, row) = used - first;
    }
    return used;
}
