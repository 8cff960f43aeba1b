"""The whole `curate manifest` command that reads Kaldi data directories below a folder of audio."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from curate.manifest.chunks import read_head
from curate.manifest.kaldi import TIMES

_LOOKED_AT = 20
"""Recordings that are looked for."""


def kaldi_command(root: str, named: Sequence[str]) -> str:
    """The command that reads the directories `named`, whose audio is below `root`."""
    directories = list(map(Path, named))
    options: list[str] = []
    if not all(any((each / name).is_file() for name in TIMES) for each in directories):
        options.append("--measure-duration")
    if any(_begins_at(Path(root), each) for each in directories):
        options += ["--audio-root", str(Path(root))]
    out = f"{Path(root).resolve().name or 'corpus'}.nemo.jsonl"
    return shlex.join(["curate", "manifest", *named, *options, "--out", out])


def _begins_at(root: Path, directory: Path) -> bool:
    """Whether a path of wav.scp leads to a file from `root`, and is not absolute."""
    lines = read_head(str(directory / "wav.scp")).decode(errors="replace").split("\n")[:_LOOKED_AT]
    places = [words[1].strip() for line in lines if len(words := line.split(None, 1)) == 2]
    return any((root / each).is_file() for each in places if not Path(each).is_absolute())
