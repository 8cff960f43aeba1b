"""Lines that are looked up are those of a pass over the whole source."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curate.artifacts.base import read_artifact
from curate.artifacts.columns import BYTE_LENGTH, BYTE_OFFSET, SOURCE
from curate.artifacts.profile import Profile
from curate.errors import InputError
from curate.manifest import lines
from curate.rules.file import load_rules
from curate.splits import write
from curate.splits.write import read_lines
from tests.profiling import write_profile

LINE = '{"audio_filepath": "%d.wav", "duration": 2.0, "text": "ein Satz \u00fcber %d"}'
NEEDED = [
    SOURCE.name,
    BYTE_OFFSET.name,
    BYTE_LENGTH.name,
    "verdict",
    "malformed",
    "rate_beside_offset",
]


def profiled(folder: Path, name: str, ending: str) -> Profile:
    text = ending.join(LINE % (n, n) if n % 7 else "no record" for n in range(200))
    data = f"\ufeff{text}".encode()
    (folder / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    (folder / "p").mkdir()
    write_profile([str(folder / name)], folder / "p", load_rules(None))
    return read_artifact(folder / "p", Profile)


@pytest.mark.parametrize("name", ["m.jsonl", "m.jsonl.gz"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("gap", [-1, 0, 2, 200, 1024])
def test_few_lines_are_the_lines_of_a_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, ending: str, gap: int
) -> None:
    monkeypatch.setattr(lines, "_GAP", gap)
    profile = profiled(tmp_path, name, ending)
    inputs = {entry.source: entry for entry in profile.inputs}
    rows = pl.read_parquet(tmp_path / "p/records.parquet", columns=NEEDED)
    splits = random.Random(0).choices(["train", "eval", "test"], [96, 2, 2], k=rows.height)
    rows = rows.with_columns(pl.Series("split", splits))
    read = {}
    for few in (2, rows.height + 1):  # looked up, and read as a whole
        monkeypatch.setattr(write, "_FEW", few)
        parts = list(read_lines(rows, ["test", "eval"], inputs))
        read[few] = [b"".join(part[output] for part in parts) for output in (0, 1)]
    assert len(read) == 2
    assert read[2] == read[rows.height + 1]
    assert [data.count(b"\n") for data in read[2]] == [splits.count("test"), splits.count("eval")]


def test_a_source_that_has_shrunk_is_refused(tmp_path: Path) -> None:
    profile = profiled(tmp_path, "m.jsonl", "\n")
    inputs = {entry.source: entry for entry in profile.inputs}
    rows = pl.read_parquet(tmp_path / "p/records.parquet", columns=NEEDED)
    split = np.where(np.arange(rows.height) == rows.height - 1, "eval", "train")
    (tmp_path / "m.jsonl").write_bytes((tmp_path / "m.jsonl").read_bytes()[:-5])
    with pytest.raises(InputError, match="has changed since it was profiled"):
        list(read_lines(rows.with_columns(pl.Series("split", split.tolist())), ["eval"], inputs))
