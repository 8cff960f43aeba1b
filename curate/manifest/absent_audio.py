"""A warning where audio files that inputs name do not exist, and how to say where they are.

Only a bounded sample of the paths is looked for on disk, so that a million records cost no more
than a few hundred.
"""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from curate.errors import parameter
from curate.errors.typed import OptionWords
from curate.files.unicode_forms import form_on_disk
from curate.formatting.commands import Option, option_value, with_options
from curate.formatting.units import first_and_more, plural
from curate.manifest.archived_audio import archive_of, archived_hint
from curate.manifest.audio_files import (
    FROM_WORKING_FOLDER,
    Bases,
    bases_of,
    is_address,
    is_windows_path,
)
from curate.manifest.hints.given import stem_of, whole_command
from curate.manifest.hints.nearby import placed_near
from curate.manifest.origin import COMMAND, Origin, is_archived, is_command
from curate.manifest.path_sample import evenly
from curate.manifest.spool import is_local

LOOKED_FOR = 200
"""Audio files that are looked for, of all inputs together."""
REJECTING = "audio_header"
"""The shipped rules that reject records whose audio does not exist."""
_AUDIO_RULES = {REJECTING: "header", "audio": "signal", "audio_vad": "vad"}
"""All that do, with the depth of audio that they need."""


class SampledAudio(NamedTuple):
    """Audio files of an input that were looked for: those that exist, those of them whose names on
    disk are in another Unicode form, and those that do not exist; `archive` holds the audio where
    the records name one, and `near` is the option by which they lead to files near by. `records`
    are those of the sample that name one of the files, of which `absent_records` name one that does
    not exist.
    """

    source: str
    present: Sequence[str] = ()
    absent: Sequence[str] = ()
    respelled: Sequence[str] = ()
    archive: str | None = None
    near: OptionWords | None = None
    records: int = 0
    absent_records: int = 0

    @classmethod
    def of(
        cls, origin: Origin, paths: Iterable[str], root: Path | None, most: int = LOOKED_FOR
    ) -> Self:
        """Look for up to `most` of the files that these paths name, evenly spread.

        Addresses, commands, names in archives, ids of recordings without a path and what standard
        input names are no files to look for. `root` is where relative paths begin, if not as
        `bases_of` has it.
        """
        if is_archived(origin) or not is_local(origin.name):
            return cls(origin.name)
        records = Counter(paths)
        names = [name for name in records if _is_file_name(name, origin)]
        bases = bases_of(origin, root)
        chosen = [names[at] for at in evenly(len(names), most).tolist()]
        present = [name for name in chosen if _exists(name, bases)]
        there = set(present)
        absent = [name for name in chosen if name not in there]
        respelled = [name for name in present if _is_respelled(name, bases)]
        archive = archive_of(origin.name) if absent else None
        if archive is not None and os.path.isfile(archive):  # noqa: PTH113 - "" is none
            return cls(origin.name)  # curate shard takes it from there
        folder = os.path.dirname(origin.name) or "."  # noqa: PTH120 - as it is written
        folder = folder if root is None else str(root)
        near = None if not absent or archive else _near(present, absent, folder)
        counts = [sum(records[name] for name in those) for those in (chosen, absent)]
        return cls(origin.name, present, absent, respelled, archive, near, *counts)


def _near(present: Sequence[str], absent: Sequence[str], folder: str) -> OptionWords | None:
    """The option by which files that do not exist are there, and those that exist stay so."""
    option = placed_near(absent, folder)
    if option is None or not present:
        return option
    name, value = option
    old = f"{_slashed(value.partition('=')[0])}/"
    is_whole = name == "--path-map" and not any(_slashed(each).startswith(old) for each in present)
    return option if is_whole else None


def _is_file_name(name: str, origin: Origin) -> bool:
    if is_command(name) or name.startswith(COMMAND):
        return False
    if is_address(name) and not is_windows_path(name):
        return False
    return "/" in name or origin.format not in FROM_WORKING_FOLDER


def _exists(name: str, bases: Bases) -> bool:
    """Whether a file is there, under this name or another Unicode form of it."""
    places = _places(name, bases)
    return any(os.path.exists(place) or form_on_disk(place) is not None for place in places)  # noqa: PTH110


def _is_respelled(name: str, bases: Bases) -> bool:
    """Whether a file that is there has its name on disk only in another Unicode form."""
    return not name.isascii() and not any(map(os.path.exists, _places(name, bases)))


def _places(name: str, bases: Bases) -> list[str]:
    if is_windows_path(name):
        return []
    name = os.path.expanduser(name)  # noqa: PTH111 - a name a row
    return [os.path.join(base, name) for base in bases]  # noqa: PTH118


