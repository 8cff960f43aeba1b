"""A folder of texts and audio that only ffmpeg reads: the command that makes it readable."""

from __future__ import annotations

import shlex
from pathlib import Path

from curate.manifest.write import ManifestRequest, write_manifest
from tests.curate.folder_writers import sound

M4A = b"\0\0\0\x20ftypM4A " + bytes(64)


def test_audio_that_only_ffmpeg_reads_is_warned_about_with_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "mein korpus"
    for name in ("a", "b", "c"):
        sound(folder / f"{name}.wav", 1600)
        (folder / f"{name}.txt").write_text(f"text {name}")
    for name in ("a", "b"):
        (folder / f"{name}.wav").unlink()
        (folder / f"{name}.m4a").write_bytes(M4A)
    made = write_manifest(ManifestRequest([str(folder)], tmp_path / "m.jsonl"))
    assert (made.records, made.malformed) == (1, 2)
    (warning,) = made.warnings
    assert warning.startswith(f"{folder}: 2 rows hold no record, since only ffmpeg reads the audio")
    glob = f"{shlex.quote(str(folder))}/*.m4a"
    assert warning.endswith(f'for f in {glob}; do ffmpeg -nostdin -i "$f" "${{f%.*}}.flac"; done')

    sound(folder / "a.flac", 1600)
    again = write_manifest(ManifestRequest([str(folder)], tmp_path / "again.jsonl"))
    assert (again.records, again.malformed) == (2, 1)
