"""Audio beside a table that no row names: counted and listed, or a warning where it is usual."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from curate.artifacts.manifest import ManifestWritten
from curate.manifest.mapping import ReadOptions
from curate.manifest.unnamed_audio import NO_ROW
from curate.manifest.write import ManifestRequest, write_manifest
from tests.lines import lines_of


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def table(folder: Path, names: Sequence[str], file: str = "t.csv") -> Path:
    rows = [f"{name},a text,1.5" for name in names]
    (folder / file).write_text("\n".join(["path,sentence,duration", *rows]), encoding="utf-8")
    return folder / file


def written(folder: Path, *inputs: Path, root: Path | None = None) -> ManifestWritten:
    names = [str(each) for each in inputs]
    return write_manifest(ManifestRequest(names, folder / "out" / "m.jsonl", audio_root=root))


def listed(folder: Path) -> list[str]:
    """The audio of no row, as the file of malformed lines has it."""
    path = folder / "out" / "m.malformed.jsonl"
    lines = lines_of(path.read_text(encoding="utf-8")) if path.exists() else []
    return [each["as_read"] for each in map(json.loads, lines) if each["reason"].startswith(NO_ROW)]


FOLDERS = {
    "one of three": (["w/1.wav", "w/2.wav"], ["w/3.wav"], ["w/3.wav"]),
    "none left": (["w/1.wav", "w/2.wav"], [], []),
    "other files": (["w/1.wav"], ["w/1.txt", "w/.2.wav", "notes.wav"], []),
    "a folder of its own": (
        ["w/a/1.wav", "w/b/1.wav"],
        ["w/c/1.wav", "w/c/d/2.flac"],
        ["w/c/1.wav", "w/c/d/2.flac"],
    ),
    "folders beside others": (["a/1.wav", "b/1.wav"], ["b/2.wav", "c/1.wav"], ["b/2.wav"]),
    "beside the table": (["1.wav", "2.wav"], ["3.wav", "more/4.wav"], ["3.wav"]),
    "in the other form of Unicode": (["w/\u00e9.wav", "w/1.wav"], ["w/e\u0301.wav"], []),
    "by a link": (["w/1.wav"], [], []),
}


@pytest.mark.parametrize("layout", FOLDERS)
def test_audio_that_no_row_names_is_listed(layout: str, tmp_path: Path) -> None:
    named, others, expected = FOLDERS[layout]
    touch(tmp_path, *(name for name in named if "\u00e9" not in name), *others)
    if layout == "by a link":
        (tmp_path / "w" / "again.wav").symlink_to(tmp_path / "w" / "1.wav")
    made = written(tmp_path, table(tmp_path, named))
    assert listed(tmp_path) == expected
    assert (made.records, made.malformed) == (len(named), len(expected))
    assert made.reasons == ({NO_ROW: len(expected)} if expected else {})


def test_a_row_that_is_no_record_names_its_audio(tmp_path: Path) -> None:
    """Its length cannot be read, so that it is malformed itself: once, not twice."""
    touch(tmp_path, "w/1.wav", "w/2.wav")
    (tmp_path / "t.csv").write_text("path,sentence,duration\nw/1.wav,a,1.5\nw/2.wav,b,\n")
    reading = ReadOptions(measure_duration=True)
    request = ManifestRequest([str(tmp_path / "t.csv")], tmp_path / "out" / "m.jsonl", reading)
    made = write_manifest(request)
    assert (made.records, made.malformed, listed(tmp_path)) == (1, 1, [])


def test_two_tables_share_a_folder(tmp_path: Path) -> None:
    """What either names is named; the rest is listed once."""
    touch(tmp_path, *(f"w/{n}.wav" for n in range(7)))
    one = table(tmp_path, [f"w/{n}.wav" for n in range(4)], "one.csv")
    two = table(tmp_path, ["w/4.wav", "w/5.wav"], "two.csv")
    made = written(tmp_path, one, two)
    assert [each.malformed for each in made.inputs] == [1, 0]
    assert listed(tmp_path) == ["w/6.wav"]


def test_a_table_of_a_few_files_warns(tmp_path: Path) -> None:
    touch(tmp_path, *(f"w/{n}.wav" for n in range(9)))
    made = written(tmp_path, table(tmp_path, ["w/0.wav", "w/1.wav"]))
    assert (made.malformed, listed(tmp_path)) == (0, [])
    (warning,) = made.warnings
    assert "7 audio files are in its folders and in no row" in warning
    assert "w/2.wav" in warning


def test_a_manifest_of_a_part_warns(tmp_path: Path) -> None:
    """train.jsonl leaves out what is in eval.jsonl: usual, but counted."""
    touch(tmp_path, "w/1.wav", "w/2.wav", "w/3.wav")
    rows = [{"audio_filepath": f"w/{n}.wav", "duration": 1.5, "text": "a"} for n in (1, 2)]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    made = written(tmp_path, tmp_path / "train.jsonl")
    assert (made.malformed, listed(tmp_path)) == (0, [])
    (warning,) = made.warnings
    assert "1 audio file is in its folders and in no row" in warning


def test_folders_outside_are_not_searched(tmp_path: Path) -> None:
    """But an audio root is one of the corpus, wherever it is."""
    touch(tmp_path, "audio/1.wav", "audio/2.wav")
    (tmp_path / "tables").mkdir()
    outside = table(tmp_path / "tables", ["../audio/1.wav", f"{tmp_path}/audio/1.wav"])
    assert written(tmp_path, outside).malformed == 0
    inside = table(tmp_path / "tables", ["1.wav"])
    made = written(tmp_path, inside, root=tmp_path / "audio")
    assert (made.malformed, listed(tmp_path)) == (1, [f"{tmp_path}/audio/2.wav"])
