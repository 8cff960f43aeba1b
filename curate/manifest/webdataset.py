"""WebDataset tars: members of one key, `k.json`, `k.txt` and `k.flac`, are a record with its audio.

Nothing is unpacked: a member's name is a name, wherever it would lead. The audio path of a record
is that of its member, and its line the number of its key in the tar.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from curate.errors import InputError
from curate.manifest.audio_suffix import AUDIO_SUFFIXES
from curate.manifest.chunks import open_manifest
from curate.manifest.corrections import CAST
from curate.manifest.headers import Length, length_of_bytes
from curate.manifest.mapping import fields_of
from curate.manifest.origin import Item, Origin, Portion, canonical, convert_line, portion
from curate.manifest.sniff import Format, Look
from curate.manifest.strict import Malformed, Record, parse_line
from curate.manifest.tables import columns_of, record_of_row

_TAR_AT = 257
_LARGEST_TEXT = 1 << 20
_ROWS = 2_000
_TEXTS = frozenset({".txt", ".text", ".lab", ".transcript"})


@dataclass(slots=True)
class _Sample:
    """The members of one key: audio by name and size, and the texts."""

    key: str
    audio: list[tarfile.TarInfo] = field(default_factory=list)
    fields: bytes | None = None
    text: bytes | None = None
    fault: str = ""


def _is_tar(look: Look) -> bool:
    return look.folder is None and look.head[_TAR_AT : _TAR_AT + 5] == b"ustar"


def _tars(look: Look) -> list[str]:
    """The tars of a folder that holds nothing else to read."""
    names = sorted(name for name in look.folder or () if name.endswith(".tar"))
    return [str(Path(look.name) / name) for name in names]


def _find(look: Look) -> list[Origin]:
    names = [look.name] if look.folder is None else _tars(look)
    if not names:
        raise InputError.of(look.name, "holds no tar")
    faults = [name for name in names if not _is_plain(name)]
    if faults:
        what = "is a compressed tar, in which nothing can be sought"
        raise InputError.of(faults[0], what, "unpack it: gzip -d, or zstd -d")
    return [Origin(name, "webdataset") for name in names]


def _is_plain(name: str) -> bool:
    with os.fdopen(open_manifest(name), "rb") as file:
        return file.read(_TAR_AT + 5)[_TAR_AT:] == b"ustar"


def _read(origin: Origin) -> Iterator[Portion]:
    line = offset = 0
    waiting = _records(origin)
    for rows in iter(lambda: list(islice(waiting, _ROWS)), []):
        items: list[Item] = []
        for key, record in rows:
            line += 1
            data = key.encode(errors="surrogateescape")
            data = data if isinstance(record, str) else canonical(record)
            items.append(Item(line, offset, data, record))
            offset += len(data) + 1
        yield portion(origin, items, b"")


def _records(origin: Origin) -> Iterator[tuple[str, Record | str]]:
    """The key of each sample, and its record or why it is none."""
    with os.fdopen(open_manifest(origin.name), "rb") as file:
        try:
            with tarfile.open(fileobj=file, mode="r:") as tar:
                for sample in _samples(tar):
                    yield (
                        sample.key,
                        convert_line(lambda one: _checked(_record(tar, one, origin)), sample),
                    )
        except (tarfile.TarError, EOFError, OSError) as error:
            yield "", f"the tar is damaged ({error})"


def _samples(tar: tarfile.TarFile) -> Iterator[_Sample]:
    """The samples, whose members follow one another."""
    sample: _Sample | None = None
    for member in tar:
        if member.isdir():
            continue
        key, suffix = _cut(member.name)
        if sample is None or sample.key != key:
            if sample is not None:
                yield sample
            sample = _Sample(key)
        _take(tar, member, suffix, sample)
    if sample is not None:
        yield sample


def _cut(name: str) -> tuple[str, str]:
    """Key and last suffix of a member: WebDataset ends a key at the first dot of the last part."""
    folder, _, last = name.rpartition("/")
    stem, _, rest = last.partition(".")
    suffix = f".{rest.rpartition('.')[2].lower()}" if rest else ""
    return (f"{folder}/{stem}" if folder else stem), suffix


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, suffix: str, sample: _Sample) -> None:
    """Add a member to its sample; what is no audio and no text is passed over."""
    is_text = suffix in _TEXTS or suffix == ".json"
    if not member.isfile():
        sample.fault = f"its member is no plain file ({member.name})"
    elif suffix in AUDIO_SUFFIXES:
        sample.audio.append(member)
    elif is_text and member.size > _LARGEST_TEXT:
        sample.fault = f"its text has over {_LARGEST_TEXT:,} bytes ({member.name})"
    elif suffix == ".json":
        sample.fields = _content(tar, member)
    elif is_text:
        sample.text = _content(tar, member)


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None, "a plain file"
    return file.read()


def _record(tar: tarfile.TarFile, sample: _Sample, origin: Origin) -> Record:
    if sample.fault:
        raise Malformed(sample.fault)
    if not sample.audio:
        raise Malformed(f"no audio belongs to it ({sample.key})")
    if len(sample.audio) > 1:
        names = ", ".join(member.name for member in sample.audio)
        raise Malformed(f"several audio files belong to it ({names})")
    held = {} if sample.fields is None else _fields(sample.fields)
    if sample.text is not None:
        held["text"] = _decoded(sample.text).strip()
    columns = columns_of(list(held), fields_of(origin))
    columns = {name: its for name, its in columns.items() if name != "audio_filepath"}
    record = record_of_row(held, columns, CAST in origin.beside)
    if "text" not in columns:
        raise Malformed(f"no text belongs to it ({sample.key})")
    (audio,) = sample.audio
    if record.get("duration") is None:
        length: Length = length_of_bytes(_content(tar, audio))
        record["duration"] = length.seconds
    return {**record, "audio_filepath": audio.name}


def _fields(data: bytes) -> Record:
    lines = _decoded(data).replace("\r", " ").split("\n")  # a string of JSON has no line break
    return parse_line(" ".join(lines).encode())


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8 (byte {data[error.start]:#04x} at {error.start})") from None


def _checked(record: Record) -> Record:
    """The record, if it can be written."""
    canonical(record)
    return record


WEBDATASET = Format(
    "webdataset",
    "WebDataset: tars whose members k.json or k.txt and k.flac (wav, mp3...) are a record, or the "
    "folder of them",
    lambda look: _is_tar(look) or bool(_tars(look)),
    _find,
    _read,
)
