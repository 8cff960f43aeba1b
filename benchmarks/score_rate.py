"""Whether scoring keeps NeMo's rate: `python -m benchmarks.score_rate MODEL.nemo MANIFEST`.

The rows are transcribed by NeMo, and scored with and without alignment, in turns, in one process;
processor seconds, the least of several turns.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from train.data.rows import all_rows
from train.pretrained import archive_of
from train.runs import runtime


def processor_s(work: Callable[[], object]) -> float:
    """Processor seconds of one turn."""
    before = time.process_time()
    work()
    return time.process_time() - before


def measure(model: str, rows: Sequence[dict[str, Any]], turns: int) -> dict[str, float]:
    """The least processor seconds of each way."""
    from train.nemo import heads
    from train.nemo.model import Transcriber
    from train.nemo.score import Scorer

    archive = archive_of(model)
    plain, scorer = Transcriber(archive, "cpu"), Scorer(archive, "cpu")

    def unaligned() -> None:
        with patch.object(heads, "align", lambda *_: {}):
            scorer.score(rows, 16)

    ways = {
        "transcribe": lambda: plain.transcribe(rows, 16),
        "score, no alignment": unaligned,
        "score": lambda: scorer.score(rows, 16),
    }
    least = dict.fromkeys(ways, float("inf"))
    for _ in range(turns):
        for name, work in ways.items():
            least[name] = min(least[name], processor_s(work))
    return least


def main() -> None:
    """Print the rates as a share of NeMo's."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("model")
    arguments.add_argument("manifest", type=Path)
    arguments.add_argument("--turns", type=int, default=5)
    options = arguments.parse_args()
    runtime.prepare()
    records = all_rows([options.manifest])
    rows = [{**row.fields, "audio_filepath": str(row.audio)} for row in records]
    rows.sort(key=lambda row: -row["duration"])
    least = measure(options.model, rows, options.turns)
    rates = {name: round(least["transcribe"] / seconds, 3) for name, seconds in least.items()}
    print(json.dumps({"rows": len(rows), "processor_s": least, "rate_of_nemo": rates}, indent=2))


if __name__ == "__main__":
    main()
