"""Exports that are killed, stopped or short of room: they go on to the same bytes, or say why."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from tests.curate.shard_fixtures import contents, export, exporting, splitted
from tests.lines import lines_of
from tests.processes import curate, started

KILLS = 6
"""benchmarks/kills.py does as many as one likes."""

Seen = TypeVar("Seen")
TEMPORARY = ".shards.*.part/tmp/*"
CLI = "from curate.cli import main; main()"
pytest.importorskip("lhotse", reason="the shards extra is not installed")


def words(split: Path, out: Path, *more: str) -> list[str]:
    return ["shard", str(split), "--out", str(out), "--shard-size", "10", "--quiet", *more]


@pytest.fixture(scope="module")
def split(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    manifest = root / "examples" / "speech" / "manifest.jsonl"
    return splitted(manifest, tmp_path_factory.mktemp("split"))


@pytest.fixture(scope="module")
def whole(split: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """An export that nobody disturbs, and how long it works."""
    out = tmp_path_factory.mktemp("whole") / "shards"
    with exporting(split, out) as run:
        wait_for(lambda: list(out.parent.glob(".shards.*.part")), run.is_running)
        begun = time.monotonic()
        assert run.ended(120).returncode == 0
    return contents(out), time.monotonic() - begun


@pytest.mark.parametrize("moment", range(KILLS))
def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(
    split: Path, whole: tuple[dict[str, bytes], float], tmp_path: Path, moment: int
) -> None:
    expected, seconds = whole
    out = tmp_path / "shards"
    with exporting(split, out, workers=1 + moment % 2) as run:
        wait_for(lambda: list(tmp_path.glob(".shards.*.part")), run.is_running)
        time.sleep(random.Random(moment).random() * seconds)
        run.send(signal.SIGKILL)
        run.ended()
    assert not out.exists() or contents(out) == expected, "whole or not there at all"
    export(split, out)
    assert contents(out) == expected
    assert [path.name for path in tmp_path.iterdir()] == ["shards"], "nothing is left beside it"


def test_finished_shards_are_not_written_again(split: Path, tmp_path: Path) -> None:
    out = tmp_path / "shards"
    with exporting(split, out) as run:
        wait_for(
            lambda: list(tmp_path.glob(".shards.*.part/done/train-00000[0-9].json"))[2:],
            run.is_running,
        )
        run.send(signal.SIGKILL)
        run.ended()
    (stage,) = tmp_path.glob(".shards.*.part")
    done = [path.stem.removeprefix("train-") for path in stage.glob("done/train-*.json")]
    tars = [stage / "out" / "train" / f"recording.{number}.tar" for number in sorted(done)]
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tars}
    tars[0].write_bytes(b"damaged")
    export(split, out)
    now = {p.name: (p.stat().st_ino, p.stat().st_mtime_ns) for p in (out / "train").iterdir()}
    unchanged = {name for name, stat in before.items() if now[name] == stat}
    assert unchanged == set(before) - {tars[0].name}, "but for the one whose hash told its damage"


def others_at_work(folder: Path, command: int) -> Sequence[int]:
    """The workers that write a file and are not the command itself, which is one too."""
    return [
        worker
        for file in folder.glob(TEMPORARY)
        if (worker := int(file.name.split(".")[0])) != command
    ]


def wait_for(
    look: Callable[[], Sequence[Seen]], is_running: Callable[[], bool], seconds: float = 60
) -> Sequence[Seen]:
    ends = time.monotonic() + seconds
    while not (seen := look()):
        assert is_running(), "it ended before it could be disturbed"
        assert time.monotonic() < ends
        time.sleep(0.005)
    return seen


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_it_leaves_what_was_there(
    split: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    out = tmp_path / "shards"
    out.mkdir()
    (out / "shards.json").write_text('{"old": true}')
    command = [sys.executable, "-c", CLI, *words(split, out, "--workers", "2")]
    run = subprocess.Popen(command, start_new_session=True)
    wait_for(lambda: list(tmp_path.glob(TEMPORARY)), lambda: run.poll() is None)
    run.send_signal(number)
    assert run.wait(30) == code
    assert [path.name for path in out.iterdir()] == ["shards.json"]
    assert json.loads((out / "shards.json").read_text()) == {"old": True}
    ends = time.monotonic() + 10
    while living(run.pid) and time.monotonic() < ends:
        time.sleep(0.05)
    assert not living(run.pid), "no worker outlives it"


def living(session: int) -> list[str]:
    """The processes of a session that still run."""
    listed = ["ps", "-o", "stat=,args=", "--sid", str(session)]
    listing = subprocess.run(listed, capture_output=True, text=True, check=False).stdout
    return [line for line in lines_of(listing) if line and not line.startswith("Z")]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_full_disk_is_said(split: Path, small_disk: Path, workers: str) -> None:
    out = small_disk / "shards"
    out.mkdir()
    (out / "shards.json").write_text('{"old": true}')
    larger = ("--audio-format", "wav", "--resample", "48000")
    run = curate(*words(split, out, "--workers", workers, *larger))
    assert run.returncode == 2
    assert "No space left on device" in run.stderr
    assert "Traceback" not in run.stderr
    assert [path.name for path in out.iterdir()] == ["shards.json"]


def test_a_killed_worker_is_said_and_its_shard_is_done_next_time(
    split: Path, whole: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    out = tmp_path / "shards"
    for _ in range(20):  # an export that ends before its worker is killed is tried again
        shutil.rmtree(out, ignore_errors=True)
        with started("curate.cli", *words(split, out, "--workers", "2")) as run:
            (worker, *_) = wait_for(lambda: others_at_work(tmp_path, run.pid), run.is_running)
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
            done = run.ended(60)
        if done.returncode != 0:
            break
    assert done.returncode == 1
    assert "a worker was killed" in done.stderr
    export(split, out)
    assert contents(out) == whole[0]


def test_another_process_in_the_same_place_is_refused(split: Path, tmp_path: Path) -> None:
    out = tmp_path / "shards"
    with exporting(split, out) as run:
        wait_for(lambda: list(tmp_path.glob(TEMPORARY)), run.is_running)
        run.send(signal.SIGSTOP)
        second = curate(*words(split, out))
        run.send(signal.SIGCONT)
        assert second.returncode == 2
        assert "is in use by process" in second.stderr
        assert run.ended(60).returncode == 0
