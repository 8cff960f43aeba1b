"""From the name in a record to an open file, safely: a manifest is data, not code.

A name that Lhotse, NeMo or a shell would run or fetch is refused by name, and so is whatever is
not a regular file: devices and pipes hang or never end.
"""

from __future__ import annotations

import errno
import os
import re
import shlex
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from curate.audio.faults import Unusable
from curate.errors import ConfigError, Fault, parameter, raise_all
from curate.files.unicode_forms import form_on_disk
from curate.nemo.manifest_fields import audio_path

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|data:|file:", re.IGNORECASE)
_SHELL_OPENED = (".sph", ".sphere")
"""Lhotse 1.33 opens these by a shell command that holds the name as it is."""
_NO_SHELL = re.compile(r"[\w./+,:=@%-]+")
"""Names that mean nothing else to a shell."""
_NOT_NORMAL = re.compile(r"//|/\.|/\Z|\0")
_SYSTEM = ("/dev", "/proc", "/sys")
_ENTRY_ONLY = os.O_PATH | os.O_CLOEXEC if sys.platform == "linux" else None
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - an ordinary file system, often used for audio


def allowed_roots(folders: Sequence[Path]) -> tuple[Path, ...]:
    """The folders as `find_audio` takes them, symlinks resolved; ConfigError for what is none."""
    faults = [
        Fault(parameter("allowed"), f"{folder} is not a directory", "name a directory that exists")
        for folder in folders
        if not folder.is_dir()
    ]
    raise_all(ConfigError, faults)
    return tuple(folder.resolve() for folder in folders)


def find_audio(name: str, folder: Path, allowed: Sequence[Path] = ()) -> Path:
    """The regular file that a record names; relative names begin at `folder`, else at the working
    folder, as NeMo has them (see `curate.nemo.manifest_fields.audio_path`).

    With `allowed` (see `allowed_roots`) it must lie under one of them once `..` and symlinks are
    resolved; without, it may lie anywhere. Raises Unusable, and touches nothing but the file's
    entry. The path that is returned keeps its symlinks' names, and has the Unicode form (NFC, NFD)
    that the names have on disk.
    """
    return Path(locate_audio(name, folder, allowed))


def locate_audio(name: str, folder: Path | str, allowed: Sequence[Path] = ()) -> str:
    """As `find_audio`, the path as text: to make a Path takes as long as to open the file."""
    refuse_name(name)
    path, entry = _entry(name, folder)
    _refuse_shell(path)
    if entry is None and (there := form_on_disk(path)) is not None:
        path, entry = there, _resolved(there)
    real = entry[0] if entry else os.path.realpath(path)
    _refuse_place(path, real, allowed)
    try:
        mode = entry[1] if entry else os.stat(real).st_mode  # noqa: PTH116 - for each of millions
    except OSError as error:
        raise Unusable(f"cannot be opened: {error.strerror}", _kind(error)) from None
    if not stat.S_ISREG(mode):
        raise Unusable(f"{_what_it_is(mode)}, not a regular file", "special_file")
    return path


def _entry(name: str, folder: Path | str) -> tuple[str, tuple[str, int] | None]:
    """The path that a name stands for, and what `_resolved` has of it."""
    near = os.path.join(folder, name)  # noqa: PTH118
    if near.startswith("/") and not _NOT_NORMAL.search(near):  # `abspath` would change nothing
        entry = _resolved(near)
        if entry is not None and (near == name or stat.S_ISREG(entry[1])):
            return near, entry
    path = audio_path(name, folder)
    return path, _resolved(path)


def _resolved(path: str) -> tuple[str, int] | None:
    """The file behind all symlinks and its mode, by what the kernel knows of an entry that is
    opened without its file being touched; None where it does not say.

    A few calls, where `realpath` makes one for each folder of the path.
    """
    if _ENTRY_ONLY is None:
        return None
    try:
        descriptor = os.open(path, _ENTRY_ONLY)
    except (OSError, ValueError):
        return None
    try:
        real = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - for each of millions
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return None
    finally:
        os.close(descriptor)
    # A pipe has no path, nor has what lies outside of the root; what was removed has another name.
    if not real.startswith("/") or real.endswith(" (deleted)"):
        return None
    return real, mode


