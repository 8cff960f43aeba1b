"""Where audio lies and what it is written in, the whole way: as NeMo finds and decodes it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from tests.train.world import NEMO, World
from tests.whole_way.corpus import sentence, write_manifest
from tests.whole_way.journey import USUAL, Journey, command, evaluated
from tests.whole_way.referee import nemo_manifest, rows_of
from tests.whole_way.stepped import Case, Place, miscounted, misplaced, write_stepped

pytestmark = NEMO

SPLIT = ("--eval", "8s", "--test", "8s", "--floor", "0s", "--cap", "0.6")
START_S, LENGTH_S = 3, 2.0

# what is odd, where the file is written ({0} its number), how the row names it, why it is refused
PLACES: list[tuple[str, str, str, str]] = [
    ("beside the manifest", "data/{0}.wav", "{0}.wav", ""),
    ("in a folder beside it", "data/wavs/{0}.wav", "wavs/{0}.wav", ""),
    ("in the working folder", "here/{0}.wav", "{0}.wav", ""),
    ("from the working folder", "here/more/{0}.wav", "more/{0}.wav", ""),
    ("from the working folder, up", "data/{0}.wav", "../data/{0}.wav", ""),
    ("at home", "home/{0}.wav", "~/{0}.wav", ""),
    ("at home, deeper", "home/a/b/{0}.wav", "~/a/b/{0}.wav", ""),
    ("absolute", "data/{0}.wav", "{1}/data/{0}.wav", ""),
    ("with blanks and accents", "data/été {0} (1).wav", "été {0} (1).wav", ""),
    ("with a percent sign", "data/{0}%20a.wav", "{0}%20a.wav", ""),
    ("in brackets", "data/{0}[1].wav", "{0}[1].wav", ""),
    ("nowhere", "data/there-{0}.wav", "gone-{0}.wav", "No such file"),
    ("in no home of mine", "home/{0}.wav", "~nobody-{0}/{0}.wav", "No such file"),
    ("a variable", "data/{0}.wav", "$HOME/{0}.wav", "No such file"),
    ("a pattern", "data/{0}.wav", "{0}.*", "No such file"),
    ("an address", "data/{0}.wav", "file://{1}/data/{0}.wav", "an address, not a file"),
    ("a command", "data/{0}.wav", "cat {1}/data/{0}.wav |", "a command, not a file"),
    ("a folder", "data/{0}/a.wav", "{0}", "a directory, not a regular file"),
]  # fmt: skip

SOUND = [PLACES[0]] * 20


def manifest(root: Path) -> tuple[Path, list[Case]]:
    """A manifest in `data`; `here` is the working folder, `home` the home."""
    rows, cases = [], []
    for number, (name, written, named, reason) in enumerate([*PLACES, *SOUND]):
        write_stepped(root / written.format(number), number)
        text = sentence(number)
        rows.append(row(named.format(number, root), text, f"s{number}"))
        cases.append(Case(name, text, reason or Place(number, START_S, LENGTH_S)))
    return write_manifest(root / "data" / "manifest.jsonl", rows), cases


def row(path: str, text: str, speaker: str) -> dict[str, Any]:
    return {
        "audio_filepath": path, "offset": float(START_S), "duration": LENGTH_S, "text": text,
        "lang": "en", "speaker": speaker,
    }  # fmt: skip


def test_audio_lies_where_nemo_looks_for_it(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = world.model("ctc").path
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    path, cases = manifest(tmp_path)
    rows = rows_of(path)
    carried = [each for each, case in zip(rows, cases, strict=True) if case.is_carried]
    by_nemo = nemo_manifest(write_manifest(path.with_name("carried.jsonl"), carried))
    assert (by_nemo.texts, by_nemo.failed) == (tuple(each["text"] for each in carried), ())
    journey = Journey([path], tmp_path / "out", replace(USUAL, split=SPLIT), model)
    journey.go("profile", "split", "audit", "shard", "verify", "plan", "eval")
    assert (len(journey.steps), journey.failures) == (7, [])
    assert misplaced(journey, {str(path): cases}) == []
    assert miscounted(journey) == []


FFMPEG: list[tuple[str, Sequence[str]]] = [
    (".m4a", ("-c:a", "aac", "-b:a", "96k")), (".aac", ("-c:a", "aac")), (".mp4", ("-c:a", "aac")),
    (".webm", ("-c:a", "libopus")), (".wma", ("-c:a", "wmav2")), (".mka", ("-c:a", "flac")),
]  # fmt: skip


def written_by_ffmpeg(folder: Path) -> list[dict[str, Any]]:
    """A row for each format that libsndfile does not know, its file written by ffmpeg."""
    rows = []
    for number, (suffix, codec) in enumerate(FFMPEG):
        wav = write_stepped(folder / f"f{number}.wav", number)
        out = folder / f"f{number}{suffix}"
        subprocess.run(["ffmpeg", "-v", "error", "-i", wav, *codec, out], check=True)
        rows.append(row(f"f{number}{suffix}", sentence(100 + number), f"f{number}"))
    return rows


@pytest.mark.skipif(which("ffmpeg") is None, reason="ffmpeg writes what libsndfile cannot read")
def test_what_ffmpeg_alone_decodes_is_unknown_and_named(world: World, tmp_path: Path) -> None:
    """It is unknown in a profile, and no shard stores it; NeMo and `train eval` decode it."""
    sound = [
        row(write_stepped(tmp_path / f"{n}.wav", n).name, sentence(n), f"s{n}") for n in range(20)
    ]
    rows = written_by_ffmpeg(tmp_path)
    path = write_manifest(tmp_path / "manifest.jsonl", [*sound, *rows])
    journey = Journey([path], tmp_path / "out", replace(USUAL, split=SPLIT))
    journey.go("profile", "split", "audit", "shard", "verify")
    assert (len(journey.steps), journey.failures) == (5, [])
    cases = [Case("sound", one["text"], Place(n, START_S, LENGTH_S)) for n, one in enumerate(sound)]
    odd = [Case(one["audio_filepath"], one["text"], "ffmpeg") for one in rows]
    assert misplaced(journey, {str(path): [*cases, *odd]}) == []
    odd_manifest = write_manifest(tmp_path / "odd.jsonl", rows)
    loaded = nemo_manifest(odd_manifest)
    assert (loaded.rows, loaded.failed, loaded.stopped) == (len(rows), (), "")
    words = (
        world.model("ctc").path,
        "--manifest",
        odd_manifest,
        "--out",
        tmp_path / "eval",
        "--json",
    )
    step = evaluated(command("train", "eval", *words), tmp_path / "eval")
    assert (step.exit_code, step.rows["scored"]) == (0, len(rows))
