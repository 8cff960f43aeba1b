"""Voice embeddings that are given in a file: a row of numbers for each line of the manifests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from curate.arrays import Float32s
from curate.errors import InputError
from curate.errors.nearest import unreadable

HINT = "a NumPy file of numbers (.npy), a row for each line of the manifests that is not blank"


def read_embeddings(path: Path, lines: int) -> Float32s:
    """The rows of a .npy file; InputError where it is none, or has another number of rows.

    A row that is not finite, or is zero, is no embedding.
    """
    try:
        given = np.load(path, allow_pickle=False)
    except OSError as error:
        raise InputError(unreadable(path, error, HINT)) from error
    except (ValueError, EOFError) as error:
        raise InputError.of(path, f"is no array of numbers ({error})", HINT) from error
    if not isinstance(given, np.ndarray) or given.ndim != 2 or given.dtype.kind not in "fiu":
        what = f"{given.ndim} dimensions of {given.dtype}" if isinstance(given, np.ndarray) else ""
        raise InputError.of(path, f"holds no table of numbers ({what or 'several arrays'})", HINT)
    if len(given) != lines:
        raise InputError.of(path, f"has {len(given):,} rows for {lines:,} lines", HINT)
    if not given.shape[1]:
        raise InputError.of(path, "has no column", HINT)
    return given.astype(np.float32)
