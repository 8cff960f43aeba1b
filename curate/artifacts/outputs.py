"""Outputs appear whole or not at all: written beside, fsynced, then put in place.

A killed run leaves the old output untouched and, at worst, a hidden directory beside it that the
next run clears away.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pydantic_core import to_json

from curate.artifacts.written import note
from curate.errors import ConfigError, CurateError
from curate.files.lock import held
from curate.files.owner import is_owner, is_running, owner

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def whole_directory(out: Path, own_files: frozenset[str], marker: str) -> Iterator[Path]:
    """A scratch directory that takes the place of `out` when the block ends without an error.

    `own_files` names the entries that this stage writes; whatever else is in an old `out` is
    carried over. An old `out` that is not empty and lacks `marker` was not written by this stage:
    ConfigError, nothing is touched. ConfigError too while another process writes `out`, and where
    the disk is full.
    """
    out = Path(os.path.abspath(out))  # noqa: PTH100 - no symlink is followed
    with full_disk_as_error(out, ROOM), one_writer(out):
        _refuse_foreign(out, marker)
        _clear_stale(out)
        scratch = _scratch_of(out)
        try:
            with writable(out):
                scratch.mkdir()
            yield scratch
            if out.exists():
                _carry_over(out, scratch, own_files)
            _sync_tree(scratch)
            _put_in_place(scratch, out)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def check_out(out: Path, marker: str) -> None:
    """ConfigError now for an `out` that `whole_directory` would refuse after long work."""
    out = Path(os.path.abspath(out))  # noqa: PTH100 - as there
    with one_writer(out):
        _refuse_foreign(out, marker)


@contextmanager
def one_writer(out: Path, lock: Path | None = None) -> Iterator[None]:
    """Nobody else writes `out` meanwhile; ConfigError where somebody does.

    Held by the file `lock`, beside it unless another one is named.
    """
    lock = lock or out.parent / f".{out.name}.lock"
    with ExitStack() as stack:
        with writable(out):
            lock.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(held(lock, out))
        yield


@contextmanager
def writable(out: Path) -> Iterator[None]:
    """Say in plain words that `out` cannot be made: ConfigError."""
    try:
        yield
    except OSError as error:
        if _full_disk(error):
            raise
        message = str(error.strerror or error).lower()
        hint = "name a place that you may write to"
        raise ConfigError.of(out, f"cannot be written: {message}", hint) from None


@contextmanager
def resumable_directory(
    out: Path, own_files: frozenset[str], marker: str, key: str
) -> Iterator[Path]:
    """A stage whose folder `out` takes the place of `out` when the block ends without an error.

    As `whole_directory`, but what an interrupted block left in the stage is still there when one
    with the same `key` begins, so that it can go on. Stages of other keys are cleared away at
    the end; so is, at once, one whose folder `done` is empty when its block fails. ConfigError
    while another process writes `out`.
    """
    out = Path(os.path.abspath(out))  # noqa: PTH100 - no symlink is followed
    with one_writer(out):
        _refuse_foreign(out, marker)
        _clear_stale(out)
        stage = out.parent / f".{out.name}.{key}.part"
        try:
            with writable(out):
                stage.mkdir(exist_ok=True)
            yield stage
        except BaseException:
            if any((stage / "done").glob("*")):
                note(f"finished parts of {out}, beside it: the same command goes on with them")
            elif stage.exists():  # nothing in it to go on with
                _remove_stage(stage)
            raise
        if out.exists():
            _carry_over(out, stage / "out", own_files)
        _sync_tree(stage / "out")
        _put_in_place(stage / "out", out)
        for left in out.parent.glob(f".{out.name}.*.part"):
            _remove_stage(left)


def _remove_stage(stage: Path) -> None:
    """Remove a stage in which workers of a killed run, not yet gone, may still make files.

    They go by its path: once it has another name, they find none, and what is there stays as it is.
    """
    aside = stage.with_name(f"{stage.name.removesuffix('.part')}.{owner()}.tmp")
    stage.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


ROOM = "make room, or name a directory on another disk"


@contextmanager
def full_disk_as_error(out: Path, hint: str = "") -> Iterator[None]:
    """Say in plain words that there is no room to write `out`: ConfigError."""
    try:
        yield
    except Exception as error:  # engines wrap the system's error in ones of their own
        full = _full_disk(error)
        if not full:
            raise
        what = f"cannot be written: {full}; the previous output is unchanged"
        too_long = full == _FULL[errno.EFBIG]
        raise ConfigError.of(out, what, _FILE_SIZE if too_long else hint) from None


_FILE_SIZE = "raise the limit of file sizes (ulimit -f), or name a directory on another file system"
_FULL = {number: os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)}


def _full_disk(error: Exception) -> str:
    """The system's words for a full disk, if this error is about one."""
    if isinstance(error, OSError):
        return _FULL.get(error.errno or 0, "")
    foreign = not isinstance(error, CurateError)
    return next((message for message in _FULL.values() if foreign and message in str(error)), "")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A scratch file that takes the place of `path` when the block ends without an error.

    In the scratch directory of a `whole_directory`, or in a stage, nothing is brought to the disk
    yet: that is done once, of all of it, before it is put in place.
    """
    with writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a directory")
    scratch = _scratch_of(path)
    lasts = not any(map(_is_scratch, path.parents))
    try:
        yield scratch
        if lasts:
            sync(scratch)
        scratch.replace(path)
        note(path)
        if lasts:
            sync(path.parent)
    finally:
        scratch.unlink(missing_ok=True)


def _scratch_of(path: Path) -> Path:
    return path.parent / f".{path.name}.{owner()}.tmp"


def _is_scratch(folder: Path) -> bool:
    """Whether it is a directory that this process is making, or a stage."""
    return folder.name.startswith(".") and folder.name.endswith((f".{owner()}.tmp", ".part"))


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write a JSON artefact whole: UTF-8, two spaces, no NaN."""
    with whole_file(path) as scratch:
        json.dumps(value, allow_nan=False)  # refuses what the faster writer would let pass
        scratch.write_bytes(to_json(value, indent=2) + b"\n")


