"""Audio that only ffmpeg reads beside the same in a kind that is read here: the latter is taken.

People who convert a corpus leave the old files where they were: talk.m4a beside talk.flac.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import normalize

from curate.formatting.units import plural
from curate.manifest.origin import Origin
from curate.nemo.ffmpeg_kinds import SUFFIXES

TWINS = "readable_twins"
"""Where the origin of a folder keeps how many files are passed over, and the first."""


def without_twins(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of audio files without those that only ffmpeg reads where another file of the same
    directory and stem is read; and those that are left out.

    >>> without_twins(["a/x.m4a", "a/x.flac", "a/y.m4a"])
    (('a/x.flac', 'a/y.m4a'), ('a/x.m4a',))
    """
    odd = {name for name in names if name.lower().endswith(SUFFIXES)}
    if not odd:
        return tuple(names), ()
    read = {_stem(name) for name in names if name not in odd}
    twins = tuple(name for name in names if name in odd and _stem(name) in read)
    left_out = set(twins)
    return tuple(name for name in names if name not in left_out), twins


def _stem(name: str) -> str:
    return normalize("NFC", name.rpartition(".")[0])


def twin_warnings(origins: Iterable[Origin]) -> list[str]:
    """A warning for each folder in which files are passed over for their twins."""
    folders = [(origin.name, *origin.beside[TWINS]) for origin in origins if TWINS in origin.beside]
    return [
        f"{name}: {plural(int(count), 'audio file')} that only ffmpeg reads passed over: a file of "
        f"the same name that is read stands beside (first {first})"
        for name, count, first in folders
    ]
