"""No thread may read a records table while rules for strata or groups write it again.

Polars opens a file for its footer, and again for its rows: what takes its place between both is
damaged for it, or has other rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import sleep

import pytest

import curate
from curate.profiles import concluded

LATER = 0.3
"""Seconds for which a reader holds the file open: writing it again takes a tenth of that."""


def of_a_convention(_: Path) -> list[str]:
    text = "dharmakṣetre kurukṣetre samavetā śloka"
    lines = ({"text": f"{text} {at}", "lang": "sa", "duration": 4.0} for at in range(60))
    return [json.dumps({"audio_filepath": "a.wav", **line}) for line in lines]


def of_a_bad_speaker(root: Path) -> list[str]:
    return (root / "examples" / "speech" / "manifest.jsonl").read_text("utf-8").strip().split("\n")


@pytest.mark.parametrize("read", ["count_duplicates", "density", "_facts"])
@pytest.mark.parametrize("corpus", [of_a_convention, of_a_bad_speaker])
def test_nothing_else_reads_it_meanwhile(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read: str,
    corpus: Callable[[Path], list[str]],
) -> None:
    seen = []
    plain = getattr(concluded, read)

    def slow(*given: object) -> object:
        (records,) = (each for each in given if isinstance(each, Path))
        before = records.stat().st_ino
        sleep(LATER)
        seen.append((before, records.stat().st_ino))
        return plain(*given)

    monkeypatch.setattr(concluded, read, slow)
    manifest = tmp_path / "m.jsonl"
    manifest.write_text("\n".join(corpus(root)) + "\n", encoding="utf-8")
    made = curate.profile(manifest, out=tmp_path / "p").json
    assert any(each["exempt"] for each in made["conventions"]) or any(
        each["moved_rows"] for each in made["group_rules"]
    )
    ((before, after),) = seen
    assert before == after
