"""Recordings that are one by their content: found where that is asked for, said where it is not."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.audio import paths
from tests.curate.splitting import sentence
from tests.whole_way.corpus import write_audio, write_manifest
from tests.whole_way.journey import command

BY_CONTENT = ("--audio-identity", "content")
SPLIT = ("--eval", "12s", "--test", "12s", "--floor", "0s", "--cap", "0.5")
FILES = 12
ALIKE = " (the same audio in other bytes is not looked for)"

Copy = Callable[[Path, Path], object]


def with_other_tag(one: Path, other: Path) -> None:
    """The same samples in other bytes: a chunk behind them, as a tagger writes."""
    other.write_bytes(one.read_bytes() + b"LIST\x04\0\0\0INFO")


def soft_link(one: Path, other: Path) -> None:
    other.symlink_to(one)


def touched(one: Path, other: Path) -> None:
    shutil.copy(one, other)
    os.utime(other, (1, 1))


def of_the_same_size(one: Path, other: Path) -> None:
    write_audio(other, 2.0, seed=100 + int(other.stem[1:]))


# how the second name comes about; whether both are one file by path, and by content
COPIES: list[tuple[str, Copy, bool, bool]] = [
    ("a copy", shutil.copy, False, True),
    ("a copy of another time", touched, False, True),
    ("a hard link", lambda one, other: other.hardlink_to(one), False, True),
    ("a symlink", soft_link, True, True),
    ("tagged again", with_other_tag, False, False),
    ("other audio of the same size", of_the_same_size, False, False),
]  # fmt: skip


def manifests(folder: Path, copy: Copy) -> list[Path]:
    """Two manifests with texts and speakers of their own; the audio of b is that of a, copied."""
    written = []
    for of in ("a", "b"):
        rows: list[dict[str, Any]] = []
        for n in range(FILES):
            path = folder / of / "wavs" / f"{of}{n}.wav"
            if of == "a":
                write_audio(path, 2.0, seed=n)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                copy(folder / "a" / "wavs" / f"a{n}.wav", path)
            rows.append(
                {"audio_filepath": f"wavs/{path.name}", "duration": 2.0, "lang": "en",
                 "text": sentence(f"{of} {n}")[:20], "speaker": f"{of} {n}"}
            )  # fmt: skip
        written.append(write_manifest(folder / of / "m.jsonl", rows))
    return written


@pytest.mark.parametrize(
    ("copy", "by_path", "by_content"),
    [case[1:] for case in COPIES],
    ids=[case[0] for case in COPIES],
)
def test_files_of_the_same_bytes_are_one_recording(
    tmp_path: Path, copy: Copy, by_path: bool, by_content: bool
) -> None:
    """An audit finds them, a split keeps their rows together, and the audit of that finds none."""
    both = manifests(tmp_path, copy)
    profile = tmp_path / "profile"
    assert command("curate", "profile", *both, "--out", profile, "-q").exit_code == 0
    for words, one in (((), by_path), (BY_CONTENT, by_content)):
        ran = command("curate", "audit", *both, *words, "--json", "-q")
        leaks = {leak["kind"]: leak["count"] for leak in ran.answer["leaks"] if leak["count"]}
        assert leaks == ({"recording": FILES, "audio": FILES} if one else {})
        assert ran.exit_code == int(one)
        out = tmp_path / f"split{len(words)}"
        split = command("curate", "split", profile, *SPLIT, *words, "--out", out, "-q")
        assert split.exit_code == 0
        groups = json.loads((out / "split.json").read_bytes())["groups"]["total"]
        assert groups == (FILES if one else 2 * FILES)
        again = command("curate", "audit", out, *words, "--json", "-q")
        assert (again.exit_code, again.answer["gates"]) == (0, [])
    described = _recordings(json.loads((out / "split.json").read_bytes()))["message"]
    shared = 2 * FILES if by_content and not by_path else 0
    files = FILES if by_path else 2 * FILES
    assert described.endswith(
        f"by content, {shared} of {files} files have the bytes of another{ALIKE}"
    )


def test_segments_of_one_recording_stay_segments(tmp_path: Path) -> None:
    """Two names of one file: another offset is another segment, the same one is a leak of audio."""
    write_audio(tmp_path / "a.wav", 8.0)
    shutil.copy(tmp_path / "a.wav", tmp_path / "b.wav")
    sides = []
    for name, offsets in (("a", (0.0, 2.0)), ("b", (2.0, 4.0))):
        rows: list[dict[str, Any]] = [
            {"audio_filepath": f"{name}.wav", "duration": 2.0, "offset": offset, "lang": "en",
             "text": sentence(f"{name} {offset}"), "speaker": f"{name} {offset}"}
            for offset in offsets
        ]  # fmt: skip
        sides.append(write_manifest(tmp_path / f"{name}.jsonl", rows))
    ran = command("curate", "audit", *sides, *BY_CONTENT, "--json", "-q")
    leaks = {leak["kind"]: leak["count"] for leak in ran.answer["leaks"] if leak["count"]}
    assert leaks == {"recording": 1, "audio": 1}


def test_files_that_cannot_be_read_are_not_checked(tmp_path: Path) -> None:
    both = manifests(tmp_path, shutil.copy)
    for n in range(3):
        (tmp_path / "b" / "wavs" / f"b{n}.wav").unlink()
    (tmp_path / "b" / "wavs" / "b3.wav").write_bytes(b"")
    ran = command("curate", "audit", *both, *BY_CONTENT, "--json", "-q")
    recordings = _recordings(ran.answer)
    assert recordings["unchecked"]
    assert "NOT CHECKED: 4 files that cannot be read" in recordings["message"]
    leaks = {leak["kind"]: leak["count"] for leak in ran.answer["leaks"]}
    assert leaks["recording"] == FILES - 4
    apart = command("curate", "audit", *both, "--json", "-q")
    assert not _recordings(apart.answer)["unchecked"], "by path, nothing was to be read"


def test_only_files_that_share_their_size_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_audio(path: Path | str) -> Any:
        opened.append(Path(path).name)
        return paths.open_audio(path)

    monkeypatch.setattr("curate.splits.content.open_audio", open_audio)
    both = manifests(tmp_path, with_other_tag)  # each of a has its size shared by the others of a
    write_audio(tmp_path / "a" / "wavs" / "a0.wav", 3.0)
    for _ in range(2):  # and once, while they do not change
        assert command("curate", "audit", *both, *BY_CONTENT, "-q").exit_code == 0
    assert sorted(opened) == sorted(f"{of}{n}.wav" for of in "ab" for n in range(FILES))[1:]


def test_another_identity_is_an_error(tmp_path: Path) -> None:
    both = manifests(tmp_path, shutil.copy)
    ran = command("curate", "audit", *both, "--audio-identity", "contents", "-q")
    assert ran.exit_code == 2
    assert "'contents' is neither path nor content" in ran.stderr
    assert "did you mean 'content'?" in ran.stderr


def _recordings(artefact: Any) -> dict[str, Any]:
    return next(dict(entry) for entry in artefact["coverage"] if entry["key"] == "recording")
