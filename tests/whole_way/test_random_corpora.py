"""Whatever a corpus is made of: what NeMo loads of the export is what the ledger says, row by row.

Every second of a file has a pitch of its own, so that audio of another place is told by it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.curate.test_whole_audio import DAMAGES
from tests.train.world import NEMO
from tests.whole_way.corpus import SUFFIXES, encode, sentence, write_manifest
from tests.whole_way.journey import USUAL, Journey
from tests.whole_way.referee import disagreements, loaded_of_export

pytestmark = NEMO

STEP_HZ, FIRST_HZ = 150, 300
FILE_S = 4

PATHS = ("plain", "./", "folder", "absolute", "link")
"""How a row names its file."""


@dataclass(frozen=True)
class Spec:
    """A row to make: a file, and what the row takes of it (`offset_s` None: all of it)."""

    suffix: str
    rate: int
    channels: int
    offset_s: int | None
    gives_rate: bool
    damage: str | None
    path: str
    speaker: int


SPECS = st.builds(
    Spec,
    suffix=st.sampled_from(SUFFIXES),
    rate=st.sampled_from([8_000, 16_000, 48_000]),
    channels=st.sampled_from([1, 1, 1, 2]),
    offset_s=st.sampled_from([None, None, 0, 1, 2, 3]),
    gives_rate=st.booleans(),
    damage=st.sampled_from([None, None, None, *DAMAGES]),
    path=st.sampled_from(PATHS),
    speaker=st.integers(0, 7),
)

SOUND = [Spec(".flac", 16_000, 1, n % 4, n % 2 == 0, None, PATHS[n % 5], n % 12) for n in range(36)]
"""What there is enough of in every corpus to draw splits from."""

FORMS = st.sampled_from(
    [(), ("--format", "nemo_tarred"), ("--format", "hf"), ("--audio-format", "flac", "--mono"),
     ("--mono",), ("--resample", "16000"), ("--shard-by", "lang", "--shard-size", "7")]
)  # fmt: skip


def stepped(seconds: int, rate: int, channels: int) -> Any:
    times = np.arange(seconds * rate) / rate
    pitches = FIRST_HZ + STEP_HZ * np.floor(times)
    one = 0.5 * np.sin(2 * np.pi * times * pitches)
    return np.repeat(one[:, None], channels, axis=1)


@cache
def encoded(suffix: str, rate: int, channels: int) -> bytes:
    return encode(stepped(FILE_S, rate, channels), rate, suffix)


def make(folder: Path, specs: list[Spec]) -> tuple[Path, Mapping[str, int | None]]:
    """The corpus's manifest, and by text the pitch that its row begins with; None where damaged."""
    rows, pitches = [], {}
    for number, spec in enumerate(specs):
        file = folder / "audio" / f"{number}{spec.suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        content = encoded(spec.suffix, spec.rate, spec.channels)
        file.write_bytes(DAMAGES[spec.damage](content) if spec.damage else content)
        row: dict[str, Any] = {
            "audio_filepath": named(folder, file, spec.path), "duration": float(FILE_S),
            "text": " ".join(sentence(number, ("en", "de")[number % 2]).split()[:2]),
            "lang": ("en", "de")[number % 2],
            "speaker": f"s{spec.speaker}",
        }  # fmt: skip
        if spec.offset_s is not None:
            row |= {"offset": float(spec.offset_s), "duration": 1.0}
        if spec.gives_rate:
            row["sampling_rate"] = spec.rate
        rows.append(row)
        begins = FIRST_HZ + STEP_HZ * (spec.offset_s or 0)
        pitches[row["text"]] = None if spec.damage else begins
    return write_manifest(folder / "manifest.jsonl", rows), pitches


def named(folder: Path, file: Path, path: str) -> str:
    inside = file.relative_to(folder).as_posix()
    if path == "link":
        (folder / "links").mkdir(exist_ok=True)
        (folder / "links" / file.name).symlink_to(file)
        return f"links/{file.name}"
    spelled = {"plain": inside, "./": f"./{inside}", "absolute": str(file)}
    return spelled.get(path, f"audio/../audio/{file.name}")


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(specs=st.lists(SPECS, min_size=4, max_size=16), form=FORMS, looks=st.booleans())
def test_what_nemo_loads_is_what_the_ledger_says(
    tmp_path: Path, specs: list[Spec], form: tuple[str, ...], looks: bool
) -> None:
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    manifest, pitches = make(tmp_path, [*SOUND, *specs])
    split = ("--eval", "8s", "--test", "8s", "--floor", "0s", "--cap", "0.6")
    profile = ("--audio", "signal") if looks else ()
    options = replace(USUAL, profile=profile, split=split, shard=form)
    journey = Journey([manifest], tmp_path / "out", options).go()
    assert (len(journey.steps), journey.failures) == (5, [])
    rows = journey.steps["shard"].rows
    parts = ("train", "eval", "test", "skipped")
    assert sum(rows[name] for name in parts) == journey.steps["shard"].rows["inputs"]
    assert rows["skipped"] <= sum(bool(spec.damage) or spec.channels > 1 for spec in specs)
    assert disagreements(journey, tolerance_s=0.25) == []
    for output, loaded in loaded_of_export(journey.shards).items():
        for text, pitch in zip(loaded.texts, loaded.pitches_hz, strict=True):
            due = pitches[text]
            assert due is None or pitch == pytest.approx(due, abs=8), (output, text)
