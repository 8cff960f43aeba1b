"""Folders of audio go the whole way, and what arrives is what soxi, find and the texts say."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.curate import folder_writers as made
from tests.curate.folder_writers import CLIPS
from tests.whole_way.journey import Journey, Options

pytestmark = [  # Lhotse leaves shards open
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

SIZES = ("--eval", "4s", "--test", "4s", "--floor", "0s", "--cap", "0.6")
USUAL = Options(profile=(), split=(*SIZES, "--max-held-out", "60%"))
CORPORA = [made.text_beside, made.librispeech, made.ljspeech, made.common_voice, made.gigaspeech,
           made.tedlium]  # fmt: skip


def seconds_on_disk(folder: Path) -> float:
    """The length of all audio below a folder, by soxi."""
    files = sorted(
        str(path) for path in folder.rglob("*") if path.suffix in {".wav", ".flac", ".sph"}
    )
    command = ["soxi", "-D", *files]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert len(lines) == len(files) > 0
    return sum(map(float, lines))


@pytest.mark.skipif(shutil.which("soxi") is None, reason="soxi is not installed")
@pytest.mark.parametrize("lay", CORPORA, ids=lambda lay: lay.__name__)
def test_a_folder_goes_from_its_audio_to_shards(
    tmp_path: Path, lay: Callable[[Path], None]
) -> None:
    corpus = tmp_path / "corpus"
    lay(corpus)
    way = Journey([corpus], tmp_path / "out", USUAL).go("profile", "split", "shard", "verify")
    assert way.failures == []
    seconds = seconds_on_disk(corpus)
    for name in ("profile", "split"):
        step = way.steps[name]
        rows, lengths = dict(step.rows), dict(step.seconds)
        assert rows.pop("inputs") == sum(rows.values()) == len(CLIPS), name
        assert lengths.pop("inputs") == pytest.approx(seconds, abs=0.01), name
        assert sum(lengths.values()) == pytest.approx(seconds, abs=0.01), name
    shards = way.steps["shard"].rows
    assert shards["train"] == way.steps["split"].rows["train"] > 0
    plain = [(way.shards / f"{name}.jsonl").read_text() for name in ("eval", "test")]
    assert ".sph" not in "".join(plain), "trainers would open it through a shell"
