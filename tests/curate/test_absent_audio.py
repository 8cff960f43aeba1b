"""Manifests of audio that is not there, or is not decoded, are written with a warning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curate.manifest.absent_audio import profile_rejecting
from curate.manifest.write import ManifestRequest, write_manifest

WARNED = [
    (["D:\\Old 1\\a\\x.wav", "D:\\Old 1\\b\\y.wav"], "path_map 'D:\\Old 1=NEW_FOLDER' says"),
    (["/gone/a/x.wav", "/gone/b/y.wav"], "path_map /gone=NEW_FOLDER says"),
    (["x.wav", "b/y.wav", "s3://bucket/z.wav"], "none of 2 audio files looked for"),
]


def warnings_of(folder: Path, names: list[str]) -> tuple[str, ...]:
    rows = [{"audio_filepath": name, "duration": 1.5, "text": "ja"} for name in names]
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / "m.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    out = folder / "m.jsonl"
    written = write_manifest(ManifestRequest([str(folder / "in" / "m.jsonl")], out))
    assert written.records == len(names)
    return written.warnings


@pytest.mark.parametrize(("names", "expected"), WARNED)
def test_no_file_is_there(names: list[str], expected: str, tmp_path: Path) -> None:
    (warning,) = warnings_of(tmp_path, names)
    assert expected in warning
    assert names[0] in warning.replace(f"{tmp_path}/in/", "")


PARTLY = [
    (["x.wav", "there.wav"], "1 of 2 audio files looked for does not exist, such as x.wav; curate"),
    (
        ["x.wav", "there.wav", "y.wav", "x.wav"],
        "2 of 3 audio files looked for do not exist (3 of 4 records), such as x.wav;",
    ),
    (["x.wav", "there.wav", "there.wav"], "does not exist (1 of 3 records), such as x.wav;"),
    (
        ["/gone/a/x.wav", "there.wav", "/gone/b/x.wav"],
        "/gone=NEW_FOLDER says where they are now, or",
    ),
]


@pytest.mark.parametrize(("names", "expected"), PARTLY)
def test_some_files_are_not_there(names: list[str], expected: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "there.wav").touch()
    (warning,) = warnings_of(tmp_path, names)
    assert expected in warning
    rejecting = f"{tmp_path}/m.jsonl --audio header --rules audio_header --out m.profile"
    assert warning.endswith(f"curate profile {rejecting} rejects all records without their audio")
    assert ("NEW_FOLDER" in warning) == ("/gone/a/x.wav" in names)


def test_where_most_files_exist_none_has_moved(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for at in range(3):
        (tmp_path / "in" / f"{at}.wav").touch()
    (warning,) = warnings_of(tmp_path, ["0.wav", "1.wav", "2.wav", "gone/a.wav", "gone/b.wav"])
    assert "2 of 5 audio files looked for do not exist, such as gone/a.wav; curate" in warning
    assert "NEW_FOLDER" not in warning


def test_segments_of_one_recording_that_is_gone(tmp_path: Path) -> None:
    (warning,) = warnings_of(tmp_path, ["x.wav"] * 7)
    assert "none of 1 audio file of 7 records looked for is there (x.wav);" in warning


@pytest.mark.parametrize(
    "names", [["there.wav"], ["there.wav", "s3://bucket/x.wav"], ["s3://bucket/x.wav", "| sox x"]]
)
def test_all_are_there_or_none_is_a_file(names: list[str], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "there.wav").touch()
    assert warnings_of(tmp_path, names) == ()


def test_a_windows_path_stays_as_it_is(tmp_path: Path) -> None:
    """So that it can be mapped later, as where it is read."""
    warnings_of(tmp_path, ["D:\\a\\x.wav"])
    assert json.loads((tmp_path / "m.jsonl").read_text())["audio_filepath"] == "D:\\a\\x.wav"


def test_audio_that_is_not_decoded_is_warned_about(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("there.m4a", "there.wav"):
        (tmp_path / "in" / name).touch()
    (warning,) = warnings_of(tmp_path, ["there.m4a", "there.m4a", "there.wav"])
    assert "2 rows with audio of a kind that only ffmpeg reads" in warning
    there = tmp_path / "in" / "there"
    assert f"ffmpeg -i {there}.m4a {there}.flac makes a FLAC beside each; sed " in warning


@pytest.mark.parametrize(
    ("names", "leading"),
    [
        (["../there.wav", "x.wav", "y/../../../z..wav"], "2 of 3 audio paths lead out"),
        (["../there.wav", "../x.wav"], "2 of 2 audio paths lead out"),
        (["../there.wav", "..x.wav", "../in/y.wav"], "2 of 3 audio paths lead out"),
        (["y/../x.wav", "/../there.wav"], None),
    ],
)
def test_some_paths_lead_out_of_the_folder(
    names: list[str], leading: str | None, tmp_path: Path
) -> None:
    (tmp_path / "there.wav").touch()
    warned = [each for each in warnings_of(tmp_path, names) if "lead out" in each]
    assert len(warned) == (leading is not None)
    assert all(f"{leading} of the folder (../there.wav); allow_root DIR" in each for each in warned)


# The command of a profile, and the one that rejects the records without their audio.
REJECTING = [
    ("curate profile m --out p", "curate profile m --out p --audio header --rules audio_header"),
    ("curate profile m --rules default --out p",
     "curate profile m --rules audio_header --out p --audio header"),
    ("curate profile m --rules=audio --out p",
     "curate profile m --rules=audio --out p --audio signal"),
    ("curate profile m --rules my.yaml --out p",
     "curate profile m --rules my.yaml --out p --audio header (with `extends: audio_header` in "
     "my.yaml)"),
    ("", "curate profile m --audio header --rules audio_header --out m.profile"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "expected"), REJECTING)
def test_rules_that_a_profile_names_stay(command: str, expected: str) -> None:
    assert profile_rejecting(command, ["m"]) == expected
