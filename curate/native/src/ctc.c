/* The loops of curate.text.ctc. */

/* The path at a frame: a state is a blank between tokens (even) or a token (odd). Better is the one
 * that stays, then the one that comes from the state before, then the one that passes a blank. */
static inline uint8_t ctc_step(doubles before, int64_t state, bool may_pass) {
    uint8_t step = 0;
    double best = AT(before, state);
    if (state >= 1 && AT(before, state - 1) > best) {
        best = AT(before, state - 1);
        step = 1;
    }
    if (may_pass && AT(before, state - 2) > best) step = 2;
    return step;
}

/* Which token each frame of the best path is spent on, -1 for a blank; false where no path has all
 * tokens in so few frames. `scores` holds two rows of states, `steps` a row of states a frame. */
EXPORT bool ctc_best_path(floats log_probs, int64_t blank, int32s tokens, doubles scores,
                          uint8s steps, int32s path) {
    int64_t frames = path.size, states = 2 * tokens.size + 1;
    int64_t vocabulary = frames ? log_probs.size / frames : 0;
    doubles before = SLICE(scores, 0, states), now = SLICE(scores, states, 2 * states);
    FILL(before, -INFINITY);
    for (int64_t frame = 0; frame < frames; frame++) {
        floats here = SLICE(log_probs, frame * vocabulary, (frame + 1) * vocabulary);
        /* States that no path is in yet, or that none gets to the end from, are left out. */
        int64_t first = max_i(0, states - 2 * (frames - frame)), end = min_i(states, 2 * frame + 2);
        FILL(now, -INFINITY);
        for (int64_t state = first; state < end; state++) {
            bool is_token = state % 2;
            int64_t token = is_token ? AT(tokens, state / 2) : blank;
            bool may_pass = is_token && state >= 3 && token != AT(tokens, state / 2 - 1);
            uint8_t step = frame ? ctc_step(before, state, may_pass) : 0;
            double come = frame ? AT(before, state - step) : 0.0;
            AT(steps, frame * states + state) = step;
            AT(now, state) = come + (double)AT(here, token);
        }
        doubles other = before;
        before = now;
        now = other;
    }
    int64_t state = states - 1;
    if (states > 1 && AT(before, states - 2) >= AT(before, state)) state = states - 2;
    if (!frames || !(AT(before, state) > -INFINITY)) return false;
    for (int64_t frame = frames - 1; frame >= 0; frame--) {
        AT(path, frame) = state % 2 ? (int32_t)(state / 2) : -1;
        state -= AT(steps, frame * states + state);
    }
    return true;
}
