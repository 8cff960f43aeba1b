"""Inputs that are named together, as a glob does: transcripts are paired with audio as in a folder.

A transcript without audio is a malformed row where others have it, and plain texts (a.txt of
a.wav) are the texts of their folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from curate.errors import Fault, InputError
from curate.manifest.captions.audio import AUDIO, NO_FILE, NoAudioError
from curate.manifest.captions.lines import Place, Span, span_portions
from curate.manifest.chunks import read_whole
from curate.manifest.folders.folder import NAMED, TEXT_SUFFIXES, Folder
from curate.manifest.folders.layouts import layout_of
from curate.manifest.origin import FOLDER_FORMAT, UNPAIRED_FORMAT, Origin, Portion
from curate.manifest.sniff import Format, Look, one_file

_REASON = "reason"
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
        except NoAudioError as error:
            unpaired[name] = error
        except InputError as error:
            faults[name] = error.faults
            if name.lower().endswith(TEXT_SUFFIXES) and Path(name).is_file():
                texts.append(name)
    pairs = any(AUDIO in each.beside for its in origins.values() for each in its)
    for name, failure in unpaired.items():
        if pairs:
            origins[name] = [Origin(name, UNPAIRED_FORMAT, {_REASON: (failure.reason,)})]
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


def _folders_of(texts: Sequence[str], find: Find) -> Iterator[tuple[Sequence[str], Origin]]:
    """Texts that a folder of audio takes for its own, with that folder, read for these only."""
    by_folder: dict[str, list[str]] = {}
    for name in texts:
        by_folder.setdefault(str(Path(name).parent), []).append(name)
    for folder, its in by_folder.items():
        try:
            (own,) = find(folder, FOLDER_FORMAT)
        except InputError:  # it has no audio: the texts stay faults
            continue
        named = tuple(f"{folder}/{Path(name).name}" for name in its)
        origin = replace(own, beside={**own.beside, NAMED: named})
        if any(layout_of(each, text) for each in [Folder.of(origin)] for text in each.texts.others):
            yield its, origin


def _find(look: Look) -> list[Origin]:
    return [replace(one_file(look, UNPAIRED_FORMAT), beside={_REASON: (NO_FILE,)})]


def _read(origin: Origin) -> Iterator[Portion]:
    data = read_whole(origin.name)
    end = Place(len(data), 1 + data.count(b"\n"))
    yield from span_portions(origin, data, [Span(Place(0, 1), end, origin.beside[_REASON][0])])


UNPAIRED = Format(
    UNPAIRED_FORMAT,
    "a transcript without audio among others that have audio: one malformed row",
    lambda look: False,  # only where others are named beside it
    _find,
    _read,
)
