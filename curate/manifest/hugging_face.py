"""A Hugging Face data set on disk, as its folder: the Parquet files of `data`, or of the folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from curate.errors import InputError
from curate.manifest.columnar import PARQUET
from curate.manifest.origin import Origin, Portion
from curate.manifest.sniff import Format, Look

_DATA = "data"


def _tables(look: Look) -> Sequence[str]:
    """The Parquet files, sorted; those below `data` where there are some."""
    if look.folder is None:
        return ()
    folder = Path(look.name)
    below = (folder / _DATA).rglob("*.parquet") if _DATA in look.folder else ()
    inside = (folder / name for name in look.folder if name.endswith(".parquet"))
    return sorted(map(str, below)) or sorted(map(str, inside))


def _find(look: Look) -> list[Origin]:
    tables = _tables(look)
    if not tables:
        raise InputError.of(look.name, "holds no Parquet file, in data or beside it")
    looks = (Look.at(name, look.fields, look.audio_root) for name in tables)
    return [origin for each in looks for origin in PARQUET.find(each)]


def _read(origin: Origin) -> Iterator[Portion]:
    raise AssertionError("its tables are read as Parquet")


HUGGING_FACE = Format(
    "hf",
    "a Hugging Face data set on disk: the folder with its Parquet files, in data or beside it",
    lambda look: bool(_tables(look)),
    _find,
    _read,
)
