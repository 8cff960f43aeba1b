"""The folder of a result, as the command that made it names it."""

from __future__ import annotations

import shlex
from itertools import pairwise


def typed_folder(command: str, unknown: str) -> str:
    """The value of --out in a command, quoted for a shell; `unknown` where it has none, as that of
    a library's caller.

    >>> typed_folder("curate profile a.jsonl --out 'my profile/'", "PROFILE")
    "'my profile/'"
    >>> typed_folder("curate profile a.jsonl --out=p", "PROFILE")
    'p'
    >>> typed_folder("curate.profile", "PROFILE")
    'PROFILE'
    """
    try:
        words = shlex.split(command)
    except ValueError:  # a quote is open: no shell typed it
        return unknown
    values = [value for word, value in pairwise(words) if word == "--out"]
    values += [word.removeprefix("--out=") for word in words if word.startswith("--out=")]
    return shlex.quote(values[-1]) if values else unknown
