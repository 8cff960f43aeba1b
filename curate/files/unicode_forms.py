"""Files that are there under another Unicode form of their names than the one that is written.

macOS writes names in NFD, most other systems in NFC; readers take a name byte by byte.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from unicodedata import normalize


def form_on_disk(path: str) -> str | None:
    """The path as the disk has it, where it is there only with a name, or the names of directories
    above, in another Unicode form; of as many parts. None where the path exists as it stands, or
    no form of it does, or several do.

    Each directory is listed once for as long as it stays as it is.
    """
    if path.isascii() or "\0" in path or os.path.lexists(path):
        return None
    above, slash, name = path.rpartition("/")
    folder = above
    if above and not os.path.lexists(above):
        there = form_on_disk(above)
        if there is None:
            return None
        folder = there
    place = folder + slash
    if os.path.lexists(place + name):
        return place + name
    own = None if name.isascii() else _names_of(place or ".").get(normalize("NFC", name))
    return None if own is None else place + own


def _names_of(folder: str) -> Mapping[str, str]:
    """Names in a directory that are not plain ASCII by their NFC, where only one has it."""
    try:
        changed_ns = os.stat(folder).st_mtime_ns  # noqa: PTH116 - for each of many paths
        return _listed(folder, changed_ns)
    except OSError:  # it is gone, or cannot be listed: it holds no form of any name
        return {}


@lru_cache(1 << 10)
def _listed(folder: str, changed_ns: int) -> Mapping[str, str]:
    names: dict[str, str] = {}
    several = set[str]()
    for name in os.listdir(folder):  # noqa: PTH208 - names, not paths
        if not name.isascii():
            key = normalize("NFC", name)
            several |= {key} & names.keys()
            names[key] = name
    return {key: name for key, name in names.items() if key not in several}
