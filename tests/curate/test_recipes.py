"""`curate manifest --recipe`: what Lhotse's recipes prepare, and what they leave is counted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from curate.api.manifest import ManifestWritten, write_manifest
from curate.errors import ConfigError, InputError
from tests.curate.folder_writers import CLIPS, librispeech
from tests.lines import lines_of
from tests.train.world import NEMO

pytestmark = [
    *NEMO,  # Lhotse's import takes seconds
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def yesno(folder: Path) -> None:
    """The corpus as OpenSLR has it: 60 files, named by the words in them."""
    for number in range(60):
        name = "_".join(f"{number:08b}")
        folder.mkdir(exist_ok=True)
        sf.write(folder / f"{name}.wav", np.zeros(4000 + number), 8000, subtype="PCM_16")


def prepared(folder: Path, recipe: str, **options: Any) -> tuple[ManifestWritten, list[Any]]:
    out = folder.parent / "m.jsonl"
    made = write_manifest(folder, out, recipe=recipe, **options)
    return made, [json.loads(line) for line in lines_of(out.read_text(encoding="utf-8"))]


def test_librispeech_by_lhotses_recipe(tmp_path: Path) -> None:
    librispeech(tmp_path / "corpus")
    made, rows = prepared(tmp_path / "corpus", "librispeech")
    assert made.malformed == 0
    assert sorted((row["id"], row["text"]) for row in rows) == sorted(
        (clip.id, clip.text) for clip in CLIPS
    )
    assert all(sf.info(row["audio_filepath"]).duration == row["duration"] for row in rows)
    assert {row["lang"] for row in rows} == {"English"}
    assert made.warnings == ()
    again, _ = prepared(tmp_path / "corpus", "librispeech")
    assert again == made


def test_what_a_recipe_passes_over_is_counted(tmp_path: Path) -> None:
    yesno(tmp_path / "corpus")
    (tmp_path / "corpus" / "more").mkdir()
    first = next((tmp_path / "corpus").glob("*.wav"))
    shutil.copy(first, tmp_path / "corpus" / "more" / "left.wav")
    made, rows = prepared(tmp_path / "corpus", "yesno")
    assert len(rows) == 60
    assert sum(row["duration"] for row in rows) == pytest.approx(
        sum(4000 + n for n in range(60)) / 8000
    )
    (warning,) = made.warnings
    assert warning.startswith("1 audio files are in no recording of the recipe, such as ")
    assert warning.endswith("more/left.wav")


@pytest.mark.parametrize(
    ("recipe", "message", "hint"),
    [
        ("libirspeech", "unknown recipe 'libirspeech'", "did you mean 'librispeech'"),
        ("thchs_31", "unknown recipe", "did you mean 'thchs_30'"),
        ("broadcast_news", "takes more than a folder", "lhotse prepare broadcast-news"),
    ],
)
def test_a_recipe_that_cannot_run_is_named(
    recipe: str, message: str, hint: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message) as error:
        write_manifest(tmp_path, tmp_path / "m.jsonl", recipe=recipe)
    assert hint in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_another_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    with pytest.raises(InputError, match="Lhotse's recipe librispeech fails: ValueError"):
        write_manifest(tmp_path / "corpus", tmp_path / "m.jsonl", recipe="librispeech")
    with pytest.raises(ConfigError, match="takes one folder"):
        write_manifest([tmp_path / "corpus", tmp_path], tmp_path / "m.jsonl", recipe="librispeech")
    assert [each.name for each in tmp_path.iterdir() if each.name[0] != "."] == ["corpus"]
