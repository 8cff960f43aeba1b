"""Voice embeddings that are given in a file: a row of numbers for each line of the manifests.

A NumPy file (.npy) is a table of numbers. A Parquet file (.parquet) has one column of lists of
numbers, `embedding` or whatever its name is; null where there is no embedding.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from curate.arrays import Float32s
from curate.errors import InputError
from curate.errors.nearest import unreadable

HINT = (
    "a NumPy file of numbers (.npy), or a Parquet file with a column of lists of numbers, with a "
    "row for each line of the manifests that is not blank"
)
PARQUET = ".parquet"


def read_embeddings(path: Path, lines: int) -> Float32s:
    """The rows of the file; InputError where it is none, or has another number of rows.

    A row that is not finite, or is zero, is no embedding.
    """
    given = _read_parquet(path) if path.suffix.lower() == PARQUET else _read_numpy(path)
    if len(given) != lines:
        raise InputError.of(path, f"has {len(given):,} rows for {lines:,} lines", HINT)
    if not given.shape[1]:
        raise InputError.of(path, "has no column", HINT)
    return given


def _read_numpy(path: Path) -> Float32s:
    try:
        given = np.load(path, allow_pickle=False)
    except OSError as error:
        raise InputError(unreadable(path, error, HINT)) from error
    except (ValueError, EOFError) as error:
        raise InputError.of(path, f"is no array of numbers ({error})", HINT) from error
    if not isinstance(given, np.ndarray) or given.ndim != 2 or given.dtype.kind not in "fiu":
        what = f"{given.ndim} dimensions of {given.dtype}" if isinstance(given, np.ndarray) else ""
        raise InputError.of(path, f"holds no table of numbers ({what or 'several arrays'})", HINT)
    return given.astype(np.float32)


def _read_parquet(path: Path) -> Float32s:
    try:
        schema = pl.read_parquet_schema(path)
        columns = [name for name, dtype in schema.items() if _is_vector(dtype)]
        if len(columns) != 1:
            has = f"has {len(columns)} columns" if columns else "has no column"
            raise InputError.of(path, f"{has} of lists of numbers", HINT)
        vectors = pl.read_parquet(path, columns=columns).to_series()
    except OSError as error:
        raise InputError(unreadable(path, error, HINT)) from error
    except pl.exceptions.PolarsError as error:
        raise InputError.of(path, f"is no Parquet file ({error})", HINT) from error
    vectors = vectors.cast(pl.List(pl.Float32))
    sizes: list[int] = vectors.list.len().drop_nulls().unique().sort().to_list()
    if len(sizes) > 1:
        what = f"column {columns[0]!r} has lists of {sizes[0]} to {sizes[-1]} numbers"
        raise InputError.of(path, what, "vectors of one length, null where there is none")
    size = sizes[0] if sizes else 0
    given: Float32s = np.full((len(vectors), size), np.nan, np.float32)
    if size:
        there = vectors.is_not_null().to_numpy()
        given[there] = vectors.drop_nulls().explode().to_numpy().reshape(-1, size)
    return given


def _is_vector(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.List | pl.Array) and dtype.inner.is_numeric()
