"""Hallucinations: loops, words out of nothing, and far more words than were spoken.

Such output costs a reader's trust more than its share of the word error rate tells, so it is
counted apart. All tests read only text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from curate.text import normalise
from curate.text.define import measure_text
from train.artifacts.wer import Hallucination, HallucinationKind, Hallucinations
from train.scoring.scoring import Scored

KINDS: Mapping[str, str] = {
    "loop": "a phrase at least 4 times back to back, and 3 times more than in the reference",
    "runaway": "more than twice the reference's words and 5 more",
    "from_nothing": "words where the reference has none",
}
LOOPS, MORE_LOOPS = 4, 3
MOST_NAMED = 20


def kinds_of(item: Scored) -> list[str]:
    """The kinds of KINDS that a scored row is; none without a prediction."""
    if item.hypothesis is None or item.edits is None:
        return []
    edits = item.edits
    words = edits.ref_words - edits.deletions + edits.insertions
    if not edits.ref_words:
        return ["from_nothing"] if words else []
    if edits.insertions < MORE_LOOPS:
        return []
    runs = [measure_text(normalise(text)).repetitions for text in (item.hypothesis, item.row.text)]
    looping = runs[0] >= LOOPS and runs[0] >= runs[1] + MORE_LOOPS
    running = words > 2 * edits.ref_words + 5
    return [name for name, holds in (("loop", looping), ("runaway", running)) if holds]


def count_hallucinations(scored: Sequence[Scored]) -> Hallucinations:
    """Rows by kind, the words they insert, and the worst of them."""
    counts: Counter[str] = Counter()
    rows: list[tuple[int, Scored, tuple[str, ...]]] = []
    for item in scored:
        if (kinds := tuple(kinds_of(item))) and item.edits:
            counts.update(kinds)
            rows.append((item.edits.insertions, item, kinds))
    rows.sort(key=lambda row: (-row[0], row[1].row.id))
    return Hallucinations(
        kinds=tuple(
            HallucinationKind(kind=kind, meaning=meaning, rows=counts[kind])
            for kind, meaning in KINDS.items()
        ),
        rows=len(rows),
        words_inserted=sum(words for words, _, _ in rows),
        examples=tuple(_example(item, kinds) for _, item, kinds in rows[:MOST_NAMED]),
    )


def _example(item: Scored, kinds: tuple[str, ...]) -> Hallucination:
    return Hallucination(
        id=item.row.id, kinds=kinds, reference=item.row.text, hypothesis=item.hypothesis or ""
    )
