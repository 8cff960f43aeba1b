"""The audio paths that are taken of an input to be looked for on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from curate.manifest.absent_audio import LOOKED_FOR, SampledAudio
from curate.manifest.origin import INSIDE, Origin
from curate.manifest.path_sample import BATCH_PATHS, MOST_PATHS, PathSample, evenly, sample_paths
from curate.manifest.read import read_manifests


@pytest.mark.parametrize(
    ("size", "most", "expected"),
    [(0, 3, []), (1, 3, [0]), (3, 3, [0, 1, 2]), (11, 3, [0, 5, 10]), (4, 1, [0])],
)
def test_places_are_spread_evenly(size: int, most: int, expected: list[int]) -> None:
    assert evenly(size, most).tolist() == expected


def test_a_sample_is_bounded_and_covers_all_batches() -> None:
    """Of 1,000 batches of 200 numbered paths, every part of the input has as many paths."""
    sample = PathSample()
    for batch in range(1000):
        sample.add([str(batch * 200 + at) for at in range(200)])
    assert MOST_PATHS / 4 < len(sample.paths) <= MOST_PATHS
    numbers = [int(path) for path in sample.paths]
    assert numbers == sorted(set(numbers))
    quarters = [sum(low <= n < low + 50_000 for n in numbers) for low in range(0, 200_000, 50_000)]
    assert min(quarters) > 0.5 * max(quarters)
    assert numbers[0] == 0


@pytest.mark.parametrize("size", [0, 1, 7, 64, 700])
def test_thinning_twice_is_thinning_once(size: int) -> None:
    """Whatever number of paths was kept in between, the same ones and their ends remain."""
    paths, ends = [f"{at}.wav" for at in range(size)], [float(at) for at in range(size)]
    for first in (512, 64, 8):
        twice, once = PathSample(list(paths), list(ends)), PathSample(list(paths), list(ends))
        twice.keep(first)
        twice.keep(4)
        once.keep(4)
        assert twice.paths == once.paths
        assert once.ends == [float(path.partition(".")[0]) for path in once.paths]
        assert len(once.paths) == size or 2 < len(once.paths) <= 4


def paths_of(folder: Path, names: list[str | None]) -> list[str]:
    """The sample of a manifest with these audio paths; None is a line that is no record."""
    manifest = folder / "m.jsonl"
    rows = [{"audio_filepath": name, "duration": 1.0, "text": "ja"} for name in names]
    manifest.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    origin = Origin(str(manifest))
    parts = [
        part
        for piece in read_manifests([origin], lambda clips: clips.frame)
        for part in piece.parts
    ]
    return [path for part in parts for path in part.sample.paths]


def test_paths_are_those_of_records(tmp_path: Path) -> None:
    """Escaped ones too (json.dumps writes é so), in order; no more than BATCH_PATHS of a
    batch: the last line, which has no newline, is one by itself.
    """
    assert paths_of(tmp_path, ["a.wav", None, "é\\.wav", "a.wav"]) == ["a.wav", "é\\.wav", "a.wav"]
    many = [f"{n}.wav" for n in range(5000)]
    sampled = paths_of(tmp_path, list(many))
    assert (len(sampled), sampled[0], sampled[-1]) == (BATCH_PATHS + 1, "0.wav", "4999.wav")


def test_a_million_paths_cost_a_few_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def look(place: str) -> bool:
        looks.append(place)
        return False

    monkeypatch.setattr("os.path.exists", look)
    names = [f"{n}.wav" for n in range(1_000_000)]
    made = SampledAudio.of(Origin(str(tmp_path / "m.jsonl")), names, tmp_path)
    assert (len(made.absent), len(made.present), len(looks)) == (LOOKED_FOR, 0, LOOKED_FOR)


NO_FILES = {
    "standard input": Origin("-"),
    "a remote manifest": Origin("s3://bucket/m.jsonl"),
    "tars": Origin("m.jsonl", "nemo_tarred", {"tars": ("a.tar",)}),
    "a table with audio": Origin("m.parquet", "parquet", {"audio": (INSIDE,)}),
}


@pytest.mark.parametrize("kind", NO_FILES)
def test_inputs_whose_names_are_no_files(kind: str) -> None:
    assert SampledAudio.of(NO_FILES[kind], ["gone.wav"], None).absent == ()


def test_the_other_unicode_form_is_there(tmp_path: Path) -> None:
    (tmp_path / "e\u0301.wav").touch()
    made = SampledAudio.of(Origin(str(tmp_path / "m.jsonl")), ["\u00e9.wav", "\u00e8.wav"], None)
    assert (made.present, made.absent) == (["\u00e9.wav"], ["\u00e8.wav"])


def test_a_link_to_nothing_is_no_audio(tmp_path: Path) -> None:
    (tmp_path / "a.wav").symlink_to(tmp_path / "gone.wav")
    assert SampledAudio.of(Origin(str(tmp_path / "m.jsonl")), ["a.wav"], None).absent == ["a.wav"]


def test_batches_without_rows_have_no_paths() -> None:
    nothing = np.empty(0, np.int64)
    samples = sample_paths(np.empty(0, np.uint8), nothing, nothing, np.empty(0), nothing, 2)
    assert samples == [((), ()), ((), ())]
