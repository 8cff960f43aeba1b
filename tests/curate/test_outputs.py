"""Outputs appear whole or not at all, whatever interrupts."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from curate.artifacts.outputs import (
    resumable_directory,
    whole_directory,
    whole_file,
    write_json,
)
from curate.errors import ConfigError
from tests.processes import curate, started

OUTPUTS = frozenset({"result.json", "old.json"})


def state(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_directory_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with whole_directory(out, OUTPUTS, "result.json") as scratch:
        (scratch / "result.json").write_text("1")
        (scratch / "old.json").write_text("1")
        assert not out.exists()
    (out / "notes.txt").write_text("mine")
    (out / "mine").mkdir()
    (out / "mine" / "deep.txt").write_text("too")
    with whole_directory(out, OUTPUTS, "result.json") as scratch:
        (scratch / "result.json").write_text("2")
    assert state(tmp_path) == {
        "out/result.json": "2",
        "out/notes.txt": "mine",
        "out/mine/deep.txt": "too",
    }


def test_all_is_on_the_disk_before_it_is_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file once, then the directory, then the name that it gets; a file of its own too."""
    out, alone = tmp_path / "out", tmp_path / "alone.json"
    on_disk: list[tuple[str, bool]] = []

    def sync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        shown = "/".join(
            part if not part.endswith(".tmp") else "new"
            for part in path.relative_to(tmp_path).parts
        )
        on_disk.append((shown, out.exists()))

    monkeypatch.setattr("os.fsync", sync)
    with whole_directory(out, OUTPUTS, "result.json") as scratch:
        write_json(scratch / "result.json", {})
        write_json(scratch / "deep" / "old.json", {})
    assert sorted(on_disk[:-1]) == [
        ("new", False),
        ("new/deep", False),
        ("new/deep/old.json", False),
        ("new/result.json", False),
    ]
    assert on_disk[-1] == ("", True)
    del on_disk[:]
    with resumable_directory(tmp_path / "staged", OUTPUTS, "result.json", "key") as stage:
        (stage / "out").mkdir()
        write_json(stage / "out" / "result.json", {})
        assert on_disk == []
    names = [".staged.key.part/out/result.json", ".staged.key.part/out", ""]
    assert [name for name, _ in on_disk] == names
    del on_disk[:]
    write_json(alone, {})
    assert [name for name, _ in on_disk] == ["new", ""]


def test_an_error_leaves_the_old_output(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with whole_directory(out, OUTPUTS, "result.json") as scratch:
        (scratch / "result.json").write_text("1")
    before = state(tmp_path)
    with pytest.raises(RuntimeError), whole_directory(out, OUTPUTS, "result.json") as scratch:
        (scratch / "result.json").write_text("2")
        raise RuntimeError
    assert state(tmp_path) == before


def test_a_worker_that_is_still_writing_leaves_no_stage(tmp_path: Path) -> None:
    writer = None
    try:
        with (
            pytest.raises(RuntimeError),
            resumable_directory(tmp_path / "out", OUTPUTS, "result.json", "k") as stage,
        ):
            loop = f"i=0; while :; do i=$(((i+1)%1000)); (: > '{stage}'/$i) 2>/dev/null; done"
            writer = subprocess.Popen(["sh", "-c", loop])
            while len(list(stage.iterdir())) < 500:
                time.sleep(0.01)
            raise RuntimeError
    finally:
        if writer is not None:
            writer.kill()
            writer.wait()
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == []


@pytest.mark.parametrize("make", ["file", "foreign directory"])
def test_what_is_not_ours_is_not_replaced(tmp_path: Path, make: str) -> None:
    out = tmp_path / "out"
    if make == "file":
        out.write_text("precious")
    else:
        out.mkdir()
        (out / "thesis.tex").write_text("precious")
    before = state(tmp_path)
    with pytest.raises(ConfigError), whole_directory(out, OUTPUTS, "result.json"):
        pytest.fail("the block must not run")
    assert state(tmp_path) == before


def test_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(RuntimeError), whole_file(path) as scratch:
        scratch.write_text("half")
        raise RuntimeError
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"a": float("nan")})
    assert state(tmp_path) == {"a.json": '{\n  "a": 1\n}\n'}


KILLS = 10


def profile_of(manifest: Path, out: Path) -> None:
    done = curate("profile", manifest, "--out", out, "--quiet")
    assert done.returncode == 0, done.stderr


def test_a_killed_profile_leaves_the_old_one(tmp_path: Path, root: Path) -> None:
    """kill -9 at many moments: the profile directory is the old one or the new one, whole."""
    example = root / "examples" / "speech" / "manifest.jsonl"
    big = tmp_path / "big.jsonl"
    big.write_bytes(example.read_bytes() * 40)
    out = tmp_path / "profile"
    profile_of(example, out)
    begun = time.monotonic()
    profile_of(big, tmp_path / "new")
    whole_run_s = time.monotonic() - begun
    old = {path.name: path.read_bytes() for path in out.iterdir()}
    new = {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()}
    killed = 0
    for moment in range(KILLS):
        with started("curate.cli", "profile", big, "--out", out, "--quiet") as profile:
            time.sleep(whole_run_s * (moment + 0.5) / KILLS)
            profile.send(signal.SIGKILL)
            killed += profile.ended().returncode == -signal.SIGKILL
        now = {path.name: path.read_bytes() for path in out.iterdir()}
        assert now == old or now["records.parquet"] == new["records.parquet"], "a mixture"
        assert now.keys() == old.keys()
    assert killed >= KILLS // 2, "most runs must be killed for the test to mean anything"
    profile_of(big, out)
    left = [path for path in tmp_path.iterdir() if path.name.endswith(".tmp")]
    assert not left, "what killed runs left is cleared away"
