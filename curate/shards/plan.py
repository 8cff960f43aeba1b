"""The key of an export: the same inputs and options give it, and so the same bytes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from curate.artifacts.base import read_artifact
from curate.artifacts.split import Split
from curate.environment.versions import versions
from curate.errors import InputError
from curate.errors.nearest import lacking
from curate.shards.options import ShardOptions
from curate.shards.spool import plain_names
from curate.splits import LOCK

CODE = 2
"""Raise it where a change of the code changes the bytes that it writes."""


def read_split(folder: Path) -> Split:
    """split.json of a split directory; InputError where it holds none."""
    if not (folder / Split.file).is_file():
        raise InputError(lacking(folder, Split.file, "run curate split first"))
    return read_artifact(folder, Split)


def export_key(split: Path, options: ShardOptions) -> str:
    """16 hex digits over the split's files, the options, and the versions that decide on bytes."""
    names = plain_names(split, read_split(split))
    digest = hashlib.blake2b(digest_size=8)
    used = versions(("polars", "soundfile", "numpy"))
    facts = {"code": CODE, "options": options.recorded().as_json(), "versions": used}
    digest.update(json.dumps(facts, sort_keys=True, default=str).encode())
    for name in ("split.json", LOCK, *(f"{name}.jsonl" for name in names)):
        path = split / name
        if path.is_file():
            with path.open("rb") as file:
                digest.update(name.encode() + hashlib.file_digest(file, "blake2b").digest())
    return digest.hexdigest()
