"""Inputs that are not a local file: copied to a temporary file, so that lines can be read again."""

from __future__ import annotations

import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import IO

from curate.errors import ConfigError, CurateError, InputError

STDIN = "-"
REMOTE = ("s3://", "gs://", "gcs://", "hf://", "az://", "abfs://")


def located(name: str) -> str:
    """The local file behind a name: itself, or the copy of standard input or of a remote file.

    A copy is made once a process and removed when the process ends. Remote names go through
    fsspec where it is installed, with the package that it needs for them; web addresses are
    refused.
    """
    if name == STDIN or name.startswith(REMOTE):
        return _copy(name)
    if name.startswith(("http://", "https://", "ftp://")):
        raise InputError.of(name, "is a web address, which is never opened", "download it first")
    return name


def is_local(name: str) -> bool:
    """Whether a name is a path on this machine."""
    return name != STDIN and "://" not in name


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="curate-spool-")


@cache
def _copy(name: str) -> str:
    target = Path(_folder().name) / f"{len(list(Path(_folder().name).iterdir()))}.spool"
    with target.open("wb") as file:
        if name == STDIN:
            shutil.copyfileobj(sys.stdin.buffer, file)
        else:
            _fetch(name, file)
    return str(target)


def _fetch(name: str, file: IO[bytes]) -> None:
    try:
        import fsspec  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise ConfigError.of(name, "needs fsspec", "pip install 'asr-curate[remote]'") from None
    try:
        with fsspec.open(name, "rb") as remote:
            shutil.copyfileobj(remote, file)
    except ImportError as error:
        raise ConfigError.of(name, f"cannot be opened: {error}", "pip install it") from None
    except CurateError:
        raise
    except Exception as error:  # each store raises errors of its own
        raise InputError.of(name, f"cannot be fetched: {error}") from None
