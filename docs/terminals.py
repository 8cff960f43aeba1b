"""The commands whose output pages of docs/ show: run in a folder of their own, beside demo/."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from terminal_picture import COLUMNS, draw

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
MANIFEST = "examples/speech/manifest.jsonl"
TIMEOUT_S = 300

TERMINALS: Mapping[str, tuple[str, ...]] = {
    "cli": ("curate --help",),
    "howto": ("curate manifest corpus --out train.jsonl", "head -n 3 train.jsonl"),
    "gates": (f"curate profile {MANIFEST} --out gated --quiet --fail-on 'bad>5%h,malformed>0'",),
    "rules": ("curate rules what-if demo/profile --rule char_rate",),
    "faq": (f"curate rules explain --profile demo/profile {MANIFEST}:7",),
    "overrides": (
        "cat overrides.jsonl",
        f"curate profile {MANIFEST} --out corrected --overrides overrides.jsonl --quiet",
        f"curate rules explain --profile corrected {MANIFEST}:3",
    ),
    "shards": ("curate shard --verify demo/shards",),
    "scale": (
        "curate profile 'pieces/*.jsonl' --part 1/2 --out parts --quiet",
        "curate profile 'pieces/*.jsonl' --part 2/2 --out parts --quiet",
        "curate merge parts --out merged",
    ),
    "artifacts": (
        "ls demo/split",
        "curate query 'SELECT line, verdict, tags FROM records WHERE line < 9' demo/profile",
    ),
    "guarantees": (
        "curate audit demo/split/train.jsonl demo/split/eval.jsonl demo/split/test.jsonl "
        "--out audited",
    ),
    "cases": ("cat case.jsonl", "curate rules explain case.jsonl:1"),
    "misuse": ("train plan --data demo/shards --model demo/tiny.nemo --config tiny",),
    "formats": ("cat kaldi/segments", "curate manifest kaldi --out calls.jsonl", "cat calls.jsonl"),
}
"""Pictures by name, and the commands that each shows."""


def write_terminals(images: Path) -> None:
    """Write the picture of each terminal, NAME.svg, into the folder."""
    with tempfile.TemporaryDirectory() as folder:
        _prepare(Path(folder))
        for name, commands in TERMINALS.items():
            lines = [line for each in commands for line in _shown(each, Path(folder))]
            label = f"What {commands[-1].split(' -')[0]} prints"
            (images / f"{name}.svg").write_text(draw(lines, label), encoding="utf-8")


def _shown(command: str, folder: Path) -> Iterator[str]:
    """A command, wrapped as a shell allows, and what it prints."""
    settings = {"NO_COLOR": "1", "COLUMNS": str(COLUMNS), "OMP_NUM_THREADS": "1"}
    words = shlex.split(command)
    own = BIN / words[0]
    done = subprocess.run(
        [own if own.exists() else words[0], *words[1:]],
        cwd=folder, env={**os.environ, **settings}, text=True, timeout=TIMEOUT_S, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    yield from _wrapped(f"$ {command}")
    for line in done.stdout.rstrip("\n").split("\n"):
        yield line.rstrip() if len(line) <= COLUMNS else f"{line[: COLUMNS - 3]}..."
    yield ""


def _wrapped(line: str) -> Iterator[str]:
    while len(line) > COLUMNS:
        cut = line.rindex(" ", 0, COLUMNS - 2)
        yield f"{line[:cut]} \\"
        line = f"    {line[cut + 1 :]}"
    yield line


def _prepare(folder: Path) -> None:
    """What the commands name: demo/, the example, a small corpus and files of a few lines."""
    for name in ("demo", "examples"):
        (folder / name).symlink_to(ROOT / name)
    corpus = folder / "corpus"
    corpus.mkdir()
    lines = (ROOT / MANIFEST).read_bytes().split(b"\n")
    for record in map(json.loads, lines[1:9]):
        audio = ROOT / "examples" / "speech" / record["audio_filepath"]
        if audio.is_file():
            shutil.copy(audio, corpus)
            (corpus / f"{audio.stem}.txt").write_text(f"{record['text']}\n", encoding="utf-8")
    (corpus / "without_audio.txt").write_text("a text without its audio\n", encoding="utf-8")
    decision = {"decision": "keep", "by": "anna", "at": "2026-11-26T09:00:00Z"}
    audio = json.loads(lines[2])["audio_filepath"]
    _write_lines(folder / "overrides.jsonl", {"audio_filepath": audio, **decision})
    case = {"audio_filepath": "a.wav", "duration": 6.0, "text": "Thank you. " * 9}
    _write_lines(folder / "case.jsonl", {**case, "text": case["text"].strip()})
    kaldi = {
        "wav.scp": "call1 calls/call1.wav\n",
        "segments": "call1-1 call1 0.00 2.10\ncall1-2 call1 2.10 5.40\n",
        "text": "call1-1 good morning\ncall1-2 how can i help you\n",
        "utt2spk": "call1-1 agent\ncall1-2 agent\n",
    }
    pieces = folder / "pieces"
    pieces.mkdir()
    (pieces / "a.jsonl").write_bytes(b"\n".join(lines[:160]) + b"\n")
    (pieces / "b.jsonl").write_bytes(b"\n".join(lines[160:]))
    (folder / "kaldi").mkdir()
    for name, content in kaldi.items():
        (folder / "kaldi" / name).write_text(content, encoding="utf-8")


def _write_lines(path: Path, record: Mapping[str, object]) -> None:
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
