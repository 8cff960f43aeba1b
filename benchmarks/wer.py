"""Statistics of an evaluation: `python -m benchmarks.wer [UTTERANCES]`.

Counts the edits of made-up utterances of 400 speakers, then all rates of wer.json with intervals
from 1,000 draws: by speaker, and by utterance (the worst case: as many clusters as rows).
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from train.evaluate import results
from train.rows import Row
from train.scores.edits import count_edits
from train.scores.scoring import Scored

WORDS = "the quick brown fox jumps over a lazy dog while people listen to the news".split()  # noqa: SIM905
T = TypeVar("T")


def made(count: int, speakers: int) -> list[tuple[Row, str]]:
    """Rows, and a hypothesis for each, with a word in eight wrong."""
    rng = random.Random(1)
    pairs = []
    for line in range(count):
        words = rng.choices(WORDS, k=rng.randint(4, 18))
        heard = [rng.choice(WORDS) if rng.random() < 0.125 else word for word in words]
        fields = {
            "audio_filepath": f"{line}.wav",
            "duration": len(words) / 2.5,
            "text": " ".join(words),
            "lang": rng.choice(["en", "de", "fi"]),
            "speaker": f"s{rng.randrange(speakers)}" if speakers else None,
            "_curate": {"verdict": "clean", "tags": [], "weight": 2.0},
        }
        row = Row(Path("test.jsonl"), line + 1, json.dumps(fields), fields)
        pairs.append((row, " ".join(heard)))
    return pairs


def timed(what: Callable[[], T]) -> tuple[float, T]:
    """Seconds, and what came of it."""
    begun = time.perf_counter()
    found = what()
    return time.perf_counter() - begun, found


def scored(pairs: Sequence[tuple[Row, str]]) -> list[Scored]:
    """The rows with their edits."""
    return [Scored(row, text, count_edits(row.text, text, row.language)) for row, text in pairs]


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("utterances", type=int, nargs="?", default=100_000)
    count = arguments.parse_args().utterances
    for unit, speakers in (("400 speakers", 400), ("utterances", 0)):
        pairs = made(count, speakers)
        edits_s, rows = timed(lambda pairs=pairs: scored(pairs))  # type: ignore[misc]
        rates_s, found = timed(lambda rows=rows: results(rows, "m", ""))  # type: ignore[misc]
        low, high = found["overall"]["wer_low"], found["overall"]["wer_high"]
        print(
            f"{count:,} utterances, clusters: {unit:14} edits {edits_s:5.2f} s, rates with "
            f"intervals {rates_s:5.2f} s  (WER {found['overall']['wer']}, {low} to {high})"
        )


if __name__ == "__main__":
    main()
