"""A command that is a process of its own: nothing is lost by the short way out."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.checkout import ROOT
from tests.lines import lines_of

PREAMBLE = """
import atexit, sys, threading, time
from curate.terminal.process import run_alone
class Freed:
    def __del__(self):
        print("freed", flush=True)
kept = Freed()  # by the module, so only the interpreter's own end frees it
atexit.register(print, "at exit")
"""
CASES = (
    ("sys.exit(0)", 0, ["at exit"]),
    ("sys.exit(None)", 0, ["at exit"]),
    ("sys.exit(3)", 3, ["at exit"]),
    ("print('no new line', end=' ') or sys.exit(1)", 1, ["no new line at exit"]),
    # A thread that still works is waited for, by the long way.
    ("threading.Thread(target=slow).start() or sys.exit(0)", 0, ["thread", "at exit", "freed"]),
    ("threading.Thread(target=slow, daemon=True).start() or sys.exit(0)", 0, ["at exit"]),
    ("sys.exit('a sentence')", 1, ["at exit", "freed"]),
    ("1 / 0", 1, ["at exit", "freed"]),
)


@pytest.mark.parametrize(("body", "code", "lines"), CASES)
def test_a_process_ends_with_its_code_and_output(body: str, code: int, lines: list[str]) -> None:
    slow = "def slow():\n    time.sleep(0.2)\n    print('thread')\n"
    done = script(f"{PREAMBLE}{slow}run_alone(lambda: {body})\n")
    assert (done.returncode, lines_of(done.stdout)) == (code, lines)
    assert ("ZeroDivisionError" in done.stderr) == ("1 / 0" in body)


@pytest.mark.parametrize("own", [None, "20"])
def test_threads_for_matrices_sleep_at_once_unless_the_user_says_otherwise(own: str | None) -> None:
    done = script(IDLE, **({} if own is None else {"OPENBLAS_THREAD_TIMEOUT": own}))
    assert lines_of(done.stdout) == [own or "4"], done.stderr


IDLE = """
import os, sys
from curate.terminal.process import run_alone
assert "numpy" not in sys.modules, "it reads the setting when it is imported"
run_alone(lambda: print(os.environ["OPENBLAS_THREAD_TIMEOUT"]) or sys.exit(0))
"""


def test_no_package_is_searched_for_plugins_of_pydantic() -> None:
    done = script("from curate.terminal.process import run_alone\nimport sys\n" + PLUGINS)
    assert lines_of(done.stdout) == ["False"], done.stderr


PLUGINS = """
def command():
    import pydantic.plugin._loader as loader
    import curate.artifacts.profile
    from curate.artifacts.ledger import Amount
    Amount(rows=1, bytes=1, duration_us=1)
    print(loader._plugins is not None)
    sys.exit(0)
run_alone(command)
"""


@pytest.mark.parametrize("closing", ["1>&-", ">/dev/full", "| true"])
def test_output_that_cannot_be_written_is_an_error_or_is_nobodys(closing: str) -> None:
    code = f"{IMPORTS}run_alone(lambda: run(lambda: print('answer')))"
    shell = f'set -o pipefail; {sys.executable} -c "{code}" {closing}'
    done = subprocess.run(
        ["bash", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if closing == ">/dev/full":
        assert (done.returncode, done.stderr) == (2, FULL)
    else:
        assert (done.returncode, done.stderr) == (0, "")


IMPORTS = """
from curate.terminal.command import run
from curate.terminal.process import run_alone
"""
FULL = "output: no space left on device\n  hint: make room\n"


def script(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    inherited = {name: os.environ[name] for name in os.environ if name != "OPENBLAS_THREAD_TIMEOUT"}
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**inherited, **env}
    )
