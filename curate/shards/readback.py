"""Read one shard back as it is on the disk: ids, texts and lengths, or what is damaged.

Stricter than the readers of Lhotse and NeMo, which go on without a word where a file ends early.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, TypeAlias

from curate.files.tar_members import NOTHING, Damage, Member, tar_members


@dataclass(frozen=True, slots=True)
class ShardRead:
    """What a shard holds, in order; `audio`: where each recording is (none in Parquet)."""

    ids: Sequence[str]
    seconds: float
    text_sha256: str
    audio: Sequence[Member] = ()


_format_text = json.JSONEncoder(ensure_ascii=False).encode


def text_line(id: str, text: object) -> bytes:
    """What a shard's `text_sha256` is made of, a row after the other."""
    return f"{id}\t{_format_text(text)}\n".encode()


_Row: TypeAlias = tuple[str, float, Any]
"""Id, seconds, text."""


def read_shard(format: str, paths: Mapping[str, Path]) -> ShardRead:
    """Read a shard's files (by kind) and hold them against each other; Damage where they differ."""
    return READERS[format](paths)


def read_shar(paths: Mapping[str, Path]) -> ShardRead:
    """Lhotse Shar: `cuts`, and a tar file for each further field, `recording` most of all."""
    rows = _rows(paths["cuts"], _of_cut)
    audio: list[Member] = []
    for kind, path in paths.items():
        if kind != "cuts" and ".tar" in path.name:
            pairs = _check_pairs(path, paths["cuts"].name, rows)
            audio = pairs if kind == "recording" else audio
    return _read(rows, audio)


def cut_ids(paths: Mapping[str, Path]) -> Sequence[str]:
    """The ids of a Shar's cuts, in order."""
    return [id for id, _, _ in _rows(paths["cuts"], _of_cut)]


def _of_cut(cut: Any) -> _Row:
    supervisions = cut.get("supervisions") or [{}]
    return str(cut["id"]), float(cut["duration"]), supervisions[0].get("text")


def _of_line(line: Any) -> _Row:
    return Path(line["audio_filepath"]).stem, float(line["duration"]), line.get("text")


def _rows(path: Path, row_of: Callable[[Any], _Row]) -> list[_Row]:
    rows = []
    for number, record in enumerate(_json_lines(path), 1):
        try:
            rows.append(row_of(record))
        except (AttributeError, LookupError, TypeError, ValueError):
            raise Damage(path, f"is damaged: record {number} lacks what every record has") from None
    return rows


def read_nemo(paths: Mapping[str, Path]) -> ShardRead:
    """NeMo's tarred form: a line of `manifest` for each member of `audio`."""
    rows = _rows(paths["manifest"], _of_line)
    members = tar_members(paths["audio"])
    _check_order(paths["audio"], paths["manifest"].name, rows, [member.stem for member in members])
    return _read(rows, members)


def read_hf(paths: Mapping[str, Path]) -> ShardRead:
    """Parquet: what its columns hold."""
    import polars as pl  # which no worker of another form waits for

    path = paths["parquet"]
    try:
        names = pl.col("audio").struct.field("path")
        table = pl.scan_parquet(path).select(names, "duration", "text").collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise Damage(path, f"is damaged: {_first_line(error)}") from None
    return _read([(Path(name).stem, seconds, text) for name, seconds, text in table.iter_rows()])


READERS: Mapping[str, Callable[[Mapping[str, Path]], ShardRead]] = {
    "shar": read_shar,
    "nemo_tarred": read_nemo,
    "hf": read_hf,
}


def _read(rows: Sequence[tuple[str, float, Any]], audio: Sequence[Member] = ()) -> ShardRead:
    texts = hashlib.sha256(b"".join(text_line(id, text) for id, _, text in rows))
    ids = [id for id, _, _ in rows]
    return ShardRead(ids, sum(seconds for _, seconds, _ in rows), texts.hexdigest(), audio)


def _json_lines(path: Path) -> Iterator[Any]:
    try:
        data = path.read_bytes()
        text = gzip.decompress(data) if path.name.endswith(".gz") else data
        yield from (_parse(line) for line in text.split(b"\n") if line.strip())
    except FileNotFoundError:
        raise
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise Damage(path, f"is damaged: {error}") from None


_decode = json.JSONDecoder().raw_decode


def _parse(text: bytes) -> Any:
    """As `json.loads`; an object in UTF-8 with nothing around it takes half as long."""
    if text[:1] == b"{" and text[1:2] != b"\0":
        decoded = text.decode("utf-8", "surrogatepass")
        value, end = _decode(decoded)
        if end == len(decoded):
            return value
    return json.loads(text)


def _check_pairs(
    path: Path, cuts_name: str, rows: Sequence[tuple[str, float, Any]]
) -> list[Member]:
    """Data and metadata follow each other in pairs, one for each cut, as long as it at least."""
    members = tar_members(path)
    data, meta = members[::2], members[1::2]
    stems = [member.stem for member in members]
    if stems[::2] != stems[1::2]:
        for one, other in zip_longest(data, meta):
            if other is None or one.stem != other.stem:
                name = members[-1].name if other is None else other.name
                raise Damage(path, f"is damaged: {name} does not pair with the member before it")
    _check_order(path, cuts_name, rows, stems[::2])
    with path.open("rb", buffering=0) as file:
        for (id, seconds, _), member in zip(rows, meta, strict=True):
            if not member.name.endswith(NOTHING) and path.name.endswith(".tar"):
                _check_length(path, id, seconds, _json_of(path, file, member))
    return data


def _json_of(path: Path, file: IO[bytes], member: Member) -> Any:
    try:
        return _parse(os.pread(file.fileno(), member.size, member.offset))
    except ValueError as error:
        raise Damage(path, f"is damaged: {member.name}: {error}") from None


def _check_length(path: Path, id: str, seconds: float, meta: Any) -> None:
    length = meta.get("duration") if isinstance(meta, dict) else None
    if length is not None and seconds > float(length) + 1e-3:
        raise Damage(path, f"recording {id!r} is {length:.3f} s, its cut {seconds:.3f} s")


def _check_order(
    path: Path, listed: str, rows: Sequence[tuple[str, float, Any]], names: Sequence[str]
) -> None:
    if len(names) != len(rows):
        raise Damage(path, f"holds {len(names)} recordings where {listed} has {len(rows)} rows")
    for (id, _, _), name in zip(rows, names, strict=True):
        if id != name:
            raise Damage(path, f"recording {name!r} stands where {id!r} is due")


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
