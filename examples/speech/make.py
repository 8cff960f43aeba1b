#!/usr/bin/env python3
"""Speak and write the example corpus: `manifest.jsonl`, `expected.jsonl`, `audio/*.flac`.

    python examples/speech/make.py [--out DIR]

Needs espeak-ng on the path, and numpy and soundfile. No randomness and no clock: the same
espeak-ng and libsndfile give the same bytes. The old files stay untouched until everything new is
made and each line was found to deserve its expected verdict.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import soundfile
from corpus import KIND, Utterance
from plan import plan
from voice import RATE, speak

BLANK_LINE_AFTER = 120
MOST_BYTES = 6_000_000


# A line is an object whose values are JSON already: number formats and escapes stay as written.
Fields = dict[str, str]


def fields(row: Utterance, duration_s: float) -> Fields:
    """An ordinary line's keys and JSON values."""
    lang = row.speaker.lang
    pnc = "yes" if row.text[:1].isupper() and row.text.endswith(".") else "no"
    values = {
        "audio_filepath": f"audio/{row.name}.flac",
        "duration": duration_s if row.declared_s is None else row.declared_s,
        "text": row.text,
        "lang": lang,
        "source_lang": lang,
        "target_lang": lang,
        "pnc": pnc,
        "speaker": row.speaker.name,
        "gender": row.speaker.gender,
    }
    return {key: _json(value) for key, value in values.items()}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _line(pairs: Fields) -> str:
    return "{" + ", ".join(f'"{key}": {value}' for key, value in pairs.items()) + "}"


def _without(pairs: Fields, *keys: str) -> Fields:
    return {key: value for key, value in pairs.items() if key not in keys}


def _foreign(pairs: Fields) -> Fields:
    return pairs | {
        "source_id": '"batch-7/α"',
        "snr": "1.50e+01",
        "meta": '{"takes": [1, 2], "approved": true, "note": null}',
    }


def _in_number_format(pairs: Fields, turn: int) -> Fields:
    seconds = int(float(pairs["duration"]))
    formats = (
        f"{seconds}",
        f"{seconds}.000",
        f"{seconds}E0",
        f"{seconds * 10}e-1",
        f"0.{seconds}e+1",
    )
    return pairs | {"duration": formats[turn % len(formats)]}


def _reordered(pairs: Fields, turn: int) -> str:
    keys = sorted(pairs, reverse=turn % 2 == 0)
    blank = ("", "  ", "\t", " ")[turn % 4]
    body = f",{blank}".join(f'"{key}":{blank}{pairs[key]}' for key in keys)
    return f"{{{blank}{body}{blank}}}"


def _escaped(pairs: Fields) -> Fields:
    return pairs | {"text": json.dumps(json.loads(pairs["text"]))}


def _table_row(pairs: Fields) -> str:
    return "\t".join(json.loads(pairs[key]) for key in ("audio_filepath", "speaker", "text"))


