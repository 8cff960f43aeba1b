"""The log of decisions: read strictly, appended to safely, and what of it stands."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from curate.errors import ConfigError, Fault, InputError, raise_all
from curate.overrides.decision import Decision, Key, faults_of, parse_decision

_MAX_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Log:
    """A log as it was read: its name, its content's hash, and all its decisions in order."""

    name: str
    sha256: str
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The decisions that stand, in the order of the log; how many later ones set aside, and how
    many were undone.
    """

    decisions: tuple[Decision, ...]
    superseded: int
    undone: int


def read(path: str | Path) -> Log:
    """The log at `path`. ConfigError with every fault at its line, InputError where none is there.

    Blank lines say nothing.
    """
    content = _content(Path(path))
    found: list[Decision] = []
    faults: list[Fault] = []
    for number, line in enumerate(content.split(b"\n"), 1):
        decision = parse_decision(line, number) if line.strip() else []
        if isinstance(decision, Decision):
            found.append(decision)
        else:
            faults += [Fault(f"{path}:{number}", what) for what in decision]
    faults += _undo_faults(found, str(path))
    raise_all(ConfigError, faults)
    return Log(str(path), hashlib.sha256(content).hexdigest(), tuple(found))


def standing(decisions: Iterable[Decision]) -> Standing:
    """What stands: of several decisions about a record the last; an undo takes the last one back,
    so that the one before it stands again.
    """
    stacks: dict[Key, list[Decision]] = {}
    undone = 0
    for each in decisions:
        stack = stacks.setdefault(each.key, [])
        if each.decision != "undo":
            stack.append(each)
        elif stack:
            stack.pop()
            undone += 1
    last = sorted((stack[-1] for stack in stacks.values() if stack), key=lambda it: it.line)
    superseded = sum(len(stack) - 1 for stack in stacks.values() if stack)
    return Standing(tuple(last), superseded, undone)


def append(path: str | Path, decision: Decision) -> None:
    """Add a decision to the log, which is made where there is none; on disk when this returns.

    Several programs may append at once. A last line that was cut short is ended first, and will be
    a fault at its line for the next reading. ConfigError for a decision that could not be read.
    """
    raise_all(ConfigError, faults_of(decision))
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    descriptor = os.open(path, flags, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, b"\n" * torn + decision.as_line().encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if size == 0:
        _sync_folder(Path(path).resolve().parent)


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():  # not a pipe, which would wait for ever
            raise FileNotFoundError(2, "no such file")
        if path.stat().st_size > _MAX_BYTES:
            raise OSError(27, f"larger than {_MAX_BYTES:,} bytes")
        return path.read_bytes()
    except OSError as error:
        what = f"cannot be read: {str(error.strerror).lower()}"
        raise InputError.of(path, what, "it is made by the first decision") from None


def _undo_faults(decisions: Iterable[Decision], name: str) -> list[Fault]:
    depth: dict[Key, int] = {}
    faults = []
    for each in decisions:
        depth[each.key] = depth.get(each.key, 0) + (-1 if each.decision == "undo" else 1)
        if depth[each.key] < 0:
            depth[each.key] = 0
            hint = "an undo names the record, and its content, as the decision did"
            faults.append(Fault(f"{name}:{each.line}", "there is nothing to undo", hint))
    return faults


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
