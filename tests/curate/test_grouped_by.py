"""Which fields a split states to have grouped its records by."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.curate.splitting import Row, certificate, rows_of, split

SPEAKERS = {f"s{n}": 4 for n in range(10)}


def of_recordings(per_file: int, **more: object) -> list[Row]:
    """The 40 records of ten speakers, `per_file` neighbours in each file."""
    return [
        {**row, "audio_filepath": f"{n // per_file}.wav", "offset": 5.0 * (n % per_file), **more}
        for n, row in enumerate(rows_of(SPEAKERS))
    ]


def of_sessions() -> list[Row]:
    """Every second record names its speaker, the others one of five sessions."""
    named = [{"session": None}, {"speaker": None}]
    sessions = [{"session": f"t{n // 8}"} for n in range(40)]
    rows = zip(rows_of(SPEAKERS), sessions, named * 20, strict=True)
    return [{**row, **session, **none} for row, session, none in rows]


CORPORA = {
    "each file has a speaker": (rows_of(SPEAKERS), ("speaker",), 10),
    "speakers with two files each": (of_recordings(2), ("speaker",), 10),
    "files with two speakers each": (of_recordings(8), ("recording",), 5),
    "files that overlap speakers": (of_recordings(3), ("speaker", "recording"), 4),
    "files without speakers": (of_recordings(8, speaker=None), ("recording",), 5),
    "files of one speaker": (of_recordings(8, speaker="all"), ("recording",), 5),
    "records alone": (of_recordings(1, speaker=None), (), 40),
    "sessions of the other half": (of_sessions(), ("speaker", "session"), 15),
}


@pytest.mark.parametrize("corpus", CORPORA)
def test_fields_that_make_the_groups(tmp_path: Path, corpus: str) -> None:
    rows, fields, groups = CORPORA[corpus]
    split(tmp_path / "a", rows, {"eval": "10s"}, kept=["session"] if "session" in rows[0] else [])
    made = certificate(tmp_path / "a")
    assert made.groups.total == groups
    assert made.grouped_by == fields
