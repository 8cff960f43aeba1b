"""Files that appear whole or not at all: written beside, synced, renamed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from curate.errors import ConfigError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; it takes `path`'s place if the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield beside
        _sync(beside)
        beside.replace(path)
        _sync(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, parts: Iterable[str]) -> None:
    """Write the parts, one after the other, as UTF-8."""
    with whole(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        file.writelines(parts)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON; not-a-number has no place in it."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    write_text(path, (text, "\n"))


def claim(folder: Path, mark: str, *, overwrite: bool) -> None:
    """Make `folder` an empty folder of ours.

    A folder with anything in it is refused; with `overwrite` it is emptied first, if it holds
    `mark`, the file by which such a folder is known: nobody's other files are ever deleted.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError.of(folder, "is a file, not a folder")
    if folder.is_dir() and any(folder.iterdir()):
        _empty(folder, mark, overwrite=overwrite)
    folder.mkdir(parents=True, exist_ok=True)


def _empty(folder: Path, mark: str, *, overwrite: bool) -> None:
    if not overwrite:
        raise ConfigError.of(folder, "is not empty", "choose another --out, or add --overwrite")
    if not (folder / mark).is_file():
        what = f"holds files but no {mark}, so this program did not write it"
        raise ConfigError.of(folder, what, "choose another --out; it is left as it is")
    shutil.rmtree(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
