"""Lists of ids and texts with further columns, which would be read as the text: refused where a
header names them, and warned about where none does.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from curate.errors import Fault
from curate.manifest.folders.folder import Folder
from curate.manifest.folders.headed import columns_of_list
from curate.manifest.folders.layouts import layout_of
from curate.manifest.folders.lists import IDS, LJSPEECH, may_have_columns
from curate.manifest.hints.command import columns_hint
from curate.manifest.origin import FOLDER_FORMAT, Origin

TABBED = "tabbed"
"""Where the origin of a folder keeps its lists with columns that no header names: for each its
path, and the names that a header may give them.
"""
_EXAMINED = 1000


def headed_faults(folder: Folder) -> list[Fault]:
    """A fault for each list whose header names columns, but no text by a usual name."""
    faults = []
    for name in _lists(folder):
        columns = columns_of_list(folder, name)
        audio = (columns or {}).get("audio_filepath")
        if audio is None or layout_of(folder, name) not in (IDS, LJSPEECH):
            continue
        look = folder.look(name)
        named = replace(look, fields={**look.fields, "audio_filepath": audio})
        hint = columns_hint(named, folder.texts.root)
        what = "its first line names columns, none of them by a usual name of text"
        faults.append(Fault(folder.path(name), what, hint))
    return faults


def tabbed_lists(folder: Folder) -> dict[str, Sequence[str]]:
    """How an origin keeps the lists with columns that no header names; empty where none is."""
    pairs: list[str] = []
    for name in _lists(folder):
        names = _columns(_rows(folder, name))
        if names and layout_of(folder, name) is IDS:
            pairs += [folder.path(name), "\t".join(names)]
    return {TABBED: pairs} if pairs else {}


def tabbed_warnings(origins: Iterable[Origin]) -> list[str]:
    """A warning for each list of whose columns all but the first are read as the text."""
    warnings = []
    for origin in origins:
        pairs = origin.beside.get(TABBED, ()) if origin.format == FOLDER_FORMAT else ()
        for path, header in zip(pairs[::2], pairs[1::2], strict=True):
            warnings.append(
                f"{path}: its lines have {header.count(chr(9)) + 1} columns between tabs, which no "
                "header names: all behind the first are read as the text, tabs and all; a first "
                f"line with their names, changed to what they hold, says which one is the text: "
                f"{_command(path, header)}"
            )
    return warnings


def _command(path: str, header: str) -> str:
    named = header.replace("\t", "\\t")
    return f"sed -i {shlex.quote(f'1i {named}')} {shlex.quote(path)}"


def _lists(folder: Folder) -> Iterator[str]:
    named = (name for name in folder.texts.others if may_have_columns(folder, name))
    return islice(named, _EXAMINED)


def _rows(folder: Folder, name: str) -> list[list[str]]:
    """The cells between tabs of the first lines that are whole and not blank."""
    head = folder.head(name)
    lines = head.split("\n")
    whole = lines if head.endswith("\n") or len(lines) == 1 else lines[:-1]
    return [line.rstrip("\r").split("\t") for line in whole if line.strip()]


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Names for columns that all rows have: the audio first, and as the text the one with the most
    words. None where the rows differ in width, or no more than one column stands behind the audio.
    """
    if len(rows) < 2 or len({len(row) for row in rows}) > 1:
        return []
    words = [sum(len(cell.split()) for cell in column) for column in zip(*rows, strict=True)][1:]
    if sum(map(bool, words)) < 2:
        return []
    text = words.index(max(words)) + 2
    others = ("text" if at == text else f"column_{at}" for at in range(2, len(words) + 2))
    return ["audio_filepath", *others]
