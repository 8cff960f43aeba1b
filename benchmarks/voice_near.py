"""How near held-out voices are to others: `python -m benchmarks.voice_near MANIFEST EMBEDDINGS`.

MANIFEST names the speaker of each record, EMBEDDINGS is the .npy of `train voices`. Shown: of the
records of a fifth of the speakers, two at least, the share that is within a cosine of a record of
the other speakers; and that of as many records at random. Where the first is low and the second is
high, the cosine shows voices that are in two splits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.voice_inputs import voice_inputs
from curate.arrays import Bools, Float32s
from curate.splits.voice_leakage import near_share

COSINES = (0.6, 0.65, 0.7, 0.75, 0.8)


def lines(voices: Float32s, speakers: Sequence[str]) -> Iterator[str]:
    """A row of the table for each cosine."""
    draw, names = np.random.default_rng(0), np.array(speakers)
    every = np.unique(names)
    held = draw.permutation(every)[: max(2, every.size // 5)]
    by_speaker: Bools = np.isin(names, held)
    at_random: Bools = draw.permutation(by_speaker)
    for cosine in COSINES:
        shares = [
            near_share(voices[chosen], voices[~chosen], cosine)
            for chosen in (by_speaker, at_random)
        ]
        yield f"| {cosine} | {' | '.join(f'{share:.0%}' for share in shares)} |"


def main() -> None:
    """Print the table."""
    rows, embeddings = voice_inputs(__doc__)
    vectors = np.load(embeddings, allow_pickle=False).astype(np.float32)
    voices: Float32s = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    print("| cosine | held-out speakers | random records |")
    print("|---|---|---|")
    print("\n".join(lines(voices, [row["speaker"] for row in rows])))


if __name__ == "__main__":
    main()
