/* Layers of curate.audio.silero in lanes of one width: voice.c reads this file once for each, with
 * VOICE_OF naming its functions, VOICE_LANES floats in a register, and VOICE_ROWS rows at a time.
 */

typedef float VOICE_OF(lanes) __attribute__((vector_size(4 * VOICE_LANES), aligned(4), may_alias));
typedef int32_t VOICE_OF(bits) __attribute__((vector_size(4 * VOICE_LANES), aligned(4), may_alias));

/* outputs = inputs x weights + bias for `count` rows, negative ones 0 with `cut`. A row beyond the
 * last is the last once more. */
VOICE_INLINE void VOICE_OF(layer)(voice_rows in, int64_t inputs, floats weights, floats bias,
                                  bool cut, voice_rows out, int64_t count) {
    for (int64_t tile = 0; tile < bias.size; tile += VOICE_TILE) {
        const float* packed = weights.at + INDEX(tile * inputs, weights.size);
        (void)INDEX((tile + VOICE_TILE) * inputs - 1, weights.size);
        for (int64_t row = 0; row < count; row += VOICE_ROWS) {
            const float* x[VOICE_ROWS];
            VOICE_OF(lanes) sums[VOICE_ROWS][VOICE_TILE / VOICE_LANES];
            for (int64_t k = 0; k < VOICE_ROWS; k++) {
                x[k] = voice_row(in, min_i(row + k, count - 1));
                for (int64_t lane = 0; lane < VOICE_TILE / VOICE_LANES; lane++) {
                    sums[k][lane] = VOICE_AT(bias.at + tile + lane * VOICE_LANES);
                }
            }
            for (int64_t input = 0; input < inputs; input++) {
                for (int64_t lane = 0; lane < VOICE_TILE / VOICE_LANES; lane++) {
                    VOICE_OF(lanes)
                    column = VOICE_AT(packed + input * VOICE_TILE + lane * VOICE_LANES);
                    for (int64_t k = 0; k < VOICE_ROWS; k++) {
                        sums[k][lane] += column * x[k][input];
                    }
                }
            }
            for (int64_t k = 0; k < VOICE_ROWS; k++) {
                float* y = voice_row(out, min_i(row + k, count - 1)) + tile;
                for (int64_t lane = 0; lane < VOICE_TILE / VOICE_LANES; lane++) {
                    VOICE_OF(lanes) sum = sums[k][lane];
                    VOICE_OF(lanes) zero = {0};
                    VOICE_AT(y + lane * VOICE_LANES) =
                        cut ? (VOICE_OF(lanes))((VOICE_OF(bits))sum & (sum > zero)) : sum;
                }
            }
        }
    }
}

/* gates += recurrent weights x hidden. */
VOICE_INLINE void VOICE_OF(recur)(floats weights, const float* hidden, float* gates) {
    for (int64_t tile = 0; tile < 4 * VOICE_UNITS; tile += VOICE_WIDE) {
        const float* packed = weights.at + tile * VOICE_UNITS;
        VOICE_OF(lanes) sums[VOICE_WIDE / VOICE_LANES];
        for (int64_t k = 0; k < VOICE_WIDE / VOICE_LANES; k++) {
            sums[k] = VOICE_AT(gates + tile + VOICE_LANES * k);
        }
        for (int64_t unit = 0; unit < VOICE_UNITS; unit++) {
            for (int64_t k = 0; k < VOICE_WIDE / VOICE_LANES; k++) {
                sums[k] += VOICE_AT(packed + unit * VOICE_WIDE + VOICE_LANES * k) * hidden[unit];
            }
        }
        for (int64_t k = 0; k < VOICE_WIDE / VOICE_LANES; k++) {
            VOICE_AT(gates + tile + VOICE_LANES * k) = sums[k];
        }
    }
}

/* The layer of three frames of `inputs`, `stride` apart; its rows stand between zeros too. */
VOICE_INLINE voice_rows VOICE_OF(convolve)(voice_rows in, int64_t frames, int64_t inputs,
                                           int64_t stride, floats weights, floats bias,
                                           floats* free, int64_t windows) {
    float* out = voice_take(free, frames + 2, bias.size);
    voice_rows from = {in.at, frames, stride * inputs, in.apart};
    voice_rows to = {out + bias.size, frames, bias.size, (frames + 2) * bias.size};
    VOICE_OF(layer)(from, 3 * inputs, weights, bias, true, to, windows * frames);
    return (voice_rows){out, frames, bias.size, (frames + 2) * bias.size};
}

VOICE_TARGET static void VOICE_OF(windows)(floats samples, int64_t size,
                                           const VoiceWeights* weights, floats state,
                                           floats scratch, floats probabilities) {
    int64_t context = size / 8, filter = size / 2, bins = filter / 2 + 1;
    int64_t columns = weights->basis.size / filter;
    float no_bias[2 * 256 + VOICE_TILE] = {0};
    floats none = {no_bias, columns};
    float* hidden = state.at;
    float* cell = state.at + VOICE_UNITS;
    (void)INDEX(2 * VOICE_UNITS - 1, state.size);
    for (int64_t done = 0; done < probabilities.size; done += VOICE_GROUP) {
        int64_t windows = min_i(VOICE_GROUP, probabilities.size - done);
        floats free = scratch;
        int64_t padded = size + 2 * context;
        float* input = voice_take(&free, 1, padded);
        for (int64_t k = 0; k < windows; k++) {
            (void)INDEX((done + k + 1) * size + context - 1, samples.size);
            voice_pad(samples.at + (done + k) * size, size, context, input + k * padded);
        }
        voice_rows frames = {input, VOICE_FRAMES, filter / 2, padded};
        int64_t rows = windows * VOICE_FRAMES;
        voice_rows spectra = {voice_take(&free, VOICE_FRAMES, columns), VOICE_FRAMES, columns,
                              VOICE_FRAMES * columns};
        VOICE_OF(layer)(frames, filter, weights->basis, none, false, spectra, rows);
        float* magnitudes = voice_take(&free, VOICE_FRAMES + 2, bins);
        voice_rows out = {magnitudes + bins, VOICE_FRAMES, bins, (VOICE_FRAMES + 2) * bins};
        voice_magnitudes(spectra, bins, out, rows);
        out.at = magnitudes;
        out = VOICE_OF(convolve)(out, 4, bins, 1, weights->first, weights->first_bias, &free,
                                 windows);
        out = VOICE_OF(convolve)(out, 2, 128, 2, weights->second, weights->second_bias, &free,
                                 windows);
        out =
            VOICE_OF(convolve)(out, 1, 64, 2, weights->third, weights->third_bias, &free, windows);
        out = VOICE_OF(convolve)(out, 1, 64, 1, weights->fourth, weights->fourth_bias, &free,
                                 windows);
        voice_rows units = {out.at + VOICE_UNITS, 1, VOICE_UNITS, out.apart};
        voice_rows gates = {voice_take(&free, 1, 4 * VOICE_UNITS), 1, 0, 4 * VOICE_UNITS};
        VOICE_OF(layer)(units, VOICE_UNITS, weights->gates, weights->gates_bias, false, gates,
                        windows);
        for (int64_t k = 0; k < windows; k++) {
            VOICE_OF(recur)(weights->recurrent, hidden, gates.at + k * gates.apart);
            voice_step(gates.at + k * gates.apart, hidden, cell);
            AT(probabilities, done + k) = voice_probability(weights, hidden);
        }
    }
}

#undef VOICE_OF
#undef VOICE_LANES
#undef VOICE_ROWS
#undef VOICE_TARGET
