"""Segments that end behind their audio are counted, beyond what rounding explains."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.artifacts.manifest import ManifestWritten
from curate.manifest.mp4_length import mp4_seconds
from curate.manifest.write import ManifestRequest, write_manifest
from tests.curate.folder_writers import RATE, sound

SECONDS = 2


def write(folder: Path, source: str, *ends: float) -> ManifestWritten:
    """Subtitles of a recording of 2 s: cues of a second that end so."""
    if not (folder / "in/talk.m4a").exists():
        sound(folder / "in/talk.wav", SECONDS * RATE)
    cues = [
        f"{at}\n00:00:{end - 1:06.3f} --> 00:00:{end:06.3f}\nHello.\n\n".replace(".", ",", 2)
        for at, end in enumerate(ends, 1)
    ]
    (folder / "in/talk.srt").write_text("".join(cues))
    return write_manifest(ManifestRequest([str(folder / "in" / source)], folder / "m.jsonl"))


@pytest.mark.parametrize("source", ["talk.srt", "."])
def test_they_are_counted(source: str, tmp_path: Path) -> None:
    """By themselves and in a folder; what begins behind the end is malformed there."""
    made = write(tmp_path, source, 1.0, 2.2, 2.5, 2.9)
    (warning,) = made.warnings
    assert "2 of 4 segments end behind the end of their audio, by up to 0.9 s" in warning
    assert made.records == 4


@pytest.mark.parametrize("source", ["talk.srt", "."])
def test_what_rounding_explains_is_not(source: str, tmp_path: Path) -> None:
    assert write(tmp_path, source, 1.0, 2.0, 2.24).warnings == ()


def test_a_segment_that_begins_behind_the_end_is_counted_where_it_stays(tmp_path: Path) -> None:
    (warning,) = write(tmp_path, "talk.srt", 1.0, 9.5).warnings
    assert "1 of 2 segments end behind the end of their audio, by up to 7.5 s" in warning


def boxes(*parts: tuple[bytes, bytes]) -> bytes:
    """Boxes of an MP4 file, each a name and its content."""
    return b"".join((8 + len(data)).to_bytes(4, "big") + name + data for name, data in parts)


def m4a(seconds: float, form: str) -> bytes:
    """An MP4 file that holds no sample, but says how long it is: in `long` headers of version 1,
    and by an edit list or the media alone.
    """
    rate, units = 48_000, round(seconds * 48_000)
    if "long" in form:
        times = b"\1" + bytes(19) + rate.to_bytes(4, "big") + units.to_bytes(8, "big")
        edit = units.to_bytes(8, "big") + (1024).to_bytes(8, "big") + bytes(4)
        pause = (9 * rate).to_bytes(8, "big") + b"\xff" * 8 + bytes(4)
    else:
        times = bytes(12) + rate.to_bytes(4, "big") + units.to_bytes(4, "big")
        edit = units.to_bytes(4, "big") + (1024).to_bytes(4, "big") + bytes(4)
        pause = (9 * rate).to_bytes(4, "big") + b"\xff" * 4 + bytes(4)
    version = b"\1\0\0\0" if "long" in form else bytes(4)
    edits = version + (2).to_bytes(4, "big") + pause + edit
    handler = (b"hdlr", bytes(8) + b"soun" + bytes(13))
    media = (b"mdia", boxes((b"mdhd", times), handler))
    video = (b"trak", boxes((b"mdia", boxes((b"hdlr", bytes(8) + b"vide" + bytes(13))))))
    listed = ((b"edts", boxes((b"elst", edits))),) if "edits" in form else ()
    movie = boxes((b"mvhd", times), video, (b"trak", boxes(*listed, media)))
    return boxes((b"ftyp", b"M4A " + bytes(4)), (b"mdat", bytes(999)), (b"moov", movie))


@pytest.mark.parametrize("form", ["media", "edits", "long media", "long edits"])
@pytest.mark.parametrize("source", ["talk.srt", "."])
def test_m4a_counts_by_the_length_that_it_states(form: str, source: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/talk.m4a").write_bytes(m4a(SECONDS, form))
    warnings = write(tmp_path, source, 1.0, 2.2, 2.5, 2.9).warnings
    overrun = [each for each in warnings if "2 of 4 segments end behind" in each]
    assert len(overrun) == 1
    assert "by up to 0.9 s (first of in/talk.m4a)" in overrun[0]


@pytest.mark.parametrize("size", [0, 7, 8, 30, 1000, 1040, 1100, 1180])
def test_m4a_that_is_cut_off_states_no_length(size: int, tmp_path: Path) -> None:
    file = tmp_path / "a.m4a"
    file.write_bytes(m4a(SECONDS, "edits")[:size])
    assert mp4_seconds(str(file)) is None
    file.write_bytes(m4a(SECONDS, "edits"))
    assert mp4_seconds(str(file)) == SECONDS
    assert mp4_seconds(str(tmp_path / "none.m4a")) is None


def test_audio_that_cannot_be_read_counts_for_nothing(tmp_path: Path) -> None:
    write(tmp_path, "talk.srt", 1.0)
    (tmp_path / "in/talk.wav").write_bytes(b"RIFF")
    made = write_manifest(ManifestRequest([str(tmp_path / "in/talk.srt")], tmp_path / "m.jsonl"))
    assert made.warnings == ()
