"""Tables whose audio paths lack the suffix of their files: `a1` of a1.wav."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from curate.files.unicode_forms import form_on_disk
from curate.formatting.units import first_and_more
from curate.manifest.origin import Origin

SUFFIX = "audio_suffix"
"""Where an origin keeps what its paths lack, and a path that lacks it."""
AUDIO_SUFFIXES = (
    ".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".sph", ".aac", ".wma", ".webm",
)  # fmt: skip
_SPELLED = tuple(spelled for each in AUDIO_SUFFIXES for spelled in (each, each.upper()))


def lacks_suffix(path: str) -> bool:
    """Whether a path does not end as the names of audio files do."""
    return PurePosixPath(path.lower()).suffix not in AUDIO_SUFFIXES


def suffix_of(paths: Sequence[str], bases: Sequence[str]) -> str | None:
    """The suffix with which most of these paths, of which none has one, lead to a file from one of
    the folders; None where one leads to a file as it is, or none does with any.
    """
    places = [f"{base}/{path}" if path[:1] != "/" else path for path in paths for base in bases]
    if not paths or not all(map(lacks_suffix, paths)) or any(map(_is_there, places)):
        return None
    there = Counter(each for each in _SPELLED for place in places if _is_there(place + each))
    return there.most_common(1)[0][0] if there else None


def with_suffix(origin: Origin, suffix: str, example: str) -> Origin:
    """The origin whose paths, such as this one, are read with this suffix."""
    return replace(origin, beside={**origin.beside, SUFFIX: (suffix, example)})


def _is_there(place: str) -> bool:
    return "\0" not in place and (os.path.isfile(place) or form_on_disk(place) is not None)  # noqa: PTH113


def suffix_warnings(origins: Iterable[Origin]) -> list[str]:
    """A warning that paths of tables are read with a suffix that they do not have."""
    lacking = [origin for origin in origins if SUFFIX in origin.beside]
    if not lacking:
        return []
    suffix, example = lacking[0].beside[SUFFIX]
    first = first_and_more([origin.name for origin in lacking], "input")
    what = f"its audio paths have no suffix, and are read with {suffix}"
    return [f"{first}: {what}: {example} is {example}{suffix}"]
