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

from curate.environment.extras import require
from curate.files.state import sha256_of
from curate.nemo.canary_prompt import SLOTS
from curate.shards.audio import Audio
from curate.shards.records import Row, cut_line, format_json, placeholder_line, record_of
from curate.shards.tar import HashedFile, TarFile, Written

GZIP_LEVEL = 6
_LINES_AT_ONCE = 1 << 16
"""Bytes of cuts that are compressed in one call."""


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
        self._lines = bytearray()

    def add(self, row: Row, audio: Audio) -> None:
        """Append a cut and its recording."""
        self._tar.add(f"{row.key}.{audio.extension}", audio.data)
        recording = placeholder_line(row.key, audio)
        self._tar.add(f"{row.key}.json", recording.encode())
        self._lines += f"{cut_line(row, audio, recording)}\n".encode()
        if len(self._lines) > _LINES_AT_ONCE:
            self._compress()

    def _compress(self) -> None:
        self._gzip.write(self._lines)
        self._lines.clear()

    def close(self) -> Mapping[str, Written]:
        """Finish both files."""
        self._compress()
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
        line = format_json({**record, "shard_id": self._index})
        self._manifest.write(line.encode() + b"\n")

    def close(self) -> Mapping[str, Written]:
        """Finish both files."""
        return {"manifest": self._manifest.close(), "audio": self._tar.close()}


_HF_TEXTS = ("id", "text", "lang", "speaker", *SLOTS, "verdict")
_HF_COLUMNS = ("audio", "duration", *_HF_TEXTS, "tags", "weight", "record")
ROW_GROUP = 100
"""Rows that are read at once: audio is large."""


def _hf_schema(arrow: Any) -> Any:
    """The Arrow schema, with what `datasets` reads from it: which column is audio."""
    text, number = {"dtype": "string", "_type": "Value"}, {"dtype": "float64", "_type": "Value"}
    features: dict[str, object] = dict.fromkeys(_HF_COLUMNS, text)
    features |= {"audio": {"_type": "Audio"}, "duration": number, "weight": number}
    features["tags"] = {"feature": text, "_type": "List"}
    types = dict.fromkeys(_HF_COLUMNS, arrow.string())
    types |= {"duration": arrow.float64(), "weight": arrow.float64()}
    types["audio"] = arrow.struct({"bytes": arrow.binary(), "path": arrow.string()})
    types["tags"] = arrow.list_(arrow.string())
    description = json.dumps({"info": {"features": features}})
    return arrow.schema(types.items(), metadata={"huggingface": description})


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
        assert isinstance(curated, dict)
        texts = {key: _text(record.get(key)) for key in _HF_TEXTS if key not in curated}
        self._rows.append(
            {
                "audio": {"bytes": audio.data, "path": name},
                "duration": audio.duration_s,
                **texts,
                **curated,
                "record": format_json(record),
            }
        )

    def close(self) -> Mapping[str, Written]:
        """Write the file."""
        path = self.folder / self.names["parquet"]
        arrow = require("pyarrow", "writing Parquet for Hugging Face")
        parquet = require("pyarrow.parquet", "writing Parquet for Hugging Face")
        table = arrow.Table.from_pylist(self._rows, schema=_hf_schema(arrow))
        # audio is compressed already, and statistics over it help nobody
        parquet.write_table(
            table, path, compression="none", row_group_size=ROW_GROUP, write_statistics=["id"]
        )
        return {"parquet": Written(path.stat().st_size, sha256_of(path))}


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
