"""Input of which no line is a record is an error: its kind is named, with what to do about it."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.errors import InputError
from curate.manifest.read import find_sources
from curate.profiles.request import MeasureOptions
from curate.rules.file import load_rules
from curate.splits.audit import AuditRequest, audit
from tests import processes
from tests.profiling import without_absent_audio
from tests.profiling import write_profile as profile

ROW = {"audio_filepath": "a.wav", "duration": 2.5, "text": "a good line"}
LINE = json.dumps(ROW).encode() + b"\n"


def pretty(rows: object) -> bytes:
    return json.dumps(rows, indent=2).encode()


def tarred(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return made.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, content)
    return made.getvalue()


def wav() -> bytes:
    return b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80>\0\0\0}\0\0\x02\0\x10\0data\0\0\0\0"


SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\nHello there.\r\n\r\n2\r\n00:00:03,000 --> "
SRT += "00:00:04,000\r\nYou.\r\n"
VTT = "WEBVTT\n\n00:01.000 --> 00:02.500\nHello there.\n"
TEXTGRID = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 2.3\n'
STM = ";; a comment\nshow1 1 anna 0.00 2.50 <o,f0> hello there\nshow1 1 bob 2.50 4.00 <o,f0> you\n"
CTM = "show1 1 0.00 0.45 hello\nshow1 1 0.50 0.32 there 0.98\n"
RTTM = "SPEAKER show1 1 0.00 2.50 <NA> <NA> anna <NA> <NA>\n"
TRANS = "1089-134686-0000 HE HOPED THERE WOULD BE STEW\n1089-134686-0001 STUFF IT INTO YOU\n"
LABELS = "0.000000\t2.500000\thello there\n2.500000\t4.000000\tyou\n"
LJSPEECH = "LJ001-0001|Printing, in the|Printing, in the\nLJ001-0002|in being|in being\n"
WHISPER = pretty({"text": "hello", "segments": [{"start": 0.0, "end": 2.5, "text": "hello"}]})

# (name, content, what it is called, part of the hint)
FOREIGN: list[tuple[str, bytes | str, str, str]] = [
    ("m.json", json.dumps([ROW, ROW]).encode(), "is a JSON array", "jq -c '.[]' "),
    ("m.json", pretty([ROW, ROW]), "is a JSON array", "jq -c '.[]' "),
    ("m.jsonl", pretty(ROW), "pretty-printed", "jq -c . "),
    ("m.jsonl", pretty(ROW) + b"\n" + pretty(ROW), "pretty-printed", "jq -c . "),
    ("whisper.json", WHISPER, "Whisper", "put whisper.wav"),
    ("a.srt", SRT, "SubRip", "put a.wav"),
    ("a.txt", SRT.replace("\r", ""), "SubRip", "put a.wav"),  # by content, not by name
    ("a.vtt", VTT, "WebVTT", "put a.wav"),
    ("a.TextGrid", TEXTGRID, "TextGrid", "put a.wav"),
    ("a.rttm", RTTM, "RTTM", "offset"),
    ("1089-134686.trans.txt", TRANS, "LibriSpeech", "Kaldi directory"),
    ("labels.txt", LABELS, "Audacity", "put labels.wav"),
    ("metadata.csv", LJSPEECH, "without a header", "audio_filepath|text|duration"),
    ("a.csv", "sep=;\naudio_filepath;text;duration\na.wav;hello;2.5\n", "sep=", "tail -n +2"),
    ("a.csv", "id,phrase\n1,hello\n", "nor a table header", "for COLUMN: curate manifest"),
    ("a.txt", "hello there\nyou\n", "plain text", "one JSON object a line"),
    ("a.PitchTier", TEXTGRID.replace("TextGrid", "PitchTier"), "Praat", "as a TextGrid"),
    ("a.eaf", '<?xml version="1.0"?>\n<ANNOTATION_DOCUMENT/>\n', "ELAN", "put a.wav"),
    ("a.xml", '<?xml version="1.0"?>\n<Trans/>\n', "XML", "one JSON object"),
    ("a.wav", wav(), "an audio file", "curate manifest "),
    ("a.jsonl", wav(), "an audio file", "curate manifest "),
    ("a.mp3", b"\xff\xfb\x90\x64\0\0\0\0" * 9, "an audio file", "curate manifest "),
    ("a.mp3", b"ID3\x04\0\0\0\0\0\0\xff\xfb", "an audio file", "curate manifest "),
    ("a.m4a", b"\0\0\0\x20ftypM4A \0\0\0\0", "an audio file", "curate manifest "),
    ("m.jsonl.bz2", bz2.compress(LINE), "bzip2", "bunzip2"),
    ("m.jsonl.xz", lzma.compress(LINE), "xz data", "xz -dc"),
    ("m.zip", zipped("m.jsonl", LINE), "a zip archive", "unpack"),
    ("m.npy", b"\x93NUMPY\x01\0v\0" + bytes(99), "binary data", "not a manifest"),
]  # fmt: skip
# Archives hold the time at which they were made; a test's name does not.
FOREIGN_IDS = [name for name, *_ in FOREIGN]


@pytest.mark.parametrize(("name", "content", "kind", "hint"), FOREIGN, ids=FOREIGN_IDS)
def test_names_the_kind_of_what_it_cannot_read(
    tmp_path: Path, name: str, content: bytes | str, kind: str, hint: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as raised:
        find_sources([str(path)])
    (fault,) = raised.value.faults
    assert fault.where == str(path)
    assert kind in fault.what
    assert hint in fault.hint


# (files of a folder, what it is called)
FOLDERS = [
    (["m.jsonl", "a.wav"], "holds audio and m.jsonl, whose layout is not recognised"),
    (["m.jsonl", "n.txt"], "a directory with manifests"),
    ([], "no manifest is recognised"),
]


@pytest.mark.parametrize(("files", "kind"), FOLDERS)
def test_names_the_kind_of_a_folder(tmp_path: Path, files: list[str], kind: str) -> None:
    for name in files:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError, match=kind):
        find_sources([str(tmp_path)])


def renamed(**names: str) -> dict[str, object]:
    return {names.get(key, key): value for key, value in ROW.items()}


# (a line, what is said, part of the hint)
USELESS: list[tuple[object, str, str]] = [
    (renamed(text="sentence"), "text is not a string (missing) (3 of 3 lines)",
     "`sentence` in all 3 lines looks like the text: curate manifest "),
    (renamed(text="transcript"), "text is not a string (missing)",
     "`transcript` in all 3 lines looks like the text: curate manifest "),
    (renamed(audio_filepath="path", text="Sentence"), "no audio_filepath (missing)",
     "--map audio_filepath=path --map text=Sentence"),
    (renamed(duration="dur"), "no duration (missing)", "--map duration=dur"),
    (renamed(duration="duration_ms"), "no duration (missing)", "looks like milliseconds"),
    ({"audio_filepath": "a", "text": "b", "start": 1.0, "end": 2.0}, "no duration (missing)",
     "--map offset=start --map end=end"),
    ({**ROW, "duration": "2.5"}, "duration is not a number (string)",
     "duration is written as text"),
    ({"audio_filepath": "a", "text": "b"}, "no duration (missing)", "measure_duration"),
    ({"a": 1}, "no audio_filepath", "no field names the audio file"),
    ({**ROW, "text": 5}, "text is not a string (number)", "text holds no string"),
    ({**ROW, "duration": -1}, "duration is not positive", "measure_duration"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "message", "hint"), USELESS)
def test_says_why_no_line_is_usable_and_what_to_do(
    tmp_path: Path, record: object, message: str, hint: str
) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes((json.dumps(record).encode() + b"\n") * 3)
    with pytest.raises(InputError) as raised:
        profile([str(path)], tmp_path, load_rules(None))
    (fault,) = raised.value.faults
    assert fault.what.startswith("no line is usable: ")
    assert message in fault.what
    assert hint in fault.hint


def test_one_odd_line_does_not_hide_the_name_that_the_others_have(tmp_path: Path) -> None:
    row = {"path": "a.wav", "duration": 2.5, "sentence": "a", "locale": "en-US"}
    rows = [row, row, row, {"sentence": "no path"}]
    path = tmp_path / "m.jsonl"
    path.write_bytes(b"".join(json.dumps(each).encode() + b"\n" for each in rows))
    with pytest.raises(InputError) as raised:
        profile([str(path)], tmp_path, load_rules(None))
    hint = raised.value.faults[0].hint
    assert "`path` in 3 of 4 JSON lines looks like the audio path" in hint
    maps = "--map audio_filepath=path --map text=sentence --map lang=locale"
    assert hint.endswith(f": curate manifest {path} {maps} --out m.nemo.jsonl")


# A name, content, and the reason.
ELSEWHERE = [
    ("a.stm", STM, "the audio of its recording is missing (2 of 2 lines)"),
    ("a.ctm", CTM, "the audio of its recording is missing (1 of 1 line)"),
]


@pytest.mark.parametrize(("name", "content", "message"), ELSEWHERE)
def test_says_where_recordings_were_looked_for(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as raised:
        profile([str(tmp_path / name)], tmp_path, load_rules(None))
    (fault,) = raised.value.faults
    assert fault.what == f"no line is usable: {message}"
    assert f"looked for in {tmp_path}" in fault.hint
    assert "audio_root DIR" in fault.hint


def test_a_table_of_beginnings_alone_has_no_durations(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path,sentence,start\na.wav,hello,0\nb.wav,you,1\n")
    with pytest.raises(InputError, match=r"no duration.*(\n.*)*measure_duration"):
        profile([str(tmp_path / "m.csv")], tmp_path, load_rules(None))


def test_an_unusable_input_beside_good_ones_is_a_warning(tmp_path: Path) -> None:
    good, useless = tmp_path / "good.jsonl", tmp_path / "useless.jsonl"
    good.write_bytes(LINE)
    useless.write_text('{"audio_filepath": "a", "duration": 1, "sentence": "x"}\n')
    made = profile([str(good), str(useless)], tmp_path, load_rules(None))
    (warning,) = without_absent_audio(made.warnings)
    assert warning.startswith(f"{useless}: no line is usable: text is not a string (missing)")
    assert "--map text=sentence" in warning


Break = Callable[[Path], object]
SIDES: list[tuple[Break, str]] = [
    (lambda path: path.write_bytes(b""), "every line is blank"),
    (lambda path: path.write_bytes(b"\n \n"), "every line is blank"),
    (lambda path: path.write_bytes(LINE.replace(b"text", b"sentence")), "--map text=sentence"),
    (lambda path: path.write_bytes(b"{}{}\n"), "no line is usable"),
]


@pytest.mark.parametrize(("make", "message"), SIDES)
def test_a_side_without_a_record_is_not_free_of_leaks(
    tmp_path: Path, make: Break, message: str
) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINE)
    make(tmp_path / "b.jsonl")
    with pytest.raises(InputError, match=message):
        audit(AuditRequest(inputs=[str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]))


@pytest.mark.parametrize("command", ["profile", "split"])
def test_commands_exit_3_and_write_nothing(tmp_path: Path, command: str) -> None:
    (tmp_path / "m.jsonl").write_bytes(LINE.replace(b"text", b"sentence") * 210)
    result = processes.curate(command, "m.jsonl", "--out", "o", cwd=tmp_path, COLUMNS="300")
    assert result.returncode == 3, result.stderr
    assert (
        f"`sentence` in all 210 lines looks like the text: curate {command} m.jsonl --out o --map"
        in result.stderr
    )
    assert not (tmp_path / "o").exists()


def test_audio_that_is_missing_altogether_is_a_failure(tmp_path: Path) -> None:

    path = tmp_path / "m.jsonl"
    path.write_bytes(LINE * 9)
    rules = load_rules(None)
    settings = MeasureOptions(metrics=["audio"])
    with pytest.raises(InputError, match=r"none of 9 audio files was found(.|\n)*audio.root"):
        profile([str(path)], tmp_path, rules, measure=settings)
