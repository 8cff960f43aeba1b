"""Files of skipped rows that only ffmpeg reads, and the command that makes others of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from curate.artifacts.profile import Input
from curate.audio.header import BY_FFMPEG
from curate.manifest.ffmpeg_paths import ffmpeg_files
from curate.manifest.hints.conversion import conversion_hint
from curate.manifest.origin import Origin
from curate.nemo.ffmpeg_kinds import CONVERT
from curate.shards.finish import Outcome


def unread_audio_hint(
    skipped: Path, outcome: Outcome, sources: Mapping[str, Input], root: Path | None
) -> str:
    """How the audio of skipped rows is read that only ffmpeg reads; empty where there is none.

    `skipped` holds their lines in the order of the outcome's names, `root` is where relative paths
    begin, if named.
    """
    paths: dict[str, list[str]] = {}
    with skipped.open("rb") as lines:
        for row, line in zip(outcome.named, lines, strict=False):
            if row.reason.endswith(BY_FFMPEG):
                source = row.id.rpartition(":")[0]
                paths.setdefault(source, []).append(str(json.loads(line)["audio_filepath"]))
    for source, named in paths.items():
        entry = sources[source]
        files = ffmpeg_files(named, [str(root or entry.folder)])
        if files:
            again = "make the split again then"
            return f"{conversion_hint(files, Origin(source, entry.format, entry.beside))}; {again}"
    return CONVERT if paths else ""
