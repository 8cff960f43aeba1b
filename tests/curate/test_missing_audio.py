"""Profiles and splits of manifests that name audio which does not exist: it is counted, and stays
where it is.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import curate
from curate.api.profile import AudioOptions, MeasureOptions
from tests.curate.folder_writers import RATE, sound
from tests.curate.splitting import placed, rows_of

SPEAKERS = {f"s{n}": 4 for n in range(15)}
SIZES = {"eval": "25s", "test": "25s"}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """60 records of five seconds of fifteen speakers; every third audio file does not exist."""
    rows = rows_of(SPEAKERS, 5.0)
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for number, row in enumerate(rows):
        if number % 3:
            sound(tmp_path / str(row["audio_filepath"]), 5 * RATE)
    return tmp_path


def absent_in(folder: Path) -> dict[str, int]:
    """Records of each output of `folder`/s whose audio does not exist, by the disk."""
    outputs = placed(folder)
    counts = dict.fromkeys(outputs.values(), 0)
    for path, name in outputs.items():
        counts[name] += not (folder / path).exists()
    return counts


def looked_for(warnings: tuple[str, ...]) -> str:
    (warning,) = [each for each in warnings if " looked for " in each]
    return warning


def test_a_profile_counts_them(corpus: Path) -> None:
    made = curate.profile(corpus / "m.jsonl", corpus / "p")
    assert "20 of 60 audio files looked for do not exist" in looked_for(made.artifact.warnings)
    again = curate.profile(corpus / "m.jsonl", corpus / "p", rules="multilingual")
    assert looked_for(again.artifact.warnings) == looked_for(made.artifact.warnings), "reused rows"


def test_several_inputs_share_the_looks(corpus: Path) -> None:
    """Two manifests of the same 60 files: up to half of LOOKED_FOR each, so all of them."""
    second = corpus / "n.jsonl"
    second.write_bytes((corpus / "m.jsonl").read_bytes())
    made = curate.profile([corpus / "m.jsonl", second], corpus / "p")
    warning = looked_for(made.artifact.warnings)
    assert warning.startswith(f"{corpus}/m.jsonl and 1 more input: 40 of 120 audio files")


def test_analysed_audio_is_not_looked_for(corpus: Path) -> None:
    measured = MeasureOptions(metrics=("audio",))
    made = curate.profile(corpus / "m.jsonl", corpus / "p", measure=measured)
    assert not [each for each in made.artifact.warnings if " looked for " in each]


def test_an_audio_root_is_where_they_are(corpus: Path) -> None:
    """Of the profile, and of the split of it."""
    (corpus / "moved").mkdir()
    (corpus / "m.jsonl").rename(corpus / "moved" / "m.jsonl")
    at = MeasureOptions(audio=AudioOptions(root=corpus))
    for measure, count in ((None, "none of 60"), (at, "20 of 60")):
        made = curate.profile(corpus / "moved/m.jsonl", corpus / "p", measure=measure)
        assert count in looked_for(made.artifact.warnings)
        split = curate.split(corpus / "p", corpus / "s", sizes=SIZES)
        first = next(iter(absent_in(corpus).items()))
        assert (f"{first[1]} of" in looked_for(split.warnings)) == (count == "20 of 60")


@pytest.mark.parametrize("source", ["m.jsonl", "p"])
def test_a_split_counts_them_by_output(corpus: Path, source: str) -> None:
    """Each is where it would be with its audio: nothing is dropped."""
    curate.profile(corpus / "m.jsonl", corpus / "p")
    split = curate.split(corpus / source, corpus / "s", sizes=SIZES)
    warning = looked_for(split.warnings)
    absent = absent_in(corpus)
    assert sum(absent.values()) == 20
    rows = {name: list(placed(corpus).values()).count(name) for name in absent}
    counted = [f"{absent[each]} of {rows[each]} of {each}" for each in ("train", "eval", "test")]
    assert all(f" {each}" in warning for each in counted)
    for number in range(0, 60, 3):
        sound(corpus / str(rows_of(SPEAKERS, 5.0)[number]["audio_filepath"]), 5 * RATE)
    whole = curate.split(corpus / "m.jsonl", corpus / "whole" / "s", sizes=SIZES)
    assert placed(corpus) == placed(corpus / "whole")
    assert not [each for each in whole.warnings if " looked for " in each]


def test_a_split_of_analysed_audio_has_the_whole_count(corpus: Path) -> None:
    measured = MeasureOptions(metrics=("audio",))
    curate.profile(corpus / "m.jsonl", corpus / "p", measure=measured)
    split = curate.split(corpus / "p", corpus / "s", sizes=SIZES)
    (warning,) = [each for each in split.warnings if "does not exist" in each]
    counts = absent_in(corpus)
    assert f"{counts['train']} rows of train" in warning
    assert not [each for each in split.warnings if " looked for " in each]


def test_a_split_names_paths_in_another_unicode_form(tmp_path: Path) -> None:
    """Three of 60 files are named in NFD on disk, and in NFC in the manifest; a manifest that
    `curate manifest` writes names them as they are.
    """
    rows = rows_of(SPEAKERS, 5.0)
    for number, row in enumerate(rows):
        row["audio_filepath"] = f"\u00e9{number}.wav" if number < 3 else f"{number}.wav"
        sound(tmp_path / str(row["audio_filepath"]).replace("\u00e9", "e\u0301"), 5 * RATE)
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    split = curate.split(tmp_path / "m.jsonl", tmp_path / "s", sizes=SIZES)
    warning = looked_for(split.warnings)
    drawn = [name for name in placed(tmp_path).values() if name in {"train", "eval", "test"}]
    assert f"3 of {len(drawn)} audio paths looked for are in another Unicode form" in warning
    curate.write_manifest(tmp_path / "m.jsonl", tmp_path / "n.jsonl")
    again = curate.split(tmp_path / "n.jsonl", tmp_path / "again" / "s", sizes=SIZES)
    assert not [each for each in again.warnings if " looked for " in each]
    assert all((tmp_path / path).is_file() for path in placed(tmp_path / "again"))
