"""What NeMo and Lhotse load of our outputs is what our ledgers count, whatever the input's form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.train.world import NEMO, World
from tests.whole_way.journey import USUAL, Journey, command, evaluated
from tests.whole_way.referee import disagreements, lhotse_cuts, nemo_manifest
from tests.whole_way.segments import (
    Segment,
    lhotse_cut,
    lhotse_recording,
    lhotse_supervision,
    nemo_row,
    segments,
    write_jsonl,
    write_kaldi,
)

pytestmark = NEMO


def _nemo(**fields: object) -> Callable[[Path, list[Segment]], Path]:
    return lambda folder, rows: write_jsonl(
        folder / "m.jsonl", [nemo_row(each, **fields) for each in rows]
    )


def _without_offset_at_0(folder: Path, rows: list[Segment]) -> Path:
    records = [nemo_row(each) for each in rows]
    for record in records:
        if not record["offset"]:
            del record["offset"]
    return write_jsonl(folder / "m.jsonl", records)


def _supervisions(folder: Path, rows: list[Segment]) -> Path:
    recordings = {each.audio: lhotse_recording(each) for each in rows}
    write_jsonl(folder / "recordings.jsonl.gz", recordings.values())
    return write_jsonl(
        folder / "supervisions.jsonl.gz",
        [lhotse_supervision(segment, segment.start_s) for segment in rows],
    )


FORMS: list[tuple[str, int, Callable[[Path, list[Segment]], Path]]] = [
    ("offset alone", 16_000, _nemo()),
    ("sampling_rate beside offset", 16_000, _nemo(sampling_rate=16_000)),
    ("sample_rate beside offset", 16_000, _nemo(sample_rate=16_000)),
    ("both, one null", 16_000, _nemo(sampling_rate=None, sample_rate=16_000)),
    ("a wrong rate beside offset", 8_000, _nemo(sampling_rate=16_000)),
    ("no offset where it is 0", 16_000, _without_offset_at_0),
    ("Lhotse cuts", 16_000, lambda f, rows: write_jsonl(f / "c.jsonl.gz", map(lhotse_cut, rows))),
    (
        "Lhotse cuts at 8 kHz",
        8_000,
        lambda f, rows: write_jsonl(
            f / "c.jsonl", (lhotse_cut(segment, 8_000) for segment in rows)
        ),
    ),
    ("Lhotse supervisions", 16_000, _supervisions),
    ("Kaldi", 16_000, lambda folder, rows: write_kaldi(folder / "kaldi", rows)),
]


WAY = replace(
    USUAL,
    profile=(),
    split=("--eval", "11s", "--test", "11s", "--floor", "0s", "--cap", "0.5", "--to", "lhotse"),
)
WHOLE_FILES = "no offset where it is 0"
"""NeMo loads the whole file of such a line, which a split copies; the shards say it right."""


@pytest.mark.parametrize(("name", "rate", "write"), FORMS, ids=[form[0] for form in FORMS])
def test_every_manifest_loads_as_it_is_counted(
    tmp_path: Path, name: str, rate: int, write: Callable[[Path, list[Segment]], Path]
) -> None:
    rows = segments(tmp_path, rate=rate)
    journey = Journey([write(tmp_path, rows)], tmp_path / "out", WAY).go()
    assert (len(journey.steps), journey.failures) == (5, [])
    split = journey.steps["split"]
    assert sum(split.rows[name] for name in ("train", "eval", "test")) == len(rows)
    for output in ("train", "eval", "test"):
        readers = [lhotse_cuts(journey.split / f"{output}.cuts.jsonl.gz")]
        if name != WHOLE_FILES:
            readers.append(nemo_manifest(journey.split / f"{output}.jsonl"))
        for loaded in readers:
            assert (loaded.failed, loaded.stopped) == ((), "")
            assert loaded.rows == split.rows[output] > 0
            assert loaded.seconds == pytest.approx(split.seconds[output], abs=1e-3)
            assert loaded.declared_s == pytest.approx(split.seconds[output], abs=1e-3)
    assert disagreements(journey, tolerance_s=1e-4) == []


def test_evaluation_reads_segments_as_they_are_declared(world: World, tmp_path: Path) -> None:
    """A user's own manifest with the pair: each row is scored, by the seconds that it declares."""
    rows = segments(tmp_path)[:8]
    pairs = write_jsonl(
        tmp_path / "m.jsonl", [nemo_row(segment, sampling_rate=16_000) for segment in rows]
    )
    loaded = nemo_manifest(pairs)
    assert (loaded.rows, len(loaded.failed)) == (0, 8)
    words = (world.model("ctc").path, "--manifest", pairs, "--out", tmp_path / "out", "--json")
    step = evaluated(command("train", "eval", *words), tmp_path / "out")
    assert step.exit_code == 0
    assert step.rows == {"scored": 8, "unscored": 0, "predictions": 8}
    assert "8 rows have sampling_rate beside offset" in step.ran.stderr
