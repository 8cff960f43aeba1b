"""Run a command in a process of its own, without importing everything anew for each.

A server imports the packages once and forks for each command, before a thread of theirs has begun.
What a person sees of the command is the same, some two seconds of processor sooner.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 400
_PACKAGES = (
    *("scipy.stats", "jinja2", "rich.pretty", "rich._emoji_codes", "duckdb", "soundfile", "lhotse"),
    "polars._utils.parquet",
)
EXPORT = "tests.curate.shard_export"
_LATER = (
    *("curate.scale.ray", "curate.audio.vad", "curate.audio.language", "reports.plots"),
    "train.nemo",
)
"""Modules of extras, whose packages begin threads, matplotlib's, and NeMo's, which take long."""


def curate(
    *words: object, cwd: Path | None = None, stdin: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    """`curate WORDS` in this folder, with this on stdin, in our environment and `env`.

    subprocess.TimeoutExpired where it takes longer than TIMEOUT_S.
    """
    with started("curate.cli", *words, cwd=cwd, stdin=stdin, **env) as command:
        return command.ended()


def train(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`train WORDS`, as `curate` above; a command that needs NeMo imports it for itself."""
    with started("train.cli", *words, cwd=cwd) as command:
        return command.ended()


@dataclass(frozen=True)
class Started:
    """A command in a process and a session of its own; what it prints goes to files."""

    argv: Sequence[str]
    process: BaseProcess
    folder: Path

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def is_running(self) -> bool:
        return self.process.is_alive()

    def printed(self, name: str = "stderr") -> str:
        """What it has printed so far."""
        return (self.folder / name).read_text("utf-8")

    def send(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def ended(self, timeout_s: float = TIMEOUT_S) -> subprocess.CompletedProcess[str]:
        """Wait until it ends; subprocess.TimeoutExpired where that takes longer."""
        self.process.join(timeout_s)
        code = self.process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(list(self.argv), timeout_s)
        printed = (self.printed(name) for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(list(self.argv), code, *printed)


@contextmanager
def started(
    module: str, *words: object, cwd: Path | None = None, stdin: str = "", **env: str
) -> Iterator[Started]:
    """The main function of a module as a command with these words; killed if it runs at the end."""
    argv = [module.split(".")[0], *map(str, words)]
    with TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("stdin", "stdout", "stderr")]
        for file in files:
            file.write_text(stdin if file is files[0] else "", encoding="utf-8")
        arguments = (module, argv, str(cwd or Path.cwd()), {**os.environ, **env}, files)
        process = _server().Process(target=_become, args=arguments)
        process.start()
        try:
            yield Started(argv, process, Path(folder))
        finally:
            process.kill()
            process.join()


@cache
def _server() -> ForkServerContext:
    own = [
        module.name
        for package in ("curate", "reports", "train")
        for module in walk_packages([str(ROOT / package)], f"{package}.")
        if not module.name.startswith(_LATER) and "._kernels" not in module.name
    ]
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__, EXPORT, *_PACKAGES, *own, "tests.warmed"])
    return server


def _become(
    module: str, argv: Sequence[str], cwd: str, env: dict[str, str], files: Sequence[Path]
) -> None:
    """In the forked process: be the command."""
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for descriptor, file in enumerate(files):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), descriptor)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)  # multiprocessing has closed it
    sys.argv = list(argv)
    import_module(module).main()
