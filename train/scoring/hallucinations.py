"""What a model invents: loops, words out of nothing, and far more words than were said.

Such output costs a reader's trust more than its share of the word error rate tells, so it is
counted apart. All tests look at text alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from curate.text import normalise
from curate.text.define import measure_text
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
    said = edits.ref_words - edits.deletions + edits.insertions
    if not edits.ref_words:
        return ["from_nothing"] if said else []
    if edits.insertions < MORE_LOOPS:
        return []
    runs = [measure_text(normalise(text)).repetitions for text in (item.hypothesis, item.row.text)]
    looping = runs[0] >= LOOPS and runs[0] >= runs[1] + MORE_LOOPS
    running = said > 2 * edits.ref_words + 5
    return [name for name, holds in (("loop", looping), ("runaway", running)) if holds]


def inventions(scored: Sequence[Scored]) -> dict[str, Any]:
    """The entry of wer.json: rows by kind, the words they insert, and the worst of them."""
    kinds: Counter[str] = Counter()
    found: list[tuple[int, Scored, list[str]]] = []
    for item in scored:
        if (named := kinds_of(item)) and item.edits:
            kinds.update(named)
            found.append((item.edits.insertions, item, named))
    found.sort(key=lambda it: (-it[0], it[1].row.id))
    return {
        "kinds": [{"kind": name, "meaning": KINDS[name], "rows": kinds[name]} for name in KINDS],
        "rows": len(found),
        "words_inserted": sum(words for words, _, _ in found),
        "examples": [
            {"id": item.row.id, "kinds": named, "reference": item.row.text, "said": item.hypothesis}
            for _, item, named in found[:MOST_NAMED]
        ],
    }
