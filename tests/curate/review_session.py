"""The records that tests of the review app are shown, hostile ones among them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile as sf

from curate.rules.file import load_rules
from tests.profiling import write_profile

RATE = 8000


def record(number: int, **more: object) -> dict[str, object]:
    return {
        "audio_filepath": "long.wav", "offset": float(number), "duration": 1.0,
        "text": f"these are words number {number}", "lang": ("en", "de")[number % 2],
        "speaker": f"s{number % 3}", **more,
    }  # fmt: skip


ROWS = [
    *(record(n) for n in range(20)),
    record(20, text="so " * 20),  # bad: repetitions
    record(21, audio_filepath="gone.wav"),
    record(22, audio_filepath="../../../../../../etc/passwd"),
    record(23, audio_filepath="|touch marker-of-harm"),
    record(24, audio_filepath="/dev/zero"),
    record(25, text="x" * 1_000_000),
    record(26, text="</script><b>\x1b[31m", pred_text="these were words"),
]
BROKEN = len(ROWS)


def write_session(folder: Path) -> Path:
    """A profile of ROWS, and a line that is no record, beside 30 s of a rising tone."""
    seconds = np.arange(30 * RATE) / RATE
    sf.write(folder / "long.wav", 0.5 * np.sin(2 * np.pi * (100 + 50 * seconds) * seconds), RATE)
    lines = [json.dumps(row, ensure_ascii=False) for row in ROWS]
    (folder / "m.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n", encoding="utf-8")
    (folder / "profile").mkdir()
    write_profile([str(folder / "m.jsonl")], folder / "profile", load_rules(None))
    return folder
