"""The checkout that the tests run in: its files, and commands that must succeed there."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("curate", "train", "reports")


def run(*command: object, cwd: Path = ROOT) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@cache
def project_files() -> tuple[Path, ...]:
    """Every file of the project, as git sees it; what is ignored is not part of it."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what belongs to the project is unknown")
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    files = sorted({ROOT / name for name in listed.split("\0") if name})
    return tuple(path for path in files if path.is_file())
