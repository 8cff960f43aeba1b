"""What the benches of voices read: `python -m benchmarks.voice_NAME MANIFEST EMBEDDINGS`."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.joined_digits import Json, read_rows


def voice_inputs(description: str | None) -> tuple[list[Json], Path]:
    """The records of the manifest on the command line, and the .npy with their embeddings."""
    arguments = argparse.ArgumentParser(description=(description or "").split("\n")[0])
    arguments.add_argument("manifest", type=Path)
    arguments.add_argument("embeddings", type=Path)
    options = arguments.parse_args()
    return read_rows(options.manifest), options.embeddings
