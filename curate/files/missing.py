"""Inputs that are not there, refused before the engine is imported."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from curate.errors import InputError
from curate.errors.nearest import absent

MANIFEST_HINT = "name a manifest, or a directory of some"
_NOT_PLAIN = ("*", "?", "[", "{", "_OP_", "://", "\0")


def refuse_missing(names: Sequence[str]) -> None:
    """InputError, one fault a name, where none of the names is there.

    Patterns, addresses and standard input are left to the readers; so are names of which some are
    there, since those may have faults that are reported together with the others.
    """
    plain = all(name != "-" and not any(mark in name for mark in _NOT_PLAIN) for name in names)
    if plain and names and not any(os.path.lexists(name) for name in names):
        raise InputError(*(absent(Path(name), MANIFEST_HINT) for name in names))
