/* The loops of curate.audio.kernel. */

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
        f64_f64_f64 both = levels_sums(stretch);
        double total = both.a;
        double squares = both.b;
        double top = both.c;
        if (!(squares < INFINITY)) {
            f64_f64_f64 both_2 = levels_sums_of_finite(stretch, counts);
            total = both_2.a;
            squares = both_2.b;
            top = both_2.c;
        }
        /* Only what comes near the largest magnitude so far can be, or end in, a flat top. */
        if (top > 0 && top >= AT(numbers, LEVELS_PEAK) * LEVELS_NEAR) {
            levels_flat_tops(stretch, numbers, counts);
        } else {
            AT(counts, LEVELS_RUN) = 0;
        }
        AT(numbers, LEVELS_SUM) += total;
        AT(numbers, LEVELS_PARTIAL) += squares;
        AT(numbers, LEVELS_PARTIAL_SUM) += total;
        AT(counts, LEVELS_FILLED) += stretch.size;
        if (AT(counts, LEVELS_FILLED) == frame) {
            AT(energies, before) = levels_variance(AT(numbers, LEVELS_PARTIAL),
                                                   AT(numbers, LEVELS_PARTIAL_SUM), frame);
            AT(numbers, LEVELS_SQUARES) += AT(numbers, LEVELS_PARTIAL);
            AT(numbers, LEVELS_PARTIAL) = AT(numbers, LEVELS_PARTIAL_SUM) = 0.0;
            AT(counts, LEVELS_FILLED) = 0;
            AT(counts, LEVELS_FRAMES) += 1;
            before += 1;
        }
        at += stretch.size;
    }
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
    key = words_absorb(words_absorb(words_absorb(words_absorb(key, a), b), c), d);
    return words_absorb(key, (uint64_t)(words_hash_bytes(data, whole, data.size - whole)));
}
