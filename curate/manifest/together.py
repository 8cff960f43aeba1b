"""Inputs that are named together, as a glob does: transcripts are paired with audio as in a folder.

A transcript without audio is a malformed row where others have it, and plain texts (a.txt of
a.wav) are the texts of their folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from curate.errors import Fault, InputError
from curate.manifest.origin import FOLDER_FORMAT, UNPAIRED_FORMAT, Origin

if TYPE_CHECKING:
    from curate.manifest.captions.audio import NoAudioError

REASON = "reason"
"""Where an origin keeps why its transcript has no audio."""


class Find(Protocol):
    """Gives the origins of a name, in a format where one is given; InputError for what is none."""

    def __call__(self, name: str, format: str | None = None) -> list[Origin]:
        """The origins."""
        ...


def find_together(names: Sequence[str], find: Find) -> tuple[list[Origin], list[Fault]]:
    """The origins behind names in their order, and the faults of those that have none."""
    origins: dict[str, list[Origin]] = {}
    faults: dict[str, Sequence[Fault]] = {}
    unpaired: dict[str, NoAudioError] = {}
    texts: list[str] = []
    for name in names:
        try:
            origins[name] = [*origins.get(name, ()), *find(name)]
        except InputError as error:
            # What reads transcripts and folders is loaded for what is not there, or may be one.
            from curate.manifest.captions.audio import NoAudioError
            from curate.manifest.folders.folder import TEXT_SUFFIXES

            if isinstance(error, NoAudioError):
                unpaired[name] = error
                continue
            faults[name] = error.faults
            if name.lower().endswith(TEXT_SUFFIXES) and Path(name).is_file():
                texts.append(name)
    for name, failure in unpaired.items():
        if _has_audio(origins):
            origins[name] = [Origin(name, UNPAIRED_FORMAT, {REASON: (failure.reason,)})]
        else:
            faults[name] = failure.faults
    for its, origin in _folders_of(texts, find):
        origins[its[0]] = [origin]
        for name in its:
            del faults[name]
    order = dict.fromkeys(names)
    return (
        [each for name in order for each in origins.get(name, ())],
        [each for name in order for each in faults.get(name, ())],
    )


def _has_audio(origins: Mapping[str, Sequence[Origin]]) -> bool:
    """Whether a transcript has its audio."""
    from curate.manifest.captions.audio import AUDIO

    return any(AUDIO in each.beside for its in origins.values() for each in its)


def _folders_of(texts: Sequence[str], find: Find) -> Iterator[tuple[Sequence[str], Origin]]:
    """Texts that a folder of audio takes for its own, with that folder, read for these only."""
    by_folder: dict[str, list[str]] = {}
    for name in texts:
        by_folder.setdefault(str(Path(name).parent), []).append(name)
    if not by_folder:
        return
    from curate.manifest.folders.folder import NAMED, Folder
    from curate.manifest.folders.layouts import layout_of

    for folder, its in by_folder.items():
        try:
            (own,) = find(folder, FOLDER_FORMAT)
        except InputError:  # it has no audio: the texts stay faults
            continue
        named = tuple(f"{folder}/{Path(name).name}" for name in its)
        origin = replace(own, beside={**own.beside, NAMED: named})
        if any(layout_of(each, text) for each in [Folder.of(origin)] for text in each.texts.others):
            yield its, origin
