"""A manifest that means harm, through every stage: nothing runs, and each path is reported."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile as sf

from tests import processes
from tests.lines import lines_of

TEXT = "so [/oops] \x1b[31m it is <script>alert(1)</script> \u202e said aloud"

# audio path, its fault; MARKER stands for a file that a command would make
PATHS = [
    ("touch MARKER |", "command"),
    ("| touch MARKER", "command"),
    ("pipe:touch MARKER", "command"),
    ("x;touch MARKER;.sph", "unsafe_name"),
    ("$(touch MARKER).wav", "missing"),
    ("`touch MARKER`.wav", "missing"),
    ("a.wav; touch MARKER", "missing"),
    ("http://127.0.0.1:9/a.wav", "url"),
    ("file:///etc/passwd", "url"),
    ("s3://bucket/a.wav", "url"),
    ("/dev/zero", "special_file"),
    ("/dev/stdin", "special_file"),
    ("/proc/self/environ", "special_file"),
    ("pipe.wav", "special_file"),
    ("folder.wav", "special_file"),
    ("to_proc.wav", "special_file"),
    ("a\x00b.wav", "unsafe_name"),
    ("../outside.wav", "outside"),
    ("link_out.wav", "outside"),
    ("/etc/hostname", "outside"),
    ("text.wav", "undecodable"),
]
GOOD = 60
"""Honest records behind them."""

# a Lhotse source that loads by running or fetching something, and its fault
SOURCES = [
    ({"type": "command", "source": "touch MARKER"}, "command"),
    ({"type": "url", "source": "pipe:touch MARKER"}, "command"),
    ({"type": "file", "source": "pipe:touch MARKER"}, "command"),
    ({"type": "url", "source": "http://127.0.0.1:9/a.wav"}, "url"),
    ({"type": "file", "source": "x;touch MARKER;.sph"}, "unsafe_name"),
    ({"type": "memory", "source": "UklGRg=="}, "missing"),
]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Manifests in three formats among files that lie in wait."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    noise = np.random.default_rng(0).normal(0, 0.1, 64_000)
    good = [folder / f"good{at}.wav" for at in range(GOOD)]
    for path in (*good, tmp_path / "outside.wav"):
        sf.write(path, noise, 16_000)
    (folder / "text.wav").write_text("no audio")
    (folder / "folder.wav").mkdir()
    os.mkfifo(folder / "pipe.wav")
    (folder / "link_out.wav").symlink_to(tmp_path / "outside.wav")
    (folder / "to_proc.wav").symlink_to("/proc/self/environ")
    marker = str(tmp_path / "marker")
    rows = [
        {"audio_filepath": name.replace("MARKER", marker), "duration": 4.0, "text": f"{TEXT} {at}"}
        for at, (name, _) in enumerate(PATHS)
    ]
    rows += [
        {
            "audio_filepath": path.name, "duration": 4.0, "speaker": path.name,
            "text": f"an honest sentence that is said aloud by speaker {path.stem}",
        }
        for path in good
    ]  # fmt: skip
    (folder / "nemo.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    cuts = [cut(at, source, marker) for at, (source, _) in enumerate(SOURCES)]
    (folder / "cuts.jsonl").write_text("".join(json.dumps(each) + "\n" for each in cuts))
    kaldi = folder / "kaldi"
    kaldi.mkdir()
    (kaldi / "text").write_text("u1 so it is said\n")
    (kaldi / "utt2dur").write_text("u1 4.0\n")
    (kaldi / "wav.scp").write_text(f"u1 touch {marker} |\n")
    return folder


def cut(at: int, source: Mapping[str, str], marker: str) -> Mapping[str, object]:
    place = {key: value.replace("MARKER", marker) for key, value in source.items()}
    supervision = {"id": f"c{at}", "recording_id": f"c{at}", "start": 0, "duration": 4.0}
    return {
        "id": f"c{at}",
        "type": "MonoCut",
        "start": 0.0,
        "duration": 4.0,
        "channel": 0,
        "supervisions": [{**supervision, "channel": 0, "text": f"{TEXT} cut {at}"}],
        "recording": {
            "id": f"c{at}",
            "sources": [{**place, "channels": [0]}],
            "sampling_rate": 16_000,
            "num_samples": 64_000,
            "duration": 4.0,
        },
    }


def curate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return processes.curate(*words, cwd=folder)


def test_nothing_runs_and_each_path_is_reported(corpus: Path, tmp_path: Path) -> None:
    allow = ("--allow-root", "corpus")
    manifests = ("corpus/nemo.jsonl", "corpus/cuts.jsonl", "corpus/kaldi")
    done = curate(tmp_path, "profile", *manifests, "--out", "p", "--audio", "signal", *allow)
    assert done.returncode == 0, done.stderr
    assert not {"\x1b", "\u202e"} & set(done.stdout + done.stderr), "no control characters"
    rows = pl.read_parquet(tmp_path / "p" / "records.parquet")
    want = [fault for _, fault in PATHS] + ["none"] * GOOD
    want += [fault for _, fault in SOURCES] + ["command"]
    assert rows["audio_fault"].to_list() == want
    audio = json.loads((tmp_path / "p" / "profile.json").read_text())["audio"]
    counts = {each["fault"]: each["rows"] for each in audio["faults"]}
    assert counts == {fault: want.count(fault) for fault in set(want) - {"none"}}
    page = (tmp_path / "p" / "report.html").read_text()
    assert "<script>alert" not in page
    assert all(fault in page for fault in counts)

    sizes = ("--eval", "20s", "--test", "20s")
    done = curate(tmp_path, "split", "p", "--out", "s", *sizes)
    assert done.returncode == 0, done.stderr
    pytest.importorskip("lhotse", reason="the shards extra is not installed")
    done = curate(tmp_path, "shard", "s", "--out", "d", "--workers", "2", *allow)
    assert done.returncode == 0, done.stderr
    made = json.loads((tmp_path / "d" / "shards.json").read_text())
    assert 30 < made["cuts"] <= GOOD
    lines = lines_of((tmp_path / "d" / "skipped.jsonl").read_text())
    assert len(lines) == len(made["skipped"]) >= len(want) - GOOD - 5, "some are held out"
    assert all("good" not in json.loads(line)["audio_filepath"] for line in lines)
    assert not (tmp_path / "marker").exists(), "nothing ran"
