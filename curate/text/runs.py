"""Runs of equal tokens: how often a word or a phrase of up to five stands back to back."""

from __future__ import annotations

from curate.text.compiled import borrowing, inlined

WORD_BEST, PHRASE_BEST, FOLDED_BEST, FOLDED_LOOP, UNUSED, ACTIVE = range(6)
"""What has been seen of a text's runs; ACTIVE says that a streak is under way.

The bests count occurrences, FOLDED_LOOP the tokens of the longest loop.
"""


@inlined
def note_token(raw, folded, tokens, raws, foldeds, streaks, runs):  # type: ignore[no-untyped-def]
    """Note the next token of a text, number `tokens` from 0, in rings of the last eight.

    Most tokens equal none of the five before them, folded or not; only then is there work.
    """
    seen = False
    for back in range(1, 6):
        seen |= foldeds[(tokens - back) & 7] == folded
    if seen or runs[ACTIVE]:
        runs[ACTIVE] = 0
        count_runs(raw, tokens, raws, streaks[0], runs, WORD_BEST, PHRASE_BEST, UNUSED)
        count_runs(folded, tokens, foldeds, streaks[1], runs, UNUSED, FOLDED_BEST, FOLDED_LOOP)
    raws[tokens & 7] = raw
    foldeds[tokens & 7] = folded


@borrowing
def count_runs(token, tokens, ring, streaks, runs, word_best, phrase_best, loop):  # type: ignore[no-untyped-def]
    """Streaks of equality with the token 1 to 5 before, and the runs that follow from them."""
    for back in range(1, 6):
        if tokens >= back and ring[(tokens - back) & 7] == token:
            streaks[back - 1] += 1
            runs[ACTIVE] = 1
            run = streaks[back - 1] // back + 1
            runs[phrase_best] = max(runs[phrase_best], run)
            if run > 1:
                runs[loop] = max(runs[loop], run * back)
            if back == 1:
                runs[word_best] = max(runs[word_best], run)
        else:
            streaks[back - 1] = 0


@inlined
def forget(streaks, runs):  # type: ignore[no-untyped-def]
    """Begin a new text."""
    if runs[ACTIVE]:
        streaks[:, :] = 0
        runs[ACTIVE] = 0
    runs[WORD_BEST] = runs[PHRASE_BEST] = runs[FOLDED_BEST] = 1
    runs[FOLDED_LOOP] = 0
