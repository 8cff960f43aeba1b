"""NeMo's tarred manifests: lines with a shard_id, held against the tars where they lie beside."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from curate.manifest.chunks import open_manifest, read_chunks
from curate.manifest.look import Format, Look, one_file
from curate.manifest.origin import Origin, Portion, convert_lines, native
from curate.manifest.strict import Malformed, Record, parse_line

_NUMBERED = re.compile(r"audio.*?(\d+)\.tar\Z")
_PART = re.compile(r"-sub\d+(?=\.[^.]*\Z)")


def _find(look: Look) -> list[Origin]:
    origin = one_file(look, "nemo_tarred")
    folder = Path(look.name).parent
    tars = sorted(name for name in os.listdir(folder) if _NUMBERED.match(name))  # noqa: PTH208
    return [tarred(origin.name, [str(folder / name) for name in tars])]


def tarred(name: str, tars: Sequence[str]) -> Origin:
    """The origin of a tarred manifest whose audio stands in these tars."""
    return Origin(name, "nemo_tarred", {"tars": tuple(tars)} if tars else {})


def _read(origin: Origin) -> Iterator[Portion]:
    tars = origin.beside.get("tars", ())
    if not tars:
        return (native(chunk) for chunk in read_chunks(origin.name))
    members = {_number(name): _members(name) for name in tars}
    return convert_lines(origin, partial(_checked, members=members), copied=True)


def _number(name: str) -> int | str:
    match = _NUMBERED.search(Path(name).name) or re.search(r"(\d+)\.tar\Z", name)
    return int(match.group(1)) if match else name


def _members(name: str) -> frozenset[str] | str:
    """Names in a tar; or why it has none. Only its headers are read."""
    found: set[str] = set()
    try:
        with (
            os.fdopen(open_manifest(name), "rb") as file,
            tarfile.open(fileobj=file, mode="r:") as tar,
        ):
            for member in tar:
                found.add(member.name)
    except (tarfile.TarError, EOFError) as error:
        return f"its tar is damaged ({Path(name).name}: {error})"
    return frozenset(found)


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
    if audio not in inside and _PART.sub("", audio) not in inside:
        raise Malformed(f"its audio is not in the tar of its shard ({shard})")
    return record


NEMO_TARRED = Format(
    "nemo_tarred",
    "NeMo tarred manifests (shard_id, kept as a column), checked against audio_*.tar beside",
    lambda look: look.folder is None and {"shard_id", "audio_filepath"} <= look.first.keys(),
    _find,
    _read,
    converted=False,
    kept=("shard_id",),
)
