"""Warnings and errors that are alike but for the input are printed once, with a count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curate.errors import Fault
from curate.manifest.equal_warnings import grouped
from curate.terminal.alike_faults import alike_together
from tests import processes
from tests.curate.folder_writers import sound
from tests.lines import lines_of

NAMES = ["a.csv", "b.csv", "c: d.csv", "in/e.csv", "f.csv"]

# Warnings, and what is printed of them.
GROUPED: list[tuple[list[str], list[str]]] = [
    ([], []),
    (["a.csv: x", "b.csv: y"], ["a.csv: x", "b.csv: y"]),
    (["a.csv: x: z", "q: x", "b.csv: x: z"], ["a.csv and 1 more input: x: z", "q: x"]),
    (["c: d.csv: x", "a.csv: x", "b.csv: x"], ["c: d.csv and 2 more inputs: x"]),
    (["no input at all", "no input at all"], ["no input at all"]),
    (["a.csv: read b.csv"] * 2, ["a.csv and 1 more input: read b.csv"]),
    # each names itself
    (["a.csv: try a.csv", "in/e.csv: try in/e.csv"], ["a.csv and 1 more input: try a.csv"]),
    (["a.csv: try a.wav", "b.csv: try b.wav"], ["a.csv and 1 more input: try a.wav"]),
    (["a.csv: try c.wav", "b.csv: try a.wav"], ["a.csv: try c.wav", "b.csv: try a.wav"]),
    # three that differ in amounts, and the others
    ([f"{name}: {at} of 9.5" for at, name in enumerate(NAMES)],
     ["a.csv: 0 of 9.5", "b.csv: 1 of 9.5", "c: d.csv: 2 of 9.5",
      "so it is with 2 more inputs: in/e.csv, f.csv"]),
    ([f"{name}: {at % 2} of 9" for at, name in enumerate(NAMES)],
     ["a.csv and 2 more inputs: 0 of 9", "b.csv and 1 more input: 1 of 9"]),
]  # fmt: skip


@pytest.mark.parametrize(("warnings", "expected"), GROUPED)
def test_alike_warnings_are_one(warnings: list[str], expected: list[str]) -> None:
    assert grouped(warnings, NAMES) == expected


@pytest.mark.parametrize("number", [1, 4, 5, 40])
def test_alike_faults_are_one(number: int) -> None:
    faults = [Fault(f"in/t{at}.srt", "has no audio", f"put t{at}.wav") for at in range(number)]
    printed = list(alike_together([*faults, Fault("x", "is odd")]))
    assert printed[-1] == "x: is odd"
    if number < 5:
        assert printed[:-1] == list(map(str, faults))
        return
    (alike,) = printed[:-1]
    first = "in/t0.srt: has no audio\n  hint: put t0.wav"
    assert alike == f"{first}\n  and {number - 1} more: in/t1.srt, in/t2.srt, in/t3.srt, ..."


def test_manifests_of_a_pattern_are_warned_about_once(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", 16000)
    row = {"audio_filepath": "a.wav", "duration": 0.1, "start": 0.1, "text": "ja"}
    for at in range(40):
        (tmp_path / f"{at}.jsonl").write_text(f"{json.dumps(row)}\n")
    made = processes.curate("profile", "*.jsonl", "--out", "p", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    (warning,) = [line for line in lines_of(made.stderr) if "'start' is not read" in line]
    assert warning.startswith("warning: 0.jsonl and 39 more inputs: ")


def test_files_that_are_no_manifests_are_one_error(tmp_path: Path) -> None:
    for at in range(9):
        sound(tmp_path / "in" / f"{at}.wav", 160)
    names = [f"in/{at}.wav" for at in range(9)]  # as a shell writes in/*.wav
    refused = processes.curate("manifest", *names, "--out", "m.jsonl", cwd=tmp_path)
    assert refused.returncode == 3
    first, hint, more = lines_of(refused.stderr)
    assert first == "in/0.wav: is an audio file"
    assert hint.endswith("curate manifest in --out m.jsonl")
    assert more == "  and 8 more: in/1.wav, in/2.wav, in/3.wav, ..."
    command = hint.rpartition("curate ")[2].split()
    assert processes.curate(*command, cwd=tmp_path).returncode == 0
    assert (tmp_path / "m.jsonl").read_bytes().count(b"\n") == 9
