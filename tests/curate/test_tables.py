"""Where a table's segments begin and end: by the names that people give these columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest

from curate.artifacts.columns import DURATION_US, MALFORMED, OFFSET_S
from curate.manifest.tables import columns_of
from curate.rules.file import load_rules
from tests.profiling import write_profile

GOOD = "long.wav,a sentence that was said"

# further columns, their cells, and offset, duration (seconds), or why the row is malformed
SEGMENTS: list[tuple[str, str, float | None, float | str]] = [
    ("duration,offset", "2.5,5.0", 5.0, 2.5),
    ("duration,begin_time", "2.5,5.0", 5.0, 2.5),
    ("duration,Begin_Time", "2.5,5.0", 5.0, 2.5),
    ("duration,start_sec", "2.5,5", 5.0, 2.5),
    ("duration,start_ms", "2.5,5000", 5.0, 2.5),
    ("duration_ms,start_ms", "2500,5000", 5.0, 2.5),
    ("start,end", "5.0,7.5", 5.0, 2.5),
    ("start,end", "0,7.5", 0.0, 7.5),
    ("begin,stop", "12.3,14.5", 12.3, 2.2),
    ("start_time,end_time", "5.0,7.5", 5.0, 2.5),
    ("start_ms,end_ms", "5000,7500", 5.0, 2.5),
    ("segment_start,segment_end", "5,7.5", 5.0, 2.5),
    ("start,end,duration", "5.0,7.5,2.5", 5.0, 2.5),
    ("start,end,duration", "5.0,7.5,2.48", 5.0, 2.48),  # rounded
    ("start,end,duration", "3,4.25,1.2", 3.0, 1.2),  # to 0.1 s
    ("start,end,duration", "3,4.15,1.1", 3.0, 1.1),
    ("duration,end", "2.5,7.5", None, 2.5),  # no beginning: a column of the user's own
    ("duration,start", "2.5,", None, 2.5),
    ("start,end,duration", "5.0,7.5,9.0", None, "its duration is not end less beginning"),
    ("start,stop,duration", "80000,120000,2.5", None, "its duration is not end less beginning"),
    ("start,end", "7.5,5.0", None, "its end is not behind its beginning"),
    ("start,end", "5.0,5.0", None, "its end is not behind its beginning"),
    ("start,end", ",7.5", None, "its start and end are not numbers"),
    ("start,end", "0:05,0:07", None, "its start and end are not numbers"),
]


@pytest.mark.parametrize(("names", "cells", "offset_s", "expected"), SEGMENTS)
@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_segments_begin_where_the_table_says(
    tmp_path: Path, ending: str, names: str, cells: str, offset_s: float | None, expected: object
) -> None:
    good = ",".join(USUAL[name.lower()] for name in names.split(","))
    text = f"path,text,{names}\n{GOOD},{cells}\n{GOOD},{good}\n"
    table = tmp_path / f"t.{ending}"
    table.write_text(text.replace(",", "\t") if ending == "tsv" else text, encoding="utf-8")
    row = profiled([table], tmp_path).row(0, named=True)
    if isinstance(expected, str):
        assert str(row[MALFORMED.name]).split(" (")[0] == expected
        return
    assert isinstance(expected, float)
    assert (row[MALFORMED.name], row[OFFSET_S.name]) == (None, offset_s)
    assert row[DURATION_US.name] == round(expected * 1e6)


USUAL: Mapping[str, str] = {
    "duration": "2.0", "duration_ms": "2000", "offset": "1", "begin_time": "1", "start_sec": "1",
    "start_ms": "1000", "start": "1", "end": "3", "begin": "1", "stop": "3", "start_time": "1",
    "end_time": "3", "end_ms": "3000", "segment_start": "1", "segment_end": "3",
}  # fmt: skip
"""A second row, so that one is sound."""


def profiled(inputs: Sequence[Path], folder: Path) -> pl.DataFrame:
    (folder / "out").mkdir()
    write_profile([str(path) for path in inputs], folder / "out", load_rules(None))
    return pl.read_parquet(folder / "out" / "records.parquet")


def test_names_of_columns_as_people_write_them() -> None:
    """With blanks or hyphens for underscores, in any case; an exact name wins."""
    columns = columns_of(["File name", "Transcript", "Speaker-ID", "speaker_id", "Duration"])
    assert columns == {
        "audio_filepath": "File name",
        "text": "Transcript",
        "speaker": "speaker_id",
        "duration": "Duration",
    }


@pytest.mark.parametrize("cell", ["a\rb", "long " * 40_000], ids=["a bare return", "a huge cell"])
def test_a_row_that_csv_refuses_stops_no_other(tmp_path: Path, cell: str) -> None:
    table = tmp_path / "t.csv"
    rows = ["path,text,duration", f"{GOOD},2.5", f"bad.wav,{cell},2.5", f"{GOOD},2.5"]
    table.write_bytes("\n".join(rows).encode())
    records = profiled([table], tmp_path)
    assert records[DURATION_US.name].to_list()[::2] == [2_500_000] * 2
    assert records.height == 3
