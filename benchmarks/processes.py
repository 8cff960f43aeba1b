"""What a command costs, measured from outside: a process of its own with all its children.

Clock from the start to the exit, processor time as the kernel accounts for it, anonymous memory as
/proc shows it. Linux only.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from benchmarks.memory import ProcessTree

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_MS = 25


class Cost(NamedTuple):
    """Seconds on the clock, seconds of processors, and the peak of anonymous memory, of a tree."""

    clock_s: float
    processor_s: float
    anonymous_mib: float


def measure(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Cost:
    """The cost of a command and its children. SystemExit, with its last words, where it fails."""
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        peak_mib = _watch(process.pid)
        clock_s = time.perf_counter() - began
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            last = output.read()[-2000:].decode(errors="replace")
            raise SystemExit(f"exit {process.returncode}: {' '.join(map(str, command))}\n{last}")
    return Cost(clock_s, usage.ru_utime + usage.ru_stime, peak_mib)


def _watch(pid: int) -> float:
    """The peak of the tree's anonymous memory until the process ends; it is left to be waited for.

    The descriptor of a process is readable when it ends: the clock is not rounded to a sample.
    """
    descriptor, peak_mib, tree = os.pidfd_open(pid), 0.0, ProcessTree(pid)
    end = select.poll()
    end.register(descriptor, select.POLLIN)
    try:
        while not end.poll(SAMPLE_MS):
            peak_mib = max(peak_mib, tree.anonymous_mib())
    finally:
        os.close(descriptor)
    return peak_mib


def installed_files() -> list[Path]:
    """The files of this project and of the packages that its base install needs."""
    folders = [ROOT / name for name in ("curate", "reports", "train", "rules")]
    for name in sorted(_requirements("asr-curate")):
        installed = distribution(name)
        parts = {file.parts[0] for file in installed.files or ()} - {".."}
        folders += [Path(str(installed.locate_file(part))) for part in sorted(parts)]
    return sorted(_files(folders))


def _requirements(name: str) -> set[str]:
    """The distributions that one needs, without extras, and those that these need."""
    needed: set[str] = set()
    pending = [name]
    while pending:
        for line in distribution(pending.pop()).requires or ():
            other = "".join(_name(line))
            if "extra ==" in line or other in needed or not _is_installed(other):
                continue
            needed.add(other)
            pending.append(other)
    return needed


def _name(requirement: str) -> Iterator[str]:
    for letter in requirement:
        if not (letter.isalnum() or letter in "-_."):
            return
        yield letter


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (each for each in path.rglob("*") if each.is_file())
        elif path.is_file():
            yield path


def drop_pages(paths: Iterable[Path]) -> None:
    """Ask the kernel to forget the pages of files and of directories' files.

    It keeps those that another process has mapped, and those that are not on the disk yet.
    """
    for path in _files(paths):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def resident_share(path: Path) -> float | None:
    """How much of a file is in the page cache, 0 to 1; None without util-linux's fincore."""
    program = shutil.which("fincore")
    if program is None or not path.stat().st_size:
        return None
    command = [program, "--bytes", "--noheadings", "--raw", "--output", "RES", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout) / path.stat().st_size


def console_script(name: str) -> Path:
    """A command that is installed beside this interpreter."""
    return Path(sys.executable).with_name(name)


def run(*command: object, folder: Path | None = None, accepted: Sequence[int] = (0,)) -> None:
    """A command of the project (`curate` or `train`) and its words, in `folder`; SystemExit where
    its exit code is none of those `accepted`.
    """
    program, *words = map(str, command)
    done = subprocess.run(
        [str(console_script(program)), *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if done.returncode not in accepted:
        raise SystemExit(f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
