"""Clusters of voices without names: `python -m benchmarks.voice_clusters MANIFEST EMBEDDINGS`.

MANIFEST names the speaker of each record, EMBEDDINGS is the .npy of `train voices`, which sees the
records without these names. Shown for several cosines: how many clusters it makes, the largest, the
share of the pairs of one speaker that are in one cluster, and of the pairs in one cluster that are
of one speaker.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.joined_digits import Json, read_rows
from benchmarks.processes import run
from benchmarks.voice_inputs import voice_inputs

COSINES = (0.55, 0.6, 0.65, 0.7)


def clusters(rows: Sequence[Json], embeddings: Path, folder: Path) -> Iterator[str]:
    """The rows of the table of clusters without names."""
    manifest = folder / "unnamed.jsonl"
    unnamed = ({k: v for k, v in row.items() if k != "speaker"} for row in rows)
    manifest.write_text("".join(json.dumps(row) + "\n" for row in unnamed), encoding="utf-8")
    speakers = [row["speaker"] for row in rows]
    for cosine in COSINES:
        out = folder / f"clusters-{cosine}"
        run("train", "voices", "--manifest", manifest, "--embeddings", embeddings,
            "--same-voice", cosine, "--out", out)  # fmt: skip
        given = [row["voice_cluster"] for row in read_rows(out / "voices.jsonl")]
        both, together = pairs(list(zip(speakers, given, strict=True))), pairs(given)
        cells = (
            cosine, len(set(speakers)), len(set(given)), max(Counter(given).values()),
            f"{both / pairs(speakers):.2f}", f"{both / max(1, together):.2f}",
        )  # fmt: skip
        yield f"| {' | '.join(map(str, cells))} |"


def pairs(values: Sequence[Any]) -> int:
    """How many pairs have the same value."""
    return sum(count * (count - 1) // 2 for count in Counter(values).values())


def main() -> None:
    """Print the table."""
    rows, embeddings = voice_inputs(__doc__)
    folder = Path(tempfile.mkdtemp(prefix="voice-clusters-"))
    print("| cosine | speakers | clusters | largest | recall of pairs | precision |")
    print("|---|---|---|---|---|---|")
    print("\n".join(clusters(rows, embeddings, folder)))


if __name__ == "__main__":
    main()
