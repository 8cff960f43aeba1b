"""Times and probabilities of a recogniser's words, as other tools write them, made to WORD_VALUES.

A word has a `probability` in Whisper, a `score` in WhisperX, a `confidence` in others; NeMo's
`transcribe_speech.py` has times in a list `word` and probabilities in a list `word_confidence`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

_PROBABILITIES = ("probability", "score", "confidence")
_DECIMALS = 6
LARGEST = 1e9
"""Beyond it a value is neither a probability nor seconds (NaN and infinity are not below it)."""


def word_values(*lists: object) -> Mapping[str, float]:
    """WORD_VALUES of the words that these lists are of, those that are known: an object has times
    and a probability, a number is a probability; all else says nothing.

    >>> word_values([{"start": 0.5, "end": 1.0, "score": 0.5}, {"start": 1.2, "end": 1.5}])
    {'word_confidence': 0.5, 'word_confidence_min': 0.5, 'word_gap_s': 0.2, 'word_time_s': 0.8}
    """
    items = [item for each in lists if isinstance(each, list) for item in each]
    words = [item for item in items if isinstance(item, dict)]
    stated = (word[name] for word in words for name in _PROBABILITIES if name in word)
    probabilities = [*_numbers(stated), *_numbers(items)]
    times = list(_times(words))
    values: dict[str, float] = {}
    if probabilities:
        values["word_confidence"] = sum(probabilities) / len(probabilities)
        values["word_confidence_min"] = min(probabilities)
    if times:
        gaps = (later[0] - earlier[1] for earlier, later in pairwise(times))
        values["word_gap_s"] = max([0.0, *gaps])
        values["word_time_s"] = sum(end - start for start, end in times)
    return {name: round(value, _DECIMALS) for name, value in values.items()}


def _numbers(values: Iterable[object]) -> Iterator[float]:
    """Those of the values that are numbers a double holds."""
    for value in values:
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST:
            yield float(value)


def _times(words: Iterable[Mapping[str, object]]) -> Iterator[tuple[float, float]]:
    """Start and end of the words that have both, seconds; Transformers has them in one pair."""
    for word in words:
        pair = word.get("timestamp")
        ends = pair if isinstance(pair, list) else (word.get("start"), word.get("end"))
        numbers = tuple(_numbers(ends))
        if len(numbers) == 2 and numbers[0] <= numbers[1]:
            yield numbers[0], numbers[1]
