/* The loops of curate.audio.flac. */

typedef struct {
    int64_t a;
    int64_t b;
} i64_i64;

/* (number, bytes) of a number coded as UTF-8 codes characters, of up to 36 bits. */
static i64_i64 flac_coded_number(uint8s data, int64_t at) {
    int64_t lead = (int64_t)(AT(data, at));
    if (lead < 128) {
        return (i64_i64){lead, 1};
    }
    int64_t length = 0;
    while (length < 8 && (lead & (128 >> length))) {
        length += 1;
    }
    if (length < 2 || length > 7) {
        return (i64_i64){(int64_t)0, 0};
    }
    int64_t number = lead & (127 >> length);
    for (int64_t k = 1; k < length; k++) {
        number = (number << 6) | ((int64_t)(AT(data, at + k)) & 63);
    }
    return (i64_i64){number, length};
}

/* More than a frame's header has bytes. */
#define FLAC_LONGEST_HEADER 32

/* Samples in the frame whose header stands at `at`, so many bytes before the end or more; 0 where
 * there is none.
 *
 * Its number must be `frames` where frames are of one size, else `samples`: those before it. */
static int64_t flac_whole_header(uint8s data, int64_t at, int64_t frames, int64_t samples,
                                 int32s crc_8) {
    if (AT(data, at) != 255 || (AT(data, at + 1) >> 1) != 124) {
        return (int64_t)0;
    }
    i64_i64 both = flac_coded_number(data, at + 4);
    int64_t number = both.a;
    int64_t length = both.b;
    int64_t expected = (AT(data, at + 1) & 1) ? samples : frames;
    if (length == 0 || number != expected) {
        return (int64_t)0;
    }
    int64_t end = at + 4 + length;
    int64_t code = (int64_t)(AT(data, at + 2)) >> 4;
    int64_t rate = (int64_t)(AT(data, at + 2)) & 15;
    int64_t size = (int64_t)0;
    if (code == 1) {
        size = (int64_t)192;
    } else if (2 <= code && code <= 5) {
        size = (int64_t)576 << (code - 2);
    } else if (code == 6) {
        size = (int64_t)(AT(data, end)) + 1;
        end = end + 1;
    } else if (code == 7) {
        size = (int64_t)(AT(data, end)) * 256 + (int64_t)(AT(data, end + 1)) + 1;
        end = end + 2;
    } else if (code >= 8) {
        size = (int64_t)256 << (code - 8);
    }
    if (rate == 12) {
        end += 1;
    } else if (rate == 13 || rate == 14) {
        end += 2;
    }
    int64_t rest = (int64_t)0;
    for (int64_t k = at; k < end; k++) {
        rest = (int64_t)(AT(crc_8, rest ^ (int64_t)(AT(data, k))));
    }
    return rest == AT(data, end) ? size : (int64_t)0;
}

/* `flac_whole_header` anywhere in the data, which is followed by zeros. */
static int64_t flac_header(uint8s data, int64_t at, int64_t frames, int64_t samples, int32s crc_8) {
    int64_t left = data.size - at;
    if (left >= FLAC_LONGEST_HEADER) {
        return flac_whole_header(data, at, frames, samples, crc_8);
    }
    uint8_t last[FLAC_LONGEST_HEADER] = {0};
    memcpy(last, data.at + at, (size_t)left);
    return flac_whole_header((uint8s){last, FLAC_LONGEST_HEADER}, 0, frames, samples, crc_8);
}

/* Where the next byte of 255 stands at or behind `at`; the end where none does. */
static int64_t flac_next_sync(uint8s data, int64_t at) {
    int64_t left = data.size - at;
    const uint8_t* next = left > 0 ? memchr(data.at + at, 255, (size_t)left) : NULL;
    return next ? next - data.at : data.size;
}

/* Where the next frame begins, or the data ends, with a checksum that holds; 0 if nowhere. */
static int64_t flac_end_of_frame(uint8s data, int64_t at, int64_t frames, int64_t samples,
                                 int32s crc_8, FrameChecksum crc_16) {
    int64_t rest = (int64_t)0;
    int64_t done = at;
    for (int64_t here = at + 2; here < data.size + 1; here++) {
        here = flac_next_sync(data, here);
        bool ends = here == data.size;
        if (!ends && (here + 1 == data.size || (AT(data, here + 1) >> 1) != 124)) {
            continue;
        }
        rest = frame_checksum(data, done, here, rest, crc_16);
        done = here;
        if (rest == 0 && (ends || flac_header(data, here, frames, samples, crc_8))) {
            return here;
        }
    }
    return 0;
}

EXPORT bool flac_can_fold(void) {
    return frame_checksum_can_fold();
}

/* Samples in the frames of data[first:]; -1 where one is broken. `folds` only where the processor
 * can. */
EXPORT int64_t flac_walk(uint8s data, int64_t first, int32s crc_8, int32s2 tables, bool folds) {
    FrameChecksum crc_16 = {tables, folds};
    int64_t samples = (int64_t)0;
    int64_t frames = (int64_t)0;
    int64_t at = first;
    while (at < data.size) {
        int64_t block = flac_header(data, at, frames, samples, crc_8);
        if (block == 0) {
            return -1;
        }
        int64_t end = flac_end_of_frame(data, at, frames + 1, samples + block, crc_8, crc_16);
        if (end == 0) {
            return -1;
        }
        at = end;
        samples = samples + block;
        frames = frames + 1;
    }
    return samples;
}
