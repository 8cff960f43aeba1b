"""A Hugging Face data set on disk, as its folder: Parquet files, or the Arrow of save_to_disk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from curate.errors import InputError
from curate.manifest.chunks import read_head
from curate.manifest.columnar import ARROW, PARQUET
from curate.manifest.folders.tree import walk
from curate.manifest.hints.below import UNREAD_ROOT, as_role, readable_below
from curate.manifest.origin import Origin, Portion
from curate.manifest.sniff import Format, Look

_TABLES = (".parquet", ".arrow")
_DATA, _STATE, _SPLITS = "data", "state.json", "dataset_dict.json"


def _tables(look: Look) -> Sequence[str]:
    """The files of the table, in order; those of all splits."""
    if look.folder is None:
        return ()
    folder = Path(look.name)
    if _SPLITS in look.folder:
        parts = (folder / name for name in _names(folder / _SPLITS, "splits"))
        return [table for part in parts for table in _saved(part)]
    return _saved(folder) or _parquet(folder, look.folder)


def _saved(folder: Path) -> Sequence[str]:
    """The Arrow files of a split, in the order of its state.json."""
    if not (folder / _STATE).is_file():
        return ()
    return [str(folder / name) for name in _names(folder / _STATE, "_data_files")]


def _names(file: Path, key: str) -> Sequence[str]:
    """Names in its folder that a JSON file lists; InputError for what leads out of it."""
    try:
        values = json.loads(read_head(str(file)))[key]
        names = [value["filename"] if isinstance(value, dict) else value for value in values]
        plain = [name for name in names if Path(name).name == name]
    except (ValueError, KeyError, TypeError):
        raise InputError.of(file, f"lists no {key}", "name the Arrow files") from None
    if len(plain) < len(names):
        raise InputError.of(file, f"lists a file outside its folder in {key}")
    return plain


def _parquet(folder: Path, names: frozenset[str]) -> Sequence[str]:
    """The Parquet files, sorted; those below `data` where there are some."""
    below = (folder / _DATA).rglob("*.parquet") if _DATA in names else ()
    inside = (folder / name for name in names if name.endswith(".parquet"))
    return sorted(map(str, below)) or sorted(map(str, inside))


def _find(look: Look) -> list[Origin]:
    tables = _tables(look)
    if not tables:
        raise InputError.of(look.name, "holds no Parquet file, in data or beside it")
    looks = [Look.at(name, look.fields, look.audio_root) for name in tables]
    first, *others = (
        origin for each in looks for origin in (ARROW if ARROW.sniff(each) else PARQUET).find(each)
    )
    unread = readable_below(sorted(walk(look.name)), lambda name: name.endswith(_TABLES))
    if not unread:
        return [first, *others]
    beside = {**first.beside, **as_role(unread), UNREAD_ROOT: (look.name,)}
    return [replace(first, beside=beside), *others]


def _read(origin: Origin) -> Iterator[Portion]:
    raise AssertionError("its tables are read as Parquet or Arrow")


HUGGING_FACE = Format(
    "hf",
    "a Hugging Face data set on disk: the folder of its Parquet files (in data or beside it), or "
    "that of save_to_disk",
    lambda look: bool(_tables(look)),
    _find,
    _read,
)
