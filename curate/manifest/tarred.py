"""NeMo's tarred manifests: lines with a shard_id, held against the tars where they lie beside."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from curate.errors import InputError
from curate.manifest.chunks import open_manifest, read_chunks
from curate.manifest.origin import Origin, Portion, convert_lines, native
from curate.manifest.sniff import Format, Look, one_file
from curate.manifest.strict import Malformed, Record, parse_line

_NUMBERED = re.compile(r"audio.*?(\d+)\.tar\Z")
SHARDED = "sharded_manifests"
"""Where NeMo's script for tarred data sets puts a manifest for each tar."""
_MANIFEST = re.compile(r"manifest.*?(\d+)\.jsonl?(?:\.gz)?")
_PART = re.compile(r"-sub\d+(?=\.[^.]*\Z)")


def _find(look: Look) -> list[Origin]:
    if look.folder is None:
        origin = one_file(look, "nemo_tarred")
        return [tarred(origin.name, _tars_of(Path(look.name).parent))]
    names = _manifests(look)
    if not names:
        raise InputError.of(look.name, "holds no manifest_*.json beside audio_*.tar")
    return [tarred(name, _tars_of(Path(name).parent)) for name in names]


def _manifests(look: Look) -> list[str]:
    """The manifests of a folder that has tars beside or above them, by their numbers."""
    if not any(_NUMBERED.match(name) for name in look.folder or ()):
        return []
    folder = Path(look.name)
    for place in (folder, folder / SHARDED):
        names = [name for name in _names_in(place) if _MANIFEST.fullmatch(name)]
        if names:
            by_number = sorted(names, key=lambda name: (int(_digits(name)), name))
            return [str(place / name) for name in by_number]
    return []


def _names_in(folder: Path) -> Sequence[str]:
    return os.listdir(folder) if folder.is_dir() else ()  # noqa: PTH208 - names, not paths


def _digits(name: str) -> str:
    """The number in a manifest's name."""
    match = _MANIFEST.fullmatch(name)
    assert match is not None, "it was selected by this pattern"
    return match.group(1)


def _tars_of(folder: Path) -> list[str]:
    """The tars beside a manifest; in NeMo's own layout they lie a folder above it."""
    for place in (folder, folder.parent) if folder.name == SHARDED else (folder,):
        names = sorted(name for name in os.listdir(place) if _NUMBERED.match(name))  # noqa: PTH208
        if names:
            return [str(place / name) for name in names]
    return []


def tarred(name: str, tars: Sequence[str]) -> Origin:
    """The origin of a tarred manifest whose audio is in these tars."""
    return Origin(name, "nemo_tarred", {"tars": tuple(tars)} if tars else {})


def _read(origin: Origin) -> Iterator[Portion]:
    tars = origin.beside.get("tars", ())
    if not tars:
        return (native(chunk) for chunk in read_chunks(origin.name))
    members = {tar_number(name): _members(name) for name in tars}
    return convert_lines(origin, partial(_checked, members=members), copied=True)


def tar_number(name: str) -> int | str:
    """The number in a tar's name, the `shard_id` of its rows; the name where it has none."""
    match = _NUMBERED.search(Path(name).name) or re.search(r"(\d+)\.tar\Z", name)
    return int(match.group(1)) if match else name


def whole_name(name: str) -> str:
    """The member that a segment is cut from: NeMo names segments `name-sub1.wav`, `name-sub2.wav`.

    >>> whole_name("a-sub12.wav"), whole_name("a.wav")
    ('a.wav', 'a.wav')
    """
    return _PART.sub("", name)


def _members(name: str) -> frozenset[str] | str:
    """Names in a tar; or why it has none. Only its headers are read."""
    names: set[str] = set()
    try:
        with (
            os.fdopen(open_manifest(name), "rb") as file,
            tarfile.open(fileobj=file, mode="r:") as tar,
        ):
            for member in tar:
                names.add(member.name)
    except (tarfile.TarError, EOFError) as error:
        return f"its tar is damaged ({Path(name).name}: {error})"
    return frozenset(names)


def _checked(line: bytes, members: Mapping[int | str, frozenset[str] | str]) -> Record:
    """The record, or Malformed where its audio is in no tar."""
    record = parse_line(line)
    shard = record.get("shard_id")
    if not isinstance(shard, int) or isinstance(shard, bool):
        raise Malformed("no shard_id in a tarred manifest")
    inside = members.get(shard)
    if inside is None:
        raise Malformed(f"its shard has no tar ({shard})")
    if isinstance(inside, str):
        raise Malformed(inside)
    audio = str(record.get("audio_filepath"))
    if audio not in inside and whole_name(audio) not in inside:
        raise Malformed(f"its audio is not in the tar of its shard ({shard})")
    return record


NEMO_TARRED = Format(
    "nemo_tarred",
    "NeMo tarred manifests (shard_id, kept as a column), checked against audio_*.tar beside; or "
    "the folder of both",
    lambda look: bool(_manifests(look)) or {"shard_id", "audio_filepath"} <= look.first.keys(),
    _find,
    _read,
    converted=False,
    extra_columns=("shard_id",),
)