WRITERS: dict[str, Callable[[Fields, int], str]] = {
    "foreign_keys": lambda pairs, _: _line(_foreign(pairs)),
    "number_format": lambda pairs, turn: _line(_in_number_format(pairs, turn)),
    "key_order": _reordered,
    "unicode_escaped": lambda pairs, _: _line(_escaped(pairs)),
    "slots_missing": lambda pairs, _: _line(_without(pairs, "pnc", "source_lang", "target_lang")),
    "not_json": lambda pairs, _: _table_row(pairs),
    "truncated": lambda pairs, _: _line(pairs)[: len(_line(pairs)) * 2 // 3],
    "no_duration": lambda pairs, _: _line(_without(pairs, "duration")),
    "nan_duration": lambda pairs, _: _line(pairs | {"duration": "NaN"}),
    "negative_duration": lambda pairs, _: _line(pairs | {"duration": "-" + pairs["duration"]}),
    "string_duration": lambda pairs, _: _line(pairs | {"duration": f'"{pairs["duration"]}"'}),
    "null_text": lambda pairs, _: _line(pairs | {"text": "null"}),
    "number_text": lambda pairs, _: _line(pairs | {"text": "42"}),
    "no_audio": lambda pairs, _: _line(_without(pairs, "audio_filepath")),
    "duplicate_key": lambda pairs, _: _line(pairs)[:-1] + ', "text": "another sentence"}',
}
"""How the lines of a kind are written; the others as `_line` does. The number counts the kind."""


def written(rows: Sequence[Utterance], durations_s: dict[str, float]) -> Iterator[str]:
    """The manifest's lines, the blank one too."""
    turns = dict.fromkeys(KIND, 0)
    for number, row in enumerate(rows):
        if number == BLANK_LINE_AFTER:
            yield ""
        pairs = fields(row, durations_s[row.name])
        writer = WRITERS.get(row.kind)
        yield writer(pairs, turns[row.kind]) if writer else _line(pairs)
        turns[row.kind] += 1


def expectations(rows: Sequence[Utterance]) -> Iterator[dict[str, Any]]:
    """What the default rules owe each line; line numbers count the blank line."""
    for number, row in enumerate(rows):
        kind = KIND[row.kind]
        line = number + 1 + (number >= BLANK_LINE_AFTER)
        yield {"line": line, "verdict": kind.verdict, "kind": kind.name, "why": kind.why}


def misfits(rows: Sequence[Utterance], durations_s: dict[str, float]) -> Iterator[str]:
    """Lines whose audio came out other than their kind promises: for whoever edits the plan."""
    bands = {  # characters/s from, to; seconds from, to
        "clean": (5.5, 19.0, 0.7, 10.0),
        "fast_speech": (22.5, 29.0, 0.7, 10.0),
        "long_word": (5.5, 19.0, 0.7, 10.0),
        "repeats": (5.5, 19.0, 0.7, 10.0),
        "glued_words": (5.5, 19.0, 0.7, 10.0),
        "long_silence": (1.5, 3.5, 3.0, 10.0),
        "short_clip": (4.5, 19.0, 0.3, 0.49),
        "fast_text": (32.0, 200.0, 0.7, 5.0),
        "placeholder": (0.1, 0.95, 3.0, 20.0),
    }
    for row in rows:
        band = bands.get(KIND[row.kind].verdict, bands.get(row.kind))
        seconds = durations_s[row.name]
        rate = len(row.text) / seconds
        if band and not (band[0] <= rate <= band[1] and band[2] <= seconds <= band[3]):
            yield f"{row.name} ({row.kind}): {rate:.1f} characters/s in {seconds} s: {row.text!r}"


def make(out: Path) -> str:
    """Write the corpus into `out`; what it came to, in words."""
    rows = plan()
    with tempfile.TemporaryDirectory(dir=out, prefix=".making-") as folder:
        new = Path(folder)
        durations_s = _write_audio(rows, new / "audio")
        if faults := list(misfits(rows, durations_s)):
            raise SystemExit("\n".join([*faults, "hint: change plan.py"]))
        _write_lines(new / "manifest.jsonl", written(rows, durations_s))
        _write_lines(new / "expected.jsonl", map(_json, expectations(rows)))
        shutil.rmtree(out / "audio", ignore_errors=True)
        for path in sorted(new.iterdir()):
            path.replace(out / path.name)
    return _summary(rows, durations_s, out)


def _write_audio(rows: Sequence[Utterance], folder: Path) -> dict[str, float]:
    folder.mkdir()
    durations_s = {}
    for row in rows:
        samples = speak(row)
        durations_s[row.name] = len(samples) / RATE
        if row.kind not in ("no_audio", "same_audio"):
            path = folder / f"{row.name}.flac"
            soundfile.write(path, samples, RATE, subtype="PCM_16", compression_level=1.0)
    return durations_s


def _write_lines(path: Path, lines: Iterator[str] | map[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def _summary(rows: Sequence[Utterance], durations_s: dict[str, float], out: Path) -> str:
    clean_s = sum(durations_s[row.name] for row in rows if KIND[row.kind].verdict == "clean")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    if size > MOST_BYTES:
        raise SystemExit(f"{out}: {size} bytes, more than {MOST_BYTES}\n  hint: fewer rows")
    return f"{len(rows)} lines, {clean_s / 60:.1f} min clean, {size / 1e6:.2f} MB in {out}"


def main() -> None:
    """Parse, make, tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    out: Path = parser.parse_args().out
    if shutil.which("espeak-ng") is None:
        raise SystemExit("espeak-ng is not on the path\n  hint: apt-get install espeak-ng")
    out.mkdir(parents=True, exist_ok=True)
    print(make(out), file=sys.stderr)


if __name__ == "__main__":
    main()
