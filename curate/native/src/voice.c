/* The loops of curate.audio.silero: Silero's network, layer by layer over many windows.
 *
 * Sums run over inputs in one order and products are not fused, so that the floats are the same on
 * every processor, however wide its registers are. */

#define VOICE_UNITS 128
#define VOICE_FRAMES 4
/* Windows that go through a layer together: its weights are read once for all of them. */
#define VOICE_GROUP 16
/* Columns of a tile of weights; of the recurrent ones, which meet one row at a time. */
#define VOICE_TILE 16
#define VOICE_WIDE 64
#define VOICE_INLINE ALWAYS_INLINE

/* Weights in tiles, as `curate.audio.silero` packs them; samples of a window and before it. */
typedef struct {
    floats basis;
    floats first;
    floats first_bias;
    floats second;
    floats second_bias;
    floats third;
    floats third_bias;
    floats fourth;
    floats fourth_bias;
    floats gates;
    floats gates_bias;
    floats recurrent;
    floats output;
    floats output_bias;
} VoiceWeights;

/* Rows of a layer: `per` of each window, `step` apart, windows `apart` from each other. */
typedef struct {
    float* at;
    int64_t per;
    int64_t step;
    int64_t apart;
} voice_rows;

VOICE_INLINE float* voice_row(voice_rows rows, int64_t row) {
    return rows.at + row / rows.per * rows.apart + row % rows.per * rows.step;
}

/* e^x by a polynomial of degree 6, as Cephes has it: to a unit or two in the last place. */
VOICE_INLINE float voice_exp(float x) {
    x = x < -87.0f ? -87.0f : x > 87.0f ? 87.0f : x;
    float whole = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
    float rest = x - whole * 0.693359375f + whole * 2.12194440e-4f;
    float sum = 1.9875691500e-4f;
    sum = sum * rest + 1.3981999507e-3f;
    sum = sum * rest + 8.3334519073e-3f;
    sum = sum * rest + 4.1665795894e-2f;
    sum = sum * rest + 1.6666665459e-1f;
    sum = sum * rest + 5.0000001201e-1f;
    sum = sum * rest * rest + rest + 1.0f;
    int32_t bits = ((int32_t)whole + 127) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return sum * scale;
}

VOICE_INLINE float voice_sigmoid(float x) {
    return 1.0f / (1.0f + voice_exp(-x));
}

VOICE_INLINE float voice_tanh(float x) {
    return 2.0f * voice_sigmoid(2.0f * x) - 1.0f;
}

/* One step of the LSTM: gates are input, forget, cell, output. */
VOICE_INLINE void voice_step(const float* gates, float* hidden, float* cell) {
    for (int64_t unit = 0; unit < VOICE_UNITS; unit++) {
        float kept = voice_sigmoid(gates[VOICE_UNITS + unit]) * cell[unit];
        float added = voice_sigmoid(gates[unit]) * voice_tanh(gates[2 * VOICE_UNITS + unit]);
        cell[unit] = kept + added;
        hidden[unit] = voice_sigmoid(gates[3 * VOICE_UNITS + unit]) * voice_tanh(cell[unit]);
    }
}

VOICE_INLINE float voice_probability(const VoiceWeights* weights, const float* hidden) {
    float sum = AT(weights->output_bias, 0);
    for (int64_t unit = 0; unit < VOICE_UNITS; unit++) {
        sum += AT(weights->output, unit) * (hidden[unit] > 0 ? hidden[unit] : 0);
    }
    return voice_sigmoid(sum);
}

/* Magnitudes of the frames' spectra, between the zeros that pad them. */
VOICE_INLINE void voice_magnitudes(voice_rows spectra, int64_t bins, voice_rows out,
                                   int64_t count) {
    for (int64_t row = 0; row < count; row++) {
        const float* from = voice_row(spectra, row);
        float* to = voice_row(out, row);
        for (int64_t bin = 0; bin < bins; bin++) {
            to[bin] = sqrtf(from[bin] * from[bin] + from[bins + bin] * from[bins + bin]);
        }
    }
}

/* A window with what stood before it, and its end mirrored behind it. */
VOICE_INLINE void voice_pad(const float* samples, int64_t size, int64_t context, float* out) {
    memcpy(out, samples, (size_t)(context + size) * sizeof(float));
    for (int64_t k = 0; k < context; k++) {
        out[context + size + k] = samples[context + size - 2 - k];
    }
}

/* Floats of scratch for a layer's `frames` of `columns` a window, with a frame of zeros on both
 * sides; taken from the front of what is free. */
VOICE_INLINE float* voice_take(floats* free, int64_t frames, int64_t columns) {
    float* taken = free->at;
    int64_t size = VOICE_GROUP * frames * columns;
    (void)INDEX(size - 1, free->size);
    *free = (floats){free->at + size, free->size - size};
    return taken;
}

/* The lanes that begin at a place in memory. */
#define VOICE_AT(place) (*(VOICE_OF(lanes)*)(place))

#define VOICE_OF(name) voice_##name##_of_4
#define VOICE_LANES 4
#define VOICE_ROWS 2
#define VOICE_TARGET
#include "voice_layers.c"

#ifdef __x86_64__
#define VOICE_OF(name) voice_##name##_of_8
#define VOICE_LANES 8
#define VOICE_ROWS 4
#define VOICE_TARGET WIDE
#include "voice_layers.c"
#endif

/* The probability of speech in each window of `size` samples, which follow `size` / 8 of those
 * before them; `state` is carried from window to window, `scratch` is zeros between rows. */
EXPORT void voice_detect(floats samples, int64_t size, const VoiceWeights* weights, floats state,
                         floats scratch, floats probabilities, bool wide) {
#ifdef __x86_64__
    if (wide && is_wide()) {
        voice_windows_of_8(samples, size, weights, state, scratch, probabilities);
        return;
    }
#endif
    (void)wide;
    voice_windows_of_4(samples, size, weights, state, scratch, probabilities);
}