def moved(name: str, folder: Path) -> str:
    """What to do about an absolute path that is not there: the files may have moved to `folder`.

    Where a file with the same last parts lies under it, the command that rewrites the paths.
    """
    parts = Path(name).parts
    for at in range(1, len(parts)):
        if folder.joinpath(*parts[at:]).is_file():
            old, new = Path(*parts[:at]), folder.resolve()
            return f"it lies under {new}: rewrite the paths, sed 's#{old}/#{new}/#' OLD > NEW"
    there = next((each for each in Path(name).parents if each.is_dir()), Path("/"))
    gone = shlex.quote(str(there.joinpath(*Path(name).parts[len(there.parts) :][:1])))
    return (
        f"link the old place to where the audio is now, ln -s NEW_PLACE {gone}, or rewrite the "
        f"paths; {parameter('audio.root')} may name that place too, and then the command is printed"
    )


@contextmanager
def open_audio(path: Path | str) -> Iterator[int]:
    """A file that `find_audio` resolved, open for reading; Unusable where it is none any more."""
    descriptor, _ = opened_audio(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def opened_audio(path: Path | str) -> tuple[int, int]:
    """The descriptor and the size of such a file, for the caller to close."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Unusable(f"cannot be opened: {error.strerror}", _kind(error)) from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):  # replaced since it was resolved
        os.close(descriptor)
        raise Unusable(f"{_what_it_is(status.st_mode)}, not a regular file", "special_file")
    return descriptor, status.st_size


def refuse_name(name: str) -> None:
    """Raise Unusable for a name that is no plain path: it would be run, fetched, or cut short."""
    if "|" in name or ":" in name:
        bare = name.strip()
        if bare.startswith(("|", "pipe:", "command:")) or bare.endswith("|"):
            raise Unusable("a command, not a file: nothing is run", "command")
        if _SCHEME.match(name):
            raise Unusable("an address, not a file: fetch the audio first", "url")
    if not name or "\x00" in name:
        raise Unusable("a NUL character in the path" if name else "an empty path", "unsafe_name")
    _refuse_shell(name)


def _refuse_shell(name: str) -> None:
    """Raise Unusable for a name that a shell would take for more than a name."""
    if is_shell_opened(name) and not _NO_SHELL.fullmatch(name):
        what = "an .sph file, which trainers open through a shell: its name holds more than letters"
        raise Unusable(f"{what}, digits and . _ - + , : = @ %; rename it", "unsafe_name")


def is_shell_opened(name: str) -> bool:
    """Whether trainers open the file through a shell; here it is opened as any other."""
    return name.lower().endswith(_SHELL_OPENED)


def _refuse_place(path: str, real: str, allowed: Sequence[Path]) -> None:
    for place in (path,) if path == real else (path, real):
        if place.startswith(_SYSTEM) and _is_systems_own(place):
            raise Unusable(f"a file of the system's own ({place})", "special_file")
    if allowed and not _is_under(real, [str(root) for root in allowed]):
        raise Unusable(f"leads out of the allowed roots, to {real}", "outside")


def _is_systems_own(path: str) -> bool:
    return _is_under(path, _SYSTEM) and not _is_under(path, (_SHARED_MEMORY,))


def _is_under(path: str, roots: Sequence[str]) -> bool:
    return any(path == root or path.startswith(root.rstrip("/") + "/") for root in roots)


def _kind(error: OSError) -> str:
    return "missing" if error.errno in {errno.ENOENT, errno.ENOTDIR} else "unreadable"


_TYPES = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def _what_it_is(mode: int) -> str:
    return next((what for test, what in _TYPES if test(mode)), "something else")
