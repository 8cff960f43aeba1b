"""What this process has put on disk so far: the words that end a command that a signal stops.

Held by the process, since the signal comes at any moment: whatever puts outputs in place, or adds
to a log, notes it here, and only the command line reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

SHOWN = 3
_noted: dict[str, None] = {}
_described: list[Callable[[], str]] = []


def note(what: object) -> None:
    """Something stands on disk now that did not before; a scratch file beside an output does not
    count.
    """
    if not (isinstance(what, Path) and any(map(_is_scratch, what.parts))):
        _noted[str(what)] = None


def describe(words: Callable[[], str]) -> None:
    """Take these words, for a command that a person ends by a signal in the ordinary way."""
    _described.append(words)


def words() -> str:
    """What a person reads who stopped the command."""
    if _described:
        return _described[-1]()
    if not _noted:
        return "interrupted; nothing was changed"
    more = f" and {len(_noted) - SHOWN:,} more" if len(_noted) > SHOWN else ""
    return f"interrupted; written before that: {', '.join(list(_noted)[:SHOWN])}{more}"


def _is_scratch(part: str) -> bool:
    return part.startswith(".") and part.endswith((".tmp", ".part"))
