"""What below a folder is read only where it is named: Kaldi directories, tables and tars, each with
the command that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath

from curate.errors.typed import typed_as
from curate.manifest.folders.tree import walk
from curate.manifest.hints.command import columns_hint, propose
from curate.manifest.hints.given import stem_of, whole_command
from curate.manifest.hints.kaldi import kaldi_command
from curate.manifest.origin import Origin
from curate.manifest.sniff import Look
from curate.manifest.undecoded import utf8_hint

UNREAD = "unread_below"
"""Where the origin of a folder keeps how many of them are passed over, and the first names; that of
a directory ends in a slash.
"""
UNREAD_ROOT = "unread_root"
"""Where the first table of a data set keeps the folder below which they are."""
_TABLES = (".csv", ".tsv", ".xlsx", ".parquet", ".arrow", ".jsonl", ".jsonl.gz")
_TAR = ".tar"
_OWN = (".malformed.jsonl",)
"""Ends of files that are no inputs: what a manifest left out."""
_EXAMINED = 1000
_NAMED = 20
_SHOWN = 3


def readable_below(names: Sequence[str], is_read: Callable[[str], bool]) -> list[str]:
    """Of the files below a folder those that hold records and are not read with it: Kaldi
    directories (with a slash), then tables, then tars.
    """
    there = set(names)
    scripts = [name for name in names if PurePosixPath(name).name == "wav.scp"]
    of_kaldi = [name[: -len("wav.scp")] for name in scripts]
    kaldi = [each for each in of_kaldi if each and f"{each}text" in there]
    candidates = islice(filter(_is_table, names), _EXAMINED)
    tables = [name for name in candidates if not is_read(name)]
    return [*kaldi, *tables, *(name for name in names if name.lower().endswith(_TAR))]


def _is_table(name: str) -> bool:
    return name.lower().endswith(_TABLES) and not name.lower().endswith(_OWN)


def as_role(unread: Sequence[str]) -> dict[str, Sequence[str]]:
    """How an origin keeps them."""
    return {UNREAD: (str(len(unread)), *unread[:_NAMED])} if unread else {}


def unread_warnings(origins: Iterable[Origin], written: str = "") -> list[str]:
    """A warning for each folder below which others are passed over, but for the manifest that is
    `written`.
    """
    warnings = []
    for origin in origins:
        if UNREAD not in origin.beside:
            continue
        count, *names = origin.beside[UNREAD]
        (folder,) = origin.beside.get(UNREAD_ROOT, (origin.name,))
        root = folder.rstrip("/") or "/"
        others = [name for name in names if not _is_same(f"{root}/{name}", written)]
        number = int(count) - len(names) + len(others)
        if others:
            shown = ", ".join(others[:_SHOWN])
            more = f" and {number - _SHOWN:,} more" if number > _SHOWN else ""
            with typed_as(lambda: None):  # whose output this one has written
                commands = "; ".join(commands_of(root, others))
            what = "its tables" if UNREAD_ROOT in origin.beside else "its audio"
            what = f"not read with {what}: {shown}{more}"
            warnings.append(f"{folder}: {what}; what reads them: {commands}")
    return warnings


def _is_same(path: str, written: str) -> bool:
    return bool(written) and Path(path).resolve() == Path(written).resolve()


def command_hint(look: Look) -> str:
    """The command that reads the columns of a file, or converts it where its header is not UTF-8,
    or reads what is below a folder; empty where nothing is known that does.
    """
    if look.folder is None:
        is_decoded = "\ufffd" not in look.header or b"\0" in look.head
        return columns_hint(look) if is_decoded else utf8_hint(Origin(look.name), look.name)
    root = look.name.rstrip("/") or "/"
    below = readable_below(sorted(walk(look.name)), lambda name: False)
    if len(_kinds(below)) == 1:
        return "; ".join(commands_of(root, below))
    with typed_as(lambda: None):  # each writes a manifest of its own
        return "; ".join(commands_of(root, below))


def commands_of(root: str, names: Sequence[str]) -> list[str]:
    """For each kind the command that reads those below `root`: all Kaldi directories, and the
    tables and tars that are in the folder of the first.
    """
    commands = []
    kinds = _kinds(names)
    if kaldi := kinds.get(""):
        commands.append(kaldi_command(root, [f"{root}/{name}".rstrip("/") for name in kaldi]))
    for suffix, files in kinds.items():
        if not suffix:
            continue
        folder = PurePosixPath(files[0]).parent
        several = sum(PurePosixPath(each).parent == folder for each in files) > 1
        first = f"{root}/{files[0]}"
        name = str(PurePosixPath(root, folder, f"*{suffix}")) if several else first
        proposal = None if suffix == _TAR else propose(Look.at(first))
        command = whole_command([name], [], stem_of(name))
        commands.append((proposal.hint(name) if proposal is not None else "") or command)
    return commands


def _kinds(names: Sequence[str]) -> dict[str, list[str]]:
    """The files by their suffixes, and under "" the Kaldi directories."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        ends = [each for each in (*_TABLES, _TAR) if name.lower().endswith(each)]
        kinds.setdefault("" if name.endswith("/") else ends[0], []).append(name)
    return kinds
