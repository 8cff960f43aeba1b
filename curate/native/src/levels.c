/* The loops of curate.audio.kernel. */

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Running counts: samples in flat tops, length of the open one, samples that are no numbers,
 * samples in the open frame, finished frames. */
#define LEVELS_BROKEN 2
/* Running numbers: of samples, of squares, the largest magnitude; squares and samples of the open
 * frame. */
#define LEVELS_PEAK 2
#define LEVELS_FLAT 0
#define LEVELS_RUN 1
/* A flat top: so many samples in a row, so near to the largest magnitude. */
#define LEVELS_NEAR 0.999
#define LEVELS_FLAT_RUN 3
#define LEVELS_FILLED 3
#define LEVELS_SUM 0
#define LEVELS_PARTIAL 3
#define LEVELS_PARTIAL_SUM 4
#define LEVELS_SQUARES 1
#define LEVELS_FRAMES 4
/* From one integer of 16 bits to the next. */
#define LEVELS_STEP (1.0f / 32768.0f)
/* Integers that are summed at once: a sum of 32 bits holds a quarter of them. */
#define LEVELS_AT_ONCE 65536
/* Integers that are converted at once where their tops are compared. */
#define LEVELS_CONVERTED 256

typedef struct {
    double a;
    double b;
    double c;
} f64_f64_f64;

/* Sum, sum of squares and largest magnitude; four sums side by side, always the same four. */
static f64_f64_f64 levels_sums(floats samples) {
    double w;
    double a = 0.0;
    double b = 0.0;
    double c = 0.0;
    double d = 0.0;
    double aa = 0.0;
    double bb = 0.0;
    double cc = 0.0;
    double dd = 0.0;
    double top = 0.0;
    int64_t whole = samples.size - (samples.size % 4);
    for (int64_t k = 0; k < whole; k += 4) {
        w = (double)(AT(samples, k));
        double x = (double)(AT(samples, k + 1));
        double y = (double)(AT(samples, k + 2));
        double z = (double)(AT(samples, k + 3));
        a = a + w;
        b = b + x;
        c = c + y;
        d = d + z;
        aa = aa + w * w;
        bb = bb + x * x;
        cc = cc + y * y;
        dd = dd + z * z;
        top = max_f(top, max_f(max_f(fabs(w), fabs(x)), max_f(fabs(y), fabs(z))));
    }
    for (int64_t k = whole; k < samples.size; k++) {
        w = (double)(AT(samples, k));
        a = a + w;
        aa = aa + w * w;
        top = max_f(top, fabs(w));
    }
    return (f64_f64_f64){a + b + (c + d), aa + bb + (cc + dd), top};
}

/* `_sums` with 0 for what is no finite number, which is counted. */
static f64_f64_f64 levels_sums_of_finite(floats samples, int64s counts) {
    double a = 0.0;
    double b = 0.0;
    double c = 0.0;
    double d = 0.0;
    double top = 0.0;
    double aa = 0.0;
    double bb = 0.0;
    double cc = 0.0;
    double dd = 0.0;
    int64_t whole = samples.size - (samples.size % 4);
    for (int64_t k = 0; k < samples.size; k++) {
        double w = (double)(AT(samples, k));
        if (!(fabs(w) < INFINITY)) {
            AT(counts, LEVELS_BROKEN) += 1;
            w = 0.0;
        }
        top = max_f(top, fabs(w));
        int64_t lane = k < whole ? k % 4 : 0;
        if (lane == 0) {
            a += w;
            aa += w * w;
        } else if (lane == 1) {
            b += w;
            bb += w * w;
        } else if (lane == 2) {
            c += w;
            cc += w * w;
        } else {
            d += w;
            dd += w * w;
        }
    }
    return (f64_f64_f64){a + b + (c + d), aa + bb + (cc + dd), top};
}

#ifdef __SSE2__
/* Sums of eight samples at a time: sum, squares, largest magnitude; how many were taken. */
static int64_t levels_sums_by_eight(int16s samples, int64_t sums[3]) {
    int64_t whole = samples.size - (samples.size % 8);
    __m128i zero = _mm_setzero_si128();
    __m128i total = zero;
    __m128i squares = zero;
    __m128i least = zero;
    __m128i most = zero;
    for (int64_t k = 0; k < whole; k += 8) {
        __m128i eight = _mm_loadu_si128((const __m128i*)&AT(samples, k));
        __m128i pairs = _mm_madd_epi16(eight, eight); /* up to 2^31: without a sign */
        total = _mm_add_epi32(total, _mm_madd_epi16(eight, _mm_set1_epi16(1)));
        squares = _mm_add_epi64(squares, _mm_unpacklo_epi32(pairs, zero));
        squares = _mm_add_epi64(squares, _mm_unpackhi_epi32(pairs, zero));
        least = _mm_min_epi16(least, eight);
        most = _mm_max_epi16(most, eight);
    }
    int32_t totals[4];
    int64_t halves[2];
    int16_t lows[8];
    int16_t highs[8];
    _mm_storeu_si128((__m128i*)totals, total);
    _mm_storeu_si128((__m128i*)halves, squares);
    _mm_storeu_si128((__m128i*)lows, least);
    _mm_storeu_si128((__m128i*)highs, most);
    sums[0] = (int64_t)totals[0] + totals[1] + totals[2] + totals[3];
    sums[1] = halves[0] + halves[1];
    for (int64_t k = 0; k < 8; k++) {
        sums[2] = max_i(sums[2], max_i(highs[k], -(int64_t)lows[k]));
    }
    return whole;
}
#else
static int64_t levels_sums_by_eight(int16s samples, int64_t sums[3]) {
    (void)samples, (void)sums;
    return 0;
}
#endif

