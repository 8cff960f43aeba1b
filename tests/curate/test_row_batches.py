"""Rows of a records table, so many at a time."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curate.profiles import rows


@pytest.mark.parametrize(
    ("height", "sizes"), [(0, []), (3, [3]), (4, [4]), (5, [4, 1]), (8, [4, 4]), (10, [4, 4, 2])]
)
def test_every_row_comes_once_in_order(
    height: int, sizes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 4)
    numbers = pl.DataFrame({"row": range(height)}, schema={"row": pl.Int64()})
    path = tmp_path / "records.parquet"
    numbers.write_parquet(path, row_group_size=3)
    batches = list(rows.batches(rows.scan(path).select(pl.col("row") * 2)))
    assert [batch.height for batch in batches] == sizes
    assert [row for batch in batches for (row,) in batch.iter_rows()] == [*range(0, 2 * height, 2)]


def test_whoever_stops_waits_for_no_more_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 2)
    path = tmp_path / "records.parquet"
    pl.DataFrame({"row": range(9)}).write_parquet(path)
    batches = rows.batches(rows.scan(path))
    assert next(batches)["row"].to_list() == [0, 1]
    batches.close()
    assert list(batches) == []
