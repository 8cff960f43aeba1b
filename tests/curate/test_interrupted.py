"""Commands that are stopped, starved of disk or started twice leave what stood there before."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from curate.artifacts.outputs import one_writer, resumable_directory, whole_directory
from curate.errors import ConfigError
from tests import processes

Command = Sequence[str | Path]
CURATE = [sys.executable, "-c", "from curate.cli import script; script()"]
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "NO_COLOR": "1"}


def curate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return processes.curate(*arguments, "--quiet", cwd=None, **ENVIRONMENT)


def state(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def example(root: Path) -> Path:
    return root / "examples" / "speech" / "manifest.jsonl"


SIZES = ("--eval", "45s", "--test", "60s")


@pytest.fixture(scope="module")
def stages(example: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Command]:
    """A command for each stage over a small corpus; their inputs are there."""
    folder = tmp_path_factory.mktemp("stages")
    commands: dict[str, Command] = {
        "profile": ("profile", example, "--no-cache"),
        "split": ("split", folder / "profile", *SIZES),
        "shard": ("shard", folder / "split", "--audio-root", example.parent),
    }
    for stage in ("profile", "split"):
        done = curate(*commands[stage], "--out", folder / stage)
        assert done.returncode == 0, done.stderr
    return commands


@pytest.mark.parametrize("stage", ["profile", "split"])
def test_a_full_disk_leaves_the_old_output(
    small_disk: Path, stages: dict[str, Command], stage: str
) -> None:
    command = (*stages[stage], "--out", small_disk / "out")
    made = curate(*command)
    assert made.returncode == 0, made.stderr
    before = state(small_disk)
    with pytest.raises(OSError, match="No space left"), (small_disk / "filler").open("wb") as file:
        while True:
            file.write(b"x" * 4096)
            file.flush()
    failed = curate(*command)
    assert failed.returncode == 2, failed.stderr
    assert "No space left on device; the previous output is unchanged" in failed.stderr
    assert "hint: make room" in failed.stderr
    assert "Traceback" not in failed.stderr
    (small_disk / "filler").unlink()
    assert state(small_disk) == before


MARKERS = {"profile": "profile.json", "split": "split.json", "shard": "shards.json"}
STOPS = [(signal.SIGTERM, 143), (signal.SIGINT, 130)]


@pytest.mark.parametrize(("sent", "code"), STOPS, ids=["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("stage", ["profile", "split", "shard"])
def test_a_stopped_command_leaves_what_was_there(
    tmp_path: Path, stages: dict[str, Command], stage: str, sent: signal.Signals, code: int
) -> None:
    if stage == "shard":
        pytest.importorskip("lhotse", reason="the shards extra is not installed")
    out = tmp_path / "out"
    command = [*CURATE, *map(str, stages[stage]), "--quiet", "--out", str(out)]
    for _ in range(20):  # a command that ends before the signal reaches it is tried again
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        (out / MARKERS[stage]).touch()
        returned, output = stopped(command, tmp_path, sent)
        if returned != 0:
            break
    assert returned == code, output
    assert not re.search("^Traceback", output, re.MULTILINE), output
    assert [path.stat().st_size for path in out.iterdir()] == [0], "the old output, untouched"
    left = [path for path in tmp_path.iterdir() if path != out]
    if stage == "shard":  # where a shard was finished already, the next export goes on from it
        assert all(list((path / "done").iterdir()) for path in left)
    else:
        assert left == [], "nothing is left"


def stopped(command: Command, folder: Path, sent: signal.Signals) -> tuple[int, str]:
    """Exit code and words of a command that was sent the signal once it had begun to write."""
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, **ENVIRONMENT}
    )
    while not begun(folder) and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(sent)
    _, output = process.communicate()
    return process.returncode, output


def begun(folder: Path) -> bool:
    """Whether a command has begun to write beside its output."""
    return any(path.name.endswith((".tmp", ".part")) for path in folder.iterdir())


Begin = Callable[[Path], AbstractContextManager[Path]]
WRITERS: list[Begin] = [
    lambda out: whole_directory(out, frozenset(), "x.json"),
    lambda out: resumable_directory(out, frozenset(), "x.json", "key"),
]


@pytest.mark.parametrize("first", WRITERS, ids=["whole", "resumable"])
@pytest.mark.parametrize("second", WRITERS, ids=["whole", "resumable"])
def test_one_writer_at_a_time(tmp_path: Path, first: Begin, second: Begin) -> None:
    out = tmp_path / "out"
    with first(out) as folder:
        (folder / "out").mkdir()
        with pytest.raises(ConfigError, match=f"in use by process {os.getpid()}"), second(out):
            pytest.fail("must not begin")
        assert list(tmp_path.glob(".out.lock"))
        with one_writer(tmp_path / "beside"):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_workers_that_outlive_a_killed_run_leave_nothing_behind(tmp_path: Path) -> None:
    made: list[Path] = []
    ended = threading.Event()

    def outlive(folder: Path) -> None:
        """Make files by the stage's path, as a worker does that has not seen its parent die."""
        while not ended.is_set():
            try:
                (folder / str(len(made))).touch()
            except FileNotFoundError:
                continue
            made.append(folder)

    out, rounds = tmp_path / "out", 20
    folder = tmp_path / ".out.0.part" / "tmp"
    worker = threading.Thread(target=outlive, args=[folder])
    worker.start()
    try:
        for _ in range(rounds):
            with resumable_directory(out, frozenset(), "x.json", "0") as stage:
                folder.mkdir()
                (stage / "out").mkdir()
                (stage / "out" / "x.json").write_text("{}")
                before = len(made)
                while len(made) < before + 20:
                    time.sleep(0.001)
            assert [path.name for path in tmp_path.iterdir()] == ["out"]
    finally:
        ended.set()
        worker.join()
    assert len(made) >= 20 * rounds


def test_the_second_of_two_commands_says_why(tmp_path: Path, example: Path) -> None:
    with (tmp_path / ".out.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = curate("profile", example, "--out", tmp_path / "out")
        assert refused.returncode == 2
        assert "is in use by another process" in refused.stderr
        assert "hint: wait for it, or name another directory" in refused.stderr
    assert curate("profile", example, "--out", tmp_path / "out").returncode == 0


def test_a_lock_of_the_dead_holds_nobody(tmp_path: Path) -> None:
    (tmp_path / ".out.lock").touch()
    with whole_directory(tmp_path / "out", frozenset(), "x.json") as folder:
        (folder / "x.json").write_text("{}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
