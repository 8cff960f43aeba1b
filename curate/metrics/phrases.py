"""Phrases that recognisers invent over silence: lists, one phrase a line, to keys of texts."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from curate.errors import ConfigError, Fault, raise_all
from curate.text.normal import normalise
from curate.text.packed import hash_normal


def known_phrases(files: Sequence[str | Path] = ()) -> npt.NDArray[np.uint64]:
    """The NORMAL_KEYs of the phrases of our lists and of these files.

    ConfigError with every file that cannot be read.
    """
    keys = set(_ours())
    faults: list[Fault] = []
    for file in map(Path, files):
        try:
            keys |= _keys(file.read_text(encoding="utf-8-sig").splitlines())
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            faults.append(Fault(str(file), f"cannot be read: {str(reason).lower()}"))
    raise_all(ConfigError, faults)
    return np.array(sorted(keys), np.uint64)


@functools.cache
def _ours() -> frozenset[int]:
    package = Path(__file__).parents[1]
    in_wheel = package / "_rules"
    folder = (in_wheel if in_wheel.is_dir() else package.parent / "rules") / "phrases"
    files = sorted(folder.glob("*.txt"))
    assert files, "the lists travel with the rules"
    lines = (line for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return frozenset(_keys(lines))


def _keys(lines: Iterable[str]) -> set[int]:
    """Keys of the phrases; `# ...` is a comment, and a count behind a phrase is dropped.

    Lists made by counting say `phrase count`. A phrase of digits alone is no phrase.
    """
    keys = set()
    for line in lines:
        if line.lstrip().startswith("#"):
            continue
        words = line.split()
        if words and words[-1].isdecimal():
            words.pop()
        # As in Turkish too, where the small letter of I is another one.
        normals = {normalise(" ".join(words), lang) for lang in (None, "tr")}
        keys |= {hash_normal(normal) for normal in normals if normal}
    return keys
