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

from curate.errors import InputError
from curate.formatting.units import plural
from curate.manifest.origin import INSIDE, Origin
from curate.manifest.sniff import Look
from curate.manifest.spool import is_local

ARCHIVE: Final = "audio_archive"
"""The field of a record that names the table or tar in which its audio stands."""
_TARS: Final = "webdataset"


def archive_members(origin: Origin) -> dict[str, object]:
    """The member that records of a table or tar with audio get in a NeMo manifest; none for other
    origins.
    """
    holds_audio = origin.format == _TARS or INSIDE in origin.beside.get("audio", ())
    if not holds_audio or not is_local(origin.name):
        return {}
    return {ARCHIVE: os.path.abspath(origin.name)}  # noqa: PTH100 - links keep their names


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


def archived_warning(
    archived: Sequence[str], inputs: Sequence[str], written: str, options: Sequence[str]
) -> str:
    """The warning about a manifest whose audio stands in these archives, with the commands that
    read it there. `inputs` and `options` are those that the manifest was made by.
    """
    stem = Path(written.rstrip("/")).name.partition(".")[0] or "corpus"
    split = ["curate", "split", *inputs, *options, "--out", f"{stem}.split"]
    shard = ["curate", "shard", f"{stem}.split", "--out", f"{stem}.shards"]
    to_tars = ["--to", "nemo_tarred", "--out", f"{stem}.tarred"]
    held = ["curate", "manifest", *inputs, *options, *to_tars]
    return (
        f"{written}: the audio of {plural(len(archived), 'input')} stands inside ({archived[0]}), "
        "where no path leads: this manifest has its texts and lengths, and cannot be sharded. "
        f"{shlex.join(split)} && {shlex.join(shard)} read the audio where it is; "
        f"{shlex.join(held)} writes a manifest that holds it. "
        "Audio in archives is not analysed: curate profile --audio needs files"
    )
