"""Row groups of a records table end where the sources say, however the rows come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby, pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.files import thrift_compact as thrift
from curate.profiles.measure import row_groups
from curate.profiles.measure.row_groups import Rows, Stored, of_sources, write_table
from curate.profiles.whole_input import duplicate_counts
from tests.curate.test_parquet_joined import footer_of

LARGE, MOST = 5, 8
COLUMNS = {"row": pl.Int64(), "text": pl.String()}


@pytest.fixture(autouse=True)
def small_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_groups, "LARGE", LARGE)
    monkeypatch.setattr(duplicate_counts, "ROW_GROUP", MOST)


def frame_of(first: int, end: int) -> pl.DataFrame:
    texts = [str(row % 3) for row in range(first, end)]
    return pl.DataFrame({"row": range(first, end), "text": texts}, schema=COLUMNS)


def sizes_of(path: Path) -> list[int]:
    """Rows of each row group."""
    fields, _ = thrift.read(footer_of(path.read_bytes()), 0, thrift.STRUCT)
    return [group[3][1] for group in fields[4][1][1]]


def expected_sizes(sources: Sequence[int]) -> list[int]:
    """By the definition: each large source alone, runs of small ones together."""
    runs = []
    for is_large, some in groupby(sources, lambda rows: rows >= LARGE):
        rows = list(some)
        runs += rows if is_large else [sum(rows)]
    return [min(MOST, run - at) for run in runs for at in range(0, run, MOST)]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([3], [3]),
        ([5], [5]),
        ([20], [8, 8, 4]),
        ([2, 2], [4]),  # small ones together
        ([4] * 5, [8, 8, 4]),
        ([4, 5, 4], [4, 5, 4]),
        ([9, 9], [8, 1, 8, 1]),
        ([0, 9, 0, 0, 2, 0, 3, 16, 0], [8, 1, 5, 8, 8]),  # none of no rows
    ],
)
def test_a_large_source_has_its_own(
    tmp_path: Path, sources: Sequence[int], expected: Sequence[int]
) -> None:
    assert expected_sizes(sources) == expected
    named = [(str(at), rows) for at, rows in enumerate(sources)]
    path = tmp_path / "records.parquet"
    write_table(of_sources([frame_of(0, sum(sources))], named), COLUMNS, path)
    assert sizes_of(path) == expected


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.integers(0, 25), min_size=1, max_size=9),
    st.lists(st.integers(0, 130), max_size=9),
    st.data(),
)
def test_the_bytes_are_the_same_however_rows_come(
    tmp_path: Path, sources: list[int], cuts: list[int], data: st.DataObject
) -> None:
    total = sum(sources)
    named = [(str(at), rows) for at, rows in enumerate(sources)]
    bounds = [0, *sorted(cut for cut in cuts if cut < total), total]
    frames = [frame_of(first, end) for first, end in pairwise(bounds)]
    streamed, mixed = tmp_path / "streamed", tmp_path / "mixed"
    write_table(of_sources(frames, named), COLUMNS, streamed)
    copied = data.draw(st.sets(st.integers(0, len(sources) - 1)))
    pieces: list[Rows | Stored] = []
    for at, (first, end) in enumerate(pairwise([0, *accumulate(sources)])):
        rows = Rows(frame_of(first, end), [(str(at), end - first)])
        if at in copied and row_groups.is_large(end - first):
            path = tmp_path / f"{at}.parquet"
            write_table([rows], COLUMNS, path)
            pieces.append(Stored(path))
        else:
            pieces.append(rows)
    write_table(pieces, COLUMNS, mixed)
    assert streamed.read_bytes() == mixed.read_bytes()
    assert pl.read_parquet(mixed).equals(frame_of(0, total))
    if total:
        assert sizes_of(mixed) == expected_sizes(sources)


def test_a_table_of_no_rows_has_its_columns(tmp_path: Path) -> None:
    write_table([], COLUMNS, tmp_path / "none")
    assert pl.read_parquet(tmp_path / "none").equals(frame_of(0, 0))


def test_what_goes_wrong_while_rows_come_is_raised(tmp_path: Path) -> None:
    def rows() -> Iterator[Rows]:
        yield Rows(frame_of(0, 3), [("a", 3)])
        raise RuntimeError("no more")

    with pytest.raises(Exception, match="no more"):
        write_table(rows(), COLUMNS, tmp_path / "half")