/* What `levels_sums` gives for the samples as floats: sums of whole numbers are exact in any order,
 * and so are those of their floats as long as there are few. */
static f64_f64_f64 levels_sums_of_integers(int16s samples) {
    int64_t sums[3] = {0, 0, 0};
    int64_t done = levels_sums_by_eight(samples, sums);
    int64_t total = sums[0];
    int64_t squares = sums[1];
    int64_t top = sums[2];
    for (int64_t k = done; k < samples.size; k++) {
        int64_t sample = AT(samples, k);
        total += sample;
        squares += sample * sample;
        top = max_i(top, sample < 0 ? -sample : sample);
    }
    double step = LEVELS_STEP;
    return (f64_f64_f64){(double)total * step, (double)squares * (step * step), (double)top * step};
}

static void levels_flat_tops(floats samples, doubles numbers, int64s counts) {
    double peak = AT(numbers, LEVELS_PEAK);
    int64_t flat = AT(counts, LEVELS_FLAT);
    int64_t run = AT(counts, LEVELS_RUN);
    double near = peak * LEVELS_NEAR;
    for (int64_t k_sample = 0; k_sample < samples.size; k_sample++) {
        float sample = AT(samples, k_sample);
        double magnitude = fabs((double)sample);
        if (magnitude < near || magnitude == 0 || !(magnitude < INFINITY)) {
            run = 0;
            continue;
        }
        if (magnitude * LEVELS_NEAR > peak) {
            flat = run = 0; /* a higher top: what was flat below it is none */
        }
        if (magnitude > peak) {
            peak = magnitude;
            near = peak * LEVELS_NEAR;
        }
        run += 1;
        if (run == LEVELS_FLAT_RUN) {
            flat += LEVELS_FLAT_RUN;
        } else if (run > LEVELS_FLAT_RUN) {
            flat += 1;
        }
    }
    AT(numbers, LEVELS_PEAK) = peak;
    AT(counts, LEVELS_FLAT) = flat;
    AT(counts, LEVELS_RUN) = run;
}

/* Mean square about the mean, of so many samples with these sums; never negative. */
EXPORT double levels_variance(double squares, double total, int64_t count) {
    double mean = (double)total / (double)count;
    return max_f(((double)squares / (double)count) - mean * mean, 0.0);
}

/* Whether a magnitude comes near the largest so far: only then can what holds it be, or end in, a
 * flat top. */
static bool levels_is_near_top(double magnitude, doubles numbers) {
    return magnitude > 0 && magnitude >= AT(numbers, LEVELS_PEAK) * LEVELS_NEAR;
}

/* Carry the sums of a stretch of samples, which ends in the open frame, into `numbers` and
 * `counts`; whether that is its end. */
static bool levels_carry_sums(f64_f64_f64 sums, int64_t size, int64_t frame, doubles numbers,
                              int64s counts) {
    AT(numbers, LEVELS_SUM) += sums.a;
    AT(numbers, LEVELS_PARTIAL) += sums.b;
    AT(numbers, LEVELS_PARTIAL_SUM) += sums.a;
    AT(counts, LEVELS_FILLED) += size;
    return AT(counts, LEVELS_FILLED) == frame;
}

/* End the open frame; its variance. */
static double levels_end_frame(int64_t frame, doubles numbers, int64s counts) {
    double energy =
        levels_variance(AT(numbers, LEVELS_PARTIAL), AT(numbers, LEVELS_PARTIAL_SUM), frame);
    AT(numbers, LEVELS_SQUARES) += AT(numbers, LEVELS_PARTIAL);
    AT(numbers, LEVELS_PARTIAL) = AT(numbers, LEVELS_PARTIAL_SUM) = 0.0;
    AT(counts, LEVELS_FILLED) = 0;
    AT(counts, LEVELS_FRAMES) += 1;
    return energy;
}

/* Carry one block of a segment into `numbers`, `counts` and `energies`.
 *
 * `frame` is the samples in a frame; `energies` gets the variances of those that end in this
 * block: a constant offset is no sound. What is no finite number counts as BROKEN and as 0. */
