"""Whose a scratch directory is, when ids of processes are used again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from curate.artifacts.outputs import whole_directory
from curate.files import owner as owners
from curate.files.owner import is_owner, is_running, owner

MARKER = "result.json"


def test_this_process_is_running() -> None:
    assert is_owner(owner())
    assert is_running(owner())
    assert is_running(str(os.getpid())), "a name without a start, as systems without /proc have it"


def test_another_process_of_the_same_id_is_not_it() -> None:
    pid, _, start = owner().partition("-")
    assert start.isdigit(), "this system has /proc"
    assert not is_running(f"{pid}-{int(start) - 1}")


def test_a_process_that_ended_is_not_running_before_it_is_waited_for() -> None:
    code = "from curate.files.owner import owner; print(owner(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        assert is_running(name)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is a zombie
        os.kill(child.pid, 0)  # its id is still taken
        assert not is_running(name)
        assert not is_running(str(child.pid))
    assert not is_running(name)


@pytest.mark.parametrize("text", ["", "x", "1-", "-1", "1-2-3", "1.5", "٣x", "tmp"])
def test_other_names_are_no_owner(text: str) -> None:
    assert not is_owner(text)
    assert not is_running(text)


def test_a_number_that_is_no_process_is_not_running() -> None:
    assert not is_running(str(2**22 + 1))
    assert not is_running(str(2**80))


def test_without_proc_the_id_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "_state_and_start", lambda pid: ("", ""))
    owners._owner_of.cache_clear()
    try:
        assert owner() == str(os.getpid())
        assert is_running(f"{os.getpid()}-1"), "whether it is the same cannot be known"
    finally:
        owners._owner_of.cache_clear()


def test_what_a_killed_run_left_is_cleared_though_its_id_is_used_again(tmp_path: Path) -> None:
    pid, _, start = owner().partition("-")
    stale = tmp_path / f".out.{pid}-{int(start) - 1}.tmp"
    running = tmp_path / f".out.{os.getppid()}.tmp"
    for folder in (stale, running):
        folder.mkdir()
    with whole_directory(tmp_path / "out", frozenset({MARKER}), MARKER) as scratch:
        (scratch / MARKER).write_text("{}")
    assert not stale.exists()
    assert running.exists()
