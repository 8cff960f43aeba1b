"""shards.json held against the files it speaks of: quick enough to do before each training.

Lhotse and NeMo do not notice a lost shard or a short one: they train on what is left. Sizes cost
a look at each file, hashes a read of it. What the files hold is `curate shard --verify`'s business.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.errors import Fault, InputError
from curate.errors.nearest import lacking

INDEX = "shards.json"
SCHEMA = "curate.shards/"
FORMAT = "shar"
"""What shards are where shards.json does not say."""

_KIND = "_file"
_MEND = "write the shards again: `curate shard`"

Index = Mapping[str, Any]


def read_index(folder: Path) -> Index:
    """shards.json of a folder of `curate shard`; InputError where it is none."""
    path = folder / INDEX
    hint = "write the folder with `curate shard`"
    try:
        index = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise InputError(lacking(folder, INDEX, hint)) from None
    except (OSError, ValueError) as error:
        raise InputError.of(path, f"cannot be read: {error}", hint) from None
    if not isinstance(index, dict) or not str(index.get("schema")).startswith(SCHEMA):
        raise InputError.of(path, f"is not of schema {SCHEMA}", hint)
    missing = [key for key in ("shards", "cuts", "hours", "manifests") if key not in index]
    if missing:
        raise InputError.of(path, f"lacks {', '.join(missing)}", hint)
    return index


def files_of(folder: Path, shard: Mapping[str, Any]) -> Mapping[str, Path]:
    """A shard's files by kind (cuts and recording, manifest and audio, parquet)."""
    names = {key.removesuffix(_KIND): key for key in shard if key.endswith(_KIND)}
    return {kind: folder / shard[key] for kind, key in names.items()}


def check_files(folder: Path, index: Index, hashes: bool = False) -> list[Fault]:
    """Every fault of the shards' files: missing, of another size (or hash), or not theirs."""
    shards: Sequence[Mapping[str, Any]] = index["shards"]
    faults = [fault for shard in shards for fault in _file_faults(folder, shard, hashes)]
    counted = sum(shard["cuts"] for shard in shards)
    if counted != index["cuts"]:
        what = f"counts {index['cuts']} cuts, its shards {counted}"
        faults.append(Fault(str(folder / INDEX), what, _MEND))
    return faults + _strays(folder, shards)


def _file_faults(folder: Path, shard: Mapping[str, Any], hashes: bool) -> Iterator[Fault]:
    files = files_of(folder, shard)
    there = {kind: path for kind, path in files.items() if path.is_file()}
    yield from (Fault(str(files[k]), "is missing", _MEND) for k in files if k not in there)
    sizes = {kind: path.stat().st_size for kind, path in there.items()}
    if "sizes" not in shard:  # an older index knows their sum
        total = sum(sizes.values())
        if len(there) == len(files) and total != shard["bytes"]:
            first = next(iter(files.values()))
            what = f"{total} bytes with its recordings, {shard['bytes']} were written"
            yield Fault(str(first), what, _MEND)
    for kind, path in there.items():
        written = shard.get("sizes", sizes)[kind]
        if sizes[kind] != written:
            yield Fault(str(path), f"has {sizes[kind]} bytes, {written} were written", _MEND)
        elif hashes and _sha256(path) != shard["sha256"][kind]:
            yield Fault(str(path), "is not what was written (sha256)", _MEND)


def _strays(folder: Path, shards: Sequence[Mapping[str, Any]]) -> list[Fault]:
    known = {path for shard in shards for path in files_of(folder, shard).values()}
    there = (path for path in (folder / "train").rglob("*") if path.is_file())
    strays = sorted(path for path in there if path not in known)
    what = "does not belong to any shard, and Lhotse fails on it"
    return [Fault(str(path), what, "move it away") for path in strays]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
