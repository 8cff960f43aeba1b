"""Files of skipped rows that only ffmpeg reads, and the command that makes others of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from curate.artifacts.profile import Input
from curate.audio.header import BY_FFMPEG
from curate.formatting.units import plural
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
    files = {
        source: ffmpeg_files(paths[source], [str(root or entry.folder)])
        for source, entry in sources.items()
        if source in paths
    }
    unread = {source: each for source, each in files.items() if each}
    if not unread:
        return CONVERT if paths else ""
    # Skipped rows are in the order in which shards were drawn: take the input with most files.
    first = max(unread, key=lambda source: len(unread[source]))
    origin = Origin(first, sources[first].format, sources[first].beside)
    hint = conversion_hint([file for each in unread.values() for file in each], origin)
    others = f" ({plural(len(unread) - 1, 'more input')} alike)" if len(unread) > 1 else ""
    return f"{hint}{others}; make the split again then"
