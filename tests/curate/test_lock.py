"""A lock ends with the process that took it, whatever processes it has forked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from curate.errors import ConfigError
from curate.files.lock import held

HOLDER = """
import os, sys, time
from pathlib import Path
from curate.files.lock import held

with held(Path("lock"), Path("out")):
    if os.fork() == 0:
        print(os.getpid(), flush=True)
    time.sleep(60)
    os._exit(0)
"""


def test_a_killed_process_leaves_no_lock_to_its_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        worker = int(holder.stdout.readline())
        try:
            use = f"in use by process {holder.pid} on "
            with pytest.raises(ConfigError, match=use), held(Path("lock"), Path("out")):
                pytest.fail("two processes hold one lock")
            holder.kill()
            holder.wait()
            os.kill(worker, 0)  # the worker lives on
            with held(Path("lock"), Path("out")):
                pass
        finally:
            os.kill(worker, signal.SIGKILL)
    assert not Path("lock").exists()


def test_a_forked_process_that_ends_leaves_the_lock_to_its_parent(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with held(lock, tmp_path):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        with pytest.raises(ConfigError, match="in use"), held(lock, tmp_path):
            pytest.fail("two hold one lock")
