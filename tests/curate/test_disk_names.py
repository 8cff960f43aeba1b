"""A manifest's audio paths are written in the Unicode form that their names have on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from unicodedata import normalize

import polars as pl
import pytest

import curate
from curate.artifacts.manifest import ManifestWritten
from curate.manifest.mapping import ReadOptions
from curate.manifest.write import ManifestRequest, write_manifest
from curate.profiles.request import MeasureOptions
from tests.curate.folder_writers import RATE, sound
from tests.lines import lines_of
from tests.profiling import without_absent_audio

NFC, NFD = normalize("NFC", "été/café.wav"), normalize("NFD", "été/café.wav")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Audio named as macOS names it, on a disk that does not take both forms for one."""
    sound(tmp_path / "in" / NFD, RATE)
    assert not (tmp_path / "in" / NFC).exists(), "Linux keeps names byte by byte"
    return tmp_path


def write(
    folder: Path, paths: Sequence[str], out: str = "m.jsonl", measured: bool = False
) -> tuple[ManifestWritten, list[str]]:
    rows = [{"audio_filepath": path, "duration": 1.0, "text": "ça va"} for path in paths]
    if measured:
        rows = [{key: row[key] for key in ("audio_filepath", "text")} for row in rows]
    source = folder / "in" / "source.jsonl"
    source.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))
    reading = ReadOptions(measure_duration=measured)
    made = write_manifest(ManifestRequest([str(source)], folder / out, reading))
    lines = lines_of((folder / out).read_text(encoding="utf-8"))
    return made, [json.loads(line)["audio_filepath"] for line in lines]


@pytest.mark.parametrize("out", ["m.jsonl", "in/m.jsonl", "out/m.jsonl"])
def test_paths_are_written_as_the_disk_has_them(out: str, corpus: Path) -> None:
    """Absolute or relative, from the folder of the source or another one; reported once."""
    (corpus / "out").mkdir()
    made, paths = write(corpus, [NFC, NFD, f"{corpus}/in/{NFC}", "gone/é.wav"], out)
    places = [(corpus / out).parent / path for path in paths]
    assert [place.is_file() for place in places] == [True, True, True, False]
    assert all(place.samefile(corpus / "in" / NFD) for place in places[:3])
    (warning,) = without_absent_audio(made.warnings)
    assert "2 audio paths written in the Unicode form of their names on disk" in warning


def test_a_path_that_exists_stays_as_it_is(corpus: Path) -> None:
    """Even where the disk has a file of the other form too; lines stay byte for byte."""
    sound(corpus / "in" / NFC, RATE)
    made, paths = write(corpus, [NFC, NFD, "./" + NFC], "in/m.jsonl")
    assert paths == [NFC, NFD, "./" + NFC]
    assert made.warnings == ()
    assert (corpus / "in/m.jsonl").read_bytes() == (corpus / "in/source.jsonl").read_bytes()


def test_two_files_of_one_name_are_not_chosen_from(corpus: Path) -> None:
    """NFC, NFD and a mix of them: a third form could mean either file."""
    names = [normalize("NFC", "éü.wav"), normalize("NFD", "éü.wav")]
    mixed = normalize("NFC", "é") + normalize("NFD", "ü") + ".wav"
    for name in names:
        (corpus / "in" / name).touch()
    assert write(corpus, [mixed], "in/m.jsonl")[1] == [mixed]
    (corpus / "in" / names[0]).unlink()
    assert write(corpus, [mixed], "in/m.jsonl")[1] == [names[1]]


def test_their_audio_is_measured_analysed_and_stored(corpus: Path) -> None:
    """From the manifest itself, whose path has the other form."""
    made, _ = write(corpus, [NFC], measured=True)
    assert made.hours * 3600 == pytest.approx(1.0)
    write(corpus, [NFC])
    source = corpus / "in" / "source.jsonl"
    curate.profile(source, corpus / "p", measure=MeasureOptions(metrics=["signal"]))
    assert pl.read_parquet(corpus / "p/records.parquet")["audio_fault"].to_list() == ["none"]
    index = curate.shard([str(source)], corpus / "sh")
    assert (index.cuts, index.skipped_rows) == (1, 0)
