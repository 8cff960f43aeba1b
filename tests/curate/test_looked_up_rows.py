"""Rows of tables that are looked up by number are those of a pass over the whole table."""

from __future__ import annotations

import gzip
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import InputError
from curate.manifest import columnar, table_rows
from curate.manifest.formats import BY_NAME
from curate.manifest.lines import fetch_lines
from curate.manifest.mapping import ReadOptions
from curate.manifest.origin import Origin
from curate.manifest.read import find_sources
from tests.curate.test_columnar import FAULTS, LAYOUTS

CASES: list[tuple[str, Mapping[str, Any]]] = [case[:2] for case in (*LAYOUTS, *FAULTS)]
READINGS = {
    "as it is": ReadOptions(),
    "corrected": ReadOptions(path_map={"a": "moved"}, cast=True),
}


def written(path: Path, table: Mapping[str, Any], times: int = 9) -> Path:
    frame = pl.concat([pl.DataFrame(table)] * times)
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    else:
        pytest.importorskip("pyarrow", reason="the extra hf is not installed")
        frame.write_ipc(path, compression="uncompressed")
    return path


def origin_of(path: Path, reading: ReadOptions) -> Origin:
    (origin,) = find_sources([str(path)], reading)
    return origin


def places_of(origin: Origin) -> Mapping[int, tuple[int, int]]:
    """By line the place of each record, as a pass gives it."""
    places: dict[int, tuple[int, int]] = {}
    for portion in BY_NAME[origin.format].read(origin):
        assert portion.places is not None
        at = portion.places
        rows = zip(at.line.tolist(), at.byte_offset.tolist(), at.byte_length.tolist(), strict=True)
        places |= {line: (offset, length) for line, offset, length in rows}
    return places


@pytest.mark.parametrize("rows", [4, 20_000])
@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(("name", "table"), CASES, ids=[case[0] for case in CASES])
def test_rows_are_those_of_a_pass(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    table: Mapping[str, Any],
    reading: str,
    suffix: str,
    rows: int,
) -> None:
    monkeypatch.setattr(columnar, "ROWS", rows)
    origin = origin_of(written(tmp_path / f"t{suffix}", table), READINGS[reading])
    places = places_of(origin)
    assert len(places) == 27
    chosen = random.Random(name).sample(sorted(places), 7)
    few = [places[line] for line in chosen]
    looked_up = fetch_lines(origin, few, chosen)
    assert looked_up == fetch_lines(origin, few)
    assert list(looked_up) == sorted(few)


HEADER = "path,text,duration,note"
CSV = [
    'a.wav,so it was,2.5,"x, y"', 'b.wav,"no ""end""",0.75,', "c.wav,nobody,3,z", "d.wav,,1.5,",
    'e.wav,"over\nthree\n\nlines",1.5,', "f.wav,too few", "", "g.wav,twice,-1,", "h.wav,é,1:30,",
]  # fmt: skip
COMMON_VOICE = "client_id\tpath\tsentence\tlocale"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", ["t.csv", "cut.csv", "t.tsv", "cv.tsv", "gz.csv.gz"])
def test_rows_of_text_are_those_of_a_pass(
    tmp_path: Path, name: str, reading: str, end: str
) -> None:
    """Those of a CSV whose last quotation mark is never closed too, and of a compressed one."""
    rows = [HEADER, *CSV * 5]
    if name == "cut.csv":
        rows += ['i.wav,"never closed,1,', *CSV[:3], 'j.wav,"again,2,', *CSV]
    if name.endswith("tsv"):
        rows = [row.replace(",", "\t") for row in rows if "\n" not in row]
    if name == "cv.tsv":
        rows = [COMMON_VOICE, *(f"s{n}\tc{n}.mp3\tsentence {n}\ten" for n in range(40))]
    data = end.join(rows).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    origin = origin_of(path, READINGS[reading])
    places = places_of(origin)
    assert len(places) >= 35
    for chosen in (random.Random(name).sample(sorted(places), 9), sorted(places)[-6:]):
        few = [places[line] for line in chosen]
        assert fetch_lines(origin, few, chosen) == fetch_lines(origin, few)


@pytest.mark.parametrize("name", ["t.csv", "cv.tsv"])
def test_of_text_only_the_rows_are_read(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [HEADER, *CSV[:3]]
    if name == "cv.tsv":
        rows = [COMMON_VOICE, *(f"s{n}\tc{n}.mp3\tsentence {n}\ten" for n in range(3))]
    (tmp_path / name).write_text("\n".join(rows), encoding="utf-8")
    origin = origin_of(tmp_path / name, ReadOptions())
    places = places_of(origin)
    expected = fetch_lines(origin, [places[3]])
    monkeypatch.setattr(table_rows, "read_chunks", None)
    assert fetch_lines(origin, [places[3]], [3]) == expected


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"text": ["so it was, you see", "no!", "nobody went there"]}, 2),
        ({"audio_filepath": [], "text": [], "duration": []}, 3),
    ],
    ids=["another text", "fewer rows"],
)
def test_a_table_that_has_changed_is_refused(
    tmp_path: Path, change: Mapping[str, Any], line: int
) -> None:
    table = {"audio_filepath": ["a", "b", "c"], "duration": [1.0, 2.0, 3.0],
             "text": ["so it was, you see", "no", "nobody went there"]}  # fmt: skip
    path = written(tmp_path / "t.parquet", table, 1)
    origin = origin_of(path, ReadOptions())
    place = places_of(origin)[line]
    written(path, {**table, **change}, 1)
    with pytest.raises(InputError, match="has changed since it was profiled"):
        fetch_lines(origin, [place], [line])
