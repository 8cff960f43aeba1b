"""The forms that a shard is stored in. Each writes the same bytes each time.

A writer takes rows with their audio, one by one, and says at the end what files it wrote.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from curate.shards.audio import Audio
from curate.shards.records import CUSTOM, Row, cut_of, placeholder, record_of
from curate.shards.tar import HashedFile, TarFile, Written, sha256

GZIP_LEVEL = 6


class Writer(Protocol):
    """Writes one shard."""

    def add(self, row: Row, audio: Audio) -> None:
        """Append a row and its audio."""

    def close(self) -> Mapping[str, Written]:
        """Finish the files; what each is, by kind."""


def shar_names(index: int) -> Mapping[str, str]:
    """Lhotse Shar: cuts beside recordings."""
    return {"cuts": f"cuts.{index:06d}.jsonl.gz", "recording": f"recording.{index:06d}.tar"}


def nemo_names(index: int) -> Mapping[str, str]:
    """NeMo's tarred data set, as its `_OP_0..N_CL_` patterns number it."""
    return {"manifest": f"manifest_{index}.json", "audio": f"audio_{index}.tar"}


def hf_names(index: int) -> Mapping[str, str]:
    """Parquet for Hugging Face datasets."""
    return {"parquet": f"train-{index:05d}.parquet"}


class SharWriter:
    """cuts.N.jsonl.gz beside recording.N.tar; audio first in its pair, as Lhotse reads it."""

    def __init__(self, folder: Path, names: Mapping[str, str], index: int) -> None:
        self._cuts = HashedFile.create(folder / names["cuts"])
        self._gzip = gzip.GzipFile("", "wb", GZIP_LEVEL, self._cuts, mtime=0)
        self._tar = TarFile(HashedFile.create(folder / names["recording"]))

    def add(self, row: Row, audio: Audio) -> None:
        """Append a cut and its recording."""
        self._tar.add(f"{row.key}.{audio.extension}", audio.data)
        self._tar.add(f"{row.key}.json", json.dumps(placeholder(row.key, audio)).encode())
        self._gzip.write(json.dumps(cut_of(row, audio), ensure_ascii=False).encode() + b"\n")

    def close(self) -> Mapping[str, Written]:
        """Finish both files."""
        self._gzip.close()
        return {"cuts": self._cuts.close(), "recording": self._tar.close()}


class NemoWriter:
    """manifest_N.json beside audio_N.tar, a line for each member."""

    def __init__(self, folder: Path, names: Mapping[str, str], index: int) -> None:
        self._manifest = HashedFile.create(folder / names["manifest"])
        self._tar = TarFile(HashedFile.create(folder / names["audio"]))
        self._index = index

    def add(self, row: Row, audio: Audio) -> None:
        """Append a line and its member."""
        name = f"{row.key}.{audio.extension}"
        self._tar.add(name, audio.data)
        record = record_of(row, name, audio.duration_s)
        said = json.dumps({**record, "shard_id": self._index}, ensure_ascii=False)
        self._manifest.write(said.encode() + b"\n")

    def close(self) -> Mapping[str, Written]:
        """Finish both files."""
        return {"manifest": self._manifest.close(), "audio": self._tar.close()}


_HF_TEXTS = ("id", "text", "lang", "speaker", *CUSTOM)
_HF_SCHEMA: Mapping[str, Any] = {
    "audio": pl.Struct({"bytes": pl.Binary(), "path": pl.String()}),
    "duration": pl.Float64(),
    **dict.fromkeys(_HF_TEXTS, pl.String()),
    "verdict": pl.String(),
    "tags": pl.List(pl.String()),
    "weight": pl.Float64(),
    "record": pl.String(),
}
ROW_GROUP = 100
"""Rows that are read at once: audio is large."""


def _features() -> str:
    """What `datasets` reads from a Parquet file's metadata: which column is audio."""
    string, number = ({"dtype": kind, "_type": "Value"} for kind in ("string", "float64"))
    columns = dict.fromkeys(_HF_SCHEMA, string) | {"duration": number, "weight": number}
    columns["audio"] = {"_type": "Audio"}
    columns["tags"] = {"feature": string, "_type": "List"}  # type: ignore[dict-item]
    return json.dumps({"info": {"features": {name: columns[name] for name in _HF_SCHEMA}}})


@dataclass(slots=True)
class HfWriter:
    """One Parquet file: audio as {bytes, path}, fields that training needs, the record as JSON."""

    folder: Path
    names: Mapping[str, str]
    index: int
    _rows: list[dict[str, object]] = field(default_factory=list)

    def add(self, row: Row, audio: Audio) -> None:
        """Append a row. A shard's audio is held until it is written: Parquet goes by columns."""
        name = f"{row.key}.{audio.extension}"
        record = record_of(row, name, audio.duration_s)
        curated = record.pop("_curate")
        texts = {key: _text(record.get(key)) for key in _HF_TEXTS if key != "id"}
        assert isinstance(curated, dict)
        self._rows.append(
            {
                "audio": {"bytes": audio.data, "path": name},
                "duration": audio.duration_s,
                **texts,
                **curated,
                "record": json.dumps(record, ensure_ascii=False),
            }
        )

    def close(self) -> Mapping[str, Written]:
        """Write the file."""
        path = self.folder / self.names["parquet"]
        pl.DataFrame(self._rows, schema=_HF_SCHEMA).write_parquet(
            path,
            compression="uncompressed",  # audio is compressed already
            row_group_size=ROW_GROUP,
            metadata={"huggingface": _features()},
        )
        return {"parquet": Written(path.stat().st_size, sha256(path))}


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True, slots=True)
class Stored:
    """A form of shards: its files' names by kind, what writes it, and what may read it."""

    names: Callable[[int], Mapping[str, str]]
    writer: Callable[[Path, Mapping[str, str], int], Writer]
    meaning: str


STORED: Mapping[str, Stored] = {
    "shar": Stored(shar_names, SharWriter, "Lhotse Shar"),
    "nemo_tarred": Stored(nemo_names, NemoWriter, "NeMo's tarred data set"),
    "hf": Stored(hf_names, HfWriter, "Parquet with audio, for Hugging Face datasets"),
}
"""By the names of `--format`."""