EXPORT void levels_pass_over(floats samples, int64_t frame, doubles numbers, int64s counts,
                             doubles energies) {
    int64_t at = 0;
    int64_t before = 0;
    while (at < samples.size) {
        floats stretch =
            SLICE(samples, at, min_i(samples.size, at + frame - AT(counts, LEVELS_FILLED)));
        f64_f64_f64 sums = levels_sums(stretch);
        if (!(sums.b < INFINITY)) {
            sums = levels_sums_of_finite(stretch, counts);
        }
        if (levels_is_near_top(sums.c, numbers)) {
            levels_flat_tops(stretch, numbers, counts);
        } else {
            AT(counts, LEVELS_RUN) = 0;
        }
        if (levels_carry_sums(sums, stretch.size, frame, numbers, counts)) {
            AT(energies, before) = levels_end_frame(frame, numbers, counts);
            before += 1;
        }
        at += stretch.size;
    }
}

/* The key with four hashes in it, and the bytes behind what was hashed. */
static uint64_t levels_end_key(uint64_t key, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                               uint8s rest) {
    key = words_absorb(words_absorb(words_absorb(words_absorb(key, a), b), c), d);
    return words_absorb(key, words_hash_bytes(rest, 0, rest.size));
}

/* A running 64-bit key with the bytes of one more block in it; `key` is a uint64.
 *
 * Four hashes side by side, since each waits for its own last step; then one of the four. */
EXPORT uint64_t levels_carry(uint64_t key, uint8s data) {
    uint64_t a = words_mix(key ^ 1);
    uint64_t b = words_mix(key ^ 2);
    uint64_t c = words_mix(key ^ 3);
    uint64_t d = words_mix(key ^ 4);
    int64_t whole = data.size - (data.size % 32);
    for (int64_t at = 0; at < whole; at += 32) {
        a = words_absorb(a, load_word(data, at));
        b = words_absorb(b, load_word(data, (at + 8)));
        c = words_absorb(c, load_word(data, (at + 16)));
        d = words_absorb(d, load_word(data, (at + 24)));
    }
    return levels_end_key(key, a, b, c, d, SLICE(data, whole, data.size));
}

/* Whether every float is an integer of 16 bits, where full scale is 1. */
static bool levels_are_integers(floats samples) {
    for (int64_t k = 0; k < samples.size; k++) {
        float step = AT(samples, k) * 32768.0f;
        if (!(step >= -32768.0f && step <= 32767.0f) || step != (float)(int16_t)step) {
            return false;
        }
    }
    return true;
}

/* `levels_carry` of the integers of 16 bits that these floats are; of the floats where one is
 * none, so that a sound has one key whatever its file stores. */
EXPORT uint64_t levels_carry_floats(uint64_t key, floats samples, int16s room) {
    if (!levels_are_integers(samples)) {
        uint8s data = {(uint8_t*)samples.at, samples.size * (int64_t)sizeof(float)};
        return levels_carry(key, data);
    }
    for (int64_t k = 0; k < samples.size; k++) {
        AT(room, k) = (int16_t)(AT(samples, k) * 32768.0f);
    }
    uint8s data = {(uint8_t*)room.at, samples.size * (int64_t)sizeof(int16_t)};
    return levels_carry(key, data);
}

/* `levels_flat_tops` of integers of 16 bits. */
static void levels_flat_tops_of_integers(int16s samples, doubles numbers, int64s counts) {
    float converted[LEVELS_CONVERTED];
    for (int64_t at = 0; at < samples.size; at += LEVELS_CONVERTED) {
        int64_t size = min_i(samples.size - at, LEVELS_CONVERTED);
        for (int64_t k = 0; k < size; k++) {
            converted[k] = (float)AT(samples, at + k) * LEVELS_STEP;
        }
        levels_flat_tops((floats){converted, size}, numbers, counts);
    }
}

/* `levels_pass_over` of integers of 16 bits. */
EXPORT void levels_pass_over_integers(int16s samples, int64_t frame, doubles numbers, int64s counts,
                                      doubles energies) {
    int64_t at = 0;
    int64_t before = 0;
    while (at < samples.size) {
        int64_t left = min_i(frame - AT(counts, LEVELS_FILLED), LEVELS_AT_ONCE);
        int16s stretch = SLICE(samples, at, min_i(samples.size, at + left));
        f64_f64_f64 sums = levels_sums_of_integers(stretch);
        if (levels_is_near_top(sums.c, numbers)) {
            levels_flat_tops_of_integers(stretch, numbers, counts);
        } else {
            AT(counts, LEVELS_RUN) = 0;
        }
        if (levels_carry_sums(sums, stretch.size, frame, numbers, counts)) {
            AT(energies, before) = levels_end_frame(frame, numbers, counts);
            before += 1;
        }
        at += stretch.size;
    }
}

/* Add the squared magnitudes of spectra, one a row, to the sums of their columns; a complex number
 * is two floats. */
EXPORT void levels_add_powers(floats spectra, doubles totals) {
    int64_t row = 2 * totals.size;
    for (int64_t at = 0; at + row <= spectra.size; at += row) {
        for (int64_t k = 0; k < totals.size; k++) {
            float real = AT(spectra, at + 2 * k);
            float imaginary = AT(spectra, at + 2 * k + 1);
            AT(totals, k) += (double)(real * real + imaginary * imaginary);
        }
    }
}
