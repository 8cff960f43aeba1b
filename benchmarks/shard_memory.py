"""Memory of an export by rows: `python -m benchmarks.shard_memory [ROWS ...]`.

Each row has a file of its own, all hard links to one third of a second of audio. What counts is the
anonymous memory of this process, which lays out the shards, and of its workers, at their peak.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf

from benchmarks.memory import anonymous_mib, watch
from benchmarks.shard import split_of
from curate.environment.execution import Execution
from curate.shards.export import ShardOptions, shard_split


def corpus(folder: Path, rows: int) -> Path:
    """A manifest whose rows differ in text and file, not in audio."""
    sound = folder / "sound.wav"
    sf.write(sound, (np.sin(np.arange(2_800) * 0.1) * 9000).astype(np.int16), 8_000)
    (folder / "audio").mkdir()
    with (folder / "manifest.jsonl").open("w") as out:
        for row in range(rows):
            os.link(sound, folder / "audio" / f"{row:07d}.wav")
            record = {
                "audio_filepath": f"audio/{row:07d}.wav", "duration": 0.35, "lang": "en",
                "text": f"row {row}", "speaker": f"speaker{row % 997}",
            }  # fmt: skip
            out.write(json.dumps(record) + "\n")
    return folder / "manifest.jsonl"


def main() -> None:
    """Print a line for each number of rows."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int, nargs="*", default=[10_000, 100_000])
    for rows in arguments.parse_args().rows:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            split = split_of(corpus(folder, rows), folder / "split")
            before = anonymous_mib()
            with watch() as peak:
                stage = folder / "stage"
                stage.mkdir()
                execution = Execution(workers=2)
                index = shard_split(
                    split,
                    stage,
                    folder / "out",
                    ShardOptions(),
                    execution,
                    with_lhotse=False,
                )
        workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        grown = peak.mib - before
        print(f"{index.cuts:,} cuts in {len(index.shards)} shards: "
              f"{grown:.0f} MiB more than before, workers {workers:.0f} MiB (RSS)")  # fmt: skip


if __name__ == "__main__":
    main()
