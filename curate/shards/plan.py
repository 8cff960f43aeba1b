"""The key of an export: the same inputs and options give it, and so the same bytes."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from curate.errors import InputError
from curate.errors.nearest import lacking
from curate.profiles.summary import Json
from curate.shards.options import Options
from curate.shards.spool import plain_names
from curate.splits import LOCK

CODE = 2
"""Raise it where a change of the code changes the bytes that it writes."""


def read_facts(split: Path) -> Json:
    """split.json of a split directory; InputError where it holds none."""
    path = split / "split.json"
    if not path.is_file():
        raise InputError(lacking(split, "split.json", "run curate split first"))
    facts = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(facts, dict)
    return facts


def export_key(split: Path, options: Options) -> str:
    """16 hex digits over the split's files, the options, and the versions that decide on bytes."""
    names = plain_names(split, read_facts(split))
    digest = hashlib.blake2b(digest_size=8)
    versions = {name: version(name) for name in ("polars", "soundfile", "numpy")}
    said = {"code": CODE, "options": options.as_json(), "versions": versions}
    digest.update(json.dumps(said, sort_keys=True, default=str).encode())
    for name in ("split.json", LOCK, *(f"{name}.jsonl" for name in names)):
        path = split / name
        if path.is_file():
            with path.open("rb") as file:
                digest.update(name.encode() + hashlib.file_digest(file, "blake2b").digest())
    return digest.hexdigest()
