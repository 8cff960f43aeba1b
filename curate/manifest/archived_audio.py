"""Manifests made of tables and tars that hold their audio: their paths lead to no file, and the
records say where the audio is.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from curate.errors import InputError, parameter
from curate.formatting.units import plural
from curate.manifest.archive_fields import ARCHIVE
from curate.manifest.mapping import fields_of
from curate.manifest.origin import INSIDE, Origin
from curate.manifest.sniff import Look
from curate.manifest.spool import is_local

_TARS: Final = "webdataset"


def archive_members(origin: Origin) -> dict[str, object]:
    """The member that records of a table or tar with audio get in a NeMo manifest; none for other
    origins.
    """
    holds_audio = origin.format == _TARS or INSIDE in origin.beside.get("audio", ())
    if not holds_audio or not is_local(origin.name):
        return {}
    return {ARCHIVE: os.path.abspath(origin.name)}  # noqa: PTH100 - links keep their names


def is_in_rows(origin: Origin) -> bool:
    """Whether the audio of records stands in the rows of a table, in a column of a usual name, so
    that ROW says where.
    """
    is_usual = "audio_filepath" not in fields_of(origin)
    return INSIDE in origin.beside.get("audio", ()) and is_local(origin.name) and is_usual


def archive_of(name: str) -> str | None:
    """The archive that the first record of a manifest names; None where it names none, or the
    manifest is no file of lines any more.
    """
    try:
        archive = Look.at(name).first.get(ARCHIVE) if is_local(name) else None
    except InputError:
        return None
    return archive if isinstance(archive, str) else None


def archived_hint(archive: str) -> str:
    """Where the audio is, and which command reads it: that of the folder, where several archives
    of the kind are in it.
    """
    file = Path(archive)
    several = len(list(islice(file.parent.glob(f"*{file.suffix}"), 2))) > 1
    command = f"curate profile {shlex.quote(str(file.parent if several else file))}"
    return f"their audio stands inside {archive}: {command} reads it, in place of this manifest"


def unpacked_hint(archive: str) -> str:
    """The same where the audio is to be analysed, which takes files: a tar can be unpacked."""
    if Path(archive).suffix != ".tar":
        without = f"profile without {parameter('audio')}"
        return f"their audio stands inside {archive}, and is analysed in files only: {without}"
    folder = Path(archive).stem
    tar, folder = shlex.quote(archive), shlex.quote(folder)
    unpack = f"mkdir {folder} && tar -xf {tar} -C {folder}"
    return f"their audio stands inside {archive}: {unpack} makes a folder that is read in its place"


def is_taken(origin: Origin) -> bool:
    """Whether `curate shard` takes the audio of a manifest of this archive from there."""
    return bool(archive_members(origin)) and (origin.format == _TARS or is_in_rows(origin))


def archived_warning(
    archived: Sequence[Origin], inputs: Sequence[str], written: str, options: Sequence[str]
) -> str:
    """The warning about a manifest whose audio stands in these archives, with the commands that
    read it there. `inputs` and `options` are those that the manifest was made by.
    """
    stem = Path(written.rstrip("/")).name.partition(".")[0] or "corpus"
    split = ["curate", "split", *inputs, *options, "--out", f"{stem}.split"]
    shard = ["curate", "shard", f"{stem}.split", "--out", f"{stem}.shards"]
    to_tars = ["--to", "nemo_tarred", "--out", f"{stem}.tarred"]
    held = ["curate", "manifest", *inputs, *options, *to_tars]
    what = f"the audio of {plural(len(archived), 'input')} stands inside ({archived[0].name})"
    holds = f"{shlex.join(held)} writes a manifest that holds it"
    analysed = "Audio in archives is not analysed: curate profile --audio needs files"
    if all(map(is_taken, archived)):
        return (
            f"{written}: {what}, from where curate shard takes it as long as it stays there; "
            f"no path leads there: for other programs {holds}. {analysed}"
        )
    return (
        f"{written}: {what}, where no path leads: this manifest has its texts and lengths, and "
        f"cannot be sharded. {shlex.join(split)} && {shlex.join(shard)} read the audio where it "
        f"is; {holds}. {analysed}"
    )
