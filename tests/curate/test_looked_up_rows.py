"""Rows of tables that are looked up by number are those of a pass over the whole table."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import InputError
from curate.manifest import columnar
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
