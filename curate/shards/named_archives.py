"""Archives that the records of a manifest name: those of a manifest made of tables or tars whose
audio stands inside.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from curate.manifest.archive_fields import ARCHIVE
from curate.manifest.archived_audio import archive_of
from curate.manifest.columnar import ARROW, PARQUET
from curate.manifest.sniff import Look
from curate.shards.archives import Archive

_NAMED = re.compile(rb'"%s": ?("(?:[^"\\]|\\.)*")' % ARCHIVE.encode())


def named_archives(sources: Iterable[str], lines: Sequence[Path]) -> Mapping[str, Archive]:
    """The archives that these files of lines name, by their paths, where the first record of one of
    the sources names one; those that are there. InputError for one that cannot be read.
    """
    if not any(map(archive_of, sources)):
        return {}
    names = sorted({name for file in lines for name in _names(file)})
    return {name: _archive(name) for name in names if os.path.isfile(name)}  # noqa: PTH113


def _names(file: Path) -> set[str]:
    names: set[bytes] = set()
    with file.open("rb") as lines:
        for line in lines:
            if (match := _NAMED.search(line)) is not None:
                names.add(match[1])
    return {json.loads(name) for name in names}


def _archive(name: str) -> Archive:
    path = Path(name)
    if path.suffix == ".tar":
        return Archive("webdataset", path.parent, {"": path.name})
    look = Look.at(name)
    (origin,) = (ARROW if ARROW.sniff(look) else PARQUET).find(look)
    return Archive(origin.format, path.parent, {}, origin)
