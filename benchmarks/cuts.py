"""The records of a manifest as Lhotse cuts."""

from __future__ import annotations

import json
from pathlib import Path


def write_cuts(manifest: Path, path: Path) -> None:
    """Write the cuts of a manifest of benchmarks/corpus.py."""
    with manifest.open(encoding="utf8") as file, path.open("w", encoding="utf8") as out:
        for number, line in enumerate(file):
            item = json.loads(line)
            key, seconds = f"c{number}", item["duration"]
            supervision = {
                "id": key, "recording_id": key, "start": 0.0, "duration": seconds, "channel": 0,
                "text": item["text"], "language": item["lang"], "speaker": item["speaker"],
            }  # fmt: skip
            recording = {
                "id": key, "sampling_rate": 16000, "num_samples": round(seconds * 16000),
                "duration": round(seconds * 16000) / 16000, "channel_ids": [0],
                "sources": [{"type": "file", "channels": [0], "source": item["audio_filepath"]}],
            }  # fmt: skip
            cut = {
                "id": key, "start": 0.0, "duration": seconds, "channel": 0, "type": "MonoCut",
                "supervisions": [supervision], "recording": recording,
            }  # fmt: skip
            out.write(json.dumps(cut, ensure_ascii=False) + "\n")