def rejecting_command(name: str) -> str:
    """The command that rejects the records of a manifest whose audio is missing or too short."""
    out = f"{Path(name.rstrip('/')).name.partition('.')[0] or 'corpus'}.profile"
    options = ["--audio", "header", "--rules", REJECTING, "--out", out]
    return shlex.join(["curate", "profile", name, *options])


def profile_rejecting(command: str, sources: Sequence[str]) -> str:
    """The same for a profile: its own `command` with the options, if there is one. Rules that it
    names stay, and have to extend those that reject.
    """
    if not command:
        return rejecting_command(sources[0])
    rules = option_value(command, "--rules")
    if rules in _AUDIO_RULES:
        return with_options(command, [Option("--audio", _AUDIO_RULES[rules])])
    header = with_options(command, [Option("--audio", "header")])
    if rules is None or not rules.endswith((".yaml", ".yml")):
        return with_options(header, [Option("--rules", REJECTING)])
    return f"{header} (with `extends: {REJECTING}` in {rules})"


def absent_warnings(samples: Iterable[SampledAudio], rejecting: str) -> list[str]:
    """The warning about inputs with audio files that do not exist; none where there are none.
    `rejecting` is the command that rejects their records.
    """
    incomplete = [each for each in samples if each.absent]
    if not incomplete:
        return []
    first = first_and_more([each.source for each in incomplete], "input")
    present = [name for each in incomplete for name in each.present]
    absent = [name for each in incomplete for name in each.absent]
    records = [sum(each.records for each in incomplete)]
    records.append(sum(each.absent_records for each in incomplete))
    what = describe_absent(present, absent, *records)
    hint = hint_of_samples(incomplete, rejecting)
    return [f"{first}: {what}; {hint}"]


def hint_of_samples(samples: Sequence[SampledAudio], rejecting: str, profiled_by: str = "") -> str:
    """What can be done about the files of these inputs that do not exist. `profiled_by` is the
    command of the profile that names them, where they are not what was typed.
    """
    archive = next((each.archive for each in samples if each.archive), None)
    if archive is not None:
        return archived_hint(archive)
    present = [name for each in samples for name in each.present]
    absent = [name for each in samples for name in each.absent]
    near = next((each for each in samples if each.near is not None), None)
    if near is not None and near.near is not None:
        option, value = near.near
        command = whole_command([near.source], [near.near], stem_of(near.source))
        if profiled_by:
            command = with_options(profiled_by, [Option(option, value)])
        return f"such files are there with {shlex.join(near.near)}: {command}"
    return hint_of_absent(present, absent, rejecting)


def describe_absent(
    present: Sequence[str], absent: Sequence[str], records: int, absent_records: int
) -> str:
    """How many of the files that were looked for do not exist, and of how many records these are
    where a file is that of several.
    """
    files = len(present) + len(absent)
    total = plural(files, "audio file")
    if not present:
        of = f" of {plural(records, 'record')}" if records != files else ""
        return f"none of {total}{of} looked for is there ({absent[0]})"
    of = f" ({absent_records:,} of {plural(records, 'record')})" if records != files else ""
    verb = "does" if len(absent) == 1 else "do"
    return f"{len(absent):,} of {total} looked for {verb} not exist{of}, such as {absent[0]}"


def hint_of_absent(present: Sequence[str], absent: Sequence[str], rejecting: str) -> str:
    """What can be done about files that do not exist: where all of a folder are gone, say where
    they are now, by what their paths have in common; where some are, or most files exist, reject
    the records without them, by the command `rejecting`.
    """
    begin = _common_folder(absent)
    if not present and not begin:
        return f"{parameter('audio_root')} DIR says where relative paths begin"
    moved = shlex.quote(f"{absent[0][: len(begin)]}=NEW_FOLDER")
    says_where = f"{parameter('path_map')} {moved} says where they are now"
    if not present:
        return says_where
    rejects = f"{rejecting} rejects all records without their audio"
    is_whole = begin and not any(_slashed(name).startswith(f"{begin}/") for name in present)
    is_gone = is_whole and len(absent) >= len(present)  # else the rest shows where the audio is
    return f"{says_where}, or {rejects}" if is_gone else rejects


def _common_folder(names: Sequence[str]) -> str:
    """The folder in which all of them are, with slashes; empty where there is none."""
    plain = list(map(_slashed, names))
    return os.path.commonprefix(plain).rpartition("/")[0]  # noqa: RUF071 - whole parts of it


def _slashed(name: str) -> str:
    return name.replace("\\", "/")
