/* The loops of curate.text.remarks. */

EXPORT void remarks_find(uint8s data, int64s start, int64s length, bools may_hold) {
    for (int64_t row = 0; row < start.size; row++) {
        bool seen = false;
        for (int64_t at = AT(start, row); at < AT(start, row) + AT(length, row); at++) {
            uint8_t byte = AT(data, at);
            seen |= (byte == '(') | (byte == '*');
            if (byte >= 226) {
                uint8_t second = AT(data, at + 1);
                seen |= byte == 226 && second == 153; /* notes */
                seen |= byte == 240 && second == 159 && AT(data, at + 2) == 142;
                seen |= byte == 239 && second == 188 && AT(data, at + 2) == 136;
                seen |= byte == 227 && second == 128 && AT(data, at + 2) == 144;
            }
        }
        AT(may_hold, row) = seen;
    }
}
