"""A folder of audio of which no transcript can be read: one error, with counts and files."""

from __future__ import annotations

from pathlib import Path

import pytest

import curate
from curate.errors import InputError
from curate.manifest.write import ManifestRequest, write_manifest
from tests.curate.folder_writers import RATE, sound

NOT_UTF8 = b"1\n00:00:00,200 --> 00:00:00,700\ncaf\xe9\n\n"
DAMAGED = [
    (".txt", b"caf\xe9", "not UTF-8 (4: 0.txt, 1.txt, 2.txt, and 1 more); no text belongs to the "
                         "audio file (4: 0.wav, 1.wav, 2.wav, and 1 more)"),
    (".srt", NOT_UTF8, "not UTF-8 (4: 0.srt:1, 1.srt:1, 2.srt:1, and 1 more)"),
    (".srt", b"\0\1\2", "none of 4 transcripts beside its audio can be read (0.srt, 1.srt, 2.srt"),
    (".json", b'{"segments": [', "(0.json, 1.json, 2.json and 1 more): the transcript of its name "
                                 "is not JSON"),
    (".TextGrid", b"\xff\0\1", "the transcript of its name is not recognised"),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "data", "expected"), DAMAGED)
def test_no_transcript_can_be_read(suffix: str, data: bytes, expected: str, tmp_path: Path) -> None:
    for number in range(4):
        sound(tmp_path / "in" / f"{number}.wav", RATE)
        (tmp_path / "in" / f"{number}{suffix}").write_bytes(data)
    with pytest.raises(InputError) as written:
        write_manifest(ManifestRequest([str(tmp_path / "in")], tmp_path / "m.jsonl"))
    with pytest.raises(InputError) as profiled:
        curate.profile(tmp_path / "in", tmp_path / "p")
    for error in (written.value, profiled.value):
        (fault,) = error.faults
        assert expected in fault.what
        assert fault.hint
    assert not (tmp_path / "m.jsonl").exists()


def test_texts_without_their_audio(tmp_path: Path) -> None:
    sound(tmp_path / "in/x/other.wav", RATE)
    sound(tmp_path / "in/x/y/other.flac", RATE)
    (tmp_path / "in/x/metadata.csv").write_text("file_name,text\na.wav,one\nb.wav,two\n")
    with pytest.raises(InputError) as raised:
        write_manifest(ManifestRequest([str(tmp_path / "in")], tmp_path / "m.jsonl"))
    assert "the audio that it names is not in the folder (2: " in str(raised.value)


def test_fields_that_make_no_record_are_named_as_elsewhere(tmp_path: Path) -> None:
    """Texts and audio are paired: the reason is in the table's cells."""
    sound(tmp_path / "in/a.wav", RATE)
    (tmp_path / "in/clips.csv").write_text("file;transcript;length\na.wav;one;1,5\n")
    with pytest.raises(InputError) as raised:
        write_manifest(ManifestRequest([str(tmp_path / "in")], tmp_path / "m.jsonl"))
    (fault,) = raised.value.faults
    assert "no line is usable: duration" in fault.what
    assert "cast" in fault.hint


def test_kaldi_directories_below_are_named_instead(tmp_path: Path) -> None:
    """Else all records would be untranscribed, with the texts unread beside them."""
    sound(tmp_path / "in/wav/a.wav", RATE)
    data = tmp_path / "in/data/train"
    data.mkdir(parents=True)
    (data / "wav.scp").write_text("s-a wav/a.wav\n")
    (data / "text").write_text("s-a one two\n")
    with pytest.raises(InputError) as raised:
        write_manifest(ManifestRequest([str(tmp_path / "in")], tmp_path / "m.jsonl"))
    (fault,) = raised.value.faults
    assert "Kaldi data directories" in fault.what
    assert str(data) in fault.hint