def check_directory(path: Path | None) -> None:
    """ConfigError now where files could not be written into `path` after long work."""
    if path is None:
        return
    existing = next((each for each in (path, *path.parents) if os.path.lexists(each)), path)
    if os.path.lexists(existing) and not existing.is_dir():
        reason = "" if existing == path else f"cannot be made: {existing} "
        raise ConfigError.of(path, f"{reason}is not a directory", "name a new directory")


def _refuse_foreign(out: Path, marker: str) -> None:
    if out.is_dir():
        if any(out.iterdir()) and not (out / marker).exists():
            raise ConfigError.of(
                out,
                f"is not empty and holds no {marker}, so it is not replaced",
                "name a new directory",
            )
    elif out.exists() or out.is_symlink():
        raise ConfigError.of(out, "is not a directory", "name a new directory")


def _clear_stale(out: Path) -> None:
    """Remove what killed runs left beside `out`; a process that runs keeps its own."""
    for left in out.parent.glob(f".{out.name}.*.tmp"):
        made_by = left.name.removesuffix(".tmp").rpartition(".")[2]
        if is_owner(made_by) and not is_running(made_by):
            shutil.rmtree(left, ignore_errors=True)


def _carry_over(old: Path, new: Path, own_files: frozenset[str]) -> None:
    for entry in sorted(old.iterdir()):
        target = new / entry.name
        if entry.name in own_files or target.exists():
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, target, symlinks=True, copy_function=os.link)
        else:
            shutil.copy2(entry, target, follow_symlinks=False)


def _sync_tree(root: Path) -> None:
    for folder, _, files in os.walk(root):
        for name in files:
            sync(Path(folder) / name)
        sync(Path(folder))


def sync(path: Path) -> None:
    """Bring a file, or the names in a directory, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put_in_place(scratch: Path, out: Path) -> None:
    """Exchange the two directories in one step where the kernel can; `scratch` is then old."""
    if not out.exists():
        scratch.rename(out)
    elif not _exchange(scratch, out):
        aside = scratch.with_name(scratch.name.removesuffix(".tmp") + "0.tmp")
        out.rename(aside)
        scratch.rename(out)
        shutil.rmtree(aside)
    note(out)
    sync(out.parent)


def _exchange(one: Path, other: Path) -> bool:
    """renameat2(RENAME_EXCHANGE): False where the system or file system has no such thing."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    paths = os.fsencode(one), os.fsencode(other)
    if rename(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}:
        return False
    raise OSError(code, os.strerror(code), str(other))
