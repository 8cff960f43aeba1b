"""Hints for names that are not there: the nearest one that is, never a list that nobody reads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from curate.errors import Fault

FEW = 10
"""So many known names, at most, are listed whole."""
_ENTRIES = 10_000


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that is most like the word, upper and lower case being alike; or none."""
    by_folded: dict[str, str] = {}
    for name in known:
        by_folded.setdefault(name.casefold(), name)
    close = get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def suggest(word: str, known: Iterable[str]) -> str:
    """The hint for an unknown word: the nearest known one; all of them where they are few.

    >>> suggest("grou", ["group", "seed"])
    "did you mean 'group'? known: group, seed"
    """
    names = list(known)
    close = nearest(word, names)
    guess = f"did you mean '{close}'?" if close else ""
    if not names:
        return "none is known"
    if len(names) <= FEW:
        return f"{guess} known: {', '.join(names)}".strip()
    return guess or f"known: {', '.join(names[:FEW])}, ... ({len(names)} in all)"


def absent(path: Path, make: str = "") -> Fault:
    """The fault of a file or folder that is not there; `make` says how to come by it.

    The hint is the nearest name beside it, where one is near; names with other numbers in them are
    other corpora, versions and parts, and no slip of the keyboard.
    """
    folder = next((each for each in path.parents if each.is_dir()), None)
    if folder is not None and folder != path.parent:
        return Fault(str(path), f"there is not a directory {_next(folder, path)}", make)
    numbers = _numbers(path.name)
    names = (name for name in _names(path.parent) if _numbers(name) == numbers)
    close = nearest(path.name, names)
    guess = f"did you mean '{path.with_name(close)}'?" if close and close != path.name else ""
    return Fault(str(path), "there is no such file or directory", guess or make)


def unreadable(path: Path, error: OSError, make: str = "") -> Fault:
    """The fault of a file that the system does not let be read; one that is not there is absent."""
    if isinstance(error, FileNotFoundError):
        return absent(path, make)
    message = str(error.strerror or error)
    return Fault(str(path), f"cannot be read: {message[:1].lower()}{message[1:]}", make)


def lacking(folder: Path, member: str, make: str) -> Fault:
    """The fault of a directory that does not hold the file by which it is known."""
    if not folder.exists():
        return absent(folder, make)
    if not folder.is_dir():
        return Fault(str(folder), f"is a file; a directory with {member} is expected", make)
    return Fault(str(folder), f"holds no {member}", make)


def _next(folder: Path, path: Path) -> Path:
    """The first part of the path that is not there."""
    return folder / path.relative_to(folder).parts[0]


def _numbers(name: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"[0-9]{1,18}", name)]


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in islice(entries, _ENTRIES)]
    except OSError:
        return []
