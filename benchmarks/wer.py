"""Statistics of an evaluation: `python -m benchmarks.wer [UTTERANCES] [--pairs MANIFEST]`.

Counts the edits of made-up utterances of 400 speakers, then all rates of wer.json with intervals
from 1,000 draws: by speaker, and by utterance (the worst case: as many clusters as rows).

`--pairs` names an English manifest with `pred_text`: its total WER by our normaliser and by the
public leaderboards' (whisper_normalizer, kaldialign; both come with NeMo), and the processor time
of each a pair.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from curate.text.normaliser import COMPOUNDS, DEFAULT, Normaliser
from train.data.rows import Row
from train.evaluate import EvalRequest, make_record
from train.scoring.edits import count_all, total
from train.scoring.scoring import Scored

WORDS = "the quick brown fox jumps over a lazy dog while people listen to the news".split()  # noqa: SIM905
T = TypeVar("T")


def made(count: int, speakers: int) -> list[tuple[Row, str]]:
    """Rows, and a hypothesis for each, with a word in eight wrong."""
    rng = random.Random(1)
    pairs = []
    for line in range(count):
        words = rng.choices(WORDS, k=rng.randint(4, 18))
        hypothesis = [rng.choice(WORDS) if rng.random() < 0.125 else word for word in words]
        fields = {
            "audio_filepath": f"{line}.wav",
            "duration": len(words) / 2.5,
            "text": " ".join(words),
            "lang": rng.choice(["en", "de", "fi"]),
            "speaker": f"s{rng.randrange(speakers)}" if speakers else None,
            "_curate": {"verdict": "clean", "tags": [], "weight": 2.0},
        }
        row = Row(Path("test.jsonl"), line + 1, json.dumps(fields), fields)
        pairs.append((row, " ".join(hypothesis)))
    return pairs


def timed(what: Callable[[], T]) -> tuple[float, T]:
    """Seconds, and what came of it."""
    begun = time.perf_counter()
    result = what()
    return time.perf_counter() - begun, result


def scored(pairs: Sequence[tuple[Row, str]]) -> list[Scored]:
    """The rows with their edits."""
    edits = count_all([(row.text, text, row.language) for row, text in pairs])
    return [Scored(row, text, each) for (row, text), each in zip(pairs, edits, strict=True)]


def against_leaderboards(manifest: Path) -> None:
    """Print total WER and time of ours and of the leaderboards' way, on the pairs of a manifest."""
    from kaldialign import batch_error_rate
    from whisper_normalizer.english import EnglishTextNormalizer

    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").split("\n") if line]
    pairs = [(row["text"], row["pred_text"]) for row in rows if row.get("pred_text")]
    leaderboard = EnglishTextNormalizer()
    count_all([("warm", "up", "en")])
    print(
        "| of words | WER ours | leaderboards | us a pair, ours | theirs |\n|---|---|---|---|---|"
    )
    for name, steps in (
        ("as written apart", [step for step in DEFAULT if step != COMPOUNDS]),
        ("with compounds merged", DEFAULT),
    ):
        begun = time.process_time()
        edits = total(count_all([(*pair, "en") for pair in pairs], Normaliser(tuple(steps))))
        ours_s = time.process_time() - begun
        begun = time.process_time()
        words = [[leaderboard(text).split() for text in side] for side in zip(*pairs, strict=True)]
        rate = batch_error_rate(*words, merge_compounds=COMPOUNDS in steps)["err_rate"]
        theirs_s = time.process_time() - begun
        each = [f"{1e6 * took / len(pairs):.0f}" for took in (ours_s, theirs_s)]
        print(f"| {name} | {edits.wer:.2%} | {rate:.2%} | {each[0]} | {each[1]} |")


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("utterances", type=int, nargs="?", default=100_000)
    arguments.add_argument("--pairs", type=Path)
    given = arguments.parse_args()
    if given.pairs:
        against_leaderboards(given.pairs)
        return
    count, request = given.utterances, EvalRequest("m", [], Path())
    for unit, speakers in (("400 speakers", 400), ("utterances", 0)):
        pairs = made(count, speakers)
        edits_s, rows = timed(partial(scored, pairs))
        rates_s, content = timed(partial(make_record, rows, request))
        low, high = content.overall.wer_low, content.overall.wer_high
        print(
            f"{count:,} utterances, clusters: {unit:14} edits {edits_s:5.2f} s, rates with "
            f"intervals {rates_s:5.2f} s  (WER {content.overall.wer}, {low} to {high})"
        )


if __name__ == "__main__":
    main()
