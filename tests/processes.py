"""Run a command in a process of its own, without importing everything anew for each.

A server imports the packages once and forks for each command, before a thread of theirs has begun.
What a person sees of the command is the same, some two seconds of processor sooner.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from multiprocessing.context import ForkServerContext
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 400
_PACKAGES = ("scipy.stats", "jinja2", "rich.pretty", "duckdb", "soundfile", "lhotse")
_LATER = ("curate.scale.ray", "curate.audio.vad", "curate.audio.language", "reports.plots")
"""Modules of extras, whose packages begin threads, and matplotlib's."""


def curate(
    *words: object, cwd: Path | None = None, stdin: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    """`curate WORDS` in this folder, with this on stdin, in our environment and `env`.

    subprocess.TimeoutExpired where it takes longer than TIMEOUT_S.
    """
    argv = ["curate", *map(str, words)]
    with TemporaryDirectory() as folder:
        files = [str(Path(folder) / name) for name in ("stdin", "stdout", "stderr")]
        Path(files[0]).write_text(stdin, encoding="utf-8")
        arguments = (argv, str(cwd or Path.cwd()), {**os.environ, **env}, files)
        process = _server().Process(target=_become, args=arguments)
        process.start()
        process.join(TIMEOUT_S)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(argv, TIMEOUT_S)
        stdout, stderr = (Path(file).read_text("utf-8") for file in files[1:])
    return subprocess.CompletedProcess(argv, process.exitcode, stdout, stderr)


@cache
def _server() -> ForkServerContext:
    own = [
        module.name
        for package in ("curate", "reports")
        for module in walk_packages([str(ROOT / package)], f"{package}.")
        if module.name not in _LATER and "._kernels" not in module.name
    ]
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__, *_PACKAGES, *own])
    return server


def _become(argv: Sequence[str], cwd: str, env: dict[str, str], files: Sequence[str]) -> None:
    """In the forked process: be the command."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for descriptor, file in enumerate(files):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), descriptor)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)  # multiprocessing has closed it
    sys.argv = list(argv)
    import_module("curate.cli").main()
