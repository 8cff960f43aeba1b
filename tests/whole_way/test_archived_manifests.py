"""Manifests made of tables and tars with audio in them go the whole way: shards take the audio from
where it stands.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import shlex
import subprocess
import tarfile
from collections.abc import Callable, Iterator
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
def test_shards_of_the_manifest_hold_the_audio(kind: str, tmp_path: Path) -> None:
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
        ("split", tmp_path / "p", *SIZES, "--out", tmp_path / "s"),
        ("shard", tmp_path / "s", "--out", tmp_path / "sh"),
    ):
        ran = command("curate", *words)
        assert ran.exit_code == 0, ran.stderr
        messages.append(" ".join((ran.stderr + ran.stdout).split()))
    assert not re.search("do(es)? not exist|audio-root|path-map", " ".join(messages))
    train = lines_of((tmp_path / "s" / "train.jsonl").read_text(encoding="utf-8"))
    assert len(train) == ROWS - 8
    recordings, seconds = stored(tmp_path / "sh")
    assert (recordings, round(seconds, 3)) == (len(train), len(train) * SECONDS)
    texts = {sentence(number): number for number in range(ROWS)}
    for text, data in audio_of(tmp_path / "sh"):
        assert data == wave(texts[text])
    evaluated = list(map(json.loads, lines_of((tmp_path / "sh" / "eval.jsonl").read_text())))
    assert len(evaluated) == 4
    for row in evaluated:  # files of their own, which NeMo opens
        assert Path(row["audio_filepath"]).read_bytes() == wave(texts[row["text"]])


def audio_of(shards: Path) -> Iterator[tuple[str, bytes]]:
    """The text of each recording of the shards, and its bytes."""
    for cuts in sorted((shards / "train").glob("cuts*.jsonl.gz")):
        texts = {
            cut["id"]: cut["supervisions"][0]["text"]
            for cut in map(json.loads, lines_of(gzip.decompress(cuts.read_bytes()).decode()))
        }
        tar_name = cuts.name.replace("cuts", "recording").replace(".jsonl.gz", ".tar")
        with tarfile.open(cuts.with_name(tar_name)) as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file is not None and not member.name.endswith(".json"):
                    yield texts[member.name.partition(".")[0]], file.read()


@pytest.mark.parametrize("kind", WRITERS)
def test_an_archive_that_is_gone_is_named(kind: str, tmp_path: Path) -> None:
    corpus = WRITERS[kind](tmp_path / "in")
    manifest = tmp_path / "m.jsonl"
    assert command("curate", "manifest", corpus, "--out", manifest, "-q").exit_code == 0
    corpus.rename(tmp_path / "elsewhere")
    ran = command("curate", "shard", manifest, "--out", tmp_path / "sh", "-q")
    assert ran.exit_code == 3
    assert f"what holds its audio is missing ({tmp_path}/in/" in ran.stderr


def test_audio_is_analysed_in_files_which_a_tar_can_become(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_tars(tmp_path / "in")
    assert command("curate", "manifest", "in", "--out", "m.jsonl", "-q").exit_code == 0
    ran = command("curate", "profile", "m.jsonl", "--audio", "header", "--out", "p", "-q")
    assert ran.exit_code == 3
    unpack = re.search(r"mkdir \S+ && tar -xf \S+ -C (\S+)", " ".join(ran.stderr.split()))
    assert unpack is not None, ran.stderr
    subprocess.run(["bash", "-c", unpack[0]], check=True)
    ran = command(
        *("curate", "profile", unpack[1], "--audio", "header", "--out", "p", "--json", "-q")
    )
    assert (ran.answer["totals"]["rows"], ran.answer["audio"]["analysed"]) == (ROWS // 2,) * 2


@pytest.mark.parametrize("kind", WRITERS)
def test_the_warning_names_the_command_that_writes_the_audio(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    WRITERS[kind](tmp_path / "in")
    made = command("curate", "manifest", "in", "--out", "m.jsonl", "--json", "-q")
    (warning,) = made.answer["warnings"]
    (held,) = re.findall(r"curate manifest .+? --out [^\s;]+", warning)
    assert command(*shlex.split(held), "-q").exit_code == 0
    (tar,) = (tmp_path / "m.tarred").glob("*.tar")
    with tarfile.open(tar) as members:
        assert len(members.getnames()) == ROWS
