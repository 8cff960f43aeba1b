"""Manifests made of tables and tars with audio in them: each later command names the input that
holds the audio, and what it names goes the whole way.
"""

from __future__ import annotations

import io
import json
import re
import shlex
import tarfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import soundfile as sf

from tests.lines import lines_of
from tests.whole_way.corpus import RATE, sentence, tone
from tests.whole_way.journey import command

ROWS, SECONDS = 40, 4.0
SIZES = ("--eval", "16s", "--test", "16s", "--floor", "0s", "--cap", "1")


def wave(number: int) -> bytes:
    file = io.BytesIO()
    sf.write(file, tone(SECONDS, number), RATE, format="WAV")
    return file.getvalue()


def write_parquet(folder: Path) -> Path:
    """Two tables, whose names of audio are the same: no folder could hold both."""
    (folder / "data").mkdir(parents=True)
    for part in range(2):
        numbers = range(part * ROWS // 2, (part + 1) * ROWS // 2)
        audio = [{"bytes": wave(number), "path": f"{at}.wav"} for at, number in enumerate(numbers)]
        columns = {
            "audio": audio,
            "text": [sentence(number) for number in numbers],
            "speaker": [f"s{number}" for number in numbers],
        }
        pl.DataFrame(columns).write_parquet(folder / "data" / f"train-{part}.parquet")
    return folder


def write_tars(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for part in range(2):
        with tarfile.open(folder / f"shard-{part}.tar", "w") as tar:
            for number in range(part * ROWS // 2, (part + 1) * ROWS // 2):
                for suffix, data in (("wav", wave(number)), ("txt", sentence(number).encode())):
                    member = tarfile.TarInfo(f"utt{number:02d}.{suffix}")
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))
    return folder


def stored(shards: Path) -> tuple[int, float]:
    """How many recordings the tars of the shards hold, and their seconds."""
    lengths = []
    for path in (shards / "train").glob("recording*.tar"):
        with tarfile.open(path) as tar:
            for member in tar:
                data = tar.extractfile(member)
                if data is not None and not member.name.endswith(".json"):
                    lengths.append(sf.info(io.BytesIO(data.read())).duration)
    return len(lengths), sum(lengths)


WRITERS: dict[str, Callable[[Path], Path]] = {"parquet": write_parquet, "tars": write_tars}


@pytest.mark.parametrize("kind", WRITERS)
def test_the_input_with_the_audio_is_named(kind: str, tmp_path: Path) -> None:
    corpus = WRITERS[kind](tmp_path / "in")
    manifest = tmp_path / "m.jsonl"
    made = command("curate", "manifest", corpus, "--out", manifest, "--json", "-q")
    assert (made.answer["records"], made.answer["hours"]) == (ROWS, pytest.approx(ROWS / 900))
    rows = [json.loads(line) for line in lines_of(manifest.read_text(encoding="utf-8"))]
    assert {Path(row["audio_archive"]).parent.name for row in rows} <= {"data", "in"}
    assert all(Path(row["audio_archive"]).is_file() for row in rows)
    messages = []
    for words in (
        ("profile", manifest, "--out", tmp_path / "p"),
        ("profile", manifest, "--audio", "header", "--out", tmp_path / "q"),
        ("split", manifest, *SIZES, "--out", tmp_path / "s"),
        ("shard", tmp_path / "s", "--out", tmp_path / "sh"),
    ):
        ran = command("curate", *words)
        messages.append(" ".join((ran.stderr + ran.stdout).split()))
    named = [re.search(r"curate profile (\S+) reads it", each) for each in messages]
    assert len({match[1] for match in named if match}) == 1
    assert all(named), messages
    assert "audio-root" not in " ".join(messages)
    (source,) = shlex.split(named[0][1]) if named[0] else ("",)
    profiled = command("curate", "profile", source, "--out", tmp_path / "whole", "-q")
    split = command("curate", "split", tmp_path / "whole", *SIZES, "--out", tmp_path / "ws", "-q")
    shards = command("curate", "shard", tmp_path / "ws", "--out", tmp_path / "wsh", "-q")
    assert [ran.exit_code for ran in (profiled, split, shards)] == [0, 0, 0], shards.stderr
    train = (tmp_path / "ws" / "train.jsonl").read_bytes().count(b"\n")
    recordings, seconds = stored(tmp_path / "wsh")
    assert (recordings, round(seconds, 3)) == (train, train * SECONDS)
    assert train == ROWS - 8


@pytest.mark.parametrize("kind", WRITERS)
def test_the_warning_names_commands_that_read_the_audio(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    WRITERS[kind](tmp_path / "in")
    made = command("curate", "manifest", "in", "--out", "m.jsonl", "--json", "-q")
    (warning,) = made.answer["warnings"]
    commands = re.findall(r"curate (?:split|shard|manifest) .+? --out [^\s;]+", warning)
    split, shard, tarred = map(shlex.split, commands)
    assert split == ["curate", "split", "in", "--out", "m.split"]
    assert command(*split, *SIZES, "-q").exit_code == 0
    assert command(*shard, "-q").exit_code == 0
    train = (tmp_path / "m.split" / "train.jsonl").read_bytes().count(b"\n")
    recordings, seconds = stored(tmp_path / "m.shards")
    assert (recordings, round(seconds, 3)) == (train, train * SECONDS)
    assert command(*tarred, "-q").exit_code == 0
    (tar,) = (tmp_path / "m.tarred").glob("*.tar")
    with tarfile.open(tar) as members:
        assert len(members.getnames()) == ROWS
