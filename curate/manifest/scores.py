"""The numbers that a model gave a record: the object that `train score` adds to its line, and the
words with times and probabilities of other tools.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from curate.arrays import Bools, Bytes, Floats
from curate.artifacts.score_fields import READ_VALUES, WORD_VALUES
from curate.manifest.scan import OK, scan, span_of
from curate.manifest.syntax import ARRAY, OBJECT
from curate.manifest.values import Span, numbers
from curate.manifest.word_scores import word_values

EMPTY = b"{}"


def read_scores(
    data: Bytes, objects: Span, lists: Sequence[Span], broken: Bools
) -> Mapping[str, Floats] | None:
    """By name, the number of each row: NaN where its object has none, or a value that is no number;
    None where no row has an object, or a list of words. An object that names a value twice has
    none; what it lacks of WORD_VALUES is computed from the lists.
    """
    given = (objects[0] == OBJECT) & ~broken
    listed = np.any([kind == ARRAY for kind, _, _ in lists], axis=0) & ~broken
    if not (given.any() or listed.any()):
        return None
    lines = np.frombuffer(b"\n".join(_bytes(data, objects, given, EMPTY)), np.uint8)
    scanned = scan(lines, READ_VALUES)
    values = {name: numbers(lines, *span_of(scanned, at)) for at, name in enumerate(READ_VALUES)}
    doubtful = scanned.status != OK
    for column in values.values():
        column[doubtful | ~np.isfinite(column)] = np.nan
    _add_words(values, data, lists, np.flatnonzero(listed).tolist())
    return values


def _add_words(
    values: Mapping[str, Floats], data: Bytes, lists: Sequence[Span], rows: Sequence[int]
) -> None:
    """Fill what is not known of WORD_VALUES in these rows from their lists."""
    for row in rows:
        one = [
            (kind[row : row + 1], start[row : row + 1], length[row : row + 1])
            for kind, start, length in lists
        ]
        # Of whatever length: an integer of 4,300 digits is none to Python's json.
        arrays = [
            json.loads(next(_bytes(data, span, span[0] == ARRAY, b"[]")), parse_int=float)
            for span in one
        ]
        words = word_values(*arrays)
        for name in WORD_VALUES:
            if np.isnan(values[name][row]):
                values[name][row] = words.get(name, np.nan)


def _bytes(data: Bytes, span: Span, given: Bools, otherwise: bytes) -> Iterator[bytes]:
    """The bytes of each row's value; `otherwise` where none is given."""
    whole, (_, start, length) = data.data, span
    for at, size, is_given in zip(start.tolist(), length.tolist(), given.tolist(), strict=True):
        yield bytes(whole[at : at + size]) if is_given else otherwise
